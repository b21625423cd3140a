"""The meaning of events: facts out of CloudEvents, announcements into their data. Knows no log."""
