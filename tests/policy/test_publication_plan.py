"""What was published never changes, and what is new takes effect when every process could know it."""

from pathlib import Path

import pytest

from service.errors import RefusalError
from service.policy.publication_plan import plan_retirement
from service.policy.published import read_published
from tests.policy.shelf import JUNE, MINUTE, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def known(shelf: Shelf, *policies: str) -> Shelf:
    """The shelf with policies that were published long ago."""
    for policy in policies:
        shelf.put(policy, effective="2026-01-01T00:00:00Z", match=f"{{team: {policy}}}")
    shelf.publish(may_backdate=True)
    return shelf


class TestWhatIsThere:
    def test_it_is_published_once(self, shelf: Shelf) -> None:
        shelf.put_vip()
        assert shelf.publish(may_backdate=True) == ["vip@3"]
        done = shelf.plan()
        assert (done.new, done.notes, done.warnings, done.backdated) == ((), (), (), ())

    def test_another_layout_is_no_other_content(self, shelf: Shelf) -> None:
        path = shelf.put_vip()
        shelf.publish(may_backdate=True)
        path.write_text("# a remark\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        assert shelf.publish() == []

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("30m", "31m", "10: clocks: {} with other clocks; {}"),
            ("stalled_after: 20m\n", "", "1: stalled_after: {} with other stalled_after; {}"),
            ("calendar: always\n", "calendar: always\nzone: Asia/Tokyo\n", "9: zone: {} with no zone; {}"),
        ],
    )
    def test_other_content_under_a_published_version_is_refused(
        self, shelf: Shelf, old: str, new: str, problem: str
    ) -> None:
        path = shelf.put_vip()
        shelf.publish(may_backdate=True)
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        was = "vip version 3 was published at 2026-06-01T00:00:00.000Z"
        undo = "undo the change, or make it a new version"
        assert shelf.refused() == ["vip-3.yaml:" + problem.format(was, undo)]

    def test_a_file_that_is_gone_changes_nothing(self, shelf: Shelf) -> None:
        known(shelf, "a", "b")
        before = shelf.published.directory.policies.edition
        (shelf.directory / "a-1.yaml").unlink()
        done = shelf.plan()
        assert done.after.directory.policies.edition == before
        assert done.notes == (
            "published, and not among the files any more: a version 1; nothing changes by that",
        )

    def test_a_directory_without_a_file_changes_nothing(self, shelf: Shelf) -> None:
        known(shelf, "a")
        (shelf.directory / "a-1.yaml").unlink()
        assert shelf.publish() == []
        assert [policy.id for policy in shelf.published.directory.policies.versions] == ["a"]

    def test_another_time_zone_database_is_a_warning(self, shelf: Shelf) -> None:
        known(shelf, "a")
        assert shelf.plan(tzdata="2026b").warnings == (
            "a version 1 was published with time zone database 2026a; this is 2026b",
        )


class TestOneMinute:
    @pytest.mark.parametrize(("early", "fits"), [(1, False), (0, True), (-1, True)])
    @pytest.mark.parametrize(("policy", "version"), [("a", 2), ("b", 1)], ids=["version", "id"])
    def test_what_is_new_takes_effect_a_minute_after_its_publication_began(
        self, shelf: Shelf, policy: str, version: int, early: int, *, fits: bool
    ) -> None:
        known(shelf, "a").put(policy, version, effective=JUNE + MINUTE - early, match=f"{{team: {policy}}}")
        reason = (
            f"{policy}-{version}.yaml:3: effective_from: a version that was not published yet must take "
            "effect at least one minute from now: at 2026-06-01T00:01:00.000Z or later; "
            "or see sla-timer policies publish --backdate"
        )
        assert shelf.refused() == ([] if fits else [reason])

    def test_it_must_be_over_when_it_may_take_effect(self, shelf: Shelf) -> None:
        known(shelf, "a").put("a", 2, effective=JUNE + 10 * MINUTE)
        assert shelf.plan().over_by == JUNE + MINUTE

    def test_where_backdating_is_allowed_it_is_told_what_is_early(self, shelf: Shelf) -> None:
        known(shelf, "a").put("b", effective=JUNE + MINUTE - 1, match="{team: b}")
        shelf.put("c", effective=JUNE + MINUTE, match="{team: c}")
        done = shelf.plan(may_backdate=True)
        assert [one.key for one in done.backdated] == ["b@1"]
        assert done.over_by is None

    def test_what_is_published_may_take_effect_and_stay(self, shelf: Shelf) -> None:
        known(shelf, "a").put("a", 2, effective=JUNE + MINUTE)
        assert shelf.publish() == ["a@2"]
        assert shelf.publish(JUNE + 10 * MINUTE) == []

    def test_ten_files_with_a_bad_one_publish_none(self, shelf: Shelf) -> None:
        known(shelf, "a")
        for number in range(10):
            shelf.put(f"p{number}", effective=JUNE + MINUTE - (number == 7), match=f"{{team: p{number}}}")
        before = shelf.published
        [problem] = shelf.refused()
        assert problem.startswith("p7-1.yaml:3: effective_from: ")
        assert shelf.published is before


