"""`tariff check`: what it says of files, and what sample breaches cost."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from service.ledger.assess import HoldReason
from service.offline.simulate import simulate
from service.offline.tariff_check import check
from service.policy.directory import read_policies
from tests.ledger.stories import TARIFF, said
from tests.sla.stories import at

ROOT = Path(__file__).parents[2]
TARIFFS = ROOT / "examples" / "tariffs"


def checked(
    *paths: Path, breaches: bytes | None = None, as_json: bool = False
) -> tuple[int, list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    code = check(
        paths,
        None if breaches is None else "-",
        as_json=as_json,
        stdin=io.BytesIO(breaches or b""),
        out=out,
        err=err,
    )
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


def tariff(folder: Path, **changes: Any) -> Path:
    path = folder / "t.yaml"
    path.write_text(json.dumps({**TARIFF, **changes}), encoding="utf-8")
    return path


def lines(*events: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


def row(ticket: str = "T-1", level: str = "minor", **changes: Any) -> dict[str, Any]:
    return {"type": "sla.breached", **said(ticket, level, **changes)}


@pytest.fixture
def simulated() -> bytes:
    """What the examples' complaints come to at 11:05, as `simulate` prints it."""
    out = io.StringIO()
    simulate(
        str(ROOT / "examples" / "complaints.jsonl"),
        policies=read_policies(ROOT / "examples" / "policy").policies,
        until=at("11:05") - 8 * 3_600_000,
        compare=None,
        clocks=False,
        mapping=None,
        strict=False,
        partial=False,
        stdin=io.BytesIO(),
        out=out,
        err=io.StringIO(),
    )
    return out.getvalue().encode()


def test_the_sample_of_breaches_is_what_simulate_prints(simulated: bytes) -> None:
    assert (TARIFFS / "breaches.jsonl").read_bytes() == simulated


def test_the_telecoms_tariff_on_the_examples_of_complaints(simulated: bytes) -> None:
    code, said_, _ = checked(TARIFFS / "telecom.yaml", breaches=simulated)
    assert code == 0
    assert said_[0] == f"compensation version 1 · {TARIFFS}/telecom.yaml"
    assert said_[4:] == [
        "tenant   customer  month    item            level  amount",
        "default  C-4       2026-03  T-4/1/response  major  50.00   CNY",
        "",
        "total",
        "default  C-4  2026-03  50.00  CNY",
        "",
        "free: default/C-2: T-2/1/response minor",
        "3 breaches told of, 0 held; 4 lines of other types",
    ]


def test_the_saas_tariff_on_the_examples_of_complaints(simulated: bytes) -> None:
    code, said_, _ = checked(TARIFFS / "saas.yaml", breaches=simulated, as_json=True)
    assert code == 0
    first, *rows = map(json.loads, said_)
    assert (first["row"], first["tariff"], first["rounding"]) == ("tariff", "credits", "half_even")
    # 5 % of 499.00; 12.5 % of 899.00 is 112.375, whose even neighbour is 112.38
    assert [(one["customer_id"], one["amount"], one["currency"]) for one in rows] == [
        ("C-2", "24.95", "USD"),
        ("C-4", "112.38", "EUR"),
    ]


def test_without_breaches_it_says_what_the_files_are() -> None:
    code, said_, _ = checked(TARIFFS / "telecom.yaml")
    assert (code, said_[-1]) == (0, "no problem")
    assert said_[1] == (
        "  in force from 2025-12-31T16:00:00.000Z; 5 rates, 3 accounts, 1 desk; rounding half_up"
    )


def test_a_cap_that_does_not_limit_a_currency_is_told(tmp_path: Path) -> None:
    accounts = {"acme/*": {"currency": "CNY"}, "acme/C-2": {"currency": "JPY"}}
    _, said_, _ = checked(tariff(tmp_path, accounts=accounts, cap={"amount": {"CNY": "1"}}))
    assert "  the cap has no amount in JPY: there it does not limit" in said_


