"""The records of the topic: read as they were written, and what is none is named."""

import json
from pathlib import Path

import pytest

from service.policy.calendar_years import years_of
from service.policy.publication import (
    BadPublicationError,
    Publication,
    PublishedYear,
    Retirement,
    parse_record,
    policy_record,
)
from service.policy.published import Published, read_published
from service.strict_yaml.document import canonical_json
from tests.policy.shelf import JUNE, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def vip(shelf: Shelf) -> Publication:
    shelf.put_vip()
    shelf.publish(may_backdate=True)
    return shelf.published.versions["vip", 3]


def test_every_kind_of_record_reads_back_as_it_was_written(shelf: Shelf) -> None:
    shelf.put_calendar()
    shelf.put("office", calendar="cn")
    records = [*shelf.plan().new, Retirement("office", JUNE, "2026-06-01T00:00:00.000Z")]
    pairs = [policy_record(record) for record in records]
    assert [key for key, _ in pairs] == [
        b"calendar@cn@2025",
        b"calendar@cn@2026",
        b"office@1",
        b"office@retired",
    ]
    assert [parse_record(key, value) for key, value in pairs] == records


def test_a_policy_by_the_name_of_a_calendar_is_one(shelf: Shelf) -> None:
    shelf.put("calendar", 2026)
    [record] = shelf.plan().new
    assert isinstance(parse_record(*policy_record(record)), Publication)


def test_the_content_is_what_the_file_says(shelf: Shelf) -> None:
    assert vip(shelf).content["policy"]["title"] == {"en": "Promise", "zh": "承诺"}


def test_the_clocks_keep_the_order_of_the_file(shelf: Shelf) -> None:
    path = shelf.put("two")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[-1].replace("response", "answer") + "\n", encoding="utf-8")
    [record] = shelf.plan().new
    again = read_published([parse_record(*policy_record(record))]).directory.policies
    assert [clock.name for clock in again.versions[0].clocks] == ["response", "answer"]
    assert again.edition == shelf.plan().after.directory.policies.edition


def test_fields_that_a_later_service_adds_are_ignored(shelf: Shelf) -> None:
    publication = vip(shelf)
    key, value = policy_record(publication)
    assert parse_record(key, value.replace(b"{", b'{"added":[1],', 1)) == publication


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"vip@3", b"", "it has no value"),
        (b"vip@3", b"\xff", "malformed"),
        (b"vip@3", b'{"policy": "\xff"}', "utf-8"),
        (b"vip@3", b"[]", "Expected `object`"),
        (b"vip@3", b"{}", "missing required field `policy`"),
        (b"vip@3", b'{"policy": 1}', "Expected `str`"),
        (b"vip@3", b'{"content": ' + b"[" * 100_000, "is no published policy"),
        (b"vip@retired", b'{"policy": "vip"}', "missing required field `retired_at`"),
        (b"calendar@cn@2026", b'{"calendar": "cn"}', "missing required field `year`"),
    ],
)
def test_a_record_that_is_no_publication_is_named(key: bytes, value: bytes, reason: str) -> None:
    with pytest.raises(BadPublicationError, match=rf"(?i)^the record {key!r} .*{reason}") as bad:
        parse_record(key, value)
    assert bad.value.key == key


def test_a_record_under_another_key_is_named(shelf: Shelf) -> None:
    with pytest.raises(BadPublicationError, match=r"^the record b'vip@4' is about b'vip@3'$"):
        parse_record(b"vip@4", policy_record(vip(shelf))[1])


def changed(publication: Publication, **policy: object) -> Publication:
    """The same record with other fields in the file that it holds."""
    fields = json.loads(policy_record(publication)[1])
    fields["content"]["policy"] |= policy
    record = parse_record(publication.key.encode(), canonical_json(fields).encode())
    assert isinstance(record, Publication)
    return record


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"urgency": "high"}, "cannot be read by this version of the service: urgency: no such field"),
        (
            {"policy": 3},
            "cannot be read by this version of the service: holds a int, where a file has a text",
        ),
        ({"version": "4"}, "holds vip version 4"),
    ],
)
def test_a_version_in_a_language_that_is_not_ours_is_named(
    shelf: Shelf, fields: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadPublicationError, match=rf"^the record b'vip@3' {reason}") as bad:
        read_published([changed(vip(shelf), **fields)])
    assert bad.value.key == b"vip@3"


@pytest.mark.parametrize("content", [None, [], {}, "x", {"policy": {}}, {"policy": {}, "calendars": []}])
def test_a_version_without_its_parts_is_named(shelf: Shelf, content: object) -> None:
    record = Publication("vip", 3, "", "", "", "", content)
    with pytest.raises(BadPublicationError, match=r"^the record b'vip@3' cannot be read"):
        read_published([record])


def test_of_two_records_with_one_key_the_first_counts(shelf: Shelf) -> None:
    first = vip(shelf)
    found = read_published([first, changed(first, title={"en": "Other"})])
    assert found.versions["vip", 3] == first


