"""What each field of an event means, by model; the models themselves say only what a field may hold."""

IN = {
    "customer_id": "an opaque reference to the customer, never a name or a number to call",
    "channel": "how the complaint came",
    "complexity": "an attribute for policies; absent counts as `general` when the ticket starts",
    "priority": "an attribute for policies",
    "category": "an attribute for policies",
    "service": "an attribute for policies",
    "region": "an attribute for policies",
    "reason": "a code that says why",
    "by": "what responded; only `agent` is a response, and an absent `by` is one",
    "agent_id": "a reference to the agent",
    "resolution_code": "a code that says how it was solved",
    "into": "the ticket that goes on",
    "team": "the team that has the ticket now",
    "score": "what the customer thought of it; 5 is best",
    "event_id": "the `id` of the event that was a mistake",
    "event_source": "the `source` of that event; absent: the `source` of this event",
}

DESK = {"channel": "the way to reach the desk that this is a sign of"}

ENVELOPE = {
    "specversion": "the version of CloudEvents",
    "id": "with `source` the identity of the event",
    "source": "what published the event",
    "subject": "the ticket, or the desk; it equals the key of the record",
    "time": "when it happened: not before 2000, and at most 24 h ahead of the service",
    "tenant": "the tenant of the ticket or desk",
    "traceparent": "a trace context of W3C; the service does not use it",
}

ENVELOPE_OUT = {
    "specversion": "the version of CloudEvents",
    "id": "`breach_id:epoch:revision`",
    "source": "`/sla-timer/` and `SLA_GROUP`",
    "subject": "the ticket, or the desk; also the key of the record",
    "time": "`due_at`, else `stopped_at`, else `detected_at`; the header is absent when all are null",
    "tenant": "the tenant of the ticket or desk",
    "traceparent": "of the record that caused it; the header is absent when there is none",
}

PROGRESS = {
    "source_topic": "the input",
    "source_partition": "its partition that is complete",
    "source_partitions": "how many partitions the input has",
    "complete_until": "every breach due before it that the partition shows was told before this record",
}

VERDICT = {
    "breach_id": "names the tenant, ticket, cycle, clock and level; the same for ever (UUIDv5)",
    "epoch": "when the service took the first record of the ticket, in ms since 1970; 0 of desks and offline",
    "revision": "counts from 1 for each `breach_id` and `epoch`; the greatest (`epoch`, `revision`) counts",
    "state": "what holds now",
    "tenant": "the tenant of the ticket or desk",
    "ticket_id": "the ticket, or the desk",
    "customer_id": "as the start of cycle 1 says; null when it says none, and for a desk",
    "cycle": (
        "1, 2, … of the ticket; where a `reopened` begins the first one, its instant in ms since 1970 "
        "and on from there; for a desk the first instant of the outage in ms"
    ),
    "clock": "its name in the policy; `activity` for `stalled_after`",
    "level": "its name in the policy; null for a whole clock",
    "rank": "of a breach level: its place among those of its clock, from 1; else null",
    "supersedes": "the `breach_id` of the nearest breached level before it in the policy file",
    "clause": "the clause of the promise, as the policy has it",
    "policy": "the version that was judged by; null when no policy judges the cycle any more",
    "zone": "IANA name or offset: the month of a breach is that of its `due_at` in this zone",
    "attributes": "from `due_at` on, as soon as `when` holds; of a clock, before its end; null for a desk",
    "started_at": "when the clock started",
    "due_at": "when the level is due; of a whole clock: when its first breach level is",
    "stopped_at": "when the clock ended, by a stop or a cancellation",
    "paused_seconds": "counted time that pauses took out, until the end or the due instant",
    "elapsed_seconds": "counted time from the start to the end; null without an end",
    "overrun_seconds": "counted time from `due_at` to the end; null without an end",
    "detected_at": "when the service judged it; null offline",
    "late_detection": "true: detected more than the grace and 5 s after it became true",
    "reason": (
        "why this revision: `settled`, `late_fact`, `voided`, `reclassified`, `policy_changed`; "
        "of a cancellation: `withdrawn`, `merged`, `reopened`; null in revision 1 of the others"
    ),
    "cause": "the event that `reason` is about",
    "evidence": "the events that decided",
}

POLICY = {
    "id": "`policy` of the file",
    "version": "`version` of the file",
    "sha256": "of the content of the file and of the calendars that it uses",
    "agreement": "the agreement that the policy belongs to",
}

ATTRIBUTES = dict.fromkeys(
    ("channel", "complexity", "priority", "category", "service", "region", "team"),
    "as the events say; null where they do not",
)

CAUSE = {"source": "its `source`", "event_id": "its `id`"}

EVIDENCE = {
    "source": "its `source`",
    "event_id": "its `id`",
    "type": "its `type`",
    "time": "its `time`",
    "recorded_at": "the time of its record in the log; null offline",
    "partition": "where the log holds it; null offline",
    "offset": "where the log holds it; null offline",
}
