"""The data of events out, with the fields in the order of the contract."""

from functools import lru_cache

import msgspec

from schemas.instant import written
from service.sla.announcement import Announcement
from service.sla.facts import Fact, Kind, Sign

TYPES = {int(kind): f"complaint.{kind.word}" for kind in Kind} | {
    int(sign): f"channel.{sign.word}" for sign in Sign
}


class AnnouncedPolicy(msgspec.Struct, frozen=True, gc=False):
    """See schemas.sla."""

    id: str
    version: int
    sha256: str
    agreement: str


class AnnouncedAttributes(msgspec.Struct, frozen=True, gc=False):
    """See schemas.sla."""

    channel: str | None
    complexity: str | None
    priority: str | None
    category: str | None
    service: str | None
    region: str | None
    team: str | None


class AnnouncedCause(msgspec.Struct, frozen=True, gc=False):
    """See schemas.sla."""

    source: str
    event_id: str


class AnnouncedEvidence(msgspec.Struct, frozen=True, gc=False):
    """See schemas.sla."""

    source: str
    event_id: str
    type: str
    time: str
    recorded_at: str | None
    partition: int | None
    offset: int | None


class AnnouncedVerdict(msgspec.Struct, frozen=True, gc=False):
    """See schemas.sla. Instants as text, lengths in seconds."""

    breach_id: str
    epoch: int
    revision: int
    state: str
    tenant: str
    ticket_id: str
    customer_id: str | None
    cycle: int
    clock: str
    level: str | None
    rank: int | None
    supersedes: str | None
    clause: str | None
    policy: AnnouncedPolicy | None
    zone: str | None
    attributes: AnnouncedAttributes | None
    started_at: str | None
    due_at: str | None
    stopped_at: str | None
    paused_seconds: float | None
    elapsed_seconds: float | None
    overrun_seconds: float | None
    detected_at: str | None
    late_detection: bool
    reason: str | None
    cause: AnnouncedCause | None
    evidence: list[AnnouncedEvidence]


class AnnouncedProgress(msgspec.Struct, frozen=True, gc=False):
    """See schemas.sla."""

    source_topic: str
    source_partition: int
    source_partitions: int
    complete_until: str


def verdict(announcement: Announcement) -> AnnouncedVerdict:
    """Return the data of the event out. `msgspec.to_builtins` makes a dict of it."""
    said, policy, cause = announcement, announcement.policy, announcement.cause
    started_at, due_at, stopped_at, detected_at = (
        said.started_at,
        said.due_at,
        said.stopped_at,
        said.detected_at,
    )
    return AnnouncedVerdict(
        said.breach_id,
        said.epoch,
        said.revision,
        said.state,
        said.tenant,
        said.ticket_id,
        said.customer_id,
        said.cycle,
        said.clock,
        said.level,
        said.rank,
        said.supersedes,
        said.clause,
        _version(policy.id, policy.version, policy.sha256, policy.agreement) if policy else None,
        said.zone,
        None if said.attributes is None else _attributes(*said.attributes),
        None if started_at is None else written(started_at),
        None if due_at is None else written(due_at),
        None if stopped_at is None else written(stopped_at),
        _seconds(said.paused_for),
        _seconds(said.elapsed_for),
        _seconds(said.overrun_for),
        None if detected_at is None else written(detected_at),
        said.late_detection,
        said.reason,
        AnnouncedCause(cause.source, cause.id) if cause else None,
        [_evidence(fact) for fact in said.evidence],
    )


_version = lru_cache(maxsize=64)(AnnouncedPolicy)
_attributes = lru_cache(maxsize=1024)(AnnouncedAttributes)  # most tickets share theirs with many others


def _evidence(fact: Fact) -> AnnouncedEvidence:
    if fact.partition < 0:  # from a file: it has no offset
        return AnnouncedEvidence(fact.source, fact.id, TYPES[fact.kind], written(fact.time), None, None, None)
    return AnnouncedEvidence(
        fact.source,
        fact.id,
        TYPES[fact.kind],
        written(fact.time),
        written(fact.recorded_at),
        fact.partition,
        fact.offset,
    )


def _seconds(length: int | None) -> float | None:
    if length is None:
        return None
    return length / 1000 if length % 1000 else length // 1000
