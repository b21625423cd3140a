"""A directory of policy files, with a subdirectory of calendar files: its policies, or all its problems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from service.policy.calendar_file import read_calendar
from service.policy.document import LARGEST_BYTES
from service.policy.place import BadPolicies, Problem
from service.policy.policy_file import BUILT_IN, NamedCalendar, PolicyFile, read_policy
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Match, Policies, Policy, tenants
from service.text.visible import visible
from service.timezones import zone

_SUFFIXES = (".yaml", ".yml")

# Stands in for a calendar that cannot be read, so that only the calendar file itself is reported.
_ANY = NamedCalendar(WorkingTime(LocalDays("any", zone("UTC"), (((0, 86_400),),) * 7)), {})

Span = tuple[int, int | None]  # [from, until) in ms; None: for good


@dataclass(frozen=True, slots=True)
class PolicyDirectory:
    """The policies of a directory, and the file of each."""

    policies: Policies
    files: Mapping[tuple[str, int], PolicyFile]  # by policy id and version
    calendars: Mapping[str, NamedCalendar] = field(default_factory=dict)  # from files only, by name


def read_policies(directory: Path, calendars: Mapping[str, NamedCalendar] = BUILT_IN) -> PolicyDirectory:
    """Return the policies of the *.yaml and *.yml files. Raises BadPolicies with every problem of every file.

    Policies may name the calendars in `calendars`, and the calendars of the subdirectory `calendars`.
    """
    files: list[PolicyFile] = []
    problems: list[Problem] = []
    found: dict[str, NamedCalendar] = {}
    try:
        found = _calendars(directory / "calendars", problems)
        for path in _yaml_paths(directory):
            try:
                files.append(read_policy(_printable(path), _bytes(path), {**calendars, **found}))
            except BadPolicies as bad:
                problems += bad.problems
    except OSError as error:
        problems.append(Problem(_printable(directory), None, None, _reason(error)))
    else:
        if not files and not problems:
            problems.append(Problem(_printable(directory), None, None, "has no policy file (*.yaml)"))
    problems += _given_twice(files)
    problems += _agreements(files)
    problems += _ties(files)
    if problems:
        raise BadPolicies(problems)
    by_version = {(file.policy.id, file.policy.version): file for file in files}
    return PolicyDirectory(Policies(file.policy for file in files), by_version, found)


def read_calendar_at(path: Path) -> NamedCalendar:
    """Return the calendar of one file. Raises BadPolicies."""
    return read_calendar(_printable(path), _bytes(path), path.stem)


def _calendars(directory: Path, problems: list[Problem]) -> dict[str, NamedCalendar]:
    """Return the calendars of a directory by name. Add every problem to `problems`."""
    found: dict[str, NamedCalendar] = {}
    for path in _yaml_paths(directory) if directory.exists() else ():
        if path.stem in found:
            reason = f"there is another file for the calendar {path.stem}"
            problems.append(Problem(_printable(path), None, None, reason))
        try:
            found[path.stem] = read_calendar_at(path)
        except BadPolicies as bad:
            problems += bad.problems
            found[path.stem] = _ANY
    return found


def _yaml_paths(directory: Path) -> list[Path]:
    found = (path for path in directory.iterdir() if path.suffix in _SUFFIXES)
    return sorted(path for path in found if not path.name.startswith("."))


def _bytes(path: Path) -> bytes:
    """Return the bytes of a file, at most one more than a policy file may have. Raises BadPolicies."""
    if path.exists() and not path.is_file():  # a pipe would block
        raise BadPolicies([Problem(_printable(path), None, None, "is no file")])
    try:
        with path.open("rb") as opened:
            return opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadPolicies([Problem(_printable(path), None, None, _reason(error))]) from None


def _given_twice(files: Sequence[PolicyFile]) -> Iterator[Problem]:
    seen: dict[tuple[str, int], PolicyFile] = {}
    for file in files:
        first = seen.setdefault((file.policy.id, file.policy.version), file)
        if first is not file:
            yield file.problem("version", f"{_named(file.policy)} is already in {first.file}; count up")


def _agreements(files: Sequence[PolicyFile]) -> Iterator[Problem]:
    """Yield a problem for each policy id, and each name of a clock, that stands in two agreements."""
    policies: dict[str, PolicyFile] = {}
    clocks: dict[str, PolicyFile] = {}
    for file in files:
        if file.policy.desks:
            continue
        agreement = file.policy.agreement
        first = policies.setdefault(file.policy.id, file)
        if first.policy.agreement != agreement:
            was = f"{first.policy.agreement} in {first.file}"
            yield file.problem("agreement", f"{file.policy.id} is of the agreement {was}, and keeps it")
        for clock in file.policy.clocks:
            first = clocks.setdefault(clock.name, file)
            if first.policy.agreement != agreement:
                was = f"{first.policy.agreement} ({first.file})"
                yield file.problem(
                    "clocks", f"the clock name {clock.name} belongs to the agreement {was}; choose another"
                )


def _ties(files: Sequence[PolicyFile]) -> Iterator[Problem]:
    """Yield a problem for each pair of policies that could match one ticket equally well.

    The choice of the policy for that ticket would be a guess. Also for each pair that names the same desk.
    """
    spans = _spans(files)
    for (one, one_span), (other, other_span) in combinations(zip(files, spans, strict=True), 2):
        if shared := one.policy.desks & other.policy.desks:
            if (
                one.policy.id != other.policy.id
                and _overlap(one_span, other_span)
                and tenants(one.policy) & tenants(other.policy)
            ):
                reason = f"desk {min(shared)} is already judged by {_named(one.policy)} ({one.file})"
                yield other.problem("desks", reason)
        elif (
            one.policy.id != other.policy.id
            and not one.policy.desks
            and not other.policy.desks
            and one.policy.agreement == other.policy.agreement
            and len(one.policy.match) == len(other.policy.match)
            and _overlap(one_span, other_span)
            and _both_can_match(one.policy.match, other.policy.match)
        ):
            both = f"{_named(other.policy)} and {_named(one.policy)} ({one.file})"
            reason = f"a ticket could fit {both} equally well; ask for more or other values in one of them"
            yield other.problem("match", reason)


def _spans(files: Sequence[PolicyFile]) -> list[Span]:
    """Return the time in force of each file's policy: it ends when a higher version takes effect."""

    def until(file: PolicyFile) -> int | None:
        later = (
            other.policy.effective_from
            for other in files
            if other.policy.id == file.policy.id and other.policy.version > file.policy.version
        )
        return min(later, default=None)

    return [(file.policy.effective_from, until(file)) for file in files]


def _overlap(one: Span, other: Span) -> bool:
    begin = max(one[0], other[0])
    return all(until is None or begin < until for _, until in (one, other))


def _both_can_match(one: Match, other: Match) -> bool:
    asked = dict(other)
    return all(values & asked.get(key, values) for key, values in one)


def _named(policy: Policy) -> str:
    return f"{policy.id} version {policy.version}"


def _reason(error: OSError) -> str:
    if isinstance(error, NotADirectoryError):
        return "is a file; give the directory that it is in"
    return f"cannot be read: {error.strerror or error}"


def _printable(path: Path) -> str:
    return visible(str(path))