class TestBesideWhatIsPublished:
    def test_an_id_keeps_its_agreement_also_when_its_file_is_gone(self, shelf: Shelf) -> None:
        known(shelf, "a")
        (shelf.directory / "a-1.yaml").unlink()
        shelf.put("a", 2, agreement="ola", clock="internal")
        assert shelf.refused() == [
            "a-2.yaml:6: agreement: a is of the agreement default in published, and keeps it"
        ]

    def test_a_name_of_a_clock_keeps_its_agreement_also_when_its_file_is_gone(self, shelf: Shelf) -> None:
        known(shelf, "a")
        (shelf.directory / "a-1.yaml").unlink()
        shelf.put("b", agreement="ola")
        assert shelf.refused() == [
            (
                "b-1.yaml:7: clocks: the clock name response belongs to the agreement default (published); "
                "choose another"
            )
        ]

    def test_a_tie_with_a_published_policy_is_refused_also_when_its_file_is_gone(self, shelf: Shelf) -> None:
        known(shelf, "a")
        (shelf.directory / "a-1.yaml").unlink()
        shelf.put("b", match="{team: [a, b]}")
        assert shelf.refused() == [
            (
                "b-1.yaml:4: match: a ticket could fit b version 1 and a version 1 (published) equally well; "
                "ask for more or other values in one of them"
            )
        ]

    @pytest.mark.parametrize(("sooner", "fits"), [(1, False), (0, True), (-1, True)])
    def test_where_an_id_ends_another_one_may_go_on(self, shelf: Shelf, sooner: int, *, fits: bool) -> None:
        known(shelf, "a")
        end = JUNE + 10 * MINUTE
        shelf.published = plan_retirement("a", end, shelf.published, JUNE).after
        shelf.put("b", effective=end - sooner, match="{team: a}")
        assert (shelf.refused() == []) is fits

    @pytest.mark.parametrize(("sooner", "fits"), [(1, False), (0, True), (-1, True)])
    def test_versions_of_an_id_ascend(self, shelf: Shelf, sooner: int, *, fits: bool) -> None:
        known(shelf, "a").put("a", 2, effective=JUNE + 10 * MINUTE)
        shelf.publish()
        (shelf.directory / "a-2.yaml").unlink()
        shelf.put("a", 3, effective=JUNE + 10 * MINUTE - sooner)
        reason = "a-3.yaml:3: effective_from: a version 3 would take effect before a version 2; "
        assert [one[: len(reason)] for one in shelf.refused()] == ([] if fits else [reason])

    def test_published_policies_that_tie_judge_and_are_a_warning(self, shelf: Shelf) -> None:
        # Only an earlier version of the service, which let files judge, could publish the two.
        known(shelf, "a")
        other = Shelf(shelf.directory / "other")
        other.directory.mkdir()
        other.put("b", effective="2026-01-01T00:00:00Z", match="{team: a}")
        other.publish(may_backdate=True)
        shelf.published = read_published([*shelf.published.records, *other.published.records])
        [warning] = shelf.plan().warnings
        assert warning == (
            "published policies tie: a ticket could fit b version 1 and a version 1 (published) equally "
            "well; end one of them with sla-timer policies retire"
        )


