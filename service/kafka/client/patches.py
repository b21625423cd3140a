"""What the service changes in aiokafka, for the whole process: each client factory of ours asks for it.

* every client asks the next broker when one is silent (client.py),
* every consumer unpacks what a fetch brought a little at a time (batches.py),
* gives records of ours (light_records.py),
* and can be stopped while a fetch waits (closing.py).

Whoever makes a client of the library without a factory of ours calls `patch_aiokafka` first.
"""

from functools import cache

from service.kafka.client.batches import read_in_pieces
from service.kafka.client.client import expect_silence
from service.kafka.client.closing import end_fetches_quietly
from service.kafka.client.light_records import give_light_records


@cache
def patch_aiokafka() -> None:
    """Change the library; once is enough."""
    expect_silence()
    read_in_pieces()
    give_light_records()
    end_fetches_quietly()
