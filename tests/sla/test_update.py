"""An update of the software alone tells nothing anew; what was told by the version before goes on."""

from service.sla import state
from service.sla.state import STATE_VERSION
from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, HOUR, RESOLUTION, RESPONSE, at, fact, policy
from tests.sla.test_partition import brief

# As version 1 wrote it at 11:01: received at 09:00, answered at 09:40; a warning, a settled breach, and a
# standing one of the resolution were told.
STANDING = bytes.fromhex(
    "0100000000000000010000019cae3561e00000019caea25480dbcb63c9b4fecb9d939298cf0000019cadc69a8000a52f"
    "6465736ba3652d3184ab637573746f6d65725f6964a3632d31a76368616e6e656ca570686f6e65aa636f6d706c657869"
    "7479a767656e6572616ca6726567696f6ea56e6f727468cf0000019cadc69b7a000198cf0000019cadeb398001a52f64"
    "65736ba3652d3281a26279a56167656e74cf0000019cadeb3a7a0002939701a8726573706f6e7365a77761726e696e67"
    "0103cf0000019caddc9380cf00eec14c84757b009701a8726573706f6e7365a56d696e6f720201cf0000019cade211c0"
    "cf00c180a48296e6e79701aa7265736f6c7574696f6ea56d696e6f720100cf0000019cae347780cf003e6a1af145b987"
    "cf0000019cadeb3980"
)
POLICIES = policy(RESPONSE, RESOLUTION, stalled_after=6 * HOUR)
KEY = "T-1@default"


def test_standing_breaches_of_version_1_are_not_told_again() -> None:
    partition = ticket_partition(POLICIES, 35 * DAY)
    partition.restore(KEY, STANDING)
    step = partition.step([], at=at("11:02"), now=at("11:02"), offset=1, grace=0)
    assert step.announcements == []
    written = step.changes[KEY]
    assert written is not None
    assert written[0] == STATE_VERSION
    assert state.decode(written).announced == state.decode(STANDING).announced
    again = partition.step([], at=at("11:03"), now=at("11:03"), offset=1, grace=0)
    assert (again.announcements, again.changes) == ([], {})


def test_their_revisions_go_on_without_an_epoch() -> None:
    partition = ticket_partition(POLICIES, 35 * DAY)
    partition.restore(KEY, STANDING)
    arrivals = [(KEY, fact("feedback_delivered", "11:02", id="f"))]
    step = partition.step(arrivals, at=at("11:02"), now=at("11:02"), offset=2, grace=0)
    assert [(brief(one), one.epoch, one.reason) for one in step.announcements] == [
        ("breach_settled resolution/minor 2", 0, "settled")
    ]


def test_what_is_taken_back_tells_the_attributes_that_are_known_though_none_were_told() -> None:
    partition = ticket_partition(POLICIES, 35 * DAY)
    partition.restore(KEY, STANDING)
    arrivals = [(KEY, fact("response_started", "09:10", id="x"))]
    step = partition.step(arrivals, at=at("11:02"), now=at("11:02"), offset=2, grace=0)
    told = {brief(one): (one.reason, one.attributes) for one in step.announcements}
    attributes = ("phone", "general", None, None, None, "north", None)
    assert told["breach_retracted response/minor 3"] == ("late_fact", attributes)
