"""A process that reads files one after the other and says what became of each.

``python -m tests.support.reader FREE PATH…``: as if so many bytes of memory were free,
as many as there are when 0. A line of JSON is written for each file.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Read(NamedTuple):
    """What became of a file: `error` is its code, or None if it was read."""

    path: str
    error: str | None
    said: str
    temporary: int
    peak: int


def read(folder: Path, paths: list[Path], free: int = 0, seconds: int = 600):
    """Have a new process read files; its temporary files are in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(folder), str(free), *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    found = [Read(**json.loads(line)) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (found[-1:], done.returncode, done.stderr[-2000:])
    assert [one.path for one in found] == list(map(str, paths))
    return found


def peak() -> int:
    """Return the most bytes this process had, and the largest of its children."""
    own = next(
        int(line.split()[1])
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return 1024 * (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def main() -> None:
    """Read the files named on the command line."""
    from engine.core.errors import EngineError
    from engine.data import load

    folder, free, *paths = sys.argv[1:]
    tempfile.tempdir = folder
    if int(free):
        load.available = lambda: int(free)
    for path in paths:
        temporary = 0

        def measure(*_: Any) -> None:
            nonlocal temporary
            held = sum(one.stat().st_size for one in Path(folder).iterdir())
            temporary = max(temporary, held)

        error, said = None, ""
        try:
            load.load(path, progress=measure)
        except EngineError as caught:
            error, said = caught.code, str(caught)
        except BaseException as caught:
            error, said = "foreign", repr(caught)
        found = Read(path, error, said, temporary, peak())
        sys.stdout.write(json.dumps(found._asdict()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
