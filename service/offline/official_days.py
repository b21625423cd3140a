"""The official days of a country: public holidays, and make-up working days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import holidays

from service.errors import RefusalError


@dataclass(frozen=True, slots=True)
class OfficialDays:
    """The official days that the government published for some whole years."""

    country: str
    years: tuple[int, ...]
    holidays: Mapping[date, str]  # date to name
    working_days: tuple[date, ...]  # make-up days (调休)
    source: str


def official_days(country: str, years: Iterable[int]) -> OfficialDays:
    """Return the official days of these years, from the holidays package.

    China's notice for a year comes out late in the year before. Until the package has the notice, it derives
    holidays from the rules and knows no make-up days. That is a guess: every year so far had make-up days.
    Raises RefusalError for a year without the notice.
    """
    if country != "CN":
        raise RefusalError(f"--country {country}: official days are known for CN only")
    wanted, package = sorted(set(years)), f"holidays {version('holidays')}"
    found = holidays.country_holidays(country, years=wanted, language="en_US", expand=False)
    # The package books the swap of 31 December under the year of the day off.
    notices = holidays.country_holidays(country, years=[*wanted, wanted[-1] + 1], expand=False)
    make_up = sorted(day for day in notices.weekend_workdays if day.year in wanted)
    for year in wanted:
        if not any(day.year == year for day in make_up):
            raise RefusalError(
                f"--years {year}: {package} has no make-up working days of {year}: either the official days "
                "are not published yet, or a newer package is needed"
            )
    named = {day: found[day] for day in sorted(found) if day.year in wanted}
    return OfficialDays(country, tuple(wanted), named, tuple(make_up), package)
