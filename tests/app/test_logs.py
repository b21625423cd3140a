"""The log: one line each, and a library that screams is heard a few times a minute."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.telemetry.logs import FIELDS, Json, Output, Rate, Text


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
    assert next_minute.getMessage() == "dead (and 2 more lines before it)"


STEERS = st.sampled_from(
    ["\x1b[2J", "\x9b31m", "\u202e", "\u2066", "\n", "\r", "\x85", "\u2028", "\x00", "\ud800"]
)
ANYTHING = st.lists(STEERS | st.text(st.characters(exclude_categories=[]))).map("".join)
_SEEN = re.compile(r"[^\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]*")


@given(
    ANYTHING,
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.integers() | st.none() | st.lists(ANYTHING)),
)
def test_no_line_steers_who_reads_it_whatever_is_in_message_and_fields(
    message: str, fields: dict[str, object]
) -> None:
    text, json_ = Text().format(record(message, **fields)), Json().format(record(message, **fields))
    assert _SEEN.fullmatch(text)
    assert _SEEN.fullmatch(json_)
    told = json.loads(json_)
    assert {name: told[name] for name in fields} == json.loads(json.dumps(fields))


def test_the_traceback_of_a_developer_steers_nothing_either() -> None:
    crash = record("died")
    crash.exc_info = (ValueError, ValueError("\x1b[2J\u202e"), None)
    assert Text(traces=True).format(crash).splitlines()[1:] == ["ValueError: <U+001B>[2J<U+202E>"]
    assert _SEEN.fullmatch(Json(traces=True).format(crash))


def test_a_disk_that_is_full_is_said_once_and_what_is_missing_when_it_has_room_again(tmp_path: Path) -> None:
    err = io.StringIO()
    full, roomy = os.open("/dev/full", os.O_WRONLY), os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    output = Output(full, err)
    output.setFormatter(Text())
    for number in range(3):
        output.emit(record(f"line {number}"))
    why = "the log on standard output cannot be written: No space left on device; going on without it"
    assert err.getvalue() == f"sla-timer: {why}\n"
    os.dup2(roomy, full)
    output.emit(record("line 3"))
    output.emit(record("line 4"))
    said = [line.split(maxsplit=3)[2:] for line in (tmp_path / "log").read_text().splitlines()]
    assert said == [
        ["service.telemetry.logs", "3 lines before this one could not be written"],
        ["aiokafka.client", "line 3"],
        ["aiokafka.client", "line 4"],
    ]
    os.dup2(os.open("/dev/full", os.O_WRONLY), full)
    output.emit(record("line 5"))
    assert err.getvalue() == 2 * f"sla-timer: {why}\n"


def test_a_line_that_was_torn_stays_alone_on_its_line(tmp_path: Path) -> None:
    """A disk takes what still fits."""
    program = (
        "import logging, os, resource, signal, sys\n"
        "from service.telemetry.logs import Output\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "output = Output(1, sys.stderr)\n"
        "def say(text, limit):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
        "    output.emit(logging.makeLogRecord({'msg': text}))\n"
        "say('whole', 100); say('torn in two', 10); say('lost', 10); say('whole again', 100)\n"
    )
    with (tmp_path / "log").open("wb") as log:
        ended = subprocess.run(
            [sys.executable, "-c", program], stdout=log, stderr=subprocess.PIPE, check=True
        )
    assert ended.stderr.count(b"\n") == 1
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == ["whole", "torn", "2 lines before this one could not be written", "whole again"]


def test_a_wrong_call_of_a_library_ends_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = logging.LogRecord("aiokafka", logging.WARNING, __file__, 1, "%d", ("no number",), None)
    Output(1, None).emit(wrong)
    assert "Logging error" in capsys.readouterr().err
