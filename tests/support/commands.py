"""The `imbtui` command, in this process or in one of its own.

In this process the two that a command starts are played: a run's process by `be_run`,
the service's by `DeskService`. Both do the same work; they only import nothing anew.
"""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import chdir, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.core.errors import LeaseLostError
from engine.core.events import Event, TrialFinished
from engine.core.execution import CancelToken
from engine.core.messages import Ready, Reply, Request, Warming
from engine.service import RequestHandler, client, execute, runs
from engine.service import protocol as wire
from engine.store import Run, RunLock, Store, open_store
from tests.support import result_schema
from tui.cli import dispatch

__all__ = [
    "DeskService",
    "Said",
    "be_run",
    "begin",
    "call",
    "in_process",
    "play_runs",
    "put_in",
    "warm_runs",
]


class Said(NamedTuple):
    """What a command printed."""

    out: str
    err: str


# In this process ---------------------------------------------------------------------


def put_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Let standard input be a pipe with these bytes."""
    stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)


def call(capsys: pytest.CaptureFixture[str], *args: object, code: int = 0) -> Said:
    """Call the command in this process; return what it printed.

    A document that has a published schema keeps to it.
    """
    capsys.readouterr()
    found = dispatch([str(arg) for arg in args])
    said = Said(*capsys.readouterr())
    assert found == code, said.err or said.out
    assert "Traceback" not in said.err
    kind = result_schema.PRINTED.get(args[0]) if "--json" in args else None
    if kind and said.out and "--detach" not in args:
        result_schema.check(kind, said.out)
    return said


def be_run(store: Store, run: Run, *, end: str = "", **_: Any) -> int:
    """Do what the process of a run does, here.

    After its first trial it is ``"cancelled"`` or ``"killed"`` if that is the `end`.
    """
    token = CancelToken()
    with open_store(store.path, create=False) as own, chdir("."):
        held, append = RunLock(own.folder, run.id), own.append
        assert held.acquire()

        def appending(run_id: str, event: Event, *args: Any, **more: Any) -> None:
            append(run_id, event, *args, **more)
            if isinstance(event, TrialFinished) and end == "cancelled":
                token.cancel()
            elif isinstance(event, TrialFinished) and end == "killed":
                raise LeaseLostError("killed", "")  # this alone writes no last word

        own.append = appending  # type: ignore[method-assign]
        try:
            with suppress(LeaseLostError):
                execute(own, own.run(run.id), token)
        finally:
            held.release()
    return os.getpid()


def play_runs(
    monkeypatch: pytest.MonkeyPatch, start: Callable[..., Any] = be_run
) -> None:
    """Let a function stand for what starts the process of a run."""
    # In this order: `client` looks its names up late, and the real one is put back.
    monkeypatch.setattr(client, "start", start)
    monkeypatch.setattr(runs, "start", start)


def warm_runs(monkeypatch: pytest.MonkeyPatch, warm: Any) -> None:
    """Let runs have processes of their own, which import nothing anew."""

    def start(store: Store, run: Run, *, objects: Path | None = None, **_: Any) -> int:
        path, log = store.path.absolute(), str(store.log_path(run.id))
        more = {"objects": str(objects)} if objects else {}
        pid: int = warm.start("run", path, run.id, log=log, **more)
        return pid

    play_runs(monkeypatch, start)


class DeskService:
    """A service whose child is this process; messages are coded as for a child."""

    status = Ready()

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._told: Callable[[Reply], None] = lambda reply: None
        self._desk = RequestHandler(lambda reply: self._told(_coded(reply)))

    @classmethod
    def start(cls, log_path: object = None, on_status: object = None) -> DeskService:
        """Return one that is ready."""
        return cls()

    def __enter__(self) -> DeskService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def next_id(self) -> int:
        """Return an id that no other request has."""
        return next(self._ids)

    def request(
        self,
        request: Request,
        on_reply: Callable[[Reply], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Any:
        """Answer a request at once."""
        self._told = on_reply or self._told
        self._told(Warming(part="numpy", done=0, total=1))
        answer = _coded(self._desk.answer(wire.encode(request)))
        self._told = lambda reply: None
        return answer

    def restart(self) -> None:
        """Do nothing: nothing is at work."""

    def close(self) -> None:
        """Do nothing: there is no process."""


def _coded(reply: Reply) -> Reply:
    return wire.decode_reply(wire.encode(reply))


# In a process of its own -------------------------------------------------------------


def begin(*args: object, **options: Any) -> subprocess.Popen[str]:
    """Start the command with pipes for its streams; use it in a `with` block."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(
        [sys.executable, "-m", "tui", *map(str, args)],
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **{**pipes, **options},
    )


def in_process(*args: object, code: int = 0, stdin: str = "") -> Said:
    """Call the command in a process of its own; return what it printed."""
    with begin(*args) as process:
        said = Said(*process.communicate(stdin, timeout=300))
    assert process.returncode == code, said.err or said.out
    assert "Traceback" not in said.err
    return said
