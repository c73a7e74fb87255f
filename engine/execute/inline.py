"""Units run one after another, where they are submitted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

__all__ = ["InlineExecutor"]


class InlineExecutor:
    """Runs a unit at once; the plainest executor, and the others' oracle."""

    slots = 1

    def submit(self, unit: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run a unit and return its finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(unit(*args))
        except Exception as error:  # a unit's error belongs to its future
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing is left running."""
