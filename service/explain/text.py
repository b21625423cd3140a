"""A derivation as text, in English or Chinese."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.explain.records_text import numbered, records_in_words
from service.explain.translations import WORDS
from service.sla.policy import DEFAULT_AGREEMENT

LANGUAGES = tuple(WORDS)
_MOST_DATES = 30  # JSON has all
_IN_A_ROW = 5  # dates on a line

Part = Mapping[str, Any]


def in_words(derivation: Part, lang: str) -> Iterator[str]:
    """Yield the lines of the explanation. `lang` is one of LANGUAGES."""
    words = WORDS[lang]
    judged_at = derivation["judged_at"]
    when = words["at"].format(at=judged_at) if judged_at else words["at_the_end"]
    yield words["ticket"].format(**derivation, when=when)
    if "state" in derivation:
        yield words["state"].format(**derivation["state"])
    if derivation["no_verdict"]:
        yield words["no_verdict"].format(why=_why(derivation, words))
    if derivation["facts"]:
        yield ""
        yield words["facts"]
    for fact in derivation["facts"]:
        yield from ("  " + line for line in _fact(fact, words))
    if derivation["records"]:
        yield from records_in_words(derivation["records"], derivation["facts"], words)
    if derivation["facts"] and not derivation["cycles"]:
        yield ""
        yield words["not_judged"]
    for cycle in derivation["cycles"]:
        yield ""
        yield from _cycle(cycle, words, lang)


def _why(derivation: Part, words: Mapping[str, str]) -> str:
    source = (derivation["records"] or {"source": "–"})["source"]
    return words["and"].join(
        words[f"why_{reason}"].format(source=source) for reason in derivation["no_verdict"]
    )


def _fact(fact: Part, words: Mapping[str, str]) -> Iterator[str]:
    data = "".join(f" {name}={value}" for name, value in fact["data"].items())
    where = words["where"].format(**fact) if fact["offset"] is not None else ""
    voided = words["voided"] if fact["voided"] else ""
    origin = f"({fact['source']} {fact['id']}{where}){voided}"
    yield f"F{fact['number']:<3} {fact['time']}  {fact['type']}{data}  {origin}"
    for code in fact["codes"] or ():
        yield f"     data.{code['field']}: {words['code_' + code['fitting']]}"


def _cycle(cycle: Part, words: Mapping[str, str], lang: str) -> Iterator[str]:
    of = "" if cycle["agreement"] == DEFAULT_AGREEMENT else words["of_agreement"].format(**cycle)
    yield words["cycle"].format(**{**cycle, "attributes": _pairs(cycle["attributes"]), "of": of})
    policy = cycle["policy"]
    if policy is None:
        yield "  " + words["no_policy"].format(**cycle)
        yield from ("    " + line for line in _tried(cycle["tried"], words))
        return
    yield "  " + words["policy"].format(**{**policy, "title": policy["title"].get(lang) or policy["id"]})
    if policy["exempt"]:
        yield "  " + words["exempt"].format(**cycle)
    for part, tell in (("clocks", _clock), ("silences", _silence)):
        for one in cycle[part]:
            yield ""
            yield from ("  " + line for line in tell(one, words))
    if cycle["not_started"]:
        yield ""
    for clock in cycle["not_started"]:
        yield "  " + words["not_started"].format(**clock)


def _tried(policies: Sequence[Part], words: Mapping[str, str]) -> Iterator[str]:
    """Yield what does not fit in each policy that was tried; references to people may be left out."""
    if not policies:
        yield words["tried_none"]
    for policy in policies:
        yield words["tried"].format(**policy)
        for unfit in policy["unfit"]:
            key, asks = unfit["key"], unfit["asks"]
            sentence = "unfit" if f"unfit_{key}" not in words else f"unfit_{key}"
            yield "  " + words["unfit_person" if asks is None else sentence].format(
                key=key, asks="|".join(asks or ()), has="–" if unfit["has"] is None else unfit["has"]
            )


def _clock(clock: Part, words: Mapping[str, str]) -> Iterator[str]:
    yield words["clock"].format(
        clock=clock["clock"], clause=clock["clause"] or "–", calendar=clock["calendar"]
    )
    yield "  " + _rule(clock, words)
    if clock["when"]:
        yield "  " + words["when"].format(
            when=_pairs({key: "/".join(texts) for key, texts in clock["when"].items()})
        )
    yield "  " + words["started"].format(**clock)
    if clock["no_response"]:
        yield "  " + words["no_response"].format(facts=numbered(clock["no_response"]))
    yield "  " + words[_end(clock)].format(**{**clock, "ending": words.get(f"ending_{clock['ending']}", "")})
    for stretch in clock["stretches"]:
        yield "    " + words["stretch"].format(
            **{**stretch, "parts": _parts(stretch, words), "elapsed": _seconds(stretch["elapsed"])}
        )
    if clock["paused_since"]:
        yield "    " + words["paused_since"].format(**clock)
    for level in clock["levels"]:
        yield from ("  " + line for line in _level(level, clock, words))


def _end(clock: Part) -> str:
    if clock["end"]:
        return "ended"
    return "ended_beyond" if clock["end_beyond"] else "not_ended_yet"


def _rule(clock: Part, words: Mapping[str, str]) -> str:
    pause, stops = clock["pause"], clock["stop_kinds"]
    rule = {True: "pause_all", False: "pause_no"}.get(pause) if isinstance(pause, bool) else "pause_some"
    reasons = "" if isinstance(pause, bool) else words["or"].join(pause)
    return words["rule" if stops else "rule_endless"].format(
        start_kind=clock["start_kind"],
        stop=words["or"].join(stops),
        pause=words[rule or "pause_no"].format(reasons=reasons),
    )


def _silence(silence: Part, words: Mapping[str, str]) -> Iterator[str]:
    target, level = silence["target"], silence["level"]
    texts = {
        **silence,
        "target": _seconds(target),
        "length": _length(target),
        "while_": words[f"silence_while_{level}"],
        "state": words[f"state_{silence['state']}"],
    }
    yield words["silence"].format(**texts)
    yield "  " + words["silence_target"].format(**texts)
    yield "  " + words["silence_due"].format(**texts)
    yield "  " + words[silence["because"]].format(**texts)


def _parts(stretch: Part, words: Mapping[str, str]) -> str:
    named = [(words[name], stretch[name]) for name in ("counted", "paused", "closed") if stretch[name]]
    return ", ".join(f"{word} {_seconds(length)}" for word, length in named) or _seconds(0)


def _level(level: Part, clock: Part, words: Mapping[str, str]) -> Iterator[str]:
    if level["target"] is None:
        yield words["level_days"].format(**level)
        yield from ("  " + line for line in _days(level, words))
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


def _days(level: Part, words: Mapping[str, str]) -> Iterator[str]:
    """Yield the dates that count for a target in working days, and the close that is due."""
    dates = level["dates"]
    if dates:
        shown = dates if len(dates) <= _MOST_DATES else [*dates[:_IN_A_ROW], "…", *dates[-_IN_A_ROW:]]
        yield words["dates"].format(zone=level["zone"])
        for begin in range(0, len(shown), _IN_A_ROW):
            yield "  " + " ".join(shown[begin : begin + _IN_A_ROW])
    if dates and level["due_at"]:
        yield words["due_days"].format(last=dates[-1], due_at=level["due_at"])


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={'–' if value is None else value}" for key, value in values.items())


def _seconds(length: int) -> str:
    """Return `1800.000 s` of ms: seconds can be added on a pocket calculator."""
    return f"{length // 1000}.{length % 1000:03} s"


def _length(length: int) -> str:
    """Return `0:30:00` of ms: hours, minutes and seconds."""
    seconds = length // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
