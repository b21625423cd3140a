"""The official days of a country: public holidays, and make-up working days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import holidays

from service.errors import RefusalError

SEVEN = (
    "New Year's Day",
    "Spring Festival",
    "Tomb-Sweeping Day",
    "Labor Day",
    "Dragon Boat Festival",
    "Mid-Autumn Festival",
    "National Day",
)
_FIRST_NOTICE = 2001  # the oldest that the holidays package has
_LAST_WEEK_FROM = 25  # day of December: a notice may move days of the last week before its year


@dataclass(frozen=True, slots=True)
class OfficialDays:
    """The official days that the government published for some whole years.

    They may reach into the last week of December before the first year: a break over New Year's Day does.
    """

    country: str
    years: tuple[int, ...]
    holidays: Mapping[date, str]  # date to name
    working_days: tuple[date, ...]  # make-up days (调休)
    source: str
    whole_breaks: bool = False  # weekend days of a break are among the holidays


def official_days(country: str, years: Iterable[int]) -> OfficialDays:
    """Return the official days of these years, from the holidays package.

    China's notice for a year comes out late in the year before. Until the package has the notice, it derives
    holidays from the rules and knows no make-up days. That is a guess: every year so far had make-up days.
    Raises RefusalError for a year without the notice.
    """
    if country != "CN":
        raise RefusalError(f"--country {country}: official days are known for CN only")
    wanted = sorted(set(years))
    with_before = [wanted[0] - 1, *wanted]
    found = holidays.country_holidays(country, years=with_before, language="en_US", expand=False)
    # The package books the swap of 31 December under the year of the day off.
    notices = holidays.country_holidays(country, years=[*wanted, wanted[-1] + 1], expand=False)
    make_up = sorted(
        day for day in notices.weekend_workdays if day.year in wanted or is_of_last_week(day, wanted[0])
    )
    for year in wanted:
        if not any(day.year == year for day in make_up):
            raise RefusalError(_not_there(year))
    named = {
        day: found[day] for day in sorted(found) if day.year in wanted or is_of_last_week(day, wanted[0])
    }
    return OfficialDays(country, tuple(wanted), named, tuple(make_up), package())


def festivals(year: int) -> Mapping[str, date]:
    """Return the day itself of each of China's seven holidays in a year, by the rules of the package."""
    found = holidays.country_holidays("CN", years=year, language="en_US", expand=False)
    days = {name: [day for day in found.get_named(name) if day.year == year] for name in SEVEN}
    return {name: min(named) for name, named in days.items() if named}


def package() -> str:
    """Return the name and version of the holidays package."""
    return f"holidays {version('holidays')}"


def is_of_last_week(day: date, year: int) -> bool:
    """Return True when `day` is of the last week of December before `year`."""
    return date(year - 1, 12, _LAST_WEEK_FROM) <= day < date(year, 1, 1)


def _not_there(year: int) -> str:
    """Return why a year cannot be frozen, and what to do."""
    if year < _FIRST_NOTICE:
        return f"--years {year}: {package()} has no notice of {year}; type its days into a file for --from"
    return (
        f"--years {year}: {package()} has no official days of {year} yet; the State Council's notice is "
        f"expected by {year - 1}-12-08 (those for 2017 to 2026 came out between 25 October and 8 December of "
        "the year before); then take a newer package, or type the notice into a file for --from "
        "(docs/how-to/prepare-the-new-year.md)"
    )
