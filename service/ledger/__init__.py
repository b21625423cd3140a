"""What breaches cost: money as the difference between what is owed now and what was posted before."""
