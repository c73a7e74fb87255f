"""Warnings of libraries become text of the unit that caused them."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["collected", "install", "uninstall"]

_unit = threading.local()
_log = logging.getLogger("engine.warnings")
_before = warnings.showwarning


def install() -> None:
    """Route all warnings of this process to the unit in whose thread they arise.

    For the run process only: it changes global state.
    """
    warnings.simplefilter("always")
    warnings.showwarning = _show  # type: ignore[assignment]  # takes all of it


def uninstall() -> None:
    """Show warnings again as Python does, in a process that was only lent."""
    warnings.showwarning = _before
    warnings.simplefilter("default")


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the first lines of warnings raised in this thread.

    Yields
    ------
    list of str
        Grows while the block runs; stays empty unless `install` was called.
    """
    texts: list[str] = []
    before = getattr(_unit, "texts", None)
    _unit.texts = texts
    try:
        yield texts
    finally:
        _unit.texts = before


def _show(message: Any, category: type[Warning], *_: Any) -> None:
    first = str(message).strip().partition("\n")[0]
    if issubclass(category, DeprecationWarning | FutureWarning):
        _log.info("%s", first)  # meant for us, not for the person
        return
    texts = getattr(_unit, "texts", None)
    if texts is None:
        _log.warning("%s", first)
    else:
        texts.append(first)
