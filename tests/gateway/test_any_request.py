"""Twenty thousand random requests: never a 500, never a crash, and nothing published that is not verified."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.events.rejection import Rejection
from service.events.structured import decode_json
from tests.gateway.house import NOW, House
from tests.gateway.samples import PRODUCTS, samples
from tests.gateway.schemes import ENDPOINTS, sent_headers

pytestmark = [pytest.mark.hypothesis, pytest.mark.timeout(600)]

EACH = 10_000
BODIES = {
    product: [json.loads(one.body) for one in samples(product) if one.status == 204] for product in PRODUCTS
}
SENT = {product: [one.headers for one in samples(product) if one.status == 204] for product in PRODUCTS}
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["open", "closed", "2026-03-02T01:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31", "@"])
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn, product: str) -> bytes:
    """A real body, with some of its values replaced or left out."""
    body = json.loads(json.dumps(draw(st.sampled_from(BODIES[product]))))
    for _ in range(draw(st.integers(1, 3))):
        at = body
        while True:
            keys = sorted(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and at[key] and draw(st.booleans()):
                at = at[key]
                continue
            if draw(st.booleans()):
                at[key] = draw(JSON)
            else:
                del at[key]
            break
    return json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"))


def sent(house: House, product: str, body: bytes, headers: dict[str, str]) -> int:
    signed = headers | sent_headers(ENDPOINTS[product], body, NOW)
    house.log.events.clear()
    house.log.letters.clear()
    status = asyncio.run(house.send(f"/hooks/{product}", body, signed)).status_code
    assert status in (202, 204)
    assert (status == 202) == bool(house.log.letters)
    for _, value in house.log.events:
        assert not isinstance(decode_json(value, NOW), Rejection)
    return status


@settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_06_real_bodies_with_random_values_are_published_or_dead_letters(
    house: House, data: st.DataObject
) -> None:
    product = data.draw(st.sampled_from(PRODUCTS))
    sent(house, product, data.draw(mutated(product)), data.draw(st.sampled_from(SENT[product])))


@settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(PRODUCTS),
    st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["POST", "PUT", "PATCH"]),
    st.dictionaries(
        st.sampled_from(
            ["content-type", "x-zammad-trigger", "content-encoding", "x-zammad-delivery", "host"]
        ),
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
    ),
)
def test_06_random_bytes_are_answered(
    house: House, product: str, body: bytes, method: str, headers: dict[str, str]
) -> None:
    sent(house, product, body, headers)
    unsigned = asyncio.run(house.send(f"/hooks/{product}", body, headers, method))
    assert unsigned.status_code == 401
