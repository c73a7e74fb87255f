"""The commands in this process: what they would start is played."""

from __future__ import annotations

import pytest

from tests.support.commands import DeskService, call, play_runs, put_in
from tui.cli import profile


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Call the command in a folder of its own, with a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "store" / "runs.sqlite"))
    play_runs(monkeypatch)

    def run(*args, code=0, stdin=b""):
        put_in(monkeypatch, stdin)
        return call(capsys, *args, code=code)

    return run


@pytest.fixture
def desk(monkeypatch):
    """Let commands that ask the service ask a desk of this process."""
    monkeypatch.setattr(profile, "Service", DeskService)
