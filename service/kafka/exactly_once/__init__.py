"""The exactly-once task: one owner for each input partition."""
