"""Reads, writes, creates and checks single topics, and reads the state of the group."""
