"""Patched aiokafka clients, for clusters in which a broker hangs, and cheaper records."""
