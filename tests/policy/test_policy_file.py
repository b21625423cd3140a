"""What a policy file may say, and what its author is told otherwise: file, line, field, reason."""

import json
import re
from typing import ClassVar

import pytest

from service.policy.bad_policies import BadPolicies
from service.policy.named_calendar import BUILT_IN, NamedCalendar
from service.policy.policy_file import PolicyFile, read_policy
from service.sla.calendar.calendar import ALWAYS, Always
from service.sla.facts import Kind
from service.sla.policy import Clock, Level
from tests.policy.vip import VIP


def read(old: str = "", new: str = "") -> PolicyFile:
    assert old in VIP
    return read_policy("p.yaml", VIP.replace(old, new, 1).encode())


def response(old: str, new: str) -> Clock:
    return read(old, new).policy.clocks[0]


def problems(raw: bytes) -> list[str]:
    with pytest.raises(BadPolicies) as bad:
        read_policy("p.yaml", raw)
    assert str(bad.value).splitlines() == [str(problem) for problem in bad.value.problems]
    return [str(problem) for problem in bad.value.problems]


class TestGood:
    def test_every_field_arrives(self) -> None:
        policy = read().policy
        assert (policy.id, policy.version, policy.effective_from) == ("vip", 3, 1_767_196_800_000)
        assert policy.title == {"en": "Promise", "zh": "承诺"}
        assert policy.stalled_after_ms == 1_200_000
        [clock] = policy.clocks
        assert clock.when == (("priority", frozenset({"p1", "p2"})),)
        assert clock.pauses == {"customer", "vendor"}
        assert [(level.name, level.after_ms) for level in clock.levels] == [
            ("warning", 1_440_000),
            ("minor", 1_800_000),
            ("major", 3_600_000),
        ]

    def test_values_stay_as_written_whatever_yaml_makes_of_them(self) -> None:
        policy = read().policy
        assert dict(policy.match) == {"tenant": {"north"}, "region": {"no", "1:30", "010"}}
        assert policy.clocks[0].clause == "2.10"

    @pytest.mark.parametrize(("written", "counts"), [("true", True), ("false", False), ("[]", frozenset())])
    def test_all_pauses_count_or_none_or_some(self, written: str, counts: object) -> None:
        assert response("[customer, vendor]", written).pauses == counts

    def test_a_refusal_is_a_clock_that_nothing_stops_and_that_is_due_at_once(self) -> None:
        clock = response("start: received\n    stop: [response_started]", "start: refused\n    stop: []")
        assert (clock.start, clock.stop) == (Kind.REFUSED, frozenset())
        at_once = "levels:\n      - {level: breach, after: 0s}"
        found = response(VIP[VIP.index("levels:") :].rstrip("\n"), at_once)
        assert [level.after_ms for level in found.levels] == [0]

    @pytest.mark.parametrize(
        ("share", "smallest", "milliseconds"),
        [
            ("80%", "30m", 1_440_000),
            ("62.5%", "30m", 1_125_000),
            ("33.3%", "1s", 333),
            ("99.999999999%", "1s", 999),
            ("0.1%", "999ms", 0),
            ("29%", "100ms", 29),  # 0.29 * 100 is 28.999… in binary floating point
        ],
    )
    def test_a_share_is_exact_and_rounded_down(self, share: str, smallest: str, milliseconds: int) -> None:
        text = VIP.replace("80%", share).replace("30m", smallest)
        assert read_policy("p.yaml", text.encode()).policy.clocks[0].levels[0].after_ms == milliseconds

    def test_a_share_is_never_of_another_warning(self) -> None:
        clock = response("{level: minor,", "{level: warning-late, after: 1m}\n      - {level: minor,")
        assert [level.after_ms for level in clock.levels] == [1_440_000, 60_000, 1_800_000, 3_600_000]

    def test_a_warning_may_be_a_duration_and_have_no_breach(self) -> None:
        clock = response("80%}\n      - {level: minor, after: 30m}\n      - {level: major, after: 1h}", "5m}")
        assert [level.after_ms for level in clock.levels] == [300_000]

    @pytest.mark.parametrize(
        ("written", "effective_from"),
        [
            ("2025-12-31T16:00:00Z", 1_767_196_800_000),
            ("2026-01-01T00:00:00.123987+08:00", 1_767_196_800_123),
            ('"2026-01-01t00:00:00+08:00"', 1_767_196_800_000),
        ],
    )
    def test_an_instant_is_truncated_to_milliseconds(self, written: str, effective_from: int) -> None:
        file = read("2026-01-01T00:00:00+08:00", written)
        assert file.policy.effective_from == effective_from
        assert file.effective_from.microsecond == effective_from % 1000 * 1000

    def test_a_quoted_null_is_a_text(self) -> None:
        assert dict(read("[no,", '["null",').policy.match)["region"] == {"null", "1:30", "010"}

    def test_a_name_has_up_to_128_characters(self) -> None:
        assert read("policy: vip", f"policy: {'x' * 128}").policy.id == "x" * 128

    def test_json_is_yaml(self) -> None:
        level = {"level": "major", "after": "1h"}
        clocks = {"response": {"start": "received", "stop": ["closed"], "pause": True, "levels": [level]}}
        text = json.dumps(
            {"policy": "j", "version": 1, "effective_from": "2026-01-01T00:00:00Z", "clocks": clocks}
        )
        assert read_policy("p.json", text.encode()).policy.clocks[0].pauses is True


