"""Signs requests on their way to the embedded AWS: those of floci's tests are unsigned."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from batch_constructs.local import lock

if TYPE_CHECKING:
    from batch_constructs.local.server import LocalServer

_SERVICES = {"AWSEvents": "events"}


class SigningProxy:
    """An address whose requests reach the embedded AWS signed by its administrator.

    Args:
        server: the embedded AWS.
    """

    def __init__(self, server: LocalServer) -> None:
        access = server.record.access
        keys = Credentials(access.access_key_id, access.secret_access_key)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                why = lock.refusal({name.lower(): value for name, value in self.headers.items()})
                if why is not None:
                    self.send_error(403, why)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                target = self.headers.get("X-Amz-Target", "").partition(".")[0]
                of_batch = "batch" if self.path.startswith("/v1/") else "cloudformation"
                kept = ("Content-Type", "X-Amz-Target")
                request = AWSRequest(
                    "POST",
                    f"{access.endpoint_url}{self.path}",
                    {name: self.headers[name] for name in kept if name in self.headers},
                    body,
                )
                SigV4Auth(keys, _SERVICES.get(target, of_batch), access.region).add_auth(request)
                sent = urllib.request.Request(  # noqa: S310 - it is our own server
                    request.url, body, dict(request.headers.items()), method="POST"
                )
                try:
                    answer = urllib.request.urlopen(sent)  # noqa: S310 - it is our own server
                except urllib.error.HTTPError as refusal:
                    answer = refusal
                with answer:
                    said = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Say nothing of each request."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        """Start answering; return the address."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
