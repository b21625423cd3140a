"""A second judge of outages, by the millisecond and the contract's words. Shares no code with ours."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.sla.facts import Fact, Sign
from service.sla.policy import Policy

Verdicts = dict[
    tuple[str, int, str | None], tuple[str, int | None]
]  # (clock, outage, level) -> type, its end


class Ongoing(NamedTuple):
    policy: Policy
    since: int


def verdicts(signs: Iterable[Fact], policies: Sequence[Policy], at: int, end: int) -> Verdicts:
    """What stands at `at`; after `end` nothing changes any more but the time."""
    found: Verdicts = {}
    signs = list(signs)
    for name in {clock.name for policy in policies for clock in policy.clocks}:
        ongoing: Ongoing | None = None
        for now in range(end + 1):
            if ongoing and _open(signs, now, ongoing.policy) >= _asked(ongoing.policy, name):
                _judge(found, name, ongoing, now, at)
                ongoing = None
            policy = max(
                (one for one in policies if one.effective_from <= now),
                key=lambda one: one.version,
                default=None,
            )
            if ongoing is None and policy and _open(signs, now, policy) < _asked(policy, name):
                ongoing = Ongoing(policy, now)
        if ongoing:
            _judge(found, name, ongoing, None, at)
    return found


def _asked(policy: Policy, name: str) -> int:
    """How many channels the clock asks for; none when the policy has no such clock."""
    return next((clock.min_open for clock in policy.clocks if clock.name == name), 0)


def _open(signs: Sequence[Fact], now: int, policy: Policy) -> int:
    return sum(_is_open(signs, channel, now, policy) for channel in {sign.data["channel"] for sign in signs})


def _is_open(signs: Sequence[Fact], channel: str, now: int, policy: Policy) -> bool:
    said = [sign for sign in signs if sign.data["channel"] == channel and sign.time <= now]
    if not said:
        return False
    last = max(said, key=lambda sign: (sign.time, sign.kind == Sign.CLOSED))
    return last.kind != Sign.CLOSED and now < last.time + policy.heartbeat_timeout_ms


def _judge(found: Verdicts, name: str, outage: Ongoing, ended: int | None, at: int) -> None:
    (clock,) = (clock for clock in outage.policy.clocks if clock.name == name)
    in_time = True
    for level in clock.levels:
        due = outage.since + level.after_ms
        if ended is None or ended > due:
            in_time = False
            if at > due:
                type_ = "sla.breached" if ended is None else "sla.breach_settled"
                found[name, outage.since, level.name] = type_, ended
    if ended is not None and in_time:
        found[name, outage.since, None] = "sla.met", ended
