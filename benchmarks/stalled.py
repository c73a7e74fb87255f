"""What a terminal that nobody reads costs the run that is followed in it.

The app follows a run in a pseudo-terminal. In turn its terminal is read and not read,
as when a line hangs; told are the trials a second of both, the memory that the app took
more, and the time until it shows where the run is when it is read again.

    python benchmarks/stalled.py [--seconds 60] [--rounds 3] [--json PATH]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import common

sys.path.insert(0, str(common.ROOT))

GOALS = (
    ("throughput, stalled to read", "≥", 0.95),
    ("memory the app took more, MiB", "≤", 20.0),
    ("seconds to the first frame again", "≤", 1.0),
)


def main(argv: list[str] | None = None) -> int:
    from tests.support.stalling import MIB, measure

    parser = common.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each phase")
    parser.add_argument("--rounds", type=int, default=3, help="of read and stalled")
    args = parser.parse_args(argv)
    # There and back again: what slows down in the course of a run counts for both.
    order = [bool(n % 2) for n in range(args.rounds)]
    order = [phase for first in order for phase in (first, not first)]
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), order, args.seconds)
    pairs = [
        _rate(pair, True) / _rate(pair, False)
        for pair in zip(found.phases[::2], found.phases[1::2], strict=True)
    ]
    values = (found.ratio, found.grown / MIB, found.back)
    result = {
        "machine": common.machine(),
        "seconds": args.seconds,
        "ratios": pairs,
        "trials_per_second": {
            "read": found.rate(False),
            "stalled": found.rate(True),
        },
        "memory_grown_bytes": found.grown,
        "first_frame_seconds": found.back,
        "goals": [
            common.goal(what, value, sense, bound)
            for (what, sense, bound), value in zip(GOALS, values, strict=True)
        ],
    }
    rows = [
        (
            "stalled" if phase.stalled else "read",
            f"{phase.rate:.2f}",
            f"{phase.memory / MIB:.1f}",
            "" if phase.back is None else f"{phase.back:.2f}",
        )
        for phase in found.phases
    ]
    head = ("terminal", "trials/s", "memory MiB", "first frame s")
    common.finish(result, common.table(head, rows), args.json)
    return 0 if all(goal["met"] for goal in result["goals"]) else 1


def _rate(pair, stalled):
    return next(phase.rate for phase in pair if phase.stalled is stalled)


if __name__ == "__main__":
    sys.exit(main())
