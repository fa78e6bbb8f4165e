"""The loopback interface stands for TLS.

``cdk bootstrap`` and every careful bucket deny requests without TLS (``aws:SecureTransport``), and
the embedded AWS speaks plain HTTP to this machine alone.
"""

from __future__ import annotations


def install() -> None:
    """Let policies see requests as if they came over TLS."""
    from ministack import app

    theirs = app.pin_request_origin

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: FBT001 - theirs
        del secure_transport
        theirs(source_ip, secure_transport=True)

    app.pin_request_origin = pin_request_origin
