"""`policies check`, `publish`, `list` and `retire`."""

import sys
from datetime import datetime
from pathlib import Path

import click

from service.cli import options


@click.group()
def policies() -> None:
    """Look at policy files; publish policies, list and retire them."""


_directory = click.argument("directory", type=click.Path(path_type=Path, readable=False), required=False)


@policies.command()
@_directory
@options.policies
@click.option(
    "--at",
    "receipt",
    callback=options.read_instant,
    metavar="INSTANT",
    help="a sample receipt; default: when each policy takes effect",
)
@click.option("--live", is_flag=True, help="tell instead what a publication would do; exit code 1: refuse")
def check(directory: Path | None, policies: Path, receipt: datetime | None, *, live: bool) -> int:
    """Validate the policy files and print each level's due instant.

    Those of DIRECTORY, if given. With --live: against what is published.
    """
    if live:
        if receipt is not None:
            raise click.UsageError("--live prints no due instants: leave out --at")
        from service.cli.live_policies import check as compare

        return compare(directory or policies)
    from service.offline.policies_check import check as examine

    return examine(directory or policies, sys.stdout, sys.stderr, receipt)


@policies.command()
@_directory
@options.policies
@click.option(
    "--backdate", is_flag=True, help="new versions may be in force already: first says what changes"
)
@click.option("--dry-run", is_flag=True, help="only tell what would be published")
def publish(directory: Path | None, policies: Path, *, backdate: bool, dry_run: bool) -> int:
    """Publish new policy versions and calendar years.

    Those of DIRECTORY, if given: all of them or none. What is published judges, within seconds also in
    processes that run. A new version must take effect at least one minute from now. Where one takes effect
    sooner, --backdate first prints how many announcements of tickets that are remembered it would change.
    """
    from service.cli.live_policies import publish as send

    return send(directory or policies, backdate=backdate, dry_run=dry_run)


@policies.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, for programs")
@click.option("--live", is_flag=True, help="also ask the processes of --service which of it they know")
@options.services("http://host:port")
def list_(services: tuple[str, ...], *, as_json: bool, live: bool) -> int:
    """List what was, is and will be in force.

    Exit code 1 if somebody else has written to the topic, so that Kafka will drop what is published.

    With --live: also tell which processes know something else, or do not answer. They are asked again for
    5 s, as they take a publication up within seconds. Exit code 1 if any does, or if the group has more
    processes than were asked.
    """
    if live and not services:
        raise click.UsageError("--live asks processes that run: name each with --service http://host:port")
    if services and not live:
        raise click.UsageError("--service names a process to ask: add --live")
    if live:
        from service.cli.live_processes import tell as compare

        return compare(services, as_json=as_json)
    from service.cli.live_policies import tell

    return tell(as_json=as_json)


@policies.command()
@click.argument("policy", metavar="ID")
@click.option(
    "--at",
    "instant",
    callback=options.read_instant,
    required=True,
    metavar="INSTANT",
    help="from when on no cycle chooses it; ahead of now",
)
def retire(policy: str, instant: datetime) -> int:
    """End a policy id for good.

    Cycles that start at INSTANT or later do not choose it. It takes no new version. What goes on, goes on
    under a new id.
    """
    from service.cli.live_policies import retire as end

    at = options.milliseconds(instant)
    assert at is not None, "the option is required"
    return end(policy, at)
