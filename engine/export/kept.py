"""Prepared folds that a run left behind: looked at, never added to."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.train.cache import FoldCache

__all__ = ["Kept"]


class Kept(FoldCache):
    """A fold cache that takes nothing in.

    What is found is under the address of the libraries that the run had. What is made
    here is made by those that are installed now, and has no place there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = Kept(Path(folder))
    ...     kept.put("ab12", {"x": np.arange(3)}, {})
    ...     kept.get("ab12") is None, list(Path(folder).iterdir())
    (True, [])
    """

    def put(
        self, key: str, arrays: dict[str, np.ndarray], facts: dict[str, Any]
    ) -> None:
        """Keep nothing."""
