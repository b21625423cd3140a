"""`simulate` over a file that also has the signs of support desks."""

import io
import json
from pathlib import Path

import pytest

from schemas.instant import written
from service.offline.simulate import simulate
from service.policy.directory import read_policies
from service.sla.policy import Policies
from tests.sla.stories import MINUTE, SECOND, at

SHIPPED = Path(__file__).parents[2] / "policies"
POLICIES = Policies(
    [version for part in (SHIPPED, SHIPPED / "desks") for version in read_policies(part).policies.versions]
)


def line(type_: str, subject: str, instant: int, **data: str) -> str:
    body = {
        "specversion": "1.0",
        "id": f"{subject}-{instant}-{data.get('channel')}",
        "source": "/pbx",
        "type": type_,
    }
    return json.dumps(body | {"subject": subject, "time": written(instant), "data": data})


def beats(start: str, end: str, channel: str) -> list[str]:
    instants = range(at(start), at(end), 30 * SECOND)
    return [line("channel.heartbeat", "support", instant, channel=channel) for instant in instants]


def simulated(*lines: str, **options: object) -> tuple[int, list[dict], str]:
    out, err = io.StringIO(), io.StringIO()
    stdin = io.BytesIO("\n".join(lines).encode())
    code = simulate("-", policies=POLICIES, stdin=stdin, out=out, err=err, **options)
    return code, [json.loads(row) for row in out.getvalue().splitlines()], err.getvalue()


def test_a_file_without_signs_says_nothing_of_desks():
    received = line("complaint.received", "T1", at("09:00"), customer_id="c", channel="phone")
    code, rows, err = simulated(received)
    assert (code, err) == (0, "")
    assert {row["ticket_id"] for row in rows} == {"T1"}


@pytest.mark.parametrize("backwards", [False, True])
def test_an_outage_is_a_cycle_named_by_its_first_instant(backwards):
    signs = [
        *beats("08:00", "09:00", "phone"),
        *beats("08:00", "09:20", "chat"),
        *beats("09:40", "10:00", "phone"),
    ]
    code, rows, err = simulated(*(signs[::-1] if backwards else signs), until=at("10:00"))
    assert (code, err) == (0, "")
    told = [(row["clock"], row["type"], row["cycle"], row["stopped_at"]) for row in rows]
    assert told[2:] == [  # before: out since the policy took effect, until the first sign
        ("technical_support", "sla.breach_settled", at("09:20:30"), written(at("09:40"))),
        ("channel_choice", "sla.breached", at("09:00:30"), None),
    ]
    assert [(clock, type_) for clock, type_, *_ in told[:2]] == [
        ("technical_support", "sla.breach_settled"),
        ("channel_choice", "sla.breach_settled"),
    ]
    settled = rows[2]
    assert (settled["elapsed_seconds"], settled["overrun_seconds"]) == (1_170, 870)
    assert [fact["type"] for fact in settled["evidence"]] == ["channel.heartbeat", "channel.heartbeat"]
    assert (settled["customer_id"], settled["policy"]["id"]) == (None, "support-7x24")


def test_every_level_of_every_outage_with_clocks():
    _, rows, _ = simulated(*beats("08:00", "09:00", "phone"), clocks=True, until=at("09:02"))
    last = [row for row in rows if row["clock"] == "technical_support"][-1]
    assert (last["cycle"], last["state"]) == (at("09:00:30"), "running")
    assert last["due_at"] == written(at("09:00:30") + 5 * MINUTE)


def test_a_bad_sign_is_told_with_its_line():
    code, _, err = simulated(line("channel.heartbeat", "support", at("08:00")))
    assert (code, err) == (1, "standard input:1: data.channel: is missing\n")
