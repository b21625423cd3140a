"""The records of a ticket as text: what was rejected or forgotten, what waits, what was not read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Part = Mapping[str, Any]
Words = Mapping[str, str]

_MOST_RECORDS = 10  # on lines of their own; JSON has all


def records_in_words(records: Part, facts: Sequence[Part], words: Words) -> Iterator[str]:
    """Yield the lines about the records of a ticket; none where there is nothing to say."""
    unknown = [fact["number"] for fact in facts if fact["codes"] is None]
    unread = {one["topic"] for one in records["not_read"]}
    if unknown and records["source"] not in unread:
        yield "  " + words["codes_unknown"].format(facts=numbered(unknown), source=records["source"])
    lines = [*_forgotten(records, words), *_inputs("waiting", records, words), *_rejected(records, words)]
    if records["other_tenants"]:
        lines.append(words["other_tenants"].format(tenants=", ".join(records["other_tenants"])))
    for one in records["not_read"]:
        why = words.get(f"not_read_{one['why']}", one["why"])
        lines.append(words["not_read"].format(topic=one["topic"], why=why))
    if lines:
        yield ""
    yield from lines


def numbered(numbers: Iterable[int]) -> str:
    """Return `F1–F3, F5` of the numbers of facts, ascending."""
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    return ", ".join(
        f"F{one[0]}" if len(one) == 1 else f"F{one[0]}{'–' if len(one) > 2 else ', '}F{one[-1]}"
        for one in stretches
    )


def _forgotten(records: Part, words: Words) -> Iterator[str]:
    if records["tombstone"]:
        yield words["tombstone"].format(**records["tombstone"])
        yield "  " + words["tombstone_place"].format(**records["tombstone"])
    yield from _inputs("forgotten", records, words)


def _inputs(name: str, records: Part, words: Words) -> Iterator[str]:
    """Yield the places of records in the input topic, under a heading."""
    places = records[name]
    if places:
        yield words[name].format(source=records["source"])
    for place in places[:_MOST_RECORDS]:
        yield "  " + words["input"].format(**place)
    if len(places) > _MOST_RECORDS:
        yield "  " + words["more"].format(more=len(places) - _MOST_RECORDS)


def _rejected(records: Part, words: Words) -> Iterator[str]:
    rejected = records["rejected"]
    if rejected:
        yield words["rejected"]
    for one in rejected[:_MOST_RECORDS]:
        what = f"{one['field']} {one['detail']}" if one["field"] else one["detail"]
        sentence = "rejected_line" if one["line"] else "rejected_record"
        yield "  " + words[sentence].format(**{**one, "what": what})
        if one["topic"]:
            yield "    " + words["rejected_place"].format(**one)
            yield "    " + words["rejected_kept" if one["kept_as"] else "rejected_gone"].format(**one)
    if len(rejected) > _MOST_RECORDS:
        yield "  " + words["more"].format(more=len(rejected) - _MOST_RECORDS)
