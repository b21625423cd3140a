"""When a ticket has to be looked at again although nothing new came in."""

from service.sla.judge import END_OF_TIME, PAUSED, RUNNING, Judgement
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


def forget_at(ticket: Ticket, judgement: Judgement, retention: int) -> int:
    """The instant (ms) after which the ticket is forgotten; NEVER while a clock that can be stopped runs.

    `retention` ms after the last record and the last due instant. Of the record it is our own clock that
    counts: log time may be the publisher's.
    """
    paused = False
    for run in judgement.runs:
        if run.ending is None and run.clock.stop:
            state = run.ongoing(END_OF_TIME)
            if state is RUNNING:
                return NEVER
            paused = paused or state is PAUSED
    dues = [due_at for run in judgement.runs for due_at in run.dues if due_at is not None]
    last = max([ticket.seen_at, *dues])
    return last + (max(FORGET_PAUSED_AFTER, retention) if paused else retention)
