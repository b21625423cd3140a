"""What users see of the service: its metrics, the help of its commands, what `simulate --clocks` says.

Run as a program it writes the kept files anew: only when what they show is meant to change.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

from service.cli.program import sla_timer
from service.events.fact import FITTINGS
from service.events.rejection import Reason
from service.kafka.exactly_once.status import OwnerState, Status
from service.offline.simulate import simulate
from service.sla.policy import Policies
from service.sla.tickets import ticket_partition
from service.telemetry.metrics import Metrics
from service.telemetry.recorder import Recorder
from tests.naive.cases import CONFORMANCE, policy
from tests.sla.stories import LETTER, at, fact

KEPT = Path(__file__).parent
DAY = 86_400_000  # ms


def exposition(_: Path) -> str:
    """Of a process that has seen a little of everything; without the instants at which series were made."""
    metrics = Metrics(
        [("response", "minor"), ("response", "major"), ("resolution", "warning")],
        agreements=["default"],
        reasons=Reason,
        codes=FITTINGS,
        states=OwnerState,
        calendars={"cn-2026": at("09:00")},
        build={"version": "0", "python": "3", "tzdata": "2026a"},
    )
    recorder, partition = Recorder(metrics, grace=1_000), ticket_partition(LETTER, 35 * DAY)
    arrivals = [("T1@default", fact("received", "09:00")), ("T2@default", fact("received", "09:00"))]
    steps = [
        partition.step(arrivals, at=at("09:01"), now=at("09:01"), offset=1, grace=1_000),
        partition.step([], at=at("20:00"), now=at("20:00"), offset=1, grace=1_000),
    ]
    recorder.committed(steps, 2, at("20:01"), 0.0625)
    for reason in list(Reason)[:3]:
        recorder.rejected(reason)
    recorder.acquired(0, 10, 0.5)
    recorder.aborted()
    recorder.lost()
    recorder.fenced()
    recorder.assigned(2)
    status = Status(
        OwnerState.RUNNING, 10, 20, 50, 3.0, at("09:00"), at("10:00"), 1_500, 7, 5, 4, at("10:00"), None
    )
    refused = replace(status, state=OwnerState.REFUSED, reason="it cannot be read", seconds_left=None)
    owned = {("in", 0): status, ("in", 1): refused}
    policies = [("vip", "1", "default", "superseded"), ("vip", "2", "default", "in_force")]
    said = metrics.render(owned, 2, 250, compared=True, policies=policies).decode()
    # Series come in no order: their label sets were made of sets.
    return "".join(line for line in sorted(said.splitlines(keepends=True)) if "_created" not in line)


def helps(_: Path) -> str:
    """`--help` of every command."""
    return "\n".join(_helps(sla_timer, sla_timer.make_context("sla-timer", [], resilient_parsing=True)))


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"$ {context.command_path} --help\n{command.get_help(context)}\n"
    if isinstance(command, click.Group):
        for name, one in sorted(command.commands.items()):
            yield from _helps(one, click.Context(one, info_name=name, parent=context))


def clocks(folder: Path) -> str:
    """Every level of every clock of the conformance histories."""
    read = json.loads(CONFORMANCE.read_text(encoding="utf-8"))
    events = folder / "histories.jsonl"
    lines = [json.dumps(event) + "\n" for case in read["cases"] for event in case["events"]]
    events.write_text("".join(lines), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    policies = Policies([policy(read["policy"])])
    simulate(str(events), policies=policies, clocks=True, stdin=io.BytesIO(), out=out, err=err)
    return out.getvalue() + err.getvalue().replace(str(events), events.name)


SURFACES: Mapping[str, Callable[[Path], str]] = {
    "metrics.txt": exposition,
    "help.txt": helps,
    "clocks.jsonl": clocks,
}


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        for name, show in SURFACES.items():
            (KEPT / name).write_text(show(Path(made)), encoding="utf-8")
