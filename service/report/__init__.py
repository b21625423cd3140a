"""The report: attainment and breaches by period, tenant, customer, clock and level, and their sources."""
