"""Who gets in: whoever reaches the embedded AWS can run commands as the user, so few do.

Three locks, each of which alone keeps a web page out. A request must call this server by a name
that only this machine has (else a page's own name could be made to lead here). It must not come
from a browser, which says so itself. And it must be signed with a key that this server gave out,
which is looked at in `batch_constructs.local.adapter.signatures`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OF_BROWSERS = ("origin", "access-control-", "sec-fetch-", "sec-ch-", "sec-websocket-")
"""How the names of headers begin that browsers send by themselves, and AWS SDKs never."""

_OF_FORMS = ("multipart/form-data", "text/plain")
"""What a form on a page can send; with a signature in a header, it is no form's."""


def as_mapping(raw_headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers as SigV4 signs them: several of a name are joined by a comma."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def refusal(headers: Mapping[str, str]) -> str | None:
    """Say why a request is not even looked at, by its headers; None where it may be."""
    host = headers.get("host", "")
    if not _is_loopback(host):
        return f"the embedded AWS only answers to names of this machine, not to {host!r}"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_form = kind in _OF_FORMS and "authorization" not in headers
    if is_form or any(name.startswith(_OF_BROWSERS) for name in headers):
        return "the embedded AWS does not answer web pages"
    return None


def _is_loopback(host: str) -> bool:
    name = host.rpartition("]")[0].removeprefix("[") if "[" in host else host.partition(":")[0]
    if name.lower() == "localhost" or name.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
