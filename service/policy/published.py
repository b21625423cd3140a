"""The published policies: what judges. Built from the records of `sla.policies` by the readers of files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.instant import read_milliseconds
from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import read_calendar_content
from service.policy.calendar_years import YearDates, frame, named_years, whole, years_of
from service.policy.directory import PolicyDirectory
from service.policy.named_calendar import BUILT_IN, NamedCalendar
from service.policy.policy_file import PolicyFile, read_policy_content
from service.policy.publication import (
    BadPublicationError,
    PolicyRecord,
    Publication,
    PublishedYear,
    Retirement,
    VersionKey,
    YearKey,
)
from service.sla.policy import Policies
from service.strict_yaml.document import NotReadError, node_of
from service.strict_yaml.place import Problem

_FILE = "published"  # stands for the name of a file in problems


def _none() -> PolicyDirectory:
    return PolicyDirectory(Policies(()), {})


@dataclass(frozen=True, slots=True)
class Published:
    """All that was published. Each mapping is in the order of publication."""

    versions: Mapping[VersionKey, Publication] = field(default_factory=dict)
    years: Mapping[YearKey, PublishedYear] = field(default_factory=dict)
    retirements: Mapping[str, Retirement] = field(default_factory=dict)  # by policy id
    directory: PolicyDirectory = field(default_factory=_none)  # the policies, as if read from files

    @property
    def records(self) -> list[PolicyRecord]:
        """All records."""
        return [*self.versions.values(), *self.years.values(), *self.retirements.values()]

    @property
    def latest_at(self) -> int:
        """When (ms) the latest publication began; 0: nothing is published."""
        return max((read_milliseconds(record.published_at) or 0 for record in self.records), default=0)

    def dates(self, calendar: str, year: int) -> YearDates | None:
        """Return the published dates of a calendar's year; None: the year was not published.

        A year without a record may stand in a version of the time before years had records. If several
        such versions differ, the last one counts.
        """
        if (record := self.years.get((calendar, year))) is not None:
            return record.dates
        found = None
        for version in self.versions.values():
            found = years_of(version.content["calendars"].get(calendar)).get(year) or found
        return found


def read_published(records: Iterable[PolicyRecord]) -> Published:
    """Return what `records` say; of two records with one key the first counts. Raises BadPublicationError."""
    versions: dict[VersionKey, Publication] = {}
    years: dict[YearKey, PublishedYear] = {}
    retirements: dict[str, Retirement] = {}
    for record in records:
        if isinstance(record, Publication):
            versions.setdefault((record.policy, record.version), record)
        elif isinstance(record, PublishedYear):
            years.setdefault((record.calendar, record.year), record)
        else:
            retirements.setdefault(record.policy, record)
    files = {key: _read(version, years) for key, version in versions.items()}
    retired = {policy: one.retired_at for policy, one in retirements.items()}
    policies = Policies((file.policy for file in files.values()), retired)
    return Published(versions, years, retirements, PolicyDirectory(policies, files))


def _read(version: Publication, years: Mapping[YearKey, PublishedYear]) -> PolicyFile:
    """Return the policy of a version, with its calendars in all years that are known."""
    try:
        said, given = _parts(version.content)
        calendars = {calendar: _calendar(calendar, content, years) for calendar, content in given.items()}
        read = read_policy_content(_FILE, said, {**BUILT_IN, **calendars})
    except BadPolicies as bad:
        first = bad.problems[0]
        where = f"{first.field}: " if first.field else ""
        raise _bad(version, f"cannot be read by this version of the service: {where}{first.reason}") from None
    if (read.policy.id, read.policy.version) != (version.policy, version.version):
        raise _bad(version, f"holds {read.policy.id} version {read.policy.version}")
    return read


def _parts(content: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the content of the policy's file, and those of its calendars by name. Raises BadPolicies."""
    try:
        node_of(content)  # texts, lists and mappings only
    except NotReadError as error:
        raise BadPolicies([Problem(_FILE, None, None, error.reason)]) from None
    calendars = content.get("calendars") if isinstance(content, dict) else None
    return (content.get("policy"), calendars) if isinstance(calendars, dict) else (None, {})


def _calendar(calendar: str, content: Any, years: Mapping[YearKey, PublishedYear]) -> NamedCalendar:
    """Return a calendar of a version. Raises BadPolicies.

    The years that the version itself holds stay as they are; the published years next to them are added.
    """
    added = {year: one.dates for (of, year), one in years.items() if of == calendar}
    if not named_years(content):
        return read_calendar_content(_FILE, whole(content, added), calendar)
    read_calendar_content(_FILE, content, calendar)  # valid, before it is taken apart
    own = years_of(content)
    added = {year: dates for year, dates in added.items() if _adjoins(year, own, added)}
    return read_calendar_content(_FILE, whole(frame(content), {**added, **own}), calendar)


def _adjoins(year: int, own: Mapping[int, YearDates], added: Mapping[int, YearDates]) -> bool:
    """True when no unknown year lies between `year` and the years in `own`."""
    between = range(year, min(own)) if year < min(own) else range(max(own) + 1, year + 1)
    return all(one in added for one in between)


def _bad(version: Publication, reason: str) -> BadPublicationError:
    return BadPublicationError(version.key.encode(), reason)
