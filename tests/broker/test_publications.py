"""A published version never changes, however many processes start at once."""

import asyncio
from pathlib import Path

from service.demo.broker import Broker
from service.policy.place import BadPolicies
from service.processes.startup_checks import Prepared, prepare
from service.settings import read_settings
from tests.broker.service import POLICIES, environment, sla_timer

LETTER = (POLICIES / "letter-1.yaml").read_text()


async def together(*environments: dict[str, str]) -> list[Prepared | BaseException]:
    return await asyncio.gather(
        *(prepare(read_settings(env)) for env in environments), return_exceptions=True
    )


def test_of_two_contents_under_one_version_that_start_together_one_is_refused_and_stays_so(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    environments = []
    for number, minutes in enumerate((30, 20)):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "letter.yaml").write_text(LETTER.replace("after: 30m", f"after: {minutes}m"))
        environments.append(environment(kafka.bootstrap, prefix, SLA_POLICIES=str(directory)))
    assert sla_timer("topics", "ensure", "--partitions", "1", env=environments[0]).returncode == 0
    outcomes = [asyncio.run(together(*environments)) for _ in range(2)]
    refused = [[isinstance(outcome, BadPolicies) for outcome in two] for two in outcomes]
    assert sorted(refused[0]) == [False, True]
    assert refused[1] == refused[0]
