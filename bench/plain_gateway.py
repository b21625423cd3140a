"""The least that a webhook costs in Python: Starlette, uvicorn, and aiokafka with acks=all.

No proof, no mapping, no limits: the body goes to the topic as it came; 204 comes once it is acknowledged.
Usage: python -m bench.plain_gateway BOOTSTRAP TOPIC PORT
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def main(bootstrap: str, topic: str, port: str) -> None:
    """Serve until the process is asked to end."""
    producers: list[AIOKafkaProducer] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True
        ) as producer:
            producers.append(producer)
            yield

    async def hook(request: Request) -> Response:
        body = await request.body()
        await producers[0].send_and_wait(topic, body, request.headers["x-zammad-delivery"].encode())
        return Response(status_code=204)

    async def readyz(_: Request) -> Response:
        return PlainTextResponse("ready\n")

    routes = [Route("/hooks/zammad", hook, methods=["POST"]), Route("/readyz", readyz)]
    app = Starlette(routes=routes, lifespan=lifespan)
    uvicorn.run(app, port=int(port), log_config=None, access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