class TestCalendar:
    """What a policy can say about a calendar, whatever that one says."""

    class Office(Always):
        name = "office"

        def due_in_days(self, start: int, days: int) -> int:
            return start + days * 86_400_000

    CALENDARS: ClassVar = {**BUILT_IN, "office": NamedCalendar(Office(), {"week": {"mon": []}})}

    def read(self, *changes: tuple[str, str]) -> PolicyFile:
        text = VIP.replace("calendar: always", "calendar: office").replace("80%", "5m")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return read_policy("p.yaml", text.encode(), self.CALENDARS)

    def test_a_clock_has_the_calendar_of_its_policy_or_its_own(self) -> None:
        assert self.read().policy.clocks[0].calendar.name == "office"
        own = self.read(("start: received", "calendar: always\n    start: received"))
        assert own.policy.clocks[0].calendar is ALWAYS

    def test_a_level_may_be_due_in_working_days(self) -> None:
        days = (
            VIP.replace("80%", "5m")[VIP.index("levels:") :].rstrip("\n"),
            "levels: [{level: major, after: 3 working days}]",
        )
        read = self.read(days, ("pause: [customer, vendor]", "pause: []"))
        assert read.policy.clocks[0].levels == (Level("major", None, 3, rank=1),)

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ([], "[2].after: a clock that pauses cannot have a level in working days"),
            (
                [("[customer, vendor]", "false"), ("5m", "80%")],
                "[0].after: there is no share of working days",
            ),
            ([("3 w", "0 w")], "[2].after: must be between 1 and 366 working days"),
        ],
    )
    def test_working_days_have_no_pauses_and_no_shares(
        self, changes: list[tuple[str, str]], problem: str
    ) -> None:
        with pytest.raises(BadPolicies, match=re.escape(problem)):
            self.read(("after: 1h", "after: 3 working days"), *changes)

    def test_the_hash_covers_the_calendars_that_the_policy_names(self) -> None:
        changed = {**self.CALENDARS, "office": NamedCalendar(self.Office(), {"week": {"tue": []}})}
        text = VIP.replace("calendar: always", "calendar: office").encode()
        hashes = {
            read_policy("p.yaml", text, calendars).policy.sha256 for calendars in (self.CALENDARS, changed)
        }
        assert len(hashes) == 2
        assert read_policy("p.yaml", VIP.encode(), changed).policy.sha256 == read().policy.sha256


