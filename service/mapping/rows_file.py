"""Reader of the section `rows` of a mapping file."""

import codecs
import re
from collections.abc import Collection, Mapping, Sequence

from service.mapping.event_rule import FIELDS, TicketSource
from service.mapping.export import Export, JoinedFile, RowRule
from service.mapping.expression import DELIVERY
from service.mapping.identity import Template
from service.mapping.located import Located
from service.mapping.rule_file import RULE, WORDS, Rules, ids_of, read_ticket
from service.mapping.table import Column
from service.mapping.value import Constant
from service.mapping.value_file import Reading, check_name, is_true
from service.strict_yaml.place import Place, Problem, shown, suggestion

ROWS = ("columns", "delimiter", "encoding", "files", "ticket", "time", "id", "rules")
ROW_RULE = (*RULE, "once", "until_next")
JOINED = ("file", "columns")
POSITION = r"[1-9][0-9]{0,3}"


def read_rows(reading: Reading, place: Place, ticket: TicketSource | None) -> Export:
    """Return the section at a place. `ticket`: of the file, when the section names none."""
    begin = len(reading.expressions)
    given = place.fields(ROWS, needed=("columns", "rules"))
    files = _files(given["files"]) if "files" in given else {}
    columns = _columns(given["columns"], tuple(files)) if "columns" in given else {}
    own = read_ticket(reading, given["ticket"]) if "ticket" in given else ticket
    if own is None:
        place.wrong("has no ticket")
    time = reading.moment(given["time"]) if "time" in given else None
    places = given["rules"].items() if "rules" in given else []
    rules = Rules(
        reading,
        own,
        ids_of(places),
        time=time,
        id=reading.template(given["id"]) if "id" in given else Template.of("{delivery.row}"),
        empty_is_none=True,
    )
    read = tuple(_rule(rules, one, number) for number, one in enumerate(places, 1))
    _check_names(reading.expressions[begin:], place, {*columns, *files}, read)
    return Export(
        columns,
        files,
        own or TicketSource(Constant("")),
        time,
        read,
        given["delimiter"].read(_delimiter, ",") if "delimiter" in given else ",",
        given["encoding"].read(_encoding, "utf-8") if "encoding" in given else "utf-8",
    )


def _rule(rules: Rules, place: Place, number: int) -> RowRule:
    given = place.entries()
    until = given["until_next"].one_of(WORDS, "no event of the contract") if "until_next" in given else None
    if until and rules.time is None:
        given["until_next"].wrong("needs the time of rows: give rows a time")
    rule = rules.rule(place, number, ROW_RULE)
    if until and rule.event_rules and not set(rule.event_rules[0].data) <= set(FIELDS[until]):
        given["until_next"].wrong(f"gives {until} the data of the rule, which it cannot have")
    once = "once" in given and is_true(given["once"])
    if once and until:
        given["once"].wrong("has no use beside until_next")
    return RowRule(rule, once, until)


def _check_names(
    expressions: Sequence[Located], place: Place, known: Collection[str], rules: Sequence[RowRule]
) -> None:
    """Check that expressions read only columns, files, and what `each` and `with` name."""
    named = {name for by in rules for name in by.rule.names.sources}
    named |= {by.rule.each.name for by in rules if by.rule.each}
    names = sorted({*known, *named, DELIVERY})
    for one in expressions:
        for root in sorted(one.expression.roots.difference(names)):
            reason = f"{shown(root)} is no column{suggestion(root, names)}"
            place.problems.append(Problem(place.file, one.line, one.field, reason))


def _columns(place: Place, taken: tuple[str, ...] = ()) -> Mapping[str, Column]:
    columns: dict[str, Column] = {}
    for name, said in place.entries().items():
        check_name(said, name, taken)
        text = said.text()
        if text == "0":
            said.wrong("“0” is no position: columns are counted from 1")
        columns[name] = int(text) if re.fullmatch(POSITION, text) else text
    return columns


def _files(place: Place) -> Mapping[str, JoinedFile]:
    files: dict[str, JoinedFile] = {}
    for name, said in place.entries().items():
        check_name(said, name)
        given = said.fields(JOINED, needed=JOINED)
        files[name] = JoinedFile(
            given["file"].text() if "file" in given else "",
            _columns(given["columns"]) if "columns" in given else {},
        )
    return files


def _delimiter(text: str) -> str:
    if text == "tab":
        return "\t"
    if len(text) != 1:
        raise ValueError("must be one character, or tab")
    return text


def _encoding(text: str) -> str:
    try:
        codecs.lookup(text)
        b"\n".decode(text)
    except (LookupError, ValueError):  # unknown, or a line break takes several bytes
        raise ValueError("is no encoding that lines can be read in") from None
    return text
