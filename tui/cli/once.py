"""What a process says once, however often it has reason to."""

from __future__ import annotations

from engine.errors import EngineError, ReadOnlyError
from tui.cli.streams import tell
from tui.safe_text import clean

__all__ = ["short", "tell_once"]

_told: set[str] = set()


def tell_once(text: str) -> None:
    """Write a line to standard error, unless it was written before."""
    if text not in _told:
        _told.add(text)
        tell(f"imbtui: {clean(text)}")


def short(error: EngineError) -> EngineError:
    """Return an error without why a store is only read, where that was said already.

    Examples
    --------
    >>> why = "the store is damaged"
    >>> _told.add(why)
    >>> str(short(ReadOnlyError(why, "imbtui runs")))
    'nothing is changed. imbtui runs'
    """
    if isinstance(error, ReadOnlyError) and error.message in _told:
        return ReadOnlyError("nothing is changed", error.remedy)
    return error