class TestHash:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("policy: vip", "# why\npolicy: vip   # who"),
            ("policy: vip", 'policy: "vip"'),
            ("policy: vip\nversion: 3", "version: 3\npolicy: vip"),
            ("{en: Promise, zh: 承诺}", "\n  zh: 承诺\n  en: Promise"),
            ("\n", "\r\n"),
        ],
    )
    def test_layout_is_not_content(self, old: str, new: str) -> None:
        assert read(old, new).policy.sha256 == read().policy.sha256

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("30m", "31m"),
            ("30m", "PT30M"),
            ("[p1, p2]", "[p2, p1]"),
            ("2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00Z"),
            ("Promise", "promise"),
        ],
    )
    def test_whatever_else_is_written_is_content(self, old: str, new: str) -> None:
        assert read(old, new).policy.sha256 != read().policy.sha256


INSTANT = "is no instant with an offset; write for example 2026-01-01T00:00:00+08:00"
SHARE = "must be more than 0% and less than 100%: a warning comes before the breach"
WALL = "counts wall time in days or more, which are not all equally long; write"
PLAIN_NAME = "must have 1 to 128 characters, each a letter from A to Z or a to z, a digit, - or _"
NAME = "must have 1 to 128 characters, none of them a space, @ or a control character"
KINDS = (
    "response_started, preliminary_solution_provided, resolved, feedback_delivered, followed_up, withdrawn, "
    "merged, refused, closed, reclassified, resumed, paused, reassigned, satisfaction_submitted"
)

