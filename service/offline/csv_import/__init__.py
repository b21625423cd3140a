"""Exports of help desks as CSV, read as events."""