class TestRetirement:
    @pytest.mark.parametrize(("ahead", "fits"), [(-1, False), (0, False), (1, True)])
    def test_an_end_lies_ahead(self, shelf: Shelf, ahead: int, *, fits: bool) -> None:
        known(shelf, "a")
        if fits:
            done = plan_retirement("a", JUNE + ahead, shelf.published, JUNE)
            assert ([one.key for one in done.new], done.over_by) == (["a@retired"], JUNE + ahead)
        else:
            with pytest.raises(RefusalError, match=r"must lie ahead of now, 2026-06-01T00:00:00\.000Z"):
                plan_retirement("a", JUNE + ahead, shelf.published, JUNE)

    @pytest.mark.parametrize(("before", "chosen"), [(1, True), (0, False), (-1, False)])
    def test_a_cycle_that_starts_at_the_end_or_later_does_not_choose_the_id(
        self, shelf: Shelf, before: int, *, chosen: bool
    ) -> None:
        known(shelf, "a")
        end = JUNE + MINUTE
        policies = plan_retirement("a", end, shelf.published, JUNE).after.directory.policies
        assert (policies.choose("default", {"team": "a"}, end - before) is not None) is chosen

    def test_it_takes_no_new_version(self, shelf: Shelf) -> None:
        known(shelf, "a")
        shelf.published = plan_retirement("a", JUNE + 1, shelf.published, JUNE).after
        shelf.put("a", 2)
        assert shelf.refused() == [
            "a-2.yaml:1: policy: a ends at 2026-06-01T00:00:00.001Z: what goes on, goes on under a new id"
        ]
        assert shelf.refused(may_backdate=True) != []

    def test_it_ends_once(self, shelf: Shelf) -> None:
        known(shelf, "a")
        after = plan_retirement("a", JUNE + 1, shelf.published, JUNE).after
        with pytest.raises(RefusalError, match=r"^policy a: ends at 2026-06-01T00:00:00.001Z already"):
            plan_retirement("a", JUNE + 2, after, JUNE)

    def test_an_id_that_was_never_published(self, shelf: Shelf) -> None:
        known(shelf, "letter")
        with pytest.raises(RefusalError, match=r"^policy lettre: was never published; did you mean letter\?"):
            plan_retirement("lettre", JUNE + 1, shelf.published, JUNE)
        with pytest.raises(RefusalError, match=r"^policy '': was never published; it is one of letter$"):
            plan_retirement("", JUNE + 1, shelf.published, JUNE)

    def test_an_id_where_nothing_is_published(self, shelf: Shelf) -> None:
        with pytest.raises(RefusalError, match=r"^policy letter: was never published, and no other one was$"):
            plan_retirement("letter", JUNE + 1, shelf.published, JUNE)

    def test_its_file_may_stay(self, shelf: Shelf) -> None:
        known(shelf, "a")
        shelf.published = plan_retirement("a", JUNE + 1, shelf.published, JUNE).after
        assert shelf.refused(JUNE + MINUTE) == []


