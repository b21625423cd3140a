"""sla-timer: the promise clocks of every ticket, and a breach event the moment one lapses."""
