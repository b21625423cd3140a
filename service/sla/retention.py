"""When a ticket has to be looked at again although nothing new came in."""

from service.sla.judge import END_OF_TIME, PAUSED, RUNNING, Judgement, LevelState
from service.sla.state import NEVER, Ticket
from service.sla.statement import stalled

FORGET_PAUSED_AFTER = 400 * 24 * 3_600_000  # ms, at least, for a ticket whose last clock is paused for ever


def wake_at(judgement: Judgement, at: int) -> int:
    """The earliest instant from `at` (ms) on after which a new statement holds; NEVER when there is none."""
    next_at = judgement.next_at
    lapse_at = NEVER if next_at is None else next_at
    silence = stalled(judgement)
    if silence is None or silence.due_at is None or silence.due_at < at:
        return lapse_at
    return min(lapse_at, silence.due_at)


def is_endless(judgement: Judgement) -> bool:
    """True while a clock that can be stopped runs: then the ticket is not forgotten."""
    return RUNNING in _ongoing(judgement)


def _ongoing(judgement: Judgement) -> list[LevelState]:
    """What each clock that can be stopped, and was not, is in the end if nothing more happens."""
    return [run.ongoing(END_OF_TIME) for run in judgement.runs if run.ending is None and run.clock.stop]


def forget_at(ticket: Ticket, judgement: Judgement, retention: int) -> int:
    """The instant (ms) after which a ticket is forgotten that is not endless.

    `retention` ms after the last record and the last due instant. Of the record it is our own clock that
    counts: log time may be the publisher's.
    """
    paused = PAUSED in _ongoing(judgement)
    dues = [due_at for run in judgement.runs for due_at in run.dues if due_at is not None]
    last = max([ticket.seen_at, *dues])
    return last + (max(FORGET_PAUSED_AFTER, retention) if paused else retention)
