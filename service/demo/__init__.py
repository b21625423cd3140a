"""The demo: a broker, the service, made-up complaints, and announcements as lines, on one machine."""
