"""`demo`: the main job on one machine."""

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
def demo(length: int | None, seed: int) -> int:
    """Show the main job: a real broker, made-up complaints, a policy in seconds. Ctrl-C ends it all."""
    from service.demo.run import demo as play

    return play(seconds=None if length is None else length / 1_000, seed=seed)