class TestRecordsFromBeforeYearsHadTheirOwn:
    """Such a version holds its calendars with their dates, and its recorded hash covers them."""

    def old(self, shelf: Shelf, version: int = 1) -> Publication:
        """A version as it was published then."""
        shelf.put("office", version, calendar="cn", effective="2026-01-05T00:00:00Z")
        file = shelf.read().files["office", version]
        calendar = shelf.read().calendars["cn"].content
        content = {"policy": file.content["policy"], "calendars": {"cn": calendar}}
        return Publication("office", version, "0" * 64, "", "2026-01-01T00:00:00.000Z", "2026a", content)

    def known(self, shelf: Shelf) -> Published:
        return read_published([self.old(shelf)])

    def test_it_is_judged_by_the_same_days(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        before = self.known(shelf).directory.policies.versions[0].clocks[0].calendar
        now = shelf.read().policies.versions[0].clocks[0].calendar
        assert before.name == now.name
        assert before.valid_until == now.valid_until
        span = 1_735_689_600_000, 1_798_700_000_000  # 2025 and 2026
        assert before.open_between(*span) == now.open_between(*span)

    def test_it_is_equal_to_the_file_of_today(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        shelf.published = self.known(shelf)
        assert shelf.refused() == []
        assert shelf.published.directory.files["office", 1].policy.sha256 != "0" * 64

    def test_a_record_that_such_a_release_wrote_is_read_and_equal(self, shelf: Shelf) -> None:
        value = (Path(__file__).parent / "published_before_years.json").read_bytes()
        record = parse_record(b"office@1", value)
        shelf.put_calendar()
        assert isinstance(record, Publication)
        assert record.content == self.old(shelf).content
        shelf.published = read_published([record])
        assert shelf.publish() == ["calendar@cn@2025", "calendar@cn@2026"]
        [policy] = shelf.published.directory.policies.versions
        assert policy.sha256 == shelf.read().policies.versions[0].sha256 != record.sha256

    def test_its_years_get_their_own_records_at_the_next_publication(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        shelf.published = self.known(shelf)
        assert shelf.publish() == ["calendar@cn@2025", "calendar@cn@2026"]
        assert shelf.publish() == []

    def test_a_year_more_is_added_to_it(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        shelf.published = self.known(shelf)
        shelf.put_calendar(("[2025, 2026]", "[2025, 2026, 2027]"))
        assert "calendar@cn@2027" in shelf.publish()
        clock = shelf.published.directory.policies.versions[0].clocks[0]
        assert clock.calendar.days.years == range(2025, 2028)  # type: ignore[attr-defined]

    def test_other_days_of_its_years_are_refused(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        shelf.published = self.known(shelf)
        shelf.put_calendar(("2026-10-01..2026-10-02", "2026-10-01..2026-10-03"))
        assert shelf.refused() == [
            (
                "calendars/cn.yaml:4: holidays: 2026-10-03: the year 2026 of calendar cn is published with "
                "another 2026-10-03; undo the change, or name another calendar in new versions"
            )
        ]

    def test_two_versions_with_other_days_under_one_name_keep_their_own(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        first = self.old(shelf)
        shelf.put_calendar(("2026-10-01..2026-10-02", "2026-10-05..2026-10-06"))
        second = self.old(shelf, 2)
        shelf.published = read_published([first, second])
        own = [
            {"2025-01-01", "2026-10-01", "2026-10-02"},
            {"2025-01-01", "2026-10-05", "2026-10-06"},
        ]
        assert self.closed(shelf) == own
        (shelf.directory / "office-1.yaml").unlink()  # as it had to be: the calendar was part of it
        assert shelf.publish() == ["calendar@cn@2025", "calendar@cn@2026"]
        assert self.closed(shelf) == own

    def closed(self, shelf: Shelf) -> list[set[str]]:
        """The holidays of each version's calendar."""
        return [
            {day.isoformat() for day in policy.clocks[0].calendar.days.holidays}  # type: ignore[attr-defined]
            for policy in shelf.published.directory.policies.versions
        ]

    def test_a_year_that_does_not_follow_on_its_own_ones_is_not_added(self, shelf: Shelf) -> None:
        shelf.put_calendar(("2026-10-01..2026-10-02, ", ""), ("{2026-02-14: mon}", "{}"), (", 2026]", "]"))
        shelf.put("office", calendar="cn", effective="2025-01-06T00:00:00Z")
        file, calendar = shelf.read().files["office", 1], shelf.read().calendars["cn"].content
        content = {"policy": file.content["policy"], "calendars": {"cn": calendar}}
        old = Publication("office", 1, "", "", "", "", content)
        dates = years_of(calendar)[2025]
        years = [PublishedYear("cn", year, "", type(dates)()) for year in (2027, 2028)]
        clock = read_published([old, *years]).directory.policies.versions[0].clocks[0]
        assert clock.calendar.days.years == range(2025, 2026)  # type: ignore[attr-defined]
