"""`demo`: the service with a broker, made-up complaints and webhooks, on one machine."""

import os

import click

from service.cli.options import read_duration


@click.command()
@click.option(
    "--for",
    "length",
    callback=read_duration,
    metavar="DURATION",
    help="end by itself after so much traffic: 20s, 2m",
)
@click.option("--seed", type=int, default=1, show_default=True, help="another seed, other complaints")
@click.option(
    "--only-traffic",
    is_flag=True,
    help="publish the complaints to KAFKA_BOOTSTRAP_SERVERS and start nothing",
)
def demo(length: int | None, seed: int, *, only_traffic: bool) -> int:
    """Show the main job with a real broker and made-up complaints.

    Some come as webhooks. The policy has one second for ten minutes. Ctrl-C ends it all.
    """
    if only_traffic:
        if length is not None:
            raise click.UsageError("--only-traffic has no end; leave out --for")
        from service.demo.publish import feed
        from service.settings import read_settings
        from service.telemetry.logs import no_log

        no_log()
        return feed(read_settings(os.environ), seed)
    from service.demo.run import demo as play

    return play(seconds=None if length is None else length / 1_000, seed=seed)
