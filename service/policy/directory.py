"""A directory of policy files, with a subdirectory of calendar files: its policies, or all its problems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import read_calendar
from service.policy.conflicts import conflicts
from service.policy.named_calendar import BUILT_IN, NamedCalendar
from service.policy.policy_file import PolicyFile, read_policy
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.sla.policy import Policies, Policy
from service.strict_yaml.document import LARGEST_BYTES
from service.strict_yaml.place import Problem
from service.text.visible import visible
from service.timezones import zone

_SUFFIXES = (".yaml", ".yml")
_CALENDARS = "calendars"
NO_FILE = "has no policy file (*.yaml)"

# Stands in for a calendar that cannot be read, so that only the calendar file itself is reported.
_ANY = NamedCalendar(WorkingTime(LocalDays("any", zone("UTC"), (((0, 86_400),),) * 7)), {})


@dataclass(frozen=True, slots=True)
class PolicyDirectory:
    """The policies of a directory, and the file of each. Published policies have the same form."""

    policies: Policies
    files: Mapping[tuple[str, int], PolicyFile]  # by policy id and version
    calendars: Mapping[str, NamedCalendar] = field(default_factory=dict)  # from files only, by name


def read_policies(
    directory: Path, calendars: Mapping[str, NamedCalendar] = BUILT_IN, *, to_publish: bool = False
) -> PolicyDirectory:
    """Return the policies of the *.yaml and *.yml files. Raises BadPolicies with every problem of every file.

    Policies may name the calendars in `calendars`, and the calendars of the subdirectory `calendars`.
    `to_publish`: no file is no problem, as all policies may be published. Whether these policies can stand
    side by side is left to the plan of the publication, which knows what is published and what has ended.
    """
    files: list[PolicyFile] = []
    problems: list[Problem] = []
    found: dict[str, NamedCalendar] = {}
    try:
        paths = _yaml_paths(directory)
        found = _calendars(directory / _CALENDARS, problems)
        for path in paths:
            try:
                files.append(read_policy(_printable(path), _bytes(path), {**calendars, **found}))
            except BadPolicies as bad:
                problems += bad.problems
    except OSError as error:
        instead = "; give a directory that is there; the default is SLA_POLICIES"
        reason = _reason(error) + (instead if isinstance(error, FileNotFoundError) else "")
        problems.append(Problem(_printable(Path(error.filename or directory)), None, None, reason))
    else:
        if not files and not problems and not to_publish:
            problems.append(Problem(_printable(directory), None, None, NO_FILE))
    problems += _given_twice(files)
    if not to_publish:
        problems += conflicts(files)
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
        raise BadPolicies([Problem(_printable(path), None, None, "is no file; move it away, or rename it")])
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


def _named(policy: Policy) -> str:
    return f"{policy.id} version {policy.version}"


def _reason(error: OSError) -> str:
    said = f"cannot be read: {error.strerror or error}"
    match error:
        case NotADirectoryError() if Path(error.filename).name == _CALENDARS:
            return "is a file; make it a directory, with a file for each calendar"
        case NotADirectoryError():
            return "is a file; give the directory that it is in"
        case PermissionError():
            return f"{said}; let this user read it"
        case FileNotFoundError() if Path(error.filename).is_symlink():
            return f"{said}; move it away, or mend what it links to"
    return said


def _printable(path: Path) -> str:
    return visible(str(path))
