"""One channel of a support desk: what it said of itself, kept short, and when it was open by that.

A channel is open from a sign of life (a heartbeat, or that it opened) until it says that it is closed, or
until a timeout after its last sign. Only the latest signs are kept one by one; of the older ones, those in a
row that say the same are kept as the first and the last of them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from service.sla.facts import Fact, Sign

SINGLE = 16  # of the latest signs; a sign that contradicts a run older than these comes too late to count

_CLOSED = int(Sign.CLOSED)
_Key = tuple[int, bool]  # instant; at one instant closing comes last, as in the contract's table


class OpenSpan(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Signs in a row that say the same: that the channel is closed, or, none too late, that it lives."""

    first: Fact
    end: Fact | None = None  # the last of them; None: `first`, there is no other

    @property
    def last(self) -> Fact:
        """The last sign."""
        return self.end or self.first

    @property
    def closes(self) -> bool:
        """True when it says that the channel is closed."""
        return self.first.kind == _CLOSED


class Open(NamedTuple):
    """A stretch [since, until) in ms in which the channel is open, with the signs that say so."""

    since: int
    until: int
    first: Fact
    last: Fact  # the last sign of life, or what closed it


Channel = list[OpenSpan]  # in order, disjoint


def add(channel: Channel, sign: Fact, gap: int) -> bool:
    """Take a sign, whenever it comes, in place. False when it changes nothing.

    Signs of life up to `gap` ms apart make a run: the shortest timeout that anybody judges by.
    """
    at = bisect_right(channel, _key(sign), key=lambda span: _key(span.first))
    if at and _key(sign) <= _key(channel[at - 1].last):
        return _again(channel, at - 1, sign)
    channel.insert(at, OpenSpan(sign))
    old = len(channel) - SINGLE  # the spans before that are as few as can be
    for index in sorted({old - 2, at - 1, at}, reverse=True):
        if 0 <= index < old - 1 and _continues(channel[index], channel[index + 1], gap):
            channel[index : index + 2] = [OpenSpan(channel[index].first, channel[index + 1].last)]
            old -= 1
    return True


def stretches(channel: Channel, timeout: int) -> list[Open]:
    """When it is open, in order, disjoint, not touching: until `timeout` ms after a sign of life."""
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
    closing: Fact | None = None  # the next one
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
    """Drop, in place, what says nothing of the time from `before` on. Both in ms."""
    del channel[: sum(span.last.time + timeout <= before for span in channel)]


def _key(sign: Fact) -> _Key:
    return sign.time, sign.kind == _CLOSED


def _again(channel: Channel, index: int, sign: Fact) -> bool:
    """A sign within a span. At its edges the smallest identity is remembered, whichever came first."""
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
