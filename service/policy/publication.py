"""The records of topic `sla.policies`: policy versions, calendar years, and the ends of policy ids.

| key | record |
|---|---|
| `ID@VERSION` | `Publication`: a version in full; its calendars without the dates of their years |
| `calendar@NAME@YEAR` | `PublishedYear`: the dates of one year of a calendar |
| `ID@retired` | `Retirement`: from when on no cycle chooses the id |

No id and no name of a calendar has an `@`, so no two keys are the same. Before there were records of years, a
version held its calendars with their dates; such a record is still read.
"""

from typing import Any

import msgspec

from service.policy.calendar_years import YearDates

VersionKey = tuple[str, int]  # policy id and version
YearKey = tuple[str, int]  # calendar and year


class Publication(msgspec.Struct, frozen=True):
    """One policy version. Instants are texts (…Z), as nothing computes with them."""

    policy: str
    version: int
    sha256: str  # as computed when it was published: a reader computes its own from `content`
    effective_from: str
    published_at: str
    tzdata: str  # version of the time zone database then
    content: Any  # what was hashed: {"calendars": …, "policy": …}

    @property
    def key(self) -> str:
        """The key of the record."""
        return f"{self.policy}@{self.version}"

    @property
    def title(self) -> str:
        """The record's name for people."""
        return f"{self.policy} version {self.version}"


class PublishedYear(msgspec.Struct, frozen=True):
    """The dates of one year of a calendar, which never change."""

    calendar: str
    year: int
    published_at: str
    dates: YearDates

    @property
    def key(self) -> str:
        """The key of the record."""
        return f"calendar@{self.calendar}@{self.year}"

    @property
    def title(self) -> str:
        """The record's name for people."""
        return f"calendar {self.calendar}, year {self.year}"


class Retirement(msgspec.Struct, frozen=True):
    """The end of a policy id: no cycle that starts at or after `retired_at` chooses it."""

    policy: str
    retired_at: int  # ms
    published_at: str

    @property
    def key(self) -> str:
        """The key of the record."""
        return f"{self.policy}@retired"

    @property
    def title(self) -> str:
        """The record's name for people."""
        return f"the end of {self.policy}"


PolicyRecord = Publication | PublishedYear | Retirement


class BadPublicationError(ValueError):
    """A record of the topic is nothing that was published. `key`: the record's. The text is one line."""

    def __init__(self, key: bytes, reason: str) -> None:
        super().__init__(f"the record {key!r} {reason}")
        self.key = key


def policy_record(record: PolicyRecord) -> tuple[bytes, bytes]:
    """Return the key and value of a record. The fields of a content stay in the order of the file."""
    return record.key.encode(), msgspec.json.encode(record)


def parse_record(key: bytes, value: bytes) -> PolicyRecord:
    """Return the record with this key and value, unknown fields ignored. Raises BadPublicationError."""
    record: PolicyRecord
    if not value:
        raise BadPublicationError(key, "is no published policy: it has no value")
    try:
        record = msgspec.json.decode(value, type=_type_of(key))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPublicationError(key, f"is no published policy: {error}") from None
    if key != record.key.encode():
        raise BadPublicationError(key, f"is about {record.key.encode()!r}")
    return record


def _type_of(key: bytes) -> type[Publication] | type[PublishedYear] | type[Retirement]:
    if key.endswith(b"@retired"):
        return Retirement
    return PublishedYear if key.startswith(b"calendar@") and key.count(b"@") > 1 else Publication
