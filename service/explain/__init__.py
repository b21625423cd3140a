"""Derivations of verdicts, as data and as text, for `explain` and the board."""
