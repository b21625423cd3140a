"""`report`: attainment and breaches, from a file of events or from the live topics."""

import sys
from datetime import date, datetime, tzinfo
from pathlib import Path

import click

from service.cli import options

_BY = ("day", "week", "month")
_FORMS = ("table", "csv", "json", "html")
_SECTIONS = ("totals", "figures", "customers", "hours", "satisfaction", "retractions")


def _read_bound(context: click.Context, parameter: click.Parameter, text: str | None) -> date | int | None:
    """Read a local date, or an instant with an offset, for click. Return the instant in ms."""
    if text is None:
        return None
    moment = options.read_moment(context, parameter, text)
    return options.milliseconds(moment) if isinstance(moment, datetime) else moment


def _read_zone(_: click.Context, parameter: click.Parameter, name: str | None) -> tzinfo | None:
    """Read a time zone by its IANA name, for click."""
    from service.timezones import zone

    try:
        return None if name is None else zone(name)
    except KeyError:
        raise click.BadParameter(
            f"{name!r} is no IANA time zone, such as Asia/Shanghai", param=parameter
        ) from None


@click.command()
@click.argument("events", required=False)
@click.option(
    "--from", "since", callback=_read_bound, metavar="DAY", help="due since: a local date, or an instant"
)
@click.option(
    "--to", "to", callback=_read_bound, metavar="DAY", help="due until: a date is included, an instant is not"
)
@click.option("--by", type=click.Choice(_BY), default="month", show_default=True, help="length of a period")
@click.option(
    "--zone",
    callback=_read_zone,
    metavar="NAME",
    help="zone of clocks around the clock; default: their policy's, else the offset of its effective_from",
)
@click.option("--tenant", callback=options.read_identifier, help="only this one's tickets")
@click.option("--format", "form", type=click.Choice(_FORMS), default="table", show_default=True)
@click.option(
    "--section",
    type=click.Choice(_SECTIONS),
    default="figures",
    show_default=True,
    help="what --format csv writes",
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="of table and html"
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="default: standard output"
)
@options.policies
@options.until_or_now
@options.mapping
@options.partial
def report(
    events: str | None,
    since: date | int | None,
    to: date | int | None,
    by: str,
    zone: tzinfo | None,
    tenant: str | None,
    form: str,
    section: str,
    lang: str,
    out: Path | None,
    policies: Path,
    until: datetime | None,
    mapping: Path | None,
    *,
    partial: bool,
) -> int:
    """Report attainment and breaches of a period.

    What counts is whose due instant is from --from to --to. EVENTS is a file, or - for standard input.
    Without it: of the tickets that the live service remembers, and of the breaches that it took back.
    """
    from service.policy.directory import PolicyDirectory, read_policies
    from service.report.request import Asked, Range, zones
    from service.report.write import write

    def ask(directory: PolicyDirectory) -> Asked:
        return Asked(zones(directory, zone), by, span, tenant, options.milliseconds(until))

    span = Range(since, to)
    if span.is_empty():
        raise click.UsageError("--to lies before --from")
    if events is None:
        if mapping is not None:
            raise click.UsageError("--mapping is for a file: give EVENTS, too")
        from service.cli.live_report import from_log

        document, code = from_log(ask), 0
    else:
        from service.report.from_file import from_file

        directory = read_policies(policies)
        document, code = from_file(
            events,
            ask(directory),
            directory.policies,
            mapping=mapping,
            partial=partial,
            stdin=sys.stdin.buffer,
            err=sys.stderr,
        )
    write(document, form, section=section, lang=lang, out=sys.stdout, file=out)
    return code
