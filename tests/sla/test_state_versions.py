"""What was once written to the changelog is read for ever."""

import pytest

from service.sla import state
from service.sla.desks import desk
from service.sla.desks.channel import OpenSpan
from service.sla.facts import Fact, Kind, Sign
from service.sla.state import NEVER
from service.sla.told import Announced

# As version 1 wrote it. Never change these bytes: another form of state is another version beside this one.
VERSION_1 = bytes.fromhex(
    "0100000000000000510000019cac393fd87ffffffffffffffffedcba9876543210939398cf0000019cac0f268000a52f"
    "6465736ba3652d3183ab637573746f6d65725f6964a3432d31a76368616e6e656ca570686f6e65aa636f6d706c657869"
    "7479a767656e6572616ccf0000019cac0f277a034d98cf0000019cac38596001a52f6465736ba3652d3281a26279a561"
    "67656e74cf0000019cac3859c4035098cf0000019cac3943c00fa72fe7aa97e58fa3a3652d3381a573636f726505cf00"
    "00019cac3944240351929701a8726573706f6e7365a56d696e6f720202cf0000019cac2a9dc0d3b29a7ddef80302ae97"
    "01a8726573706f6e7365c00104c0cf78629a0f5f3f164fcf0000019cac3947a8"
)
DESK_VERSION_1 = bytes.fromhex(
    "01000000000000004f0000019cac14cbd17ffffffffffffffffedcba98765432109581a570686f6e65929298cf000001"
    "9cac0f268065a42f706278a3732d3181a76368616e6e656ca570686f6e65cf0000019cac0f277a004d98cf0000019cac"
    "1010e064a42f706278a3732d3281a76368616e6e656ca570686f6e65cf0000019cac101144004e9298cf0000019cac10"
    "37f066a72fe680bbe69cbaa3732d3381a76368616e6e656ca570686f6e65cf0000019cac103854004fc09197cf000001"
    "9cac1037f0b1746563686e6963616c5f737570706f7274a56d616a6f720100cf0000019cac14cbd0cf78629a0f5f3f16"
    "4fcf0000019cab45bc0081ae6368616e6e656c5f63686f696365cf0000019ca54fdb00cf0000019cac103bd8"
)
PHONE = {"channel": "phone"}
OPENED = Fact(1_772_413_200_000, Sign.OPENED, "/pbx", "s-1", PHONE, 1_772_413_200_250, 0, 77)
HEARTBEAT = Fact(1_772_413_260_000, Sign.HEARTBEAT, "/pbx", "s-2", PHONE, 1_772_413_260_100, 0, 78)
CLOSED = Fact(1_772_413_270_000, Sign.CLOSED, "/总机", "s-3", PHONE, 1_772_413_270_100, 0, 79)
RECEIVED = {"customer_id": "C-1", "channel": "phone", "complexity": "general"}
FACTS = [
    Fact(1_772_413_200_000, Kind.RECEIVED, "/desk", "e-1", RECEIVED, 1_772_413_200_250, 3, 77),
    Fact(1_772_415_900_000, Kind.RESPONSE_STARTED, "/desk", "e-2", {"by": "agent"}, 1_772_415_900_100, 3, 80),
    Fact(
        1_772_415_960_000, Kind.SATISFACTION_SUBMITTED, "/窗口", "e-3", {"score": 5}, 1_772_415_960_100, 3, 81
    ),
]
TOLD = [
    Announced(1, "response", "minor", 2, 2, 1_772_415_000_000, -5_577_006_791_947_779_410),
    Announced(1, "response", None, 1, 4, None, 8_674_665_223_082_153_551),
]


def test_state_of_version_1_is_read() -> None:
    """As judged by no policies: it does not say whether it waits for a calendar year."""
    assert state.header(VERSION_1) == state.Header(81, 1_772_415_959_000, NEVER, 0, NEVER)
    ticket = state.decode(VERSION_1)
    assert (ticket.facts, ticket.announced, ticket.seen_at) == (FACTS, TOLD, 1_772_415_961_000)
    assert (ticket.epoch, ticket.attributes) == (0, [])


def test_state_of_a_desk_of_version_1_is_read() -> None:
    assert state.header(DESK_VERSION_1) == state.Header(79, 1_772_413_570_001, NEVER, 0, NEVER)
    known = desk.decode(DESK_VERSION_1)
    assert known.channels == {"phone": [OpenSpan(OPENED, HEARTBEAT), OpenSpan(CLOSED)]}
    (told,) = known.announced
    assert (told.key, told.revision) == ((1_772_413_270_000, "technical_support", "major"), 1)
    assert (known.horizon, known.out) == (1_772_400_000_000, {"channel_choice": 1_772_300_000_000})
    assert known.seen_at == 1_772_413_271_000


@pytest.mark.parametrize("version", [0, state.STATE_VERSION + 1, 255])
def test_state_of_another_version_is_refused(version: int) -> None:
    with pytest.raises(state.UnknownStateVersionError, match=f"state of version {version}, "):
        state.header(bytes([version]) + VERSION_1[1:])
