"""A published version never changes, and a new one takes effect only after everybody could know it."""

from pathlib import Path

import pytest

from service.policy.directory import PolicyDirectory, read_policies
from service.policy.place import BadPolicies
from service.policy.publication import (
    BadPublicationError,
    Publication,
    VersionKey,
    parse_publication,
    publication_record,
    verify,
)
from tests.policy.vip import VIP

JUNE = 1_780_272_000_000  # 2026-06-01T00:00:00Z
TZDATA = "2026a"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "vip-3.yaml").write_text(VIP, encoding="utf-8")
    return tmp_path


def version_4(directory: Path, effective_from: str) -> PolicyDirectory:
    text = VIP.replace("version: 3", "version: 4").replace("2026-01-01T00:00:00+08:00", effective_from)
    (directory / "vip-4.yaml").write_text(text, encoding="utf-8")
    return read_policies(directory)


def published(directory: Path) -> dict[VersionKey, Publication]:
    new = verify(read_policies(directory), {}, JUNE, TZDATA).new
    return {(publication.policy, publication.version): publication for publication in new}


def test_the_first_publication_may_be_in_force_already(directory: Path) -> None:
    version_4(directory, "2026-03-01T00:00:00Z")
    assert list(published(directory)) == [("vip", 3), ("vip", 4)]


def test_what_is_published_is_published_once(directory: Path) -> None:
    assert verify(read_policies(directory), published(directory), JUNE + 1, TZDATA) == ((), ())


def test_other_content_under_a_published_version_is_refused(directory: Path) -> None:
    before = published(directory)
    (directory / "vip-3.yaml").write_text(VIP.replace("30m", "31m"), encoding="utf-8")
    with pytest.raises(BadPolicies) as bad:
        verify(read_policies(directory), before, JUNE, TZDATA)
    assert str(bad.value) == (
        f"{directory / 'vip-3.yaml'}:2: version: vip version 3 was published at 2026-06-01T00:00:00.000Z "
        "with other content; undo the change, or make it a new version"
    )


def test_another_layout_is_no_other_content(directory: Path) -> None:
    before = published(directory)
    (directory / "vip-3.yaml").write_text("# a remark\n" + VIP, encoding="utf-8")
    assert verify(read_policies(directory), before, JUNE, TZDATA).new == ()


@pytest.mark.parametrize("effective_from", ["2026-05-31T23:59:59.999Z", "2026-06-01T00:00:00.000Z"])
def test_a_new_version_may_not_have_taken_effect(directory: Path, effective_from: str) -> None:
    before = published(directory)
    with pytest.raises(BadPolicies) as bad:
        verify(version_4(directory, effective_from), before, JUNE, TZDATA)
    assert str(bad.value) == (
        f"{directory / 'vip-4.yaml'}:3: effective_from: vip is published: a new version must take effect "
        "later than now, 2026-06-01T00:00:00.000Z"
    )


def test_a_new_version_takes_effect_later(directory: Path) -> None:
    before = published(directory)
    [new] = verify(version_4(directory, "2026-06-01T00:00:00.001Z"), before, JUNE, TZDATA).new
    assert (new.policy, new.version, new.effective_from, new.published_at, new.tzdata) == (
        "vip",
        4,
        "2026-06-01T00:00:00.001Z",
        "2026-06-01T00:00:00.000Z",
        "2026a",
    )


def test_once_published_a_version_may_take_effect_and_stay(directory: Path) -> None:
    read = version_4(directory, "2026-06-01T00:00:00.001Z")
    assert verify(read, published(directory), JUNE + 1_000_000, TZDATA).new == ()


def test_another_time_zone_database_is_a_warning(directory: Path) -> None:
    assert verify(read_policies(directory), published(directory), JUNE, "2026b").warnings == (
        "vip version 3 was published with time zone database 2026a; this is 2026b",
    )


def test_a_published_version_without_a_file_is_a_warning(directory: Path) -> None:
    version_4(directory, "2026-03-01T00:00:00Z")
    before = published(directory)
    (directory / "vip-3.yaml").unlink()
    assert verify(read_policies(directory), before, JUNE, TZDATA).warnings == (
        "vip version 3 was published and its file is gone: other policies, or none, judge its cycles now",
    )


def test_a_publication_reads_back_as_it_was_written(directory: Path) -> None:
    [publication] = published(directory).values()
    key, value = publication_record(publication)
    assert key == b"vip@3"
    assert parse_publication(key, value) == publication
    assert publication.content["policy"]["title"] == {"en": "Promise", "zh": "承诺"}


def test_fields_that_a_later_service_adds_are_ignored(directory: Path) -> None:
    [publication] = published(directory).values()
    key, value = publication_record(publication)
    assert parse_publication(key, value.replace(b"{", b'{"added":[1],', 1)) == publication


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"vip@3", b"", "truncated"),
        (b"vip@3", b"\xff", "malformed"),
        (b"vip@3", b'{"policy": "\xff"}', "utf-8"),
        (b"vip@3", b"[]", "Expected `object`"),
        (b"vip@3", b"{}", "missing required field `policy`"),
        (b"vip@3", b'{"policy": 1}', "Expected `str`"),
        (b"vip@3", b'{"content": ' + b"[" * 100_000, "is no published policy"),
    ],
)
def test_a_record_that_is_no_publication_is_named(key: bytes, value: bytes, reason: str) -> None:
    with pytest.raises(BadPublicationError, match=rf"(?i)^the record b'vip@3' .*{reason}"):
        parse_publication(key, value)


def test_a_publication_under_another_key_is_named(directory: Path) -> None:
    [publication] = published(directory).values()
    with pytest.raises(BadPublicationError, match=r"^the record b'vip@4' is about b'vip@3'$"):
        parse_publication(b"vip@4", publication_record(publication)[1])
