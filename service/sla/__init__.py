"""Judges promises by pure functions over facts. No clock, no input or output, no logging, no asyncio."""
