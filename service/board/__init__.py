"""The board: the open tickets by nearest deadline, live. It reads committed state and changes nothing."""
