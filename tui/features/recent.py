"""The sources that were opened last."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from engine.core.errors import OutputError
from tui.terminal import files as places

MOST_RECENT = 12


def recent_path() -> Path:
    """Return where they are remembered."""
    return places.state("recent.json")


def recent() -> list[str]:
    """Return the sources opened last, the newest first."""
    sources = None
    with contextlib.suppress(OSError, ValueError):
        sources = json.loads(recent_path().read_text(encoding="utf-8"))
    listed = sources if isinstance(sources, list) else []
    return [source for source in listed if isinstance(source, str)][:MOST_RECENT]


def remember(source: str) -> None:
    """Put a source in front of the recent ones; a failure is no matter.

    Parameters
    ----------
    source : str
        A path or ``sample:NAME``; a relative path is made absolute.
    """
    if not source.startswith(("sample:", "dataset:", "make:")):
        with contextlib.suppress(RuntimeError):  # no home
            source = str(Path(source).expanduser())
        with contextlib.suppress(OSError):  # no working folder
            source = str(Path(source).absolute())
    sources = [source, *(old for old in recent() if old != source)][:MOST_RECENT]
    with contextlib.suppress(OutputError):
        places.write_private(recent_path(), json.dumps(sources, indent=1))
