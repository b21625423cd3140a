"""A directory of policy files to publish from, and the words for it."""

from pathlib import Path

from schemas.instant import written
from service.policy.bad_policies import BadPolicies
from service.policy.directory import PolicyDirectory, read_policies
from service.policy.publication_plan import Plan, Publishing, plan
from service.policy.published import Published
from tests.policy.vip import VIP

JUNE = 1_780_272_000_000  # 2026-06-01T00:00:00Z
MINUTE = 60_000
TZDATA = "2026a"

TEXT = """\
policy: {policy}
version: {version}
effective_from: {effective_from}
match: {match}
calendar: {calendar}
agreement: {agreement}
clocks:
  {clock}: {{start: received, stop: [closed], levels: [{{level: minor, after: {after}}}]}}
"""

CALENDAR = """\
calendar: cn
timezone: Asia/Shanghai
week: {mon: [["09:00", "17:00"]], tue: [["09:00", "17:00"]]}
holidays: [12-25, 2026-10-01..2026-10-02, 2025-01-01]
working_days: {2026-02-14: mon}
hours: {2025-12-24: [["09:00", "13:00"]]}
years: [2025, 2026]
"""


class Shelf:
    """Policy files, and what was published of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.published = Published()

    def put(
        self,
        policy: str,
        version: int = 1,
        *,
        effective: int | str = JUNE + MINUTE,
        match: str = "{}",
        calendar: str = "always",
        agreement: str = "default",
        clock: str = "response",
        after: str = "30m",
    ) -> Path:
        """Writes a policy file; `effective` in ms or as text."""
        at = effective if isinstance(effective, str) else written(effective)
        path = self.directory / f"{policy}-{version}.yaml"
        path.write_text(
            TEXT.format(
                policy=policy,
                version=version,
                effective_from=at,
                match=match,
                calendar=calendar,
                agreement=agreement,
                clock=clock,
                after=after,
            ),
            encoding="utf-8",
        )
        return path

    def put_vip(self) -> Path:
        """Writes a file that uses every field, in force since January."""
        path = self.directory / "vip-3.yaml"
        path.write_text(VIP, encoding="utf-8")
        return path

    def put_calendar(self, *changes: tuple[str, str]) -> Path:
        """Writes the calendar `cn`, with changes."""
        text = CALENDAR
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = self.directory / "calendars" / "cn.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self) -> PolicyDirectory:
        """The files as they are."""
        return read_policies(self.directory, to_publish=True)

    def plan(self, begun: int = JUNE, *, may_backdate: bool = False, tzdata: str = TZDATA) -> Plan:
        """What a publication would do."""
        return plan(self.read(), self.published, Publishing(begun, tzdata, may_backdate))

    def publish(self, begun: int = JUNE, *, may_backdate: bool = False) -> list[str]:
        """Publishes; gives the keys of what was new."""
        done = self.plan(begun, may_backdate=may_backdate)
        self.published = done.after
        return [record.key for record in done.new]

    def refused(self, begun: int = JUNE, *, may_backdate: bool = False) -> list[str]:
        """Why a publication is refused, without the name of the directory."""
        try:
            self.publish(begun, may_backdate=may_backdate)
        except BadPolicies as bad:
            return [str(problem).removeprefix(f"{self.directory}/") for problem in bad.problems]
        return []
