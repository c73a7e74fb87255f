"""Run processes without their seconds of imports, to be killed by the dozen.

`Warm` starts one process that has imported what a run needs, in one thread. For each
job it forks: the child leads a session of its own and writes to the log of its run, as
the process does that `engine.service.client` starts, and calls the same `main`.
"""

from __future__ import annotations

import importlib
import itertools
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Warm", "gone", "session"]

ROOT = Path(__file__).resolve().parents[2]


class Warm:
    """A process that is ready to become others.

    Parameters
    ----------
    environ : mapping, default=None
        Variables to set besides.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm"],
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End it; what it became lives on."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def start(self, job: str, store: Path, run: str = "", **more: Any) -> int:
        """Start a job in a new process; return its number.

        Parameters
        ----------
        job : {"run", "open", "queue", "resume", "put"}
            See `JOBS`.
        store : Path
        run : str
        **more
            What else the job takes; `environ` is set in the new process, `path` is
            looked at first for modules, `memory` is the most it may have.
        """
        return int(self._ask(job=job, store=str(store), run=run, **more))

    def end(self, pid: int) -> int:
        """Wait for the end of a process; return its code, negative for a signal."""
        return int(self._ask(wait=pid))

    def _ask(self, **question: Any) -> Any:
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        pipes[0].write(json.dumps(question) + "\n")
        pipes[0].flush()
        return json.loads(pipes[1].readline())


def gone(pid: int) -> bool:
    """Tell whether a process has ended; one that waits to be buried has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.name.isdigit() and words[0] != "Z" and int(words[3]) == leader:
            found.append(int(entry.name))
    return found


# In the process ----------------------------------------------------------------------


def _run(
    store: str,
    run: str,
    executor: str | None = None,
    jobs: int = 1,
    retry: float | None = None,
    attempts: int | None = None,
    stop: int = 0,
    objects: str = "",
    **_: Any,
) -> int:
    """Be the process of a run, on another executor than it was stored with if given.

    After so many results it stops itself, as by SIGSTOP, until it is woken.
    """
    from engine import steps
    from engine.core.events import is_result
    from engine.execute import processes
    from engine.service import run_process as process

    if attempts is not None:
        processes.ATTEMPTS = attempts

    if retry is not None:
        process.RETRY_SECONDS = retry

    if stop:
        append, count = process.Lease.append, itertools.count(1)

        def stopping(self: Any, event: Any, *more: Any) -> None:
            append(self, event, *more)
            if is_result(event) and next(count) == stop:
                os.kill(os.getpid(), signal.SIGSTOP)

        process.Lease.append = stopping  # type: ignore[method-assign]

    if executor is not None:
        whole = steps.run

        def elsewhere(experiment: Any, **given: Any) -> Any:
            # By the log of the process: what is printed goes nowhere.
            logging.getLogger("engine.stress").info("units run %s", executor)
            return whole(experiment, **{**given, "executor": executor, "jobs": jobs})

        steps.run = elsewhere  # type: ignore[assignment]
    return process.main([store, run, *([f"objects={objects}"] if objects else [])])


def _open(store: str, **_: Any) -> int:
    """Open a store, and bring it up to date if it is an old one."""
    from engine.store import open_store

    open_store(store).close()
    return 0


def _queue(store: str, run: str, **_: Any) -> int:
    """Claim a run as `resume` does, and come no further than that."""
    from engine.store import open_store

    with open_store(store) as opened:
        return 0 if opened.queue(run) else 3


def _resume(store: str, run: str, **_: Any) -> int:
    """Resume a run as a client does; it becomes the run's process itself."""
    from engine.core.errors import StoreError
    from engine.service import run_process as process
    from engine.service import runs
    from engine.store import open_store

    runs.start = lambda store, run, behind=False: os.getpid()  # type: ignore[assignment]
    with open_store(store) as opened:
        try:
            runs.resume(opened, opened.run(run))
        except StoreError as error:
            sys.stdout.write(f"{error}\n")
            return 3
    return process.main([store, run])


def _put(store: str, size: int, **_: Any) -> int:
    """Write one file over and over, in turn with this and with that."""
    from engine.io import files

    while True:
        for letter in (b"a", b"b"):
            files.put(Path(store), letter * size, overwrite=True)


NEEDED = (
    "engine.service.run_process",
    "imblearn.combine",
    "imblearn.over_sampling",
    "imblearn.under_sampling",
    "optuna",
    "xgboost",
    "engine.train.conclude",
    "engine.data.load",
    "engine.execute.local",
    "engine.execute.processes",
    "engine.train.schedule",
)

JOBS = {
    "run": _run,
    "open": _open,
    "queue": _queue,
    "resume": _resume,
    "put": _put,
}


def _become(question: dict[str, Any]) -> None:
    """Be another process from here on; never returns."""
    code = 1
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = question.pop("log", os.devnull)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ.update(question.pop("environ", {}))
        if path := question.pop("path", ""):
            sys.path.insert(0, path)
        if memory := question.pop("memory", 0):
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        code = JOBS[question.pop("job")](**question)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import() -> None:
    """Import all that a run needs."""
    for name in NEEDED:
        importlib.import_module(name)


def serve() -> None:
    """Answer one question a line until there are no more."""
    _import()
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            _, status = os.waitpid(question["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if not answer:
                _become(question)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
