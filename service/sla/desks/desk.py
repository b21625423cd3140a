"""The state of a support desk: its channels and announcements, as the changelog holds them."""

from collections.abc import Iterable

import msgspec

from service.sla.desks import channel as channels
from service.sla.desks.channel import Channel, Open
from service.sla.facts import Fact
from service.sla.history import order
from service.sla.state import NO_MESSAGEPACK, UnreadableStateError, content
from service.sla.told import Announced, Told, check_attributes

MOST_CHANNELS = 100  # of one desk; a sign of one more channel is rejected
MOST_SPANS = 4_000  # of one desk; reached by channels that open and close again and again within a timeout
MOST_INSTANTS = 400  # that a desk keeps; when there are more, the older half is forgotten


class Desk(msgspec.Struct, array_like=True, gc=False):
    """The state of one desk. Instants in ms."""

    channels: dict[str, Channel]
    announced: list[Announced]
    horizon: int = 0  # before it all signs are forgotten, and nothing changes
    out: dict[str, int] = {}  # by clock: the start of the outage that lasted at the horizon
    seen_at: int = 0  # by our own clock: when the desk's last record was processed

    def __post_init__(self) -> None:
        """Raise ValueError when an announcement tells attributes: not written by us."""
        check_attributes(self.announced, 0)

    @property
    def told(self) -> Told:
        """What was announced of the desk, which has no attributes."""
        return Told(self.announced)

    @property
    def instants(self) -> list[int]:
        """The instants that the desk keeps, in order: starts of spans, and cycles of announcements."""
        begun = [span.first.time for channel in self.channels.values() for span in channel]
        return sorted(begun + [latest.cycle for latest in self.announced])

    def add(self, sign: Fact, gap: int) -> bool:
        """Take a sign, in any order of arrival. False when it changes nothing, or is too old."""
        if sign.time < self.horizon:
            return False
        return channels.add(self.channels.setdefault(str(sign.data["channel"]), []), sign, gap)

    def is_full(self, sign: Fact) -> bool:
        """True when the sign is of one channel too many, or the desk has `MOST_SPANS` spans."""
        one_more = sign.data["channel"] not in self.channels
        return self._spans >= MOST_SPANS or (one_more and len(self.channels) >= MOST_CHANNELS)

    def outgrown(self, timeout: int) -> int | None:
        """The instant before which a desk with too many instants has to forget; None: it keeps all.

        Signs within one `timeout` still count; only a full desk forgets them, too.
        """
        instants = self.instants
        if len(instants) <= MOST_INSTANTS:
            return None
        return instants[len(instants) // 2] + (timeout if self._spans >= MOST_SPANS else 0)

    @property
    def _spans(self) -> int:
        return sum(map(len, self.channels.values()))

    def stretches(self, timeout: int) -> list[Open]:
        """The open stretches of each channel; `timeout` as in channel."""
        return [one for channel in self.channels.values() for one in channels.stretches(channel, timeout)]

    def open_until(self, timeout: int, at: int) -> dict[str, int]:
        """For each channel that is open at `at`: until when, unless a new sign comes before."""
        return {
            name: one.until
            for name, channel in self.channels.items()
            for one in channels.stretches(channel, timeout)
            if one.since <= at < one.until
        }

    def forget(self, before: int, timeout: int) -> None:
        """Drop the spans that do not matter from `before` on, which becomes the horizon."""
        self.horizon = before
        for name, channel in list(self.channels.items()):
            channels.forget(channel, before, timeout)
            if not channel:
                del self.channels[name]


_decoder = msgspec.msgpack.Decoder(Desk)


def decode(value: bytes) -> Desk:
    """Decode the desk of a changelog value, after its header was checked. Raises UnreadableStateError."""
    try:
        return _decoder.decode(content(value))
    except NO_MESSAGEPACK:
        raise UnreadableStateError("its value is no state of a desk") from None


def desk_of(signs: Iterable[Fact], gap: int) -> Desk:
    """The desk with exactly these signs, in any order; `gap` as in channel."""
    desk = Desk({}, [])
    for sign in sorted(signs, key=order):
        desk.add(sign, gap)
    return desk
