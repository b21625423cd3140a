"""Letter 1 as the file says it, next to letter 1 as the letter says it."""

from pathlib import Path

from service.policy.directory import read_policies
from service.sla.calendar.calendar import ALWAYS
from service.sla.facts import Kind
from service.sla.policy import Clock, Level, Policy

POLICIES = Path(__file__).parents[2] / "policies"
MINUTE = 60_000
HOUR = 60 * MINUTE


def clock(name: str, clause: str, stop: Kind, when: str | None, *levels: Level) -> Clock:
    asked = (("complexity", frozenset({when})),) if when else ()
    return Clock(name, clause, Kind.RECEIVED, frozenset({stop}), asked, False, levels, ALWAYS)


def test_letter_1_promises_what_the_letter_promises() -> None:
    read = read_policies(POLICIES).files["letter-1", 1].policy
    assert read == Policy(
        id="letter-1",
        version=1,
        sha256=read.sha256,
        effective_from=1_767_196_800_000,  # midnight in China as 2026 begins
        title={"en": "Network service promise", "zh": "网络端客户服务标准保障承诺书（一）"},
        match=(),
        zone="+08:00",
        clocks=(
            clock(
                "response",
                "2.3.2",
                Kind.RESPONSE_STARTED,
                None,
                Level("warning", 24 * MINUTE),
                Level("minor", 30 * MINUTE, rank=1),
                Level("major", HOUR, rank=2),
            ),
            clock(
                "resolution",
                "2.3.3",
                Kind.FEEDBACK_DELIVERED,
                "general",
                Level("warning", 96 * MINUTE),
                Level("minor", 2 * HOUR, rank=1),
                Level("major", 4 * HOUR, rank=2),
            ),
            clock(
                "preliminary_solution",
                "2.3.3",
                Kind.PRELIMINARY_SOLUTION_PROVIDED,
                "complex",
                Level("warning", 192 * MINUTE),
                Level("major", 4 * HOUR, rank=1),
            ),
        ),
        stalled_after_ms=None,
    )


def test_letter_1_is_published_and_never_changes() -> None:
    read = read_policies(POLICIES).files["letter-1", 1].policy
    assert read.sha256 == "b4bd8bdd5db31a5ae16ee83a062885a8ee0d66837e4a53d2c4b8fddc32d3769f"