def test_what_is_held_is_listed_with_the_reason_and_the_exit_code_is_1(tmp_path: Path) -> None:
    events = lines(row("T-1", "critical"), row("T-2"))
    code, said_, _ = checked(tariff(tmp_path), breaches=events)
    assert code == 1
    assert said_[-2:] == [
        f"held: acme: T-1/1/response critical for acme/C-1: {HoldReason.NO_PRICE}",
        "2 breaches told of, 1 held; 0 lines of other types",
    ]
    code, said_, _ = checked(tariff(tmp_path), breaches=events, as_json=True)
    assert code == 1
    assert [(one["row"], one.get("reason")) for one in map(json.loads, said_)] == [
        ("tariff", None),
        ("owed", None),
        ("held", "no_price"),
    ]


def test_a_line_that_cannot_be_used_is_told_with_its_number_and_the_rest_is_priced(tmp_path: Path) -> None:
    bad = [
        b"{",
        b"[]",
        b'{"type": "sla.breached"}',
        json.dumps(row(zone="Mars/Base")).encode(),
        b"x" * 300_000,
    ]
    events = b"\n".join([*bad, lines(row("T-2"), {"type": "sla.met"})])
    code, said_, problems = checked(tariff(tmp_path), breaches=events)
    assert code == 1
    assert [problem.partition(": ")[2].split(";")[0] for problem in problems] == [
        "is not JSON",
        "is no event: type is missing",
        "sla.breached: breach_id: is missing",
        problems[3].partition(": ")[2].split(";")[0],
        "larger than 256 KiB",
    ]
    assert "zone: is no IANA time zone" in problems[3]
    assert [problem.split(":")[1] for problem in problems] == ["1", "2", "3", "4", "5"]
    assert said_[-1] == "1 breach told of, 0 held; 1 line of other types"


def test_structured_events_are_read_as_rows_are_and_the_latest_revision_counts(tmp_path: Path) -> None:
    structured = {"specversion": "1.0", "id": "1", "type": "sla.breached", "data": said("T-1")}
    undone = {"type": "sla.breach_retracted", **said("T-2", revision=2)}
    events = lines(undone, structured, row("T-2"), structured)
    code, said_, _ = checked(tariff(tmp_path), breaches=events, as_json=True)
    assert code == 0
    assert [one["item"] for one in map(json.loads, said_[1:])] == ["T-1/1/response"]


def test_two_versions_are_checked_together_and_every_problem_is_told(tmp_path: Path) -> None:
    first, second, third = tmp_path / "1.yaml", tmp_path / "2.yaml", tmp_path / "no.yaml"
    first.write_text(json.dumps({**TARIFF, "version": 0}))
    second.write_text(json.dumps({**TARIFF, "rates": []}))
    code, said_, problems = checked(first, second, third)
    assert (code, said_) == (2, [])
    assert problems == [
        f"{first}:1: version: “0” must be a whole number from 1",
        f"{second}:1: rates: needs at least one rate",
        f"{third}: No such file or directory",
    ]


@pytest.mark.parametrize(
    ("changes", "notice"),
    [
        (
            {"rates": [{"amount": {"USD": "1.00"}}]},
            "no rate has an amount in CNY: breaches of those accounts are held",
        ),
        ({"rates": [{"level": "major", "percent": 5}, {"amount": {"USD": "1.00"}}]}, None),
        (
            {
                "rates": [{"level": "major", "amount": {"CNY": "1.00"}}],
                "grace": [{"count": 1, "levels": ["mnior", "major"]}],
            },
            "grace names the level mnior, and no rate does",
        ),
        ({"rates": [{"amount": {"CNY": "1.00"}}], "grace": [{"count": 1, "levels": ["mnior"]}]}, None),
    ],
)  # fmt: skip
def test_what_is_right_by_the_rules_and_seldom_meant_is_said(
    tmp_path: Path, changes: dict[str, Any], notice: str | None
) -> None:
    code, said_, _ = checked(tariff(tmp_path, **changes))
    assert code == 0
    assert (f"  {notice}" in said_) == (notice is not None)
    _, (row_,), _ = checked(tariff(tmp_path, **changes), as_json=True)
    assert json.loads(row_)["notices"] == ([] if notice is None else [notice])


def test_a_price_of_nothing_is_a_row_of_nothing(tmp_path: Path) -> None:
    rates: Sequence[dict[str, Any]] = [{"amount": {"CNY": "0"}}]
    code, said_, _ = checked(tariff(tmp_path, rates=rates), breaches=lines(row()))
    assert code == 0
    assert "acme    C-1       2026-10  T-1/1/response  minor  0.00    CNY" in said_
