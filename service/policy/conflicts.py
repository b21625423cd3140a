"""Policies that cannot stand side by side: two that tie, one name in two agreements, versions that descend.

The new policies are compared with one another and with the published ones. Published policies among
themselves are not: they judge, whatever a file says.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from service.policy.policy_file import PolicyFile
from service.sla.policy import Match, Policy, tenants
from service.strict_yaml.place import Problem

Span = tuple[int, int | None]  # [from, until) in ms; None: for good
Retired = Mapping[str, int]  # by policy id: the instant (ms) from which on no cycle chooses it


def conflicts(
    new: Sequence[PolicyFile], published: Sequence[PolicyFile] = (), retired: Retired | None = None
) -> Iterator[Problem]:
    """Yield the problems that `new` makes beside `published`. `published`: in the order of publication."""
    yield from _agreements(new, published)
    yield from _descending(new, published)
    yield from _ties(new, published, retired or {})


def ties(published: Sequence[PolicyFile], retired: Retired) -> Iterator[Problem]:
    """Yield the problems of published policies that tie. They judge all the same."""
    yield from _ties(published, (), retired)


def _agreements(new: Sequence[PolicyFile], published: Sequence[PolicyFile]) -> Iterator[Problem]:
    """Yield a problem for each policy id, and each name of a clock, that stands in two agreements."""
    policies: dict[str, PolicyFile] = {}
    clocks: dict[str, PolicyFile] = {}
    for index, file in enumerate((*published, *new)):
        if file.policy.desks:
            continue
        agreement, is_new = file.policy.agreement, index >= len(published)
        first = policies.setdefault(file.policy.id, file)
        if is_new and first.policy.agreement != agreement:
            was = f"{first.policy.agreement} in {first.file}"
            yield file.problem("agreement", f"{file.policy.id} is of the agreement {was}, and keeps it")
        for clock in file.policy.clocks:
            first = clocks.setdefault(clock.name, file)
            if is_new and first.policy.agreement != agreement:
                was = f"{first.policy.agreement} ({first.file})"
                yield file.problem(
                    "clocks", f"the clock name {clock.name} belongs to the agreement {was}; choose another"
                )


def _descending(new: Sequence[PolicyFile], published: Sequence[PolicyFile]) -> Iterator[Problem]:
    """Yield a problem for each version that takes effect before a lower version of its id."""
    for index, file in enumerate(new):
        for other in (*published, *new[:index]):
            one, two = sorted((file.policy, other.policy), key=lambda policy: policy.version)
            if one.id == two.id and two.effective_from < one.effective_from:
                reason = f"{_named(two)} would take effect before {_named(one)}; versions of an id ascend"
                yield file.problem("effective_from", f"{reason} ({other.file})")


def _ties(new: Sequence[PolicyFile], published: Sequence[PolicyFile], retired: Retired) -> Iterator[Problem]:
    """Yield a problem for each pair of policies that could match one ticket equally well.

    The choice of the policy for that ticket would be a guess. Also for each pair that names the same desk.
    """
    files = (*published, *new)
    spans = _spans(files, retired)
    numbered = list(enumerate(zip(files, spans, strict=True)))
    for (_, (one, one_span)), (index, (other, other_span)) in combinations(numbered, 2):
        if index < len(published) or one.policy.id == other.policy.id or not _overlap(one_span, other_span):
            continue
        if shared := one.policy.desks & other.policy.desks:
            if tenants(one.policy) & tenants(other.policy):
                reason = f"desk {min(shared)} is already judged by {_named(one.policy)} ({one.file})"
                yield other.problem("desks", reason)
        elif (
            not one.policy.desks
            and not other.policy.desks
            and one.policy.agreement == other.policy.agreement
            and len(one.policy.match) == len(other.policy.match)
            and _both_can_match(one.policy.match, other.policy.match)
        ):
            both = f"{_named(other.policy)} and {_named(one.policy)} ({one.file})"
            reason = f"a ticket could fit {both} equally well; ask for more or other values in one of them"
            yield other.problem("match", reason)


def _spans(files: Sequence[PolicyFile], retired: Retired) -> list[Span]:
    """Return the time in force of each policy: until a higher version takes effect, or its id is retired."""

    def until(file: PolicyFile) -> int | None:
        ends = [
            other.policy.effective_from
            for other in files
            if other.policy.id == file.policy.id and other.policy.version > file.policy.version
        ]
        return min((*ends, *([retired[file.policy.id]] if file.policy.id in retired else ())), default=None)

    return [(file.policy.effective_from, until(file)) for file in files]


def _overlap(one: Span, other: Span) -> bool:
    begin = max(one[0], other[0])
    return all(until is None or begin < until for _, until in (one, other))


def _both_can_match(one: Match, other: Match) -> bool:
    asked = dict(other)
    return all(values & asked.get(key, values) for key, values in one)


def _named(policy: Policy) -> str:
    return f"{policy.id} version {policy.version}"
