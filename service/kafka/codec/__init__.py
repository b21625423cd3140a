"""Decodes records to facts, and encodes announcements to records. No network."""
