"""The process that the embedded AWS runs in: ministack, taught AWS Batch."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from batch_constructs.local.access import Access
from batch_constructs.local.environment_variables import without_aws

_GRACE_SECONDS = 1.0


def main() -> None:
    """Run the server with the settings of the command line until told to end."""
    settings = json.loads(sys.argv[1])
    ready = os.fdopen(settings["ready_fd"], "w")
    try:
        listener = _listen(settings["port"])
        endpoint_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        access = Access.new(endpoint_url, settings["region"])
        user = _prepare_environment(settings, access)
        asyncio.run(_serve(settings, access, listener, ready, user))
    except OSError as problem:
        if ready.closed:
            raise
        print(json.dumps({"error": str(problem)}), file=ready, flush=True)
        raise SystemExit(1) from None


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as problem:
        raise OSError(
            f"port {port} on 127.0.0.1 cannot be used: {problem.strerror}; choose another port, "
            "or none for a free one"
        ) from problem
    listener.listen(128)
    return listener


def _prepare_environment(settings: dict[str, Any], access: Access) -> dict[str, str]:
    """Set what ministack reads when it is imported; Lambda workers inherit it.

    Returns what it was before, less what is of AWS: the user's.
    """
    directory = Path(settings["state_directory"])
    temporary, home = directory / "tmp", directory / "home"
    for path in (temporary, home):
        path.mkdir(exist_ok=True)
    kept = without_aws()
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        {
            **access.variables(),
            "AUTH": "true" if settings["enforce_iam"] else "false",
            "BIND_HOST": "127.0.0.1",
            "DOCKER_HOST": f"unix://{directory / 'no-docker.sock'}",
            "GATEWAY_PORT": access.endpoint_url.rsplit(":", 1)[1],
            "HOME": str(home),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_ACCOUNT_ID": settings["account_id"],
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": settings["region"],
            "PERSIST_STATE": "0",
            "S3_DATA_DIR": str(directory / "s3"),
            "S3_PERSIST": "0",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(directory / "ministack"),
            "TMPDIR": str(temporary),
        }
    )
    return kept


async def _serve(
    settings: dict[str, Any],
    access: Access,
    listener: socket.socket,
    ready: TextIO,
    user: dict[str, str],
) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from batch_constructs.local.embedded_aws import EmbeddedAws

    aws = EmbeddedAws(
        access=access,
        account_id=settings["account_id"],
        state_directory=Path(settings["state_directory"]) / "batch",
        images=settings["images"],
        engine=settings["engine"],
        environment=user,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    threading.Thread(
        target=_wait_for_keeper, args=(loop, stopping), name="lifeline", daemon=True
    ).start()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.graceful_timeout = _GRACE_SECONDS
    config.shutdown_timeout = _GRACE_SECONDS
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    serving = asyncio.create_task(serve(aws.application, config, shutdown_trigger=stopping.wait))
    await asyncio.to_thread(aws.start)
    print(json.dumps(asdict(access)), file=ready, flush=True)
    ready.close()
    try:
        await serving
    finally:
        await asyncio.to_thread(aws.stop)
    # Threads of ministack may wait for long; nothing is kept, so nothing is lost without them.
    sys.stdout.flush()
    os._exit(0)


def _wait_for_keeper(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Block until the keeper's end of the pipe is closed, which the end of the keeper does too."""
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stopping.set)


if __name__ == "__main__":
    main()
