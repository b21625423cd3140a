"""sla-timer: the promise clocks of every ticket, and an event for each breach the moment it happens."""
