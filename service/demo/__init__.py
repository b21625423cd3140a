"""The main job on one machine: a broker, made-up complaints, the announcements as lines."""
