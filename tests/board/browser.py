"""The board's routes as a browser sees them, over a board that a test tells of."""

from typing import Any

import httpx

from service.board.auth import Token
from service.board.routes import application
from service.processes.http import OwnHosts
from service.telemetry.board_metrics import BoardMetrics
from tests.board.desk import Desk


def browser(desk: Desk, token: str | None = None, **options: Any) -> httpx.AsyncClient:
    """It keeps cookies, as browsers do. With `token` it has to sign in."""
    door = Token(token, lambda: desk.now) if token else None
    app = OwnHosts(application(desk.board, door, BoardMetrics({})), "127.0.0.1")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=True), base_url="http://127.0.0.1", **options
    )
