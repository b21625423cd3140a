"""`calendar show` and `calendar freeze`."""

import re
import sys
from datetime import date, datetime
from pathlib import Path

import click

from service.cli import options


def _read_years(_: click.Context, parameter: click.Parameter, text: str) -> list[int]:
    """Read years with commas between, for click."""
    if not re.fullmatch(r"[0-9]{4}(,[0-9]{4})*", text):
        raise click.BadParameter(
            f"{text!r} is no list of years; write for example 2025,2026", param=parameter
        )
    return [int(year) for year in text.split(",")]


@click.group()
def calendar() -> None:
    """Look at calendar files and write official days into them."""


@calendar.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "since",
    required=True,
    callback=options.read_moment,
    metavar="DAY",
    help="a local date, or an instant",
)
@click.option(
    "--to", required=True, callback=options.read_moment, metavar="DAY", help="likewise; a date is included"
)
def show(file: Path, since: date | datetime, to: date | datetime) -> int:
    """Print the working stretches of the calendar in FILE by day.

    With their totals.
    """
    from service.offline.calendar_show import show as print_days

    return print_days(file, since, to, sys.stdout)


@calendar.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--country", required=True, metavar="CODE", help="CN")
@click.option("--years", required=True, callback=_read_years, metavar="YEARS", help="for example 2025,2026")
@click.option(
    "--from",
    "notice",
    type=click.Path(path_type=Path),
    metavar="NOTICE",
    help="a year's days from this file, typed in by hand; default: from the holidays package",
)
@click.option(
    "--make-up-as",
    type=click.Choice(["mon", "tue", "wed", "thu", "fri"]),
    default="mon",
    show_default=True,
    help="the weekday whose hours a make-up day has",
)
def freeze(file: Path | None, country: str, years: list[int], notice: Path | None, make_up_as: str) -> int:
    """Write a country's official days into FILE; without it, print them.

    Years are added beside those that FILE has. A year that is there is compared, and never changed. A year
    without official days is refused.
    """
    from service.offline.calendar_freeze import freeze as write
    from service.offline.notice_file import notice_of
    from service.offline.official_days import official_days

    days = notice_of(notice, country, years) if notice else official_days(country, years)
    return write(days, file, make_up_as, sys.stdout)
