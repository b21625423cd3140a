"""What a measurement may be told on the command line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`scale` is a fraction of the sizes that the figures are defined with; below 1 is a quick look."""

    runs: int = 3
    scale: float = 1.0
    peer: Path | None = None

    def sized(self, number: int) -> int:
        """A size of the definition, scaled."""
        return max(1, int(number * self.scale))
