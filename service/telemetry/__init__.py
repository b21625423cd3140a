"""What operators see: metrics, the log, how late the loop is."""
