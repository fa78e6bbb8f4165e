"""A program of somebody else's, in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_constructs.local.environment_variables import without_aws

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Program:
    """An installed program.

    Args:
        environment: the virtual environment it is installed in.
        home: its home; it reads no settings of the user's.
    """

    environment: Path
    home: Path

    def run(
        self,
        *command: str | Path,
        aws: Mapping[str, str],
        given: str | None = None,
        ends_with: tuple[int, ...] = (0,),
        **more: str,
    ) -> str:
        """Run a command of it, and return what it printed.

        Args:
            *command: the command; its first word is looked for in the virtual environment.
            aws: the environment variables that lead to the embedded AWS.
            given: its standard input. Default: none.
            ends_with: the exit codes that are fine.
            **more: environment variables, besides.

        Raises:
            AssertionError: it did not end well; with all that it said.
        """
        self.home.mkdir(exist_ok=True)
        variables = {
            **without_aws(os.environ),
            **aws,
            "HOME": str(self.home),
            "PATH": f"{self.environment / 'bin'}:{os.environ['PATH']}",
            **more,
        }
        first, *rest = command
        done = subprocess.run(
            [self.environment / "bin" / first, *rest],
            env=variables,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            cwd=self.home,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        said = f"{done.stdout}\n{done.stderr}"
        assert done.returncode in ends_with, f"{command} ended with {done.returncode}:\n{said}"
        return said if not done.stdout else done.stdout
