"""The log has a line for each refusal, with the product's name of the delivery, and never a value of it."""

import logging
from pathlib import Path

import pytest

from service.gateway.routes import forged, log, told
from service.telemetry.logs import Rate
from tests.gateway.configured import SECRETS
from tests.gateway.house import NOW, House
from tests.gateway.samples import PRODUCTS, samples
from tests.gateway.schemes import ZAMMAD, sent_headers

RECEIVED = next(samples("zammad"))
PRIVATE = ("example.com", "private words", "555-01", "22031", "made-up")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """The lines of this test: what others have told counts against no rate limit."""
    caplog.set_level(logging.DEBUG, logger="service")
    for logger in (log, forged, told):
        (rate,) = logger.filters
        assert isinstance(rate, Rate)
        monkeypatch.setattr(logger, "filters", [Rate(rate.most)])
    return caplog


def of(body: bytes, key: bytes = SECRETS["zammad"].encode(), **headers: str) -> dict[str, str]:
    return {**RECEIVED.headers, **headers, **sent_headers(ZAMMAD, body, NOW, key)}


@pytest.mark.parametrize(
    ("body", "key", "line"),
    [
        (RECEIVED.body, "guess", "zammad: delivery {name} is refused: bad_proof"),
        (b"{", "", "zammad: delivery {name} is a dead letter: not_json: the value is not JSON in UTF-8"),
        (b" " * 1_048_577, "", "zammad: delivery {name} is larger than 1048576 bytes"),
    ],
)
async def test_17_a_refusal_is_a_line_with_the_products_name_of_the_delivery(
    tmp_path: Path, lines: pytest.LogCaptureFixture, body: bytes, key: str, line: str
) -> None:
    await House(tmp_path).send("/hooks/zammad", body, of(body, key.encode() or SECRETS["zammad"].encode()))
    assert lines.messages == [line.format(name=RECEIVED.headers["x-zammad-delivery"])]


async def test_17_when_the_log_is_away_the_line_says_so(
    tmp_path: Path, lines: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path)
    house.log.away = True
    await house.send("/hooks/zammad", RECEIVED.body, of(RECEIVED.body))
    name = RECEIVED.headers["x-zammad-delivery"]
    assert lines.messages == [f"zammad: delivery {name} is not taken: it is away"]


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "gus.pell@example.com", "\x1b[31m"])
async def test_17_a_name_that_no_product_gives_is_not_written(
    tmp_path: Path, lines: pytest.LogCaptureFixture, name: str
) -> None:
    headers = of(b"{") | {"x-zammad-delivery": name}
    await House(tmp_path).send("/hooks/zammad", b"{", headers)
    (line,) = lines.messages
    assert line.startswith("zammad: delivery - is a dead letter")


@pytest.mark.parametrize("product", PRODUCTS)
async def test_17_no_value_of_any_sample_is_in_the_log(
    tmp_path: Path, lines: pytest.LogCaptureFixture, product: str
) -> None:
    house = House(tmp_path)
    for sample in samples(product):
        for headers in (sample.signed(house.now), sample.headers):
            await house.send(f"/hooks/{sample.endpoint}", sample.body, headers)
    assert lines.messages
    for record in lines.records:
        said = record.getMessage()
        assert [word for word in PRIVATE if word in said] == []


async def test_17_what_a_mapping_drops_is_told_without_its_text(
    tmp_path: Path, lines: pytest.LogCaptureFixture
) -> None:
    body = RECEIVED.body.replace(b'"complaint_category": "broadband"', b'"complaint_category": "  Gus Pell "')
    assert body != RECEIVED.body
    house = House(tmp_path)
    await house.send("/hooks/zammad", body, of(body))
    assert [line for line in lines.messages if "category" in line]
    assert not [line for line in lines.messages if "Gus" in line or "Pell" in line]
    assert [fields for name, _, *fields in house.told.said if name == "dropped"]
