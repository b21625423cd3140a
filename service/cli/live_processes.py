"""`policies list --live`: what is published, and which processes know something else."""

from collections.abc import Iterator, Sequence

from service.cli.live_policies import echo_json, say, tell_overwritten, tell_published, with_kafka
from service.processes.known_policies import KnownPolicies, PolicyComparison, compared
from service.processes.policies import Reach
from service.settings import Settings


def tell(urls: Sequence[str], *, as_json: bool) -> int:
    """Print the comparison with the processes of `urls`. Return 1 for findings. Raises RefusalError."""

    async def run(reach: Reach, settings: Settings) -> int:
        found = await compared(reach, settings, urls)
        tell_published(found.published, as_json=as_json)
        unasked = _unasked(found, settings.group)
        if as_json:
            for one in found.processes:
                echo_json(_row(one))
            echo_json({"group": settings.group, "members": found.members, "asked": len(urls)})
        else:
            say(_well(one) for one in found.processes if one.agrees)
            say([*(line for one in found.processes for line in _findings(one)), *unasked], err=True)
        lost = await tell_overwritten(reach, settings)
        return 0 if all(one.agrees for one in found.processes) and not unasked and not lost else 1

    return with_kafka(run)


def _well(one: KnownPolicies) -> str:
    return f"{one.url}: knows what is published" + ("" if one.ready else "; is not ready, see its /readyz")


def _findings(one: KnownPolicies) -> Iterator[str]:
    if one.failure is not None:
        yield f"{one.url}: {one.failure}"
    yield from (f"{one.url}: {difference}" for difference in one.differences)


def _unasked(found: PolicyComparison, group: str) -> list[str]:
    asked = len(found.processes)
    if found.members <= asked:
        return []
    counted = f"group {group} has {found.members} processes, and {asked} were asked"
    return [f"{counted}: name each with --service; one that ended less than 10 s ago may still count"]


def _row(one: KnownPolicies) -> dict[str, object]:
    return {
        "service": one.url,
        "agrees": one.agrees,
        "ready": one.ready,
        "failure": one.failure,
        "differences": [difference._asdict() for difference in one.differences],
    }
