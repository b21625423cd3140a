"""The log: one line each, and a library that screams is heard a few times a minute."""

import json
import logging

from service.logs import Json, Rate, Text


def record(message: str, at: float = 0.0, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("aiokafka.client", logging.WARNING, __file__, 1, message, None, None)
    made.created = at
    made.__dict__.update(extra)
    return made


def test_text_and_json_say_the_same_in_one_line() -> None:
    said = record("two\nlines", 1_767_225_600.25, partition=3, key="T-1")
    assert Text().format(said) == "2026-01-01T00:00:00.250Z WARNING aiokafka.client two lines partition=3"
    assert json.loads(Json().format(said)) == {
        "time": "2026-01-01T00:00:00.250Z",
        "level": "warning",
        "logger": "aiokafka.client",
        "message": "two lines",
        "partition": 3,
    }


def test_a_crash_shows_no_values_unless_in_development_mode() -> None:
    crash = record("died")
    crash.exc_info = (ValueError, ValueError("customer 42"), None)
    assert "customer" not in Text().format(crash) + Json().format(crash)


def test_a_dead_broker_gives_a_few_lines_a_minute_and_a_count_of_the_others() -> None:
    rate = Rate(most=2, per=60.0)
    passed = [at for at in (0.0, 0.1, 0.2, 59.999) if rate.filter(record("dead", at))]
    assert passed == [0.0, 0.1]
    next_minute = record("dead", 60.0)
    assert rate.filter(next_minute)
    assert next_minute.getMessage() == "dead (and 2 lines more before it)"
