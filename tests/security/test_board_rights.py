"""The board's table of least privileges: with just these it reads all that it shows."""

import asyncio

import pytest

from tests.broker.service import running, until
from tests.security.broker import SecuredBroker
from tests.security.conftest import topics_of
from tests.security.table import OF_BOARD, granted

pytestmark = pytest.mark.broker


def test_with_its_privileges_the_board_is_ready_and_knows_the_group(secured: SecuredBroker) -> None:
    env = topics_of(secured, "board-alone.") | secured.by_scram()
    rights = granted(env["SLA_TOPIC_PREFIX"], env["SLA_GROUP"], OF_BOARD)
    assert len(rights) == 5
    asyncio.run(secured.grant(rights))
    with running(env, "board", "--http", "127.0.0.1:0") as (_, client):
        until(client, "/partitions", lambda answer: "nobody" in answer.text)  # no member, says Kafka
        until(client, "/readyz", lambda answer: answer.json() == {"ready": True})
        asyncio.run(secured.withdraw(rights[-1]))
        until(client, "/partitions", lambda answer: "Who owns the partitions is not known" in answer.text)
