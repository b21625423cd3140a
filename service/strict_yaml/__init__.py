"""Strict YAML files: every scalar a text, every problem with its line and field."""