class TestYears:
    def office(self, shelf: Shelf) -> Shelf:
        shelf.put_calendar()
        shelf.put("office", calendar="cn")
        assert shelf.publish() == ["calendar@cn@2025", "calendar@cn@2026", "office@1"]
        return shelf

    def test_a_year_is_added_at_any_time_without_a_new_version(self, shelf: Shelf) -> None:
        before = self.office(shelf).published.directory.policies
        shelf.put_calendar(("[2025, 2026]", "[2025, 2026, 2027]"), ("2025-01-01", "2025-01-01, 2027-01-01"))
        assert shelf.publish(JUNE + 1) == ["calendar@cn@2027"]
        after = shelf.published.directory.policies
        assert [one.sha256 for one in after.versions] == [one.sha256 for one in before.versions]
        assert after.edition != before.edition
        assert shelf.plan().over_by is None

    def test_a_year_that_left_the_file_stays(self, shelf: Shelf) -> None:
        self.office(shelf).put_calendar(
            ("[2025, 2026]", "[2026]"), (", 2025-01-01", ""), ('{2025-12-24: [["09:00", "13:00"]]}', "{}")
        )
        assert shelf.publish() == []
        [policy] = shelf.published.directory.policies.versions
        assert policy.clocks[0].calendar.valid_until == 1_798_732_800_000  # 2027-01-01T00:00:00+08:00

    def test_it_is_added_for_a_policy_whose_file_is_gone(self, shelf: Shelf) -> None:
        self.office(shelf)
        (shelf.directory / "office-1.yaml").unlink()
        shelf.put_calendar(("[2025, 2026]", "[2025, 2026, 2027]"))
        assert shelf.publish() == ["calendar@cn@2027"]

    def test_a_calendar_that_no_policy_names_is_not_published(self, shelf: Shelf) -> None:
        shelf.put_calendar()
        shelf.put("a")
        assert shelf.publish() == ["a@1"]

    @pytest.mark.parametrize(
        ("old", "new", "line", "field", "day"),
        [
            ("2026-10-01..", "2026-09-30..", 4, "holidays", "2026-09-30"),
            ("2026-02-14: mon", "2026-02-14: tue", 5, "working_days", "2026-02-14"),
            ("2026-02-14: mon", "2026-02-15: mon", 5, "working_days", "2026-02-14"),
            ('"13:00"', '"14:00"', 6, "hours", "2025-12-24"),
        ],
    )
    def test_a_published_year_never_changes(
        self, shelf: Shelf, old: str, new: str, line: int, field: str, day: str
    ) -> None:
        year = day[:4]
        self.office(shelf).put_calendar((old, new))
        assert shelf.refused() == [
            (
                f"calendars/cn.yaml:{line}: {field}: {day}: the year {year} of calendar cn is published with "
                f"another {day}; undo the change, or name another calendar in new versions"
            )
        ]

    def test_ranges_written_out_are_no_change(self, shelf: Shelf) -> None:
        self.office(shelf).put_calendar(
            ("2026-10-01..2026-10-02, 2025-01-01", "2025-01-01, 2026-10-02, 2026-10-01")
        )
        assert shelf.refused() == []

    @pytest.mark.parametrize(
        ("old", "new"), [("tue: ", "wed: "), ("12-25, ", ""), ("Asia/Shanghai", "Asia/Tokyo")]
    )
    def test_the_rest_of_a_calendar_is_part_of_the_version(self, shelf: Shelf, old: str, new: str) -> None:
        self.office(shelf).put_calendar((old, new))
        assert shelf.refused() == [
            (
                "office-1.yaml:5: calendar: office version 1 was published at 2026-06-01T00:00:00.000Z with "
                "another calendar cn; undo the change, or make it a new version"
            )
        ]

    def test_no_year_is_left_out(self, shelf: Shelf) -> None:
        self.office(shelf)
        (shelf.directory / "office-1.yaml").unlink()
        shelf.put_calendar(
            ("[2025, 2026]", "[2028]"),
            ("12-25, 2026-10-01..2026-10-02, 2025-01-01", "12-25"),
            ("{2026-02-14: mon}", "{}"),
            ('{2025-12-24: [["09:00", "13:00"]]}', "{}"),
        )
        assert shelf.refused() == [
            (
                "calendars/cn.yaml:7: years: leaves out 2027: with the published years, years must follow "
                "one another"
            )
        ]

    def test_dates_of_a_calendar_without_years_are_part_of_the_version(self, shelf: Shelf) -> None:
        shelf.put_calendar(("years: [2025, 2026]\n", ""))
        shelf.put("office", calendar="cn")
        assert shelf.publish() == ["office@1"]
        shelf.put_calendar(("years: [2025, 2026]\n", ""), ("2025-01-01", "2025-01-02"))
        [problem] = shelf.refused()
        assert problem.startswith("office-1.yaml:5: calendar: office version 1 was published")

    def test_a_new_day_that_an_old_week_cannot_have_is_refused(self, shelf: Shelf) -> None:
        self.office(shelf)
        (shelf.directory / "office-1.yaml").unlink()
        shelf.put_calendar(
            ("tue: ", "wed: "),
            ("[2025, 2026]", "[2025, 2026, 2027]"),
            ("{2026-02-14: mon}", "{2026-02-14: mon, 2027-02-14: wed}"),
        )
        [problem] = shelf.refused()
        assert problem.startswith("sla.policies: with these files, the record b'office@1' cannot be read")
