"""A derivation as text, in English or Chinese."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.explain.translations import WORDS
from service.sla.policy import DEFAULT_AGREEMENT

LANGUAGES = tuple(WORDS)

Part = Mapping[str, Any]


def in_words(derivation: Part, lang: str) -> Iterator[str]:
    """Yield the lines of the explanation. `lang` is one of LANGUAGES."""
    words = WORDS[lang]
    judged_at = derivation["judged_at"]
    when = words["at"].format(at=judged_at) if judged_at else words["at_the_end"]
    yield words["ticket"].format(**derivation, when=when)
    if "state" in derivation:
        yield words["state"].format(**derivation["state"])
    yield ""
    yield words["facts"]
    for fact in derivation["facts"]:
        yield "  " + _fact(fact, words)
    if not derivation["cycles"]:
        yield ""
        yield words["not_judged"]
    for cycle in derivation["cycles"]:
        yield ""
        yield from _cycle(cycle, words, lang)


def _fact(fact: Part, words: Mapping[str, str]) -> str:
    data = "".join(f" {name}={value}" for name, value in fact["data"].items())
    where = words["where"].format(**fact) if fact["offset"] is not None else ""
    voided = words["voided"] if fact["voided"] else ""
    origin = f"({fact['source']} {fact['id']}{where}){voided}"
    return f"F{fact['number']:<3} {fact['time']}  {fact['type']}{data}  {origin}"


def _cycle(cycle: Part, words: Mapping[str, str], lang: str) -> Iterator[str]:
    of = "" if cycle["agreement"] == DEFAULT_AGREEMENT else words["of_agreement"].format(**cycle)
    yield words["cycle"].format(**{**cycle, "attributes": _pairs(cycle["attributes"]), "of": of})
    policy = cycle["policy"]
    if policy is None:
        yield "  " + words["no_policy"].format(**cycle)
        return
    yield "  " + words["policy"].format(**{**policy, "title": policy["title"].get(lang) or policy["id"]})
    if policy["exempt"]:
        yield "  " + words["exempt"].format(**cycle)
    for clock in cycle["clocks"]:
        yield ""
        yield from ("  " + line for line in _clock(clock, words))


def _clock(clock: Part, words: Mapping[str, str]) -> Iterator[str]:
    yield words["clock"].format(
        clock=clock["clock"], clause=clock["clause"] or "–", calendar=clock["calendar"]
    )
    if clock["when"]:
        yield "  " + words["when"].format(
            when=_pairs({key: "/".join(texts) for key, texts in clock["when"].items()})
        )
    yield "  " + words["started"].format(**clock)
    yield "  " + words["ended" if clock["end"] else "not_ended_yet"].format(
        **{**clock, "ending": words.get(f"ending_{clock['ending']}", "")}
    )
    for stretch in clock["stretches"]:
        yield "    " + words["stretch"].format(
            **{**stretch, "parts": _parts(stretch, words), "elapsed": _seconds(stretch["elapsed"])}
        )
    for level in clock["levels"]:
        yield from ("  " + line for line in _level(level, clock, words))


def _parts(stretch: Part, words: Mapping[str, str]) -> str:
    named = [(words[name], stretch[name]) for name in ("counted", "paused", "closed") if stretch[name]]
    return ", ".join(f"{word} {_seconds(length)}" for word, length in named) or _seconds(0)


def _level(level: Part, clock: Part, words: Mapping[str, str]) -> Iterator[str]:
    if level["target"] is None:
        yield words["level_days"].format(**level)
    else:
        yield words["level"].format(
            level=level["level"], target=_seconds(level["target"]), length=_length(level["target"])
        )
    if level["due_at"] and level["target"] is not None:
        added = [(words["paused"], level["paused_before_due"]), (words["closed"], level["closed_before_due"])]
        more = "".join(f" + {_seconds(length)} ({word})" for word, length in added if length)
        yield "  " + words["due"].format(
            start=clock["started_at"], target=_seconds(level["target"]), more=more, due_at=level["due_at"]
        )
    yield "  " + words[level["because"]].format(
        due_at=level["due_at"],
        decided_at=level["decided_at"] or words["at_the_end"],
        when=", ".join(f"{key}={'|'.join(values)}" for key, values in clock["when"].items()),
        stopped_at=clock["stopped_at"],
        attributes=_pairs(level["attributes"]),
        state=words[f"state_{level['state']}"],
    )
    if level["overrun"] is not None:
        yield "  " + words["overrun"].format(
            overrun=_seconds(level["overrun"]), length=_length(level["overrun"])
        )


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={'–' if value is None else value}" for key, value in values.items())


def _seconds(length: int) -> str:
    """Return `1800.000 s` of ms: seconds can be added on a pocket calculator."""
    return f"{length // 1000}.{length % 1000:03} s"


def _length(length: int) -> str:
    """Return `0:30:00` of ms: hours, minutes and seconds."""
    seconds = length // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
