"""What the board says, in each of its languages."""
