"""The run process: executes one stored run and writes its events to the store.

It is started by `engine.client`, in a session of its own, so that neither a closed
terminal nor a closed app ends it. SIGTERM or a request in the store cancels it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

# Before the science stack is imported: stock samplers' rows depend on the number
# of OpenMP threads where distances tie, and parallelism comes from units of work.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from engine.cancel import CancelToken
from engine.errors import EngineError
from engine.events import Event, Progress, RunFinished
from engine.run import run
from engine.store import lock
from engine.store.store import Run, Store, open_store

__all__ = ["execute", "main"]

log = logging.getLogger("engine.process")

PROGRESS_SECONDS = 0.1
CANCEL_POLL_SECONDS = 0.2


class _Kept(dict[str, bytes]):
    """What a run keeps; remembers what has not been stored yet."""

    def __init__(self, stored: Mapping[str, bytes]) -> None:
        super().__init__(stored)
        self._new: dict[str, bytes] = {}

    def __setitem__(self, name: str, data: bytes) -> None:
        super().__setitem__(name, data)
        self._new[name] = data

    def drain(self) -> dict[str, bytes]:
        new, self._new = self._new, {}
        return new


def main(argv: list[str] | None = None) -> int:
    """Execute the run ``argv[1]`` of the store ``argv[0]``.

    With ``"behind"`` as ``argv[2]`` it lets programs that answer a person go first.

    Returns
    -------
    int
        0 if it was done, else 1.
    """
    from engine.execute import priority, quiet

    path, run_id, *manner = sys.argv[1:] if argv is None else argv
    if "behind" in manner:
        priority.step_back()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    quiet.install()
    with open_store(path, create=False) as store:
        held = lock.RunLock(store.folder, run_id)
        if not held.acquire():
            log.error("run %s has a process already", run_id)
            return 1
        token = CancelToken()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: token.cancel("on request"))
        threading.Thread(
            target=_watch, args=(store.path, run_id, token), daemon=True
        ).start()
        try:
            status = execute(store, store.run(run_id), token)
        finally:
            held.release()
    logging.shutdown()
    if token.cancelled:
        # Units may be in native code that cannot be interrupted.
        os._exit(1)
    return 0 if status == "done" else 1


def execute(store: Store, stored: Run, token: CancelToken) -> str:
    """Execute a stored run, or what is left of it, and store its events.

    Parameters
    ----------
    store : Store
    stored : Run
    token : CancelToken
        Ends it soon after it is set.

    Returns
    -------
    str
        How it ended: ``done``, ``failed`` or ``cancelled``.
    """
    started = time.monotonic()
    history = [event for _, event in store.events(stored.id)]
    kept = _Kept(store.artifacts(stored.id))
    store.begin(stored.id, os.getpid())
    last: Event | None = None
    spoken = 0.0
    try:
        if stored.options.folder:
            os.chdir(stored.options.folder)
        for event in run(
            stored.experiment,
            executor=stored.options.executor,
            jobs=stored.options.jobs,
            scheduler=stored.options.scheduler,
            cache=store.folds if stored.options.cache else None,
            memory=stored.options.memory,
            cancel=token,
            history=history,
            kept=kept,
        ):
            last = event
            if isinstance(event, Progress):
                if time.monotonic() - spoken < PROGRESS_SECONDS:
                    continue
                spoken = time.monotonic()
            store.append(stored.id, event, kept.drain())
    except Exception as error:
        if not isinstance(error, EngineError):
            log.exception("run %s failed", stored.id)
            first = str(error).strip().partition("\n")[0]
            error = EngineError(
                f"{type(error).__name__}: {first}",
                f"the log has the details: {store.log_path(stored.id)}",
            )
        last = RunFinished(
            status="failed",
            seconds=time.monotonic() - started,
            error={
                "code": error.code,
                "message": error.message,
                "remedy": error.remedy,
                "exit_code": str(error.exit_code),
            },
        )
        store.append(stored.id, last, kept.drain())
    return last.status if isinstance(last, RunFinished) else "failed"


def _watch(path: Path, run_id: str, token: CancelToken) -> None:
    """Set the token once the store asks for it."""
    with open_store(path, create=False) as store:
        while not token.cancelled:
            time.sleep(CANCEL_POLL_SECONDS)
            try:
                if store.cancel_asked(run_id):
                    token.cancel("on request")
            except EngineError as error:
                log.warning("%s", error)


if __name__ == "__main__":
    sys.exit(main())
