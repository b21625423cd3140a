"""Import of a help desk's CSV exports as events."""
