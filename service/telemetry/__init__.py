"""Telemetry for operators: metrics, the log, and the lag of the event loop."""