BAD = [
    ("policy: vip", "policy: a b", "1: policy", f"“a b” {NAME}"),
    ("policy: vip", f"policy: {'x' * 129}", "1: policy", f"“{'x' * 59}…” {NAME}"),
    ("policy: vip", "policy: vip@1", "1: policy", f"“vip@1” {NAME}"),
    ("policy: vip", "policy:", "1: policy", "must be a text, not left empty"),
    ("policy: vip", "policy: [vip]", "1: policy", "must be a text, not a list"),
    ("policy: vip\n", "", "1: policy", "is missing"),
    ("policy: vip", "polcy: vip", "1: polcy", "no such field; did you mean policy?"),
    ("version: 3", "version: 0", "2: version", "“0” must be a whole number from 1"),
    ("version: 3", "version: 1.0", "2: version", "“1.0” must be a whole number from 1"),
    ("version: 3", "version: -1", "2: version", "“-1” must be a whole number from 1"),
    ("version: 3", "version: 3\nversion: 4", "3: version", "is given twice, first on line 2"),
    (
        "2026-01-01T00:00:00+08:00",
        "2026-01-01T00:00:00",
        "3: effective_from",
        f"“2026-01-01T00:00:00” {INSTANT}",
    ),
    (
        "2026-01-01T00:00:00+08:00",
        "2026-02-30T00:00:00Z",
        "3: effective_from",
        f"“2026-02-30T00:00:00Z” {INSTANT}",
    ),
    (
        "2026-01-01T00:00:00+08:00",
        "0001-01-01T00:00:00+08:00",
        "3: effective_from",
        "“0001-01-01T00:00:00+08:00” is outside the years 1971 to 2999",
    ),
    ("{en: Promise,", "{fr: Promesse,", "4: title.fr", "no such field; it is one of en, zh"),
    ("{en: Promise, zh: 承诺}", "Promise", "4: title", "must be a mapping, {like: this}, not a text"),
    ("tenant: north", "tennant: north", "6: match.tennant", "no such field; did you mean tenant?"),
    ("tenant: north", "channel: fone", "6: match.channel", "“fone” is no channel; did you mean phone?"),
    ("tenant: north", "tenant: []", "6: match.tenant", "must not be an empty list"),
    ("tenant: north", "tenant: {a: b}", "6: match.tenant", "must be a text, not a mapping"),
    ("tenant: north", 'tenant: "n 1"', "6: match.tenant", f"“n 1” {NAME}"),
    (
        '"1:30"',
        '"1@30"',
        "7: match.region[1]",
        "“1@30” is no code of 1 to 64 characters and at most three words, without @",
    ),
    (
        "calendar: always",
        "calendar: cn",
        "8: calendar",
        "“cn” is no calendar that is there; it is one of always",
    ),
    (
        "calendar: always",
        "calendar: allways",
        "8: calendar",
        "“allways” is no calendar that is there; did you mean always?",
    ),
    ("stalled_after: 20m", "stalled_after: 0s", "9: stalled_after", "“0s” must be longer than nothing"),
    (
        "  response:",
        "  activity:",
        "11: clocks.activity",
        "the name activity is kept for stalled_after and held_after",
    ),
    ("  response:", "  a b:", "11: clocks.a b", f"the clock's name {PLAIN_NAME}"),
    ("  response:", "  réponse:", "11: clocks.réponse", f"the clock's name {PLAIN_NAME}"),
    ("  response:", "  r\u200besponse:", "11: clocks.r<U+200B>esponse", f"the clock's name {PLAIN_NAME}"),
    (
        "level: warning",
        "level: warning\u200b",
        "18: clocks.response.levels[0].level",
        f"“warning<U+200B>” {PLAIN_NAME}",
    ),
    (
        "level: warning",
        "level: w\u0430rning",
        "18: clocks.response.levels[0].level",
        f"“w\u0430rning” {PLAIN_NAME}",
    ),
    (
        "level: warning",
        "level: warning.1",
        "18: clocks.response.levels[0].level",
        f"“warning.1” {PLAIN_NAME}",
    ),
    (
        "    clause: 2.10",
        "    claus: 2.10",
        "12: clocks.response.claus",
        "no such field; did you mean clause?",
    ),
    (
        "start: received",
        "start: recieved",
        "13: clocks.response.start",
        "“recieved” is no event kind; did you mean received?",
    ),
    ("start: received", "start: [received]", "13: clocks.response.start", "must be a text, not a list"),
    ("start: received", "start: withdrawn", "13: clocks.response.start", "withdrawn never starts a clock"),
    ("start: received", "start: merged", "13: clocks.response.start", "merged never starts a clock"),
    ("start: received", "start: voided", "13: clocks.response.start", "voided never starts a clock"),
    ("    start: received\n", "", "11: clocks.response.start", "is missing"),
    ("[response_started]", "[received]", "14: clocks.response.stop[0]", "received never stops a clock"),
    (
        "[response_started]",
        "[closed, reopened]",
        "14: clocks.response.stop[1]",
        "reopened never stops a clock",
    ),
    ("[response_started]", "[voided]", "14: clocks.response.stop[0]", "voided never stops a clock"),
    (
        "[response_started]",
        "[xyz]",
        "14: clocks.response.stop[0]",
        f"“xyz” is no event kind; it is one of {KINDS}",
    ),
    ("[response_started]", "closed", "14: clocks.response.stop", "must be a list, [like, this], not a text"),
    (
        "{priority: [p1, p2]}",
        "{complexity: simple}",
        "15: clocks.response.when.complexity",
        "“simple” is no complexity; did you mean complex?",
    ),
    (
        "{priority: [p1, p2]}",
        "{tenant: a}",
        "15: clocks.response.when.tenant",
        "a tenant is asked for in match, not in when: it never changes",
    ),
    (
        "[customer, vendor]",
        "yes",
        "16: clocks.response.pause",
        "“yes” is neither true nor false nor a list of reasons; it is one of true, false",
    ),
    ("80%", "0%", "18: clocks.response.levels[0].after", f"“0%” {SHARE}"),
    ("80%", "100%", "18: clocks.response.levels[0].after", f"“100%” {SHARE}"),
    ("80%", "x%", "18: clocks.response.levels[0].after", "“x%” is no share; write for example 80% or 62.5%"),
    ("30m", "2d", "19: clocks.response.levels[1].after", f"“2d” {WALL} 48h"),
    (
        "30m",
        "1:30",
        "19: clocks.response.levels[1].after",
        "“1:30” is no duration; write for example 90s, 30m, 1h30m or PT30M",
    ),
    (
        "30m",
        "3 working days",
        "19: clocks.response.levels[1].after",
        "working days need a calendar; around the clock there are none",
    ),
    (
        "1h}",
        "200%}",
        "20: clocks.response.levels[2].after",
        "only a warning can be a share; a breach needs a duration",
    ),
    (
        "level: major",
        "level: minor",
        "20: clocks.response.levels[2].level",
        "the clock has two levels “minor”",
    ),
    ("level: major, ", "", "20: clocks.response.levels[2].level", "is missing"),
    ("match:", "match: &all", "5", "uses an anchor or alias; write the lines out"),
    ("tenant: north", "tenant: *all", "6", "uses an anchor or alias; write the lines out"),
    (
        "policy: vip",
        "policy: !!python/name:os.system vip",
        "1",
        "uses the tag tag:yaml.org,2002:python/name:os.system; leave it out",
    ),
    ("policy: vip", "policy: vip\n---\npolicy: b", "2", "a second document begins; give each policy a file"),
    ("version: 3", "\tversion: 3", "2: is no YAML", "found character '\\t' that cannot start any token"),
    ("version: 3", "version: 3: 4", "2: is no YAML", "mapping values are not allowed here"),
    ("Promise", '"a\\nb"', "4", "has a text with a line break or control character"),
    ("Promise", '"\\ud800"', "4", "has a text with a line break or control character"),
    ("Promise", '"\\Uffffffff"', "4: is no YAML", "a number or escape too large"),
    ("承诺", "\x00", "4", "has the character U+0000"),
    ("承诺", "[" * 20, "4", "nests deeper than 12 levels"),
]


