"""Counted time: working hours, days without work, durations."""
