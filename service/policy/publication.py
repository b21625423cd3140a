"""Published policies are immutable: topic `sla.policies` holds each policy version ever used, by its hash."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from schemas.instant import written
from service.policy.directory import PolicyDirectory
from service.policy.document import canonical_json
from service.policy.place import BadPolicies, Problem
from service.policy.policy_file import PolicyFile

VersionKey = tuple[str, int]  # policy id and version


class Publication(msgspec.Struct, frozen=True):
    """One policy version as the topic holds it. Instants are texts (…Z), as nothing computes with them."""

    policy: str
    version: int
    sha256: str
    effective_from: str
    published_at: str
    tzdata: str  # version of the time zone database then
    content: Any  # what was hashed: {"calendars": …, "policy": …}


class Verified(NamedTuple):
    """The files agree with the published policies. `new` goes to the topic before the first judgement."""

    new: tuple[Publication, ...]
    warnings: tuple[str, ...]  # one line each


class BadPublicationError(ValueError):
    """A record of the topic is not a published policy. The text is one line."""


def verify(
    directory: PolicyDirectory, published: Mapping[VersionKey, Publication], now: int, tzdata: str
) -> Verified:
    """Compare the files with the published policies. `now` in ms, `tzdata` as `2026b`. Raises BadPolicies.

    All versions of a policy id that was never published may take effect in the past, so that a new cluster
    can start. From then on, a new version must take effect after `now`.
    """
    known = {policy for policy, _ in published}
    files = directory.files
    found = [_problem(file, published.get(key), known, now) for key, file in files.items()]
    problems = [problem for problem in found if problem]
    if problems:
        raise BadPolicies(problems)
    new = tuple(_publication(file, now, tzdata) for key, file in files.items() if key not in published)
    return Verified(new, tuple(_warnings(directory, published, tzdata)))


def publication_record(publication: Publication) -> tuple[bytes, bytes]:
    """Return the key and value of a publication's record."""
    return _key(publication), canonical_json(msgspec.to_builtins(publication)).encode()


def parse_publication(key: bytes, value: bytes) -> Publication:
    """Return the publication in a record, unknown fields ignored. Raises BadPublicationError."""
    try:
        publication = msgspec.json.decode(value, type=Publication)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPublicationError(f"the record {key!r} is no published policy: {error}") from None
    if key != _key(publication):
        raise BadPublicationError(f"the record {key!r} is about {_key(publication)!r}")
    return publication


def _key(publication: Publication) -> bytes:
    return f"{publication.policy}@{publication.version}".encode()  # an id has no @


def _problem(
    file: PolicyFile, before: Publication | None, known: Collection[str], now: int
) -> Problem | None:
    policy = file.policy
    if before is not None and before.sha256 != policy.sha256:
        was = (
            f"{policy.id} version {policy.version} was published at {before.published_at} with other content"
        )
        return file.problem("version", f"{was}; undo the change, or make it a new version")
    if before is None and policy.id in known and policy.effective_from <= now:
        reason = f"{policy.id} is published: a new version must take effect later than now, {written(now)}"
        return file.problem("effective_from", reason)
    return None


def _publication(file: PolicyFile, now: int, tzdata: str) -> Publication:
    policy = file.policy
    effective_from, published_at = written(policy.effective_from), written(now)
    return Publication(
        policy.id, policy.version, policy.sha256, effective_from, published_at, tzdata, file.content
    )


def _warnings(
    directory: PolicyDirectory, published: Mapping[VersionKey, Publication], tzdata: str
) -> Iterator[str]:
    for key, before in sorted(published.items()):
        named = f"{before.policy} version {before.version}"
        if key not in directory.files:
            yield f"{named} was published and its file is gone: other policies, or none, judge its cycles now"
        elif before.tzdata != tzdata:
            yield f"{named} was published with time zone database {before.tzdata}; this is {tzdata}"
