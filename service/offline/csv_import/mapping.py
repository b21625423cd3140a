"""Mapping files: how rows of a CSV export become events. `mappings/helpdesk.yaml` explains them."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    field_validator,
    model_validator,
)

from service.errors import RefusalError
from service.sla.facts import Kind
from service.timezones import zone

ISO = "iso"

Column = StrictStr | StrictInt  # a name, or a position from 1
Unknown = Literal["error", "ignore"]


def _event_word(word: str) -> str:
    words = [kind.word for kind in Kind]
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return word


Word = Annotated[str, BeforeValidator(_event_word)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Cell(_Part):
    """The source of a text: a constant `value`, or a `column` whose texts are replaced or translated."""

    value: str | None = None
    column: Column | None = None
    replace: dict[str, str] = {}  # parts of the text, in this order
    values: dict[str, str] | None = None  # whole texts, after `replace`
    unknown: Unknown = "error"  # for a text that `values` lacks: report the row, or leave the field out

    @model_validator(mode="before")
    @classmethod
    def _constant(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else {"value": given}

    @model_validator(mode="after")
    def _one_origin(self) -> "Cell":
        if (self.value is None) == (self.column is None):
            raise ValueError("needs one of value and column")
        return self


class Happening(_Part):
    """An event of a row. `until_next` names the event that follows at the case's next later row."""

    event: Word
    data: dict[str, Cell] = {}
    until_next: Word | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, given: Any) -> Any:
        return {"event": given} if isinstance(given, str) else given


class Events(_Part):
    """The events of rows. `first`: of a case's first row; `values`: of each text of `column`."""

    column: Column
    first: tuple[Happening, ...] = ()
    values: dict[str, tuple[Happening, ...]]
    unknown: Unknown = "error"

    @model_validator(mode="after")
    def _once_each(self) -> "Events":
        for value, happenings in self.values.items():
            words = [
                word for each in self.first + happenings for word in (each.event, each.until_next) if word
            ]
            twice = next((word for word in words if words.count(word) > 1), None)
            if twice:
                raise ValueError(f"a row with {value!r} could give {twice} twice")
        return self


class Time(_Part):
    """The time of a row. `zone` (IANA) is for times without an offset."""

    column: Column
    format: str = ISO  # or a format of strptime
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        try:
            return name and zone(name).key
        except KeyError:
            raise ValueError(f"{name!r} is no time zone of the IANA database") from None


class CsvMapping(_Part):
    """One mapping file."""

    mapping: str
    source: str  # the CloudEvents `source` of the events
    tenant: str = "default"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    ticket: Cell
    id: Cell | None = None  # default: made from the row's content
    time: Time
    events: Events

    @field_validator("encoding")
    @classmethod
    def _decodes(cls, name: str) -> str:
        try:
            b"\n".decode(name)
        except (LookupError, ValueError):  # unknown, or a line break takes several bytes
            raise ValueError(f"{name!r} is no encoding that lines can be read in") from None
        return name


def read_mapping(path: Path) -> CsvMapping:
    """Read a mapping file. Raises RefusalError with file, line, field and reason."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        return CsvMapping.model_validate(yaml.safe_load(text))
    except OSError as error:
        raise RefusalError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RefusalError(f"{path}: is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise RefusalError(
            f"{path}{line}: is no YAML: {getattr(error, 'problem', None) or 'unreadable'}"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        field = ".".join(map(str, first["loc"])) or "the file"
        raise RefusalError(f"{path}:{_line(tree, first['loc'])}: {field}: {reason}") from None


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Return the line, from 1, of the deepest part of `location` that the file has."""
    line = 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
