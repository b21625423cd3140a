"""The service with a wall clock that somebody sets: `python -m tests.broker.wrong_clock FILE run`.

FILE holds how far ahead it is in seconds, and is read again when it has changed. What passes between two
readings stays as it is: nobody can set that.
"""

import sys
import time
from pathlib import Path

_right, _right_ns = time.time, time.time_ns  # noqa: TID251 (this is what is put wrong)


def set_ahead(file: Path, seconds: float) -> None:
    """Set the clock of whoever goes by `file`, at once and whole."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds), encoding="utf-8")
    new.replace(file)


def go_by(file: Path) -> None:
    """Put the clock of this process wrong."""
    known: tuple[int, float] = (0, 0.0)

    def ahead() -> float:
        nonlocal known
        changed = file.stat().st_mtime_ns
        if changed != known[0]:
            known = changed, float(file.read_text(encoding="utf-8"))
        return known[1]

    time.time = lambda: _right() + ahead()  # noqa: TID251
    time.time_ns = lambda: _right_ns() + int(ahead() * 1e9)  # noqa: TID251


if __name__ == "__main__":
    go_by(Path(sys.argv.pop(1)))
    from service.cli import main

    main()
