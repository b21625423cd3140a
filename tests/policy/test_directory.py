"""Several policy files together: which may stand side by side, and which would make the choice a guess."""

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from service.policy.bad_policies import BadPolicies
from service.policy.directory import read_policies

NOBODY = 65_534  # a user that is neither root nor the owner of anything
TEXT = """\
policy: {policy}
version: {version}
effective_from: {effective_from}
match: {match}
clocks:
  response: {{start: received, stop: [closed], levels: [{{level: minor, after: 30m}}]}}
"""


def put(
    directory: Path,
    file: str,
    policy: str,
    version: int = 1,
    effective_from: str = "2026-01-01T00:00:00Z",
    match: str = "{}",
) -> None:
    text = TEXT.format(policy=policy, version=version, effective_from=effective_from, match=match)
    (directory / file).write_text(text, encoding="utf-8")


def problems(directory: Path) -> list[str]:
    with pytest.raises(BadPolicies) as bad:
        read_policies(directory)
    return [str(problem).removeprefix(f"{directory}{os.sep}") for problem in bad.value.problems]


@pytest.fixture
def readable() -> Iterator[Path]:
    """A directory of this process; root, who may read everything, is somebody else meanwhile."""
    directory, us = Path(mkdtemp()), os.geteuid()
    if us == 0:
        os.chown(directory, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield directory
    os.seteuid(us)
    for path in (directory, *directory.iterdir()):
        path.chmod(0o700)
    rmtree(directory)


def test_every_policy_file_is_read_and_nothing_else(tmp_path: Path) -> None:
    put(tmp_path, "b.yaml", "b")
    put(tmp_path, "a.yml", "a", match="{tenant: t}")
    (tmp_path / ".hidden.yaml").write_text("not for us")
    (tmp_path / "README.md").write_text("not for us")
    (tmp_path / "calendars").mkdir()
    read = read_policies(tmp_path)
    assert [(policy.id, policy.version) for policy in read.policies.versions] == [("a", 1), ("b", 1)]
    assert read.files["b", 1].file == str(tmp_path / "b.yaml")


def test_the_problems_of_all_files_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("policy: a\nversion: x\n")
    (tmp_path / "b.yaml").write_text("a: [")
    assert problems(tmp_path) == [
        "a.yaml:1: effective_from: is missing",
        "a.yaml:1: clocks: is missing",
        "a.yaml:2: version: “x” must be a whole number from 1",
        "b.yaml:1: is no YAML: expected the node content, but found '<stream end>'",
    ]


class TestWhatIsThere:
    def test_no_directory(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing"
        why = "No such file or directory; give a directory that is there; the default is SLA_POLICIES"
        assert problems(missing) == [f"{missing}: cannot be read: {why}"]

    def test_a_file_instead_of_a_directory(self, tmp_path: Path) -> None:
        put(tmp_path, "a.yaml", "a")
        file = tmp_path / "a.yaml"
        assert problems(file) == [f"{file}: is a file; give the directory that it is in"]

    def test_an_empty_directory(self, tmp_path: Path) -> None:
        assert problems(tmp_path) == [f"{tmp_path}: has no policy file (*.yaml)"]

    def test_what_only_looks_like_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").mkdir()
        os.mkfifo(tmp_path / "b.yaml")
        (tmp_path / "c.yaml").symlink_to(tmp_path / "nowhere")
        assert problems(tmp_path) == [
            "a.yaml: is no file; move it away, or rename it",
            "b.yaml: is no file; move it away, or rename it",
            "c.yaml: cannot be read: No such file or directory; move it away, or mend what it links to",
        ]

    def test_a_file_where_the_calendars_should_be(self, tmp_path: Path) -> None:
        put(tmp_path, "a.yaml", "a")
        (tmp_path / "calendars").touch()
        assert problems(tmp_path) == [
            "calendars: is a file; make it a directory, with a file for each calendar"
        ]

    @pytest.mark.parametrize("name", ["", "calendars", "a.yaml"])
    def test_what_this_user_may_not_read_is_named_itself(self, name: str, readable: Path) -> None:
        put(readable, "a.yaml", "a")
        (readable / "calendars").mkdir()
        (readable / name).chmod(0)
        shown = name or str(readable)
        assert problems(readable) == [f"{shown}: cannot be read: Permission denied; let this user read it"]


class TestVersions:
    def test_each_version_is_given_once(self, tmp_path: Path) -> None:
        put(tmp_path, "a.yaml", "vip")
        put(tmp_path, "b.yaml", "vip")
        assert problems(tmp_path) == [
            f"b.yaml:2: version: vip version 1 is already in {tmp_path / 'a.yaml'}; count up"
        ]

    @pytest.mark.parametrize(
        ("second", "fits"),
        [
            ("2026-12-31T23:59:59.999Z", False),
            ("2027-01-01T00:00:00Z", True),
            ("2027-01-01T00:00:00.001Z", True),
        ],
    )
    def test_versions_ascend_with_the_instants_at_which_they_take_effect(
        self, tmp_path: Path, second: str, *, fits: bool
    ) -> None:
        put(tmp_path, "a.yaml", "vip", 1, "2027-01-01T00:00:00Z")
        put(tmp_path, "b.yaml", "vip", 2, second)
        if fits:
            chosen = read_policies(tmp_path).policies.choose("default", {}, 1_800_000_000_000)
            assert chosen is not None
            assert chosen.version == 2
        else:
            assert problems(tmp_path) == [
                (
                    "b.yaml:3: effective_from: vip version 2 would take effect before vip version 1; "
                    f"versions of an id ascend ({tmp_path / 'a.yaml'})"
                )
            ]


class TestTies:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("{}", "{}"),
            ("{tenant: a}", "{tenant: a}"),
            ("{tenant: a}", "{region: b}"),
            ("{tenant: [a, b]}", "{tenant: [b, c]}"),
            ("{tenant: a, region: b}", "{tenant: a, priority: p1}"),
        ],
    )
    def test_two_that_a_ticket_could_fit_equally_well_are_refused(
        self, tmp_path: Path, one: str, other: str
    ) -> None:
        put(tmp_path, "a.yaml", "first", match=one)
        put(tmp_path, "b.yaml", "second", match=other)
        both = f"second version 1 and first version 1 ({tmp_path / 'a.yaml'})"
        advice = "ask for more or other values in one of them"
        assert problems(tmp_path) == [f"b.yaml:4: match: a ticket could fit {both} equally well; {advice}"]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("{}", "{tenant: a}"),
            ("{tenant: a}", "{tenant: b}"),
            ("{tenant: [a, b]}", "{tenant: [c, d]}"),
            ("{tenant: a, region: b}", "{region: c, tenant: a}"),
        ],
    )
    def test_two_that_no_ticket_fits_equally_well_stand_side_by_side(
        self, tmp_path: Path, one: str, other: str
    ) -> None:
        put(tmp_path, "a.yaml", "first", match=one)
        put(tmp_path, "b.yaml", "second", match=other)
        assert len(read_policies(tmp_path).files) == 2

    def test_a_later_version_ties_from_when_it_takes_effect(self, tmp_path: Path) -> None:
        put(tmp_path, "a1.yaml", "first", match="{tenant: a}")
        put(tmp_path, "a2.yaml", "first", 2, "2026-06-01T00:00:00Z")
        put(tmp_path, "b.yaml", "second")
        assert [line.split(" (")[0] for line in problems(tmp_path)] == [
            "b.yaml:4: match: a ticket could fit second version 1 and first version 2"
        ]

    @pytest.mark.parametrize(
        ("taken_over", "problem"),
        [
            ("2026-06-01T00:00:00.001Z", True),
            ("2026-06-01T00:00:00.000Z", False),
            ("2026-05-31T23:59:59.999Z", False),
        ],
    )
    def test_two_that_are_never_in_force_together_cannot_tie(
        self, tmp_path: Path, taken_over: str, *, problem: bool
    ) -> None:
        put(tmp_path, "a1.yaml", "first")
        put(tmp_path, "a2.yaml", "first", 2, taken_over, match="{tenant: a}")
        put(tmp_path, "b.yaml", "second", 1, "2026-06-01T00:00:00Z")
        if problem:
            assert [line.split(" ")[0] for line in problems(tmp_path)] == ["b.yaml:4:"]
        else:
            assert len(read_policies(tmp_path).files) == 3
