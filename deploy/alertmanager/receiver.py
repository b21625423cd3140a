"""An example receiver of Alertmanager's webhooks: each alert as a line of JSON on standard output.

Usage: python receiver.py HOST PORT. It stands for your pager; replace it by that.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def lines(receiver: str, notification: dict[str, Any]) -> list[str]:
    """What to print of one notification of Alertmanager (webhook version 4)."""
    return [
        json.dumps(
            {"receiver": receiver, "status": alert["status"]} | alert["labels"] | alert["annotations"],
            ensure_ascii=False,
        )
        for alert in notification["alerts"]
    ]


class Receiver(BaseHTTPRequestHandler):
    """POST /RECEIVER with a notification; anything else is no business of ours."""

    def do_POST(self) -> None:
        """Prints the alerts."""
        notification = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sys.stdout.write("".join(line + "\n" for line in lines(self.path.strip("/"), notification)))
        sys.stdout.flush()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing: standard output is for alerts."""


if __name__ == "__main__":
    with ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Receiver) as server:
        server.serve_forever()
