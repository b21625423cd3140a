"""Events in on `support.channels`: whether a support desk can be reached. `subject` is the desk."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.envelope import Contract, EventIn, Identifier


class Line(Contract):
    """A way to reach the desk."""

    channel: Identifier


class Heartbeat(EventIn):
    """The channel is open: a sign of life."""

    type: Literal["channel.heartbeat"]
    data: Line


class ChannelOpened(EventIn):
    """The channel is open from now on."""

    type: Literal["channel.opened"]
    data: Line


class ChannelClosed(EventIn):
    """The channel is closed from now on."""

    type: Literal["channel.closed"]
    data: Line


ChannelEvent = Annotated[Heartbeat | ChannelOpened | ChannelClosed, Field(discriminator="type")]
CHANNEL_EVENT: TypeAdapter[ChannelEvent] = TypeAdapter(ChannelEvent)
