"""A dead letter is a record and back, and mapped again it gives what the first try would have given."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gateway.dead_letter import DeadLetter, letter_of, record_of
from service.gateway.intake import Publishable, Unmappable, take
from service.processes.dead_letters import mapped_again
from tests.gateway.configured import MAPPINGS, write
from tests.gateway.house import NOW, House
from tests.gateway.samples import samples
from tests.gateway.schemes import ZAMMAD, sent_headers

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
LATIN = st.text(st.characters(codec="latin-1"), max_size=20)
NAME = st.text("abcdefgh-", min_size=1, max_size=8)


@given(
    st.builds(
        DeadLetter,
        TEXT,
        st.integers(-1, 10**15 - 1),
        TEXT,
        st.builds(Unmappable, TEXT.filter(bool), TEXT, TEXT, TEXT),
        TEXT,
        TEXT,
        st.dictionaries(NAME, LATIN, max_size=3),
        st.binary(max_size=50),
    )
)
def test_12_a_dead_letter_is_a_record_and_back(letter: DeadLetter) -> None:
    key, value, headers = record_of(letter)
    assert key == letter.endpoint.encode()
    assert letter_of(value, headers) == letter


@given(st.none() | st.binary(max_size=50), st.lists(st.tuples(TEXT, st.none() | st.binary(max_size=9))))
def test_12_any_record_can_be_listed(value: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
    letter = letter_of(value, headers)
    assert letter.body == (value or b"")
    assert isinstance(mapped_again({}, letter, NOW), Unmappable)


def test_12_its_repr_shows_nothing_of_the_delivery() -> None:
    letter = DeadLetter("desk", NOW, "d-1", Unmappable("x", "", ""), "m", "0", {"a": "hush"}, b"hush")
    assert "hush" not in repr(letter)


async def test_12_after_the_mapping_was_mended_the_ids_are_those_of_the_first_try(tmp_path: Path) -> None:
    """The mapping of the first try cannot read the channel; the instant of the delivery is part of an id."""
    right = (MAPPINGS / "zammad.yaml").read_text(encoding="utf-8")
    received = next(samples("zammad"))
    wrong = right.replace("time: ticket.created_at", "time: ticket.created_add", 1)
    assert wrong != right
    (tmp_path / "desk.yaml").write_text(wrong, encoding="utf-8")
    desk = """\
    mapping: desk.yaml
    signature: {{header: X-Hub-Signature, algorithm: sha1, encoding: hex, prefix: "sha1=", signed: [body]}}
    secrets: [zammad.secret]
    """
    house = House(tmp_path, {"zammad": desk})
    headers = received.headers | sent_headers(ZAMMAD, received.body, NOW, b"made-up-zammad")
    assert (await house.send("/hooks/zammad", received.body, headers)).status_code == 202
    ((_, value, kept),) = house.log.letters
    letter = letter_of(value, kept)
    later = NOW + 3 * 86_400_000
    assert isinstance(mapped_again(house.sources, letter, later), Unmappable)  # not mended yet

    (tmp_path / "desk.yaml").write_text(right, encoding="utf-8")
    mended = House(tmp_path, {"zammad": desk})
    again = mapped_again(mended.sources, letter, later)
    assert (await mended.send("/hooks/zammad", received.body, headers)).status_code == 204
    assert isinstance(again, Publishable)
    assert [(event.key, event.value) for event in again.events] == mended.log.events


def test_12_the_instant_of_the_first_try_counts_and_not_that_of_the_retry(tmp_path: Path) -> None:
    mapping = """\
    mapping: desk
    source: /desk
    ticket: id
    deliveries:
      - rule: linked
        when: {id: {not: null}}
        event: closed
        id: "{id}/{delivery.happened}"
        time: delivery.instant
    """
    from textwrap import dedent

    from service.gateway.gateway_file import read_sources

    (tmp_path / "desk.yaml").write_text(dedent(mapping), encoding="utf-8")
    sources = read_sources(write(tmp_path, {"desk": "mapping: desk.yaml\n"}), open_to_others=False)
    first = take(sources["desk"], b'{"id": 1}', {}, NOW, NOW)
    assert isinstance(first, Publishable), first
    letter = DeadLetter("desk", NOW, "", Unmappable("unmappable", "", ""), "desk", "", {}, b'{"id": 1}')
    again = mapped_again(sources, letter, NOW + 86_400_000)
    assert again == first


@pytest.mark.parametrize("endpoint", ["", "gone"])
def test_12_a_dead_letter_of_a_source_that_is_gone_says_so(tmp_path: Path, endpoint: str) -> None:
    letter = DeadLetter(endpoint, NOW, "", Unmappable("x", "", ""), "", "", {}, b"{}")
    again = mapped_again(House(tmp_path).sources, letter, NOW)
    assert isinstance(again, Unmappable)
    assert again.reason == "no_source"
