"""The first score on the screen beside busy programs, against an idle machine.

From `r` in the app to the first finished trial (see imports.py), in turn alone and with
busy loops beside it. Each loop has a session of its own, as programs of other users
have: where Linux groups processes by session, each then weighs as much as the run.

    python benchmarks/loaded.py [--repeats 3] [--loops 8] [--one-session]
        [--data sample:stroke] [--target stroke]
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
from collections.abc import Iterator

import common
import imports


@contextlib.contextmanager
def busy(loops: int, *, apart: bool) -> Iterator[None]:
    """Keep the cores busy while a block runs."""
    command = [sys.executable, "-c", "while True: pass"]
    started = [subprocess.Popen(command, start_new_session=apart) for _ in range(loops)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--loops", type=int, default=8)
    parser.add_argument("--one-session", action="store_true")
    parser.add_argument("--data", default="sample:stroke")
    parser.add_argument("--target", default="stroke")
    args = parser.parse_args()
    seconds: dict[str, list[float]] = {"alone": [], "loaded": []}
    for _ in range(args.repeats):
        for name, loops in (("alone", 0), ("loaded", args.loops)):
            with busy(loops, apart=not args.one_session):
                seconds[name] += imports.first_score(args.data, args.target, 1)
    alone, loaded = (statistics.median(values) for values in seconds.values())
    goal = common.goal("loaded ÷ alone", loaded / alone, "≤", 5)
    result = {"machine": common.machine(), "seconds": seconds, "goals": [goal]}
    rows = [("alone", alone), (f"beside {args.loops} busy loops", loaded)]
    common.finish(result, common.table(("first score", "seconds"), rows), args.json)


if __name__ == "__main__":
    main()
