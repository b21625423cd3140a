"""Patches aiokafka for the whole process; each of our client factories applies the patches.

* Every client asks the next broker when one is silent (client.py).
* Every consumer unpacks fetched batches in pieces, and returns our own `Record` (unpacking.py).
* Every consumer can be stopped while a fetch waits, and ends without a word in the log (closing.py).

Code that makes a client of the library without one of our factories must call `patch_aiokafka` first.
"""

from functools import cache

from service.kafka.client.client import expect_silence
from service.kafka.client.closing import end_quietly
from service.kafka.client.unpacking import read_in_pieces


@cache
def patch_aiokafka() -> None:
    """Apply all patches; further calls do nothing."""
    expect_silence()
    read_in_pieces()
    end_quietly()