class TestBad:
    @pytest.mark.parametrize(("old", "new", "where", "reason"), BAD)
    def test_one_line_says_file_line_field_and_reason(
        self, old: str, new: str, where: str, reason: str
    ) -> None:
        assert old in VIP
        assert f"p.yaml:{where}: {reason}" in problems(VIP.replace(old, new, 1).encode())

    def test_every_problem_of_a_file_is_reported(self) -> None:
        text = VIP.replace("version: 3", "version: x").replace("received", "recieved").replace("1h}", "1d}")
        assert [problem.split(" ")[0] for problem in problems(text.encode())] == [
            "p.yaml:2:",
            "p.yaml:13:",
            "p.yaml:20:",
        ]

    def test_a_share_needs_a_breach(self) -> None:
        text = VIP[: VIP.index("      - {level: minor")]
        [problem] = problems(text.encode())
        assert problem.startswith(
            "p.yaml:18: clocks.response.levels[0].after: is a share of the smallest breach"
        )

    @pytest.mark.parametrize(
        ("raw", "problem"),
        [
            (b"", "p.yaml: is empty"),
            (b"# nothing\n", "p.yaml: is empty"),
            (b"---\n", "p.yaml:1: must be a mapping, {like: this}, not left empty"),
            (b"- a\n", "p.yaml:1: must be a mapping, {like: this}, not a list"),
            (b"a: 1\nb: \xff\n", "p.yaml:2: is not UTF-8; save it as UTF-8"),
            ("a: ä".encode("utf-16"), "p.yaml:1: is not UTF-8; save it as UTF-8"),
            (b"{1: 2, [a]: b}", "p.yaml:1: has a field whose name is no text"),
            (b"%YAML " + b"9" * 5000 + b".1\n--- a", "p.yaml:1: is no YAML: a number or escape too large"),
            (b"polcy: " + b"x" * (256 * 1024 - 7), "p.yaml:1: polcy: no such field; did you mean policy?"),
            (b"polcy: " + b"x" * (256 * 1024 - 6), "p.yaml: is larger than 256 KiB"),
        ],
    )
    def test_what_is_no_policy_at_all_is_one_line_too(self, raw: bytes, problem: str) -> None:
        assert problems(raw)[0] == problem

    def test_a_file_full_of_mistakes_is_no_flood(self) -> None:
        assert len(problems("".join(f"field{n}: x\n" for n in range(5000)).encode())) == 100
