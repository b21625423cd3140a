"""Records and events: bytes to facts, announcements to bytes. No network."""
