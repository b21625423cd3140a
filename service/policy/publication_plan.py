"""The rules of publication: what a directory, or the end of an id, adds to what is published.

A plan is made under the fence of the one publisher (service/kafka/topics/policies.py), from all that is
published, and written in one transaction. What was published never changes: a plan only adds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.instant import written
from service.errors import RefusalError
from service.policy.bad_policies import BadPolicies
from service.policy.calendar_years import YearDates, named_years, years_of
from service.policy.conflicts import conflicts, ties
from service.policy.directory import PolicyDirectory
from service.policy.named_calendar import NamedCalendar
from service.policy.policy_file import PolicyFile
from service.policy.publication import (
    BadPublicationError,
    PolicyRecord,
    Publication,
    PublishedYear,
    Retirement,
    YearKey,
)
from service.policy.published import Published, read_published
from service.strict_yaml.place import Problem, suggestion

AHEAD_MS = 60_000  # from when a publication begins to when a new version may take effect


@dataclass(frozen=True, slots=True)
class Publishing:
    """What a publication is made with. Instants in ms."""

    begun: int
    tzdata: str  # version of the time zone database, as `2026b`
    may_backdate: bool = False  # new versions may be in force already


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publication writes, and what is published then."""

    new: tuple[PolicyRecord, ...]
    after: Published
    over_by: int | None  # ms: it must be over then, or it is given up; None: no such instant
    backdated: tuple[Publication, ...]  # of the new versions, those that take effect too soon for the others
    notes: tuple[str, ...] = ()  # one line each
    warnings: tuple[str, ...] = ()


def plan(directory: PolicyDirectory, published: Published, terms: Publishing) -> Plan:
    """Return the plan of a publication of `directory`. Raises BadPolicies with all that is wrong."""
    files = [file for key, file in directory.files.items() if key not in published.versions]
    problems = [
        *_changed(directory, published),
        *_changed_years(directory, published),
        *_gaps(directory, published),
        *(problem for file in files if (problem := _too_late(file, published, terms))),
        *conflicts(files, list(published.directory.files.values()), published.directory.policies.retired),
    ]
    if problems:
        raise BadPolicies(problems)
    at = written(terms.begun)
    versions = tuple(_publication(file, at, terms.tzdata) for file in files)
    new: tuple[PolicyRecord, ...] = (
        *(PublishedYear(*key, at, dates) for key, dates in _new_years(directory, published).items()),
        *versions,
    )
    soonest = terms.begun + AHEAD_MS
    backdated = tuple(
        one for one, file in zip(versions, files, strict=True) if file.policy.effective_from < soonest
    )
    return Plan(
        new,
        _after(published, new),
        over_by=soonest if versions and not backdated else None,
        backdated=backdated,
        notes=tuple(_gone(directory, published)),
        warnings=tuple(_warnings(published, terms.tzdata)),
    )


def plan_retirement(policy: str, retired_at: int, published: Published, begun: int) -> Plan:
    """Return the plan that ends a policy id at `retired_at` (ms). Raises RefusalError."""
    ids = sorted({known for known, _ in published.versions})
    if policy not in ids:
        hint = suggestion(policy, ids) if ids else ", and no other one was"
        raise RefusalError(f"policy {policy or repr(policy)}: was never published{hint}")
    if (before := published.retirements.get(policy)) is not None:
        raise RefusalError(f"policy {policy}: ends at {written(before.retired_at)} already, for good")
    if retired_at <= begun:
        raise RefusalError(
            f"--at {written(retired_at)}: must lie ahead of now, {written(begun)}: what has begun is judged"
        )
    new = (Retirement(policy, retired_at, written(begun)),)
    return Plan(new, _after(published, new), retired_at, ())


def _calendars_of(files: Iterable[PolicyFile]) -> set[str]:
    """Return the names of the calendars that policies name."""
    return {calendar for file in files for calendar in file.content["calendars"]}


def _publication(file: PolicyFile, at: str, tzdata: str) -> Publication:
    policy = file.policy
    effective_from = written(policy.effective_from)
    return Publication(policy.id, policy.version, policy.sha256, effective_from, at, tzdata, file.content)


def _after(published: Published, new: Iterable[PolicyRecord]) -> Published:
    try:
        return read_published([*published.records, *new])
    except BadPublicationError as error:  # for example a day that works as a weekday that an old week lacks
        raise BadPolicies([Problem("sla.policies", None, None, f"with these files, {error}")]) from None


