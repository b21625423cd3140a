"""The reader of codes for the board: it ends by no error of Kafka, and the page says why it cannot read."""

import asyncio
import socket

from service.board.codes import InputCodes
from service.explain.records import NotRead
from service.kafka.topics.code_reader import CodeReader
from tests.sla.stories import fact


async def test_where_kafka_does_not_answer_the_page_says_so_and_the_reader_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    facts, codes = [fact("received", "09:00")], InputCodes("complaints.lifecycle")
    reader = CodeReader({"bootstrap_servers": [address]}, "complaints.lifecycle", codes)
    reading = asyncio.create_task(reader.run())
    codes.of("T1@default", facts)
    await codes.settled("T1@default", 30)
    (found,) = codes.of("T1@default", facts).not_read
    assert found == NotRead("complaints.lifecycle", codes.failure or "")
    assert found.why.startswith(f"KAFKA_BOOTSTRAP_SERVERS: {address}: ")
    assert not reading.done()
    reading.cancel()
