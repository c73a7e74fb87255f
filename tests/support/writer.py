"""One of many processes that write into one store; light, so that it starts at once.

    python -m tests.support.writer STORE RUN NAME COUNT EPOCH

It appends COUNT trials under its name, from the first on that is not there yet, and
prints what went wrong, if anything did, and the longest that it waited for the others.
"""

from __future__ import annotations

import sys
import time

from engine.core.errors import EngineError
from engine.core.events import TrialFinished
from engine.store import open_store

__all__ = ["trial"]


def trial(name: str, number: int) -> TrialFinished:
    """Return a trial that says who wrote it."""
    return TrialFinished(
        arm=name,
        number=number,
        params={"depth": number},
        rounds=number,
        score=number / 1000,
        folds={"average_precision": (0.1, 0.2)},
    )


def main() -> int:
    file, run, name, count, epoch = sys.argv[1:]
    longest = 0.0
    try:
        with open_store(file) as store:
            written = [e.number for _, e in store.events(run) if e.arm == name]
            for number in range(len(written), int(count)):
                started = time.monotonic()
                store.append(
                    run,
                    trial(name, number),
                    {f"oof/{name}": b"x" * 2000},
                    epoch=int(epoch),
                )
                longest = max(longest, time.monotonic() - started)
    except EngineError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        return 1
    sys.stdout.write(f"{longest:.3f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
