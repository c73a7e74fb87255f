"""Opens a bundle and scores rows by it in a process of its own, which may die of it.

Whatever a model file makes of a library ends here, and not in the process that asks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from engine import children
from engine.bundle.archive import SMALLER
from engine.data.read.raw import size
from engine.errors import DataError
from engine.filenames import shown

SECONDS = 300.0
REFUSED, HUGE = 3, 4
ROOM = 1280 * 1024**2
"""What it may take beside its libraries; the largest sound model takes 1.1 GB."""


def probe(path: str | Path, seconds: float = SECONDS) -> None:
    """Open a bundle elsewhere first.

    Parameters
    ----------
    path : str or pathlib.Path
    seconds : float
        It may take so long.

    Raises
    ------
    DataError
        If that process dies, or does not come to an end. What it refuses is left to
        be refused here, in its own words.
    """
    # Each thread of a pool reserves memory, which counts against the limit.
    with children.start(
        "engine.bundle.probe",
        str(path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            raise DataError(
                f"the model of {shown(path)} does not open within {seconds:g} seconds",
                "it is not used; export the bundle again",
            ) from None
        except BaseException:
            child.kill()
            raise
    if code == HUGE:
        raise DataError(
            f"the model of {shown(path)} takes more than {size(ROOM)} of memory",
            SMALLER,
        )
    if code not in (0, REFUSED):
        raise DataError(
            f"the model of {shown(path)} ends the process that opens it",
            "it is not used; export the bundle again",
        )


def main() -> int:
    """Score a few rows by the bundle of the argument; return why not, if not."""
    import numpy as np
    import xgboost  # noqa: F401

    from engine.bundle.scorer import open_scorer
    from engine.errors import EngineError, OutOfMemoryError
    from engine.versions import versions

    versions()  # reads what is installed, whatever the bundle is
    children.limit_memory(ROOM)

    try:
        scorer = open_scorer(sys.argv[1])
        rows = np.array([[0.0], [1.0], [-1e30], [1e30], [np.nan]], dtype=np.float32)
        if scorer.manifest.model == "ensemble":
            rows = rows[:-1]
        wide = np.repeat(rows, scorer.encoding.width, axis=1)
        scorer.calibrated(scorer.scores(wide))
    except (MemoryError, OutOfMemoryError):
        return HUGE
    except EngineError:
        return REFUSED
    return 0
