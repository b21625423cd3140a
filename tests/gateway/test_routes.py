"""One request to an endpoint, from its bytes to its answer, over a log in memory."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.gateway.answers import HookAnswer
from tests.gateway.configured import SECRETS, ZAMMAD
from tests.gateway.house import NOW, House
from tests.gateway.samples import PRODUCTS, Sample, differences, expected, samples
from tests.gateway.schemes import ZAMMAD as ZAMMADS
from tests.gateway.schemes import sent_headers

ALL = [sample for product in PRODUCTS for sample in samples(product)]
RECEIVED = next(samples("zammad"))
each = pytest.mark.parametrize("sample", ALL, ids=lambda one: f"{one.endpoint} {one.name}")


def of(body: bytes, headers: dict[str, str] | None = None, key: bytes | None = None) -> dict[str, str]:
    """The headers with which Zammad sends a body."""
    key = SECRETS["zammad"].encode() if key is None else key
    return {**(headers or {}), **sent_headers(ZAMMADS, body, NOW, key)}


async def answered(house: House, sample: Sample) -> int:
    answer = await house.send(f"/hooks/{sample.endpoint}", sample.body, sample.signed(house.now))
    return answer.status_code


@each
async def test_01_each_sample_gets_its_answer(tmp_path: Path, sample: Sample) -> None:
    assert await answered(House(tmp_path), sample) == sample.status


@pytest.mark.parametrize("product", PRODUCTS)
async def test_09_the_samples_give_what_is_expected_of_them(tmp_path: Path, product: str) -> None:
    house = House(tmp_path)
    for sample in samples(product):
        await answered(house, sample)
    assert differences([value for _, value in house.log.events], expected(product)) == ([], [])


@pytest.mark.parametrize("product", PRODUCTS)
async def test_09_in_any_order_and_repeated_they_give_the_same(tmp_path: Path, product: str) -> None:
    house = House(tmp_path)
    for sample in [*reversed(list(samples(product))), *samples(product)]:
        await answered(house, sample)
    assert differences([value for _, value in house.log.events], expected(product)) == ([], [])


async def test_01_a_forged_delivery_leaves_nothing_behind(tmp_path: Path) -> None:
    house = House(tmp_path)
    answer = await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, RECEIVED.headers, b"guess"))
    assert (answer.status_code, answer.text) == (401, "not proved to be of this source\n")
    assert (house.log.events, house.log.letters) == ([], [])
    assert house.told.refused == [("zammad", "bad_proof")]
    assert house.told.outcomes == [("zammad", "unauthorised")]
    assert house.told.said == []


async def test_02_a_stale_delivery_is_refused_and_a_replayed_one_harmless(tmp_path: Path) -> None:
    house, sample = House(tmp_path), next(samples("zendesk"))
    headers = sample.signed(house.now)
    for _ in range(2):
        answer = await house.send("/hooks/zendesk", sample.body, headers)
        assert answer.status_code == 204
    assert len({value for _, value in house.log.events}) == 1
    house.now += 300_001
    assert (await house.send("/hooks/zendesk", sample.body, headers)).status_code == 401
    assert house.told.refused == [("zendesk", "stale")]


@pytest.mark.parametrize(
    ("product", "status"), [("gitlab", 401), ("gitlab-token", 204), ("chatwoot", 401), ("glpi-ticket", 204)]
)
async def test_02_what_was_held_up_for_an_hour_is_taken_where_it_is_signed_when_it_is_queued(
    tmp_path: Path, product: str, status: int
) -> None:
    sample = next(samples(product))
    house = House(tmp_path)
    headers = sample.signed(house.now - 3_600_000)
    assert (await house.send(f"/hooks/{product}", sample.body, headers)).status_code == status


async def test_03_a_new_secret_counts_from_the_next_delivery_on(tmp_path: Path) -> None:
    house = House(tmp_path)
    headers = of(RECEIVED.body, RECEIVED.headers, b"the new one")
    assert (await house.send("/hooks/zammad", RECEIVED.body, headers)).status_code == 401
    (tmp_path / "zammad.secret").write_text("the new one")
    assert (await house.send("/hooks/zammad", RECEIVED.body, headers)).status_code == 204


async def test_03_without_its_secret_a_source_takes_nothing_until_it_is_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    (tmp_path / "zammad.secret").unlink()
    answer = await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, RECEIVED.headers))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert house.log.events == []
    (tmp_path / "zammad.secret").write_text(SECRETS["zammad"])
    answer = await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, RECEIVED.headers))
    assert answer.status_code == 204


LIMIT = 1_000


@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, 202), (LIMIT, 202), (LIMIT + 1, 413)])
@pytest.mark.parametrize("announced", [True, False])
async def test_04_a_body_may_be_as_large_as_the_limit(
    tmp_path: Path, size: int, status: int, announced: bool
) -> None:
    house = House(tmp_path, {"zammad": ZAMMAD + f"limit: {LIMIT}B\n"})
    body = b" " * size

    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, size, 100):
            yield body[begin : begin + 100]

    async with house.client() as client:
        content = body if announced else pieces()
        answer = await client.post("/hooks/zammad", content=content, headers=of(body))
    assert answer.status_code == status


async def test_04_what_is_announced_as_too_large_is_not_read(tmp_path: Path) -> None:
    house = House(tmp_path)
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10):
            read += 1
            yield b" "

    headers = of(b"") | {"content-length": str(2**20 + 1)}
    async with house.client() as client:
        answer = await client.post("/hooks/zammad", content=pieces(), headers=headers)
    assert answer.status_code == 413
    assert house.log.letters == []


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_04_more_requests_at_once_than_the_cap_are_told_to_come_again(
    tmp_path: Path, most: int
) -> None:
    house = House(tmp_path, most=most)
    goes_on = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield RECEIVED.body[:10]
        await goes_on.wait()
        yield RECEIVED.body[10:]

    headers = of(RECEIVED.body, RECEIVED.headers)
    async with house.client() as client, asyncio.TaskGroup() as tasks:
        slow = [
            tasks.create_task(client.post("/hooks/zammad", content=pieces(), headers=headers))
            for _ in range(most)
        ]
        while house.hooks.under_way < most:  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0)
        answer = await client.post("/hooks/zammad", content=RECEIVED.body, headers=headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        goes_on.set()
    assert [one.result().status_code for one in slow] == [204] * most
    assert house.hooks.under_way == 0


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("POST", 204),
        ("PUT", 204),
        ("PATCH", 204),
        ("GET", 405),
        ("HEAD", 405),
        ("DELETE", 405),
        ("OPTIONS", 405),
        ("PROPFIND", 405),
    ],
)
async def test_05_what_a_product_sends_with_is_taken_and_nothing_else(
    tmp_path: Path, method: str, status: int
) -> None:
    house = House(tmp_path)
    headers = of(RECEIVED.body, RECEIVED.headers)
    answer = await house.send("/hooks/zammad", RECEIVED.body, headers, method)
    assert answer.status_code == status
    if status == 405:
        assert answer.headers["allow"] == "POST, PUT, PATCH"
        assert house.log.events == []


async def test_05_the_challenge_of_glpi_is_answered(tmp_path: Path) -> None:
    house = House(tmp_path)
    key = SECRETS["glpi-ticket"].encode()
    asked = hmac.new(key, b"validate", hashlib.sha256).hexdigest()
    answer = await house.send(f"/hooks/glpi-ticket?crc_token={asked}", method="GET")
    assert (answer.status_code, answer.text) == (
        200,
        hmac.new(key, asked.encode(), hashlib.sha256).hexdigest(),
    )
    assert house.told.outcomes == [("glpi-ticket", "challenged")]


@pytest.mark.parametrize("query", ["", "?crc_token=", "?crc_token=1", "?other=" + "a" * 64, "?crc_token=%FF"])
async def test_05_what_is_no_challenge_is_a_wrong_method(tmp_path: Path, query: str) -> None:
    answer = await House(tmp_path).send(f"/hooks/glpi-ticket{query}", method="GET")
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/hooks",
        "/hooks/",
        "/hooks/nobody",
        "/hooks/zammad/",
        "/hooks/zammad/x",
        "/hooks//zammad",
        "/zammad",
    ],
)
async def test_05_an_unknown_path_is_not_found_and_never_redirected(tmp_path: Path, path: str) -> None:
    house = House(tmp_path)
    answer = await house.send(path, RECEIVED.body, of(RECEIVED.body, RECEIVED.headers))
    assert answer.status_code == 404
    assert house.told.outcomes == [("", "unknown")]


DEEP = b"[" * 1_000 + b"]" * 1_000
BAD = {
    "empty": b"",
    "cut off": RECEIVED.body[:-1],
    "no UTF-8": b'{"ticket": "\xff"}',
    "NaN": b'{"ticket": NaN}',
    "Infinity": b'{"ticket": -Infinity}',
    "a lone surrogate": rb'{"ticket": "\ud800"}',
    "a thousand levels": DEEP,
    "a thousand levels of objects": b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    "HTML": b"<!doctype html><title>502 Bad Gateway</title>",
    "a form": b"payload=%7B%7D",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "two values": b"{}{}",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_06_a_body_that_is_not_strict_json_is_a_dead_letter_as_it_came(
    tmp_path: Path, body: bytes
) -> None:
    house = House(tmp_path)
    answer = await house.send("/hooks/zammad", body, of(body, {"X-Zammad-Delivery": "d-1"}))
    assert (answer.status_code, house.log.events) == (202, [])
    ((key, value, headers),) = house.log.letters
    assert (key, value) == (b"zammad", body)
    assert ("sla_undeliverable_delivery", b"d-1") in headers
    if body not in (b"[]", b"1", b"null"):
        assert ("sla_undeliverable_reason", b"not_json") in headers


@pytest.mark.parametrize(("levels", "reason"), [(63, "unmappable"), (64, "unmappable"), (65, "not_json")])
async def test_06_a_body_may_have_64_levels(tmp_path: Path, levels: int, reason: str) -> None:
    house = House(tmp_path)
    body = b"[" * levels + b"]" * levels
    await house.send("/hooks/zammad", body, of(body))
    assert house.told.said[-1] == ("buried", "zammad", reason)


async def test_07_a_source_without_a_secret_takes_nothing_that_a_browser_sends(tmp_path: Path) -> None:
    house = House(tmp_path, {"bare": "mapping: {mappings}/zammad.yaml\n"})
    assert (await house.send("/hooks/bare", RECEIVED.body, RECEIVED.headers)).status_code == 204
    page = {**RECEIVED.headers, "Origin": "https://somewhere.example"}
    assert (await house.send("/hooks/bare", RECEIVED.body, page)).status_code == 401
    assert house.told.refused == [("bare", "from_a_browser")]
    assert len(house.log.events) == 1


async def test_07_what_a_proxy_says_proves_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    headers = RECEIVED.headers | {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "zammad"}
    assert (await house.send("/hooks/zammad", RECEIVED.body, headers)).status_code == 401


async def test_08_while_the_log_is_away_a_delivery_is_told_to_come_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.log.away = True
    for body in (RECEIVED.body, b"{"):  # events, and a dead letter
        answer = await house.send("/hooks/zammad", body, of(body, RECEIVED.headers))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert [outcome for _, outcome in house.told.outcomes] == ["unavailable", "unavailable"]
    house.log.away = False
    answer = await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, RECEIVED.headers))
    assert answer.status_code == 204
    assert len(house.log.events) == 1


async def test_10_events_keep_the_order_of_the_mapping_and_their_key_is_the_ticket(tmp_path: Path) -> None:
    house = House(tmp_path)
    closed = next(one for one in samples("zammad") if one.new_events == 2)
    await answered(house, closed)
    assert [(key, json.loads(value)["type"]) for key, value in house.log.events] == [
        (b"22031", "complaint.feedback_delivered"),
        (b"22031", "complaint.closed"),
    ]


async def test_12_a_dead_letter_has_the_headers_less_the_secret_ones(tmp_path: Path) -> None:
    house = House(tmp_path)
    sent = {**RECEIVED.headers, "Authorization": "Basic c2VjcmV0", "Cookie": "secret", "X-Api-Key": "secret"}
    await house.send("/hooks/zammad", b"{", of(b"{", sent))
    ((_, _, headers),) = house.log.letters
    assert dict(headers) | {} == {
        "sla_undeliverable_source": b"zammad",
        "sla_undeliverable_came_at": str(NOW).encode(),
        "sla_undeliverable_delivery": RECEIVED.headers["x-zammad-delivery"].encode(),
        "sla_undeliverable_reason": b"not_json",
        "sla_undeliverable_detail": b"the value is not JSON in UTF-8",
        "sla_undeliverable_mapping": b"zammad",
        "sla_undeliverable_mapping_sha256": house.sources["zammad"].mapping.digest.encode(),
        "http_x-zammad-trigger": RECEIVED.headers["x-zammad-trigger"].encode(),
        "http_x-zammad-delivery": RECEIVED.headers["x-zammad-delivery"].encode(),
        "http_content-type": b"application/json",
        "http_content-length": b"1",
        "http_host": b"gateway",
        "http_accept": b"*/*",
        "http_accept-encoding": dict(headers)["http_accept-encoding"],
        "http_connection": b"keep-alive",
        "http_user-agent": dict(headers)["http_user-agent"],
    }


async def test_13_what_no_rule_fits_is_counted_and_leaves_nothing_behind(tmp_path: Path) -> None:
    house = House(tmp_path)
    foreign = {**RECEIVED.headers, "x-zammad-trigger": "somebody else's"}
    answer = await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, foreign))
    assert (answer.status_code, answer.content) == (204, b"")
    assert (house.log.events, house.log.letters) == ([], [])
    assert house.told.outcomes == [("zammad", "irrelevant")]


async def test_16_every_delivery_is_told_once_with_what_became_of_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, RECEIVED.headers))
    assert house.told.outcomes == [("zammad", "published")]
    assert house.told.said == [
        ("verified", "zammad", NOW),
        ("published", "zammad", ["received"], NOW, 0.0),
        ("dropped", "zammad", []),
    ]


async def test_18_no_event_names_the_mapping_and_the_dead_letter_does(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body, RECEIVED.headers))
    ((_, value),) = house.log.events
    digest = house.sources["zammad"].mapping.digest
    assert digest.encode() not in value
    assert set(json.loads(value)) <= {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "tenant",
        "datacontenttype",
        "data",
    }


async def test_19_the_tenant_is_that_of_the_source_whatever_the_body_says(tmp_path: Path) -> None:
    house = House(tmp_path, {"zammad": ZAMMAD + "tenant: acme\n"})
    body = json.dumps({**json.loads(RECEIVED.body), "tenant": "other"}).encode()
    await house.send("/hooks/zammad", body, of(body, RECEIVED.headers))
    ((_, value),) = house.log.events
    assert json.loads(value)["tenant"] == "acme"


@pytest.mark.parametrize("answer", HookAnswer)
def test_no_answer_is_a_redirect_a_500_or_a_410(answer: HookAnswer) -> None:
    assert answer.status not in (500, 410)
    assert not 300 <= answer.status < 400
    assert ("Retry-After" in answer.headers) == (answer.status == 503)
