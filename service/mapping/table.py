"""Tables: the rows of an export, with the columns that a mapping names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import RefusalError

Column = str | int  # a name of the header, or a position from 1
_OTHER_DELIMITERS = (";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number`: its first line in the file, from 1."""

    number: int
    cells: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """An export. `name`: of its file, for errors."""

    name: str
    header: Sequence[str]
    rows: Iterable[Row]

    def named(self, columns: Mapping[str, Column]) -> Iterator[tuple[Row, dict[str, Any]]]:
        """Yield each row with its cells by the names of the mapping; an empty cell is None.

        Rows without any content are left out. Raises RefusalError when a column is missing.
        """
        positions = {name: self._position(column) for name, column in columns.items()}
        for row in self.rows:
            cells = {name: _cell(row.cells[position]) for name, position in positions.items()}
            if any(_cell(one) is not None for one in row.cells):
                yield row, cells

    def _position(self, column: Column) -> int:
        """Return the position of a column, from 0. Raises RefusalError when it is missing or named twice."""
        header = self.header
        if isinstance(column, int):
            if column > len(header):
                raise RefusalError(
                    f"{self.name}:1: there is no column {column}: the header has {len(header)}"
                )
            return column - 1
        places = [place for place, name in enumerate(header) if name.strip() == column]
        if len(places) > 1:
            listed = " and ".join(str(place + 1) for place in places)
            raise RefusalError(
                f"{self.name}:1: column {column!r} stands at {listed}: name it by its position"
            )
        if not places:
            raise RefusalError(f"{self.name}:1: there is no column {column!r}{self._hint()}")
        return places[0]

    def _hint(self) -> str:
        if len(self.header) == 1:
            for delimiter in _OTHER_DELIMITERS:
                if delimiter in self.header[0]:
                    return f"; the header has one column with {delimiter!r} in it: set delimiter to it"
        return ""


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value