def _too_late(file: PolicyFile, published: Published, terms: Publishing) -> Problem | None:
    """Return the problem of a new version that would not wait until every process knows it, or None."""
    policy = file.policy
    if policy.id in published.retirements:
        end = written(published.retirements[policy.id].retired_at)
        return file.problem("policy", f"{policy.id} ends at {end}: what goes on, goes on under a new id")
    if terms.may_backdate or policy.effective_from >= terms.begun + AHEAD_MS:
        return None
    reason = (
        "a version that was not published yet must take effect at least one minute from now: "
        f"at {written(terms.begun + AHEAD_MS)} or later; or see sla-timer policies publish --backdate"
    )
    return file.problem("effective_from", reason)


def _changed(directory: PolicyDirectory, published: Published) -> Iterator[Problem]:
    """Yield a problem for each file that says otherwise than its published version."""
    for key, file in directory.files.items():
        before = published.directory.files.get(key)
        if before is not None and before.policy.sha256 != file.policy.sha256:
            at = published.versions[key].published_at
            named = f"{file.policy.id} version {file.policy.version} was published at {at}"
            where, what = _difference(before.content, file.content)
            yield file.problem(where, f"{named} with {what}; undo the change, or make it a new version")


def _difference(before: Any, now: Any) -> tuple[str, str]:
    """Return the first top field in which two contents differ, and what the earlier one has there."""
    one, other = before["policy"], now["policy"]
    for field in sorted({*one, *other}):
        if one.get(field) != other.get(field):
            return field, f"other {field}" if field in one else f"no {field}"
    names = sorted({*before["calendars"], *now["calendars"]})
    changed = [name for name in names if before["calendars"].get(name) != now["calendars"].get(name)]
    return "calendar", f"another calendar {changed[0]}" if changed else "other content"


def _by_year(directory: PolicyDirectory, published: Published) -> dict[str, NamedCalendar]:
    """Return the calendars of the directory that a policy names and that name years."""
    used = _calendars_of([*directory.files.values(), *published.directory.files.values()])
    return {
        name: calendar
        for name, calendar in directory.calendars.items()
        if name in used and named_years(calendar.content)
    }


def _new_years(directory: PolicyDirectory, published: Published) -> dict[YearKey, YearDates]:
    return {
        (name, year): dates
        for name, calendar in _by_year(directory, published).items()
        for year, dates in years_of(calendar.content).items()
        if (name, year) not in published.years
    }


def _changed_years(directory: PolicyDirectory, published: Published) -> Iterator[Problem]:
    """Yield a problem for each published year of a calendar whose dates are others now."""
    for name, calendar in _by_year(directory, published).items():
        for year, dates in years_of(calendar.content).items():
            before = published.dates(name, year)
            if before is not None and before != dates:
                field, day = _differing(before, dates)
                reason = (
                    f"{day}: the year {year} of calendar {name} is published with another {day}; undo the "
                    "change, or name another calendar in new versions"
                )
                yield _of_calendar(calendar, field, reason)


def _differing(before: YearDates, now: YearDates) -> tuple[str, str]:
    """Return the field and the first date in which two years differ."""
    days = {
        "holidays": set(before.holidays) ^ set(now.holidays),
        "working_days": _unequal(before.working_days, now.working_days),
        "hours": _unequal(before.hours, now.hours),
    }
    return next((field, min(found)) for field, found in days.items() if found)


def _unequal(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    return {day for day in {*before, *now} if before.get(day) != now.get(day)}


def _gaps(directory: PolicyDirectory, published: Published) -> Iterator[Problem]:
    """Yield a problem for each calendar whose published years and new ones leave a year out."""
    for name, calendar in _by_year(directory, published).items():
        known = {year for of, year in published.years if of == name} | set(years_of(calendar.content))
        missing = sorted(set(range(min(known), max(known))) - known)
        if missing:
            field = "official" if "official" in calendar.lines else "years"
            reason = f"leaves out {missing[0]}: with the published years, years must follow one another"
            yield _of_calendar(calendar, field, reason)


def _of_calendar(calendar: NamedCalendar, field: str, reason: str) -> Problem:
    return Problem(calendar.file, calendar.lines.get(field, 1), field, reason)


def _gone(directory: PolicyDirectory, published: Published) -> Iterator[str]:
    if gone := [one.title for key, one in published.versions.items() if key not in directory.files]:
        yield f"published, and not among the files any more: {', '.join(gone)}; nothing changes by that"


def _warnings(published: Published, tzdata: str) -> Iterator[str]:
    for before in published.versions.values():
        if before.tzdata != tzdata:
            yield f"{before.title} was published with time zone database {before.tzdata}; this is {tzdata}"
    for tie in ties(list(published.directory.files.values()), published.directory.policies.retired):
        said = tie.reason.partition(";")[0]
        yield f"published policies tie: {said}; end one of them with sla-timer policies retire"
