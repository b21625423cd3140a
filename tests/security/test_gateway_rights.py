"""The gateway's table of least privileges: with just these it takes webhooks, without any one it refuses."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from service.kafka.client.options import connection
from service.kafka.topics.acl import GATEWAY_NEEDED, missing_of_gateway
from service.settings import read_settings
from tests.broker.test_gateway import RECEIVED, gateway, send
from tests.gateway.configured import write
from tests.security.broker import SecuredBroker
from tests.security.table import OF_GATEWAY, granted, table

pytestmark = pytest.mark.broker


def test_the_table_of_the_gateway_says_what_its_start_checks() -> None:
    checked = {(topic, str(right)) for topic, rights in GATEWAY_NEEDED.items() for right in rights}
    assert {(row.name, row.operation) for row in table(OF_GATEWAY)} == checked
    assert {row.resource for row in table(OF_GATEWAY)} == {"topic"}


async def test_each_privilege_of_the_gateway_that_is_taken_away_is_named(
    secured: SecuredBroker, topics: dict[str, str]
) -> None:
    settings = read_settings(topics | secured.by_scram())
    asked = connection(settings), settings.topic_prefix
    rights = granted(settings.topic_prefix, settings.group, OF_GATEWAY)
    await secured.grant(rights)
    assert await missing_of_gateway(*asked) == []
    for grant in rights:
        await secured.withdraw(grant)
        (line,) = await missing_of_gateway(*asked)
        await secured.grant([grant])
        assert line.startswith(f"topic {grant.name}: our user has no right to ")
        assert f"--operation {grant.operation}" in line


def test_with_its_privileges_alone_the_gateway_publishes_and_keeps_dead_letters(
    secured: SecuredBroker, topics: dict[str, str], tmp_path: Path
) -> None:
    env = topics | secured.by_scram() | {"SLA_GATEWAY": str(write(tmp_path))}
    asyncio.run(secured.grant(granted(env["SLA_TOPIC_PREFIX"], env["SLA_GROUP"], OF_GATEWAY)))
    with gateway(env) as (_, client):
        assert send(client, RECEIVED).status_code == 204
        cut = RECEIVED.body[:-1]
        assert send(client, replace(RECEIVED, body=cut)).status_code == 202
