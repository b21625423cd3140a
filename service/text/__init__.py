"""Untrusted text: shown so that it cannot mislead a reader or control a terminal."""
