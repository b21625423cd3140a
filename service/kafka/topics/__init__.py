"""Single topics and the group: read, written, created, checked."""
