"""The schemas for editors: they accept what the checker accepts, and what they refuse it refuses too."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import read_calendar
from service.policy.file_schema import calendar_schema, policy_schema
from service.policy.named_calendar import BUILT_IN
from service.policy.policy_file import read_policy
from service.strict_yaml.document import content, read_document
from tests.offline.test_histories import STORIES
from tests.policy import test_calendar_file, test_language
from tests.policy.vip import VIP

ROOT = Path(__file__).parents[2]
POLICY, CALENDAR = Draft202012Validator(policy_schema()), Draft202012Validator(calendar_schema())


def parsed(text: str) -> list[Any]:
    """As our reader gives it, all texts; and as an editor sees it, with YAML's types but for instants."""
    typed = yaml.load(text, Loader=_Editor)
    return [content(read_document(text.encode())), typed]


class _Editor(yaml.SafeLoader):
    """YAML 1.2 has no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in rules if not tag.endswith(":timestamp")]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def test_the_schemas_are_schemas() -> None:
    for validator in (POLICY, CALENDAR):
        validator.check_schema(validator.schema)


def texts(*patterns: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for pattern in patterns for path in ROOT.glob(pattern)]


_stories = json.loads(STORIES.read_text(encoding="utf-8"))
POLICIES = [
    VIP,
    *texts(
        "policies/*.yaml", "policies/desks/*.yaml", "examples/policy/*.yaml", "examples/agreements/*.yaml"
    ),
    yaml.safe_dump(test_language.EXEMPT),
    *map(yaml.safe_dump, _stories["policies"]),
]
CALENDARS = [
    test_calendar_file.DESK,
    test_calendar_file.OWN,
    f"{test_calendar_file.OWN}years: [2026, 2027]\n",
    *texts("policies/calendars/*.yaml", "examples/agreements/calendars/*.yaml"),
    *map(yaml.safe_dump, _stories["calendars"]),
]


@pytest.mark.parametrize("text", POLICIES)
def test_good_policies_are_good(text: str) -> None:
    for document in parsed(text):
        assert not [error.message for error in POLICY.iter_errors(document)]


@pytest.mark.parametrize("text", CALENDARS)
def test_good_calendars_are_good(text: str) -> None:
    for document in parsed(text):
        assert not [error.message for error in CALENDAR.iter_errors(document)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 3", "version: 0"),
        ("version: 3", "version: three"),
        ("policy: vip", "polcy: vip"),
        ("start: received", "start: withdrawn"),
        ("stop: [response_started]", "stop: [reopened]"),
        ("stop: [response_started]", "stop: response_started"),
        ("after: 30m", "after: 30"),
        ("after: 30m", "after: 2d"),
        ("level: minor", "level: mi nor"),
        ("    levels:", "    lvels:"),
        ("stalled_after: 20m", "stalled_after: soon"),
    ],
)
def test_what_the_schema_refuses_the_checker_refuses(old: str, new: str) -> None:
    assert old in VIP
    text = VIP.replace(old, new, 1)
    for document in parsed(text):
        assert list(POLICY.iter_errors(document))
    with pytest.raises(BadPolicies):
        read_policy("p.yaml", text.encode(), BUILT_IN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timezone: Asia/Shanghai\n", ""),
        ("  sat:", "  sta:"),
        ('"24:00"', '"24:30"'),
        ("2026-10-01,", "10-1,"),
        ("2026-02-14: mon", "2026-02-14: monday"),
        ("country: CN", "country: China"),
        ("years: [2025, 2026]", "years: []"),
        ("official:", "years: [2025, 2026]\nofficial:"),
    ],
)
def test_what_the_schema_of_calendars_refuses_the_checker_refuses(old: str, new: str) -> None:
    assert old in test_calendar_file.DESK
    text = test_calendar_file.DESK.replace(old, new, 1)
    for document in parsed(text):
        assert list(CALENDAR.iter_errors(document))
    with pytest.raises(BadPolicies):
        read_calendar("desk.yaml", text.encode(), "desk")


def test_an_exempt_policy_with_clocks_is_refused_by_both() -> None:
    text = yaml.safe_dump({**test_language.EXEMPT, "clocks": test_language.LETTER["clocks"]})
    for document in parsed(text):
        assert list(POLICY.iter_errors(document))
    with pytest.raises(BadPolicies):
        read_policy("p.yaml", text.encode(), BUILT_IN)
