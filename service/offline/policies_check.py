"""`policies check`: checks the policy files, and prints when each of their levels would be due."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from schemas.instant import milliseconds
from service.offline.calendar_samples import samples
from service.policy.bad_policies import BadPolicies
from service.policy.directory import read_policies
from service.policy.policy_file import PolicyFile
from service.sla.calendar.calendar import YearUnknown
from service.sla.calendar.duration import duration_text
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import DEFAULT_AGREEMENT, Clock, Level, Match, Policy, tenants
from service.sla.statement import activity
from service.text.aligned import aligned
from service.text.visible import visible

_HEADINGS = ("clock", "clause", "from", "until", "when", "level", "after", "due")
_UNKNOWN = "not known"  # in place of a due instant in a year that the calendar does not have


def check(directory: Path, out: TextIO, err: TextIO, receipt: datetime | None = None) -> int:
    """Print a table of each policy version to `out`, or every problem to `err`. Return the exit code.

    Due instants count from `receipt` (see parse_instant), and are shown with its offset. Without it, they
    count from each policy's own `effective_from`, as the file writes it. Exit code 1: some due instants are
    not known, as they need a year that a calendar does not have.
    """
    try:
        read = read_policies(directory)
    except BadPolicies as bad:
        for problem in bad.problems:
            print(problem, file=err)
        return 2
    for key in sorted(read.files):
        for line in _shown(read.files[key], receipt):
            print(visible(line), file=out)
    files = read.files.values()
    unknown = any(_unknown(file.policy.clocks, [milliseconds(_start(file, receipt))]) for file in files)
    found = "due instants that are not known" if unknown else "no problem"
    print(f"{len(files)} policy version{'s' if len(files) > 1 else ''}, {found}", file=out)
    return 1 if unknown else 0


def _start(file: PolicyFile, receipt: datetime | None) -> datetime:
    return receipt or file.effective_from


def _shown(file: PolicyFile, receipt: datetime | None) -> Iterator[str]:
    policy = file.policy
    start = _start(file, receipt)
    note = "" if start >= file.effective_from else " (not yet in force then)"
    yield f"{policy.id} version {policy.version} · {file.file}"
    yield from (f"  {title}" for title in policy.title.values())
    yield f"  in force from {_instant(file.effective_from)} for {_judged(policy)}"
    if policy.agreement != DEFAULT_AGREEMENT:
        yield f"  agreement {policy.agreement}, judged by itself"
    yield f"  sha256 {policy.sha256}"
    yield ""
    if policy.exempt:
        yield "  exempt: judged by no clock, and counted as exempt"
        yield ""
        return
    yield f"  when a clock starts at {_instant(start)}{note}:"
    yield ""
    rows = [_row(clock, level, start) for clock in policy.clocks for level in clock.levels]
    for named, after in (("warning", policy.stalled_after_ms), ("warning-held", policy.held_after_ms)):
        if after is not None:
            due = _instant(start + timedelta(milliseconds=after))
            name = activity(policy.agreement)
            rows.append((name, "", "any fact", "any fact", "", named, duration_text(after), due))
    yield from _table([_HEADINGS, *rows])
    yield ""
    yield from _unknown(policy.clocks, [milliseconds(start)])
    for clock in policy.clocks:
        for level in clock.levels:
            if level.name.lower().startswith("warn") and not level.warns:
                only = "only warning and names that begin with warning- are warnings"
                yield f"  level {level.name} of {clock.name} is a breach: {only}"
                yield ""
    for calendar in {clock.calendar.name: clock.calendar for clock in policy.clocks}.values():
        if isinstance(calendar, WorkingTime):
            yield from _by_calendar(policy, calendar, milliseconds(start))


def _row(clock: Clock, level: Level, start: datetime) -> tuple[str, ...]:
    since, until = clock.start.word, ", ".join(kind.word for kind in sorted(clock.stop)) or "nothing"
    if clock.min_open:
        since, until = f"fewer than {clock.min_open} open", f"{clock.min_open} open"
    promise = (clock.name, clock.clause or "", since, until, _asked(clock.when))
    return (*promise, level.name, _after(level), _due(clock, level, start))


def _due(clock: Clock, level: Level, start: datetime) -> str:
    """Return the due instant, with the offset of `start`."""
    began = milliseconds(start)
    try:
        due = clock.due_at(level, began, ())
    except YearUnknown:
        return _UNKNOWN
    return _instant(start + timedelta(milliseconds=due - began)) if due is not None else "never"


def _unknown(clocks: Iterable[Clock], starts: Sequence[int]) -> list[str]:
    """Return a line for each reason why no due instant is known from `starts` (ms), and an empty one."""
    reasons: dict[str, None] = {}  # in order
    for clock in clocks:
        for level in clock.levels:
            for start in starts:
                try:
                    clock.due_at(level, start, ())
                except YearUnknown as error:
                    reasons[f"  {_UNKNOWN}: {error}"] = None
    return [*reasons, ""] if reasons else []


def _after(level: Level) -> str:
    return f"{level.working_days} working days" if level.after_ms is None else duration_text(level.after_ms)


def _by_calendar(policy: Policy, calendar: WorkingTime, start: int) -> Iterator[str]:
    """Yield the due instants of each level around weekends, holidays, make-up days and clock changes."""
    shown = samples(calendar, start)
    if not shown:
        return
    yield f"  by calendar {calendar.name} ({calendar.days.zone}), when a clock starts before"
    yield ""
    clocks = [clock for clock in policy.clocks if clock.calendar is calendar]
    rows = [("", "", "", *(kind for kind, _ in shown))]
    rows.append(("clock", "level", "after", *(_local(calendar, instant) for _, instant in shown)))
    for clock in clocks:
        for level in clock.levels:
            dues = (_sample_due(clock, level, instant) for _, instant in shown)
            rows.append((clock.name, level.name, _after(level), *dues))
    yield from _table(rows)
    yield ""
    yield from _unknown(clocks, [instant for _, instant in shown])


def _sample_due(clock: Clock, level: Level, start: int) -> str:
    assert isinstance(clock.calendar, WorkingTime), "only such calendars have samples"
    try:
        due = clock.due_at(level, start, ())
    except YearUnknown:
        return _UNKNOWN
    return _local(clock.calendar, due) if due is not None else "never"


def _local(calendar: WorkingTime, instant: int) -> str:
    """Return the wall clock at an instant, to the minute, or with what it has of seconds."""
    local = calendar.days.local(instant)
    if instant % 1000:
        moment = local.replace(microsecond=instant % 1000 * 1000)
        return moment.isoformat(sep=" ", timespec="milliseconds")
    return local.isoformat(sep=" ", timespec="seconds" if local.second else "minutes")


def _judged(policy: Policy) -> str:
    """Return the tickets or desks that the policy judges, as text."""
    if not policy.desks:
        return _asked(policy.match) or "every ticket"
    timeout = duration_text(policy.heartbeat_timeout_ms)
    return (
        f"desk {' and '.join(sorted(policy.desks))} of tenant {' and '.join(sorted(tenants(policy)))};"
        f" a channel is open for {timeout} after a sign of life"
    )


def _asked(match: Match) -> str:
    return ", ".join(f"{key} {' or '.join(sorted(values))}" for key, values in match)


def _instant(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="milliseconds")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    return (f"  {line}" for line in aligned(rows))
