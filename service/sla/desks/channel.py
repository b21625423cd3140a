"""One channel of a support desk: its signs, compacted, and the stretches in which it was open.

A sign of life (a heartbeat, or that the channel opened) opens a channel. It stays open until it says that it
is closed, or until a timeout after its last sign. Only the latest signs are kept one by one. Of the older
signs, a run of equal meaning is kept as its first and its last sign.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from service.sla.facts import Fact, Sign

SINGLE = 16  # latest signs kept one by one; a sign that contradicts an older run comes too late to count

_CLOSED = int(Sign.CLOSED)
_Key = tuple[int, bool]  # instant, closing: at one instant closing comes last, as in the contract's table


class OpenSpan(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A run of signs with the same meaning: the channel is closed, or it lives, with no sign too late."""

    first: Fact
    end: Fact | None = None  # the last sign; None: `first` is the only one

    @property
    def last(self) -> Fact:
        """The last sign of the run."""
        return self.end or self.first

    @property
    def closes(self) -> bool:
        """True when the signs say that the channel is closed."""
        return self.first.kind == _CLOSED


class Open(NamedTuple):
    """A stretch [since, until) in ms in which the channel is open, with the signs that prove it."""

    since: int
    until: int
    first: Fact
    last: Fact  # the last sign of life, or the sign that closed the channel


Channel = list[OpenSpan]  # in order, disjoint


def add(channel: Channel, sign: Fact, gap: int) -> bool:
    """Insert a sign, in any order of arrival, in place. False when it changes nothing.

    Signs of life up to `gap` ms apart make a run. `gap`: the shortest timeout of all policies of the desk.
    """
    at = bisect_right(channel, _key(sign), key=lambda span: _key(span.first))
    if at and _key(sign) <= _key(channel[at - 1].last):
        return _again(channel, at - 1, sign)
    channel.insert(at, OpenSpan(sign))
    old = len(channel) - SINGLE  # the spans before this index are merged as far as possible
    for index in sorted({old - 2, at - 1, at}, reverse=True):
        if 0 <= index < old - 1 and _continues(channel[index], channel[index + 1], gap):
            channel[index : index + 2] = [OpenSpan(channel[index].first, channel[index + 1].last)]
            old -= 1
    return True


def stretches(channel: Channel, timeout: int) -> list[Open]:
    """The open stretches, until `timeout` ms after a sign of life; in order, disjoint, not touching."""
    found: list[Open] = []
    for one in _cut_by_closings(channel, timeout):
        if found and one.since <= found[-1].until:
            before = found.pop()
            found.append(Open(before.since, one.until, before.first, one.last))
        else:
            found.append(one)
    return found


def _cut_by_closings(channel: Channel, timeout: int) -> Iterator[Open]:
    found: list[Open] = []
    closing: Fact | None = None  # the next closing sign
    for span in reversed(channel):
        if span.closes:
            closing = span.first
            continue
        until, last = span.last.time + timeout, span.last
        if closing is not None and closing.time <= until:
            until, last = closing.time, closing
        if span.first.time < until:
            found.append(Open(span.first.time, until, span.first, last))
    return reversed(found)


def forget(channel: Channel, before: int, timeout: int) -> None:
    """Drop, in place, the spans that do not matter from the instant `before` on. Both in ms."""
    del channel[: sum(span.last.time + timeout <= before for span in channel)]


def _key(sign: Fact) -> _Key:
    return sign.time, sign.kind == _CLOSED


def _again(channel: Channel, index: int, sign: Fact) -> bool:
    """Take a sign within a span; at its edges the smallest identity is kept, in any order of arrival."""
    span = channel[index]
    for edge in (span.first, span.last):
        if _key(edge) == _key(sign) and (sign.kind, sign.source, sign.id) < (edge.kind, edge.source, edge.id):
            end = sign if edge is span.end else span.end
            channel[index] = replace(span, first=sign if edge is span.first else span.first, end=end)
            return True
    return False


def _continues(span: OpenSpan, following: OpenSpan, gap: int) -> bool:
    if span.closes or following.closes:
        return span.closes and following.closes
    return following.first.time - span.last.time <= gap
