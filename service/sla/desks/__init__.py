"""Support desks: channels, outages, and their partition."""
