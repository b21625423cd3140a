"""What people see: the open tickets by nearest deadline, live. Reads committed state and changes nothing."""
