"""What a command shows while it works."""

from __future__ import annotations

import io

import pytest

from batch_constructs.working import working


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, term: str = "xterm") -> str:
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", term)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    return stderr.getvalue()


def interrupted() -> None:
    with working("deploying") as line:
        line("the app is there")
        raise KeyboardInterrupt


def test_on_a_terminal_it_says_at_once_what_it_does_and_leaves_nothing_of_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = shown(monkeypatch, _Terminal())

    assert said.startswith("deploying … 0 s")
    assert "\r\x1b[Kthe app is there\n" in said
    assert said.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("stderr", "term"), [(io.StringIO(), "xterm"), (_Terminal(), "dumb")], ids=["pipe", "dumb"]
)
def test_elsewhere_it_writes_lines_alone(
    monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, term: str
) -> None:
    assert shown(monkeypatch, stderr, term) == "the app is there\n"
