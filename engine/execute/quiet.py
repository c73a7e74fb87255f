"""Warnings of libraries become text of the unit that caused them."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["collected", "current", "install", "sharing", "uninstall"]

_unit = threading.local()
_log = logging.getLogger("engine.warnings")
_before = warnings.showwarning


def install() -> None:
    """Route all warnings of this process to the unit in whose thread they arise.

    For processes of our own only: it changes global state.
    """
    warnings.simplefilter("always")
    # Of files and processes that are let go of: nobody's affair, and late.
    warnings.simplefilter("ignore", ResourceWarning)
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
    with sharing(texts):
        yield texts


@contextmanager
def sharing(texts: list[str] | None) -> Iterator[None]:
    """Collect warnings of this thread into another one's list, as a helper does."""
    before = current()
    _unit.texts = texts
    try:
        yield
    finally:
        _unit.texts = before


def current() -> list[str] | None:
    """Return what this thread's warnings are collected into; None if they are not."""
    return getattr(_unit, "texts", None)


def _show(
    message: Any, category: type[Warning], filename: str, lineno: int, *_: Any
) -> None:
    texts = current()
    # Meant for us, not for the person: deprecations. A log keeps no text of theirs.
    if texts is None or issubclass(category, DeprecationWarning | FutureWarning):
        _log.info("%s at %s:%s", category.__name__, Path(filename).name, lineno)
    else:
        texts.append(str(message).strip().partition("\n")[0])
