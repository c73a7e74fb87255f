"""The two arrays that everything here is about."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

__all__ = ["Labels", "Scores"]

Labels: TypeAlias = npt.NDArray[Any]
"""0 or 1 per row, shape (n,), of any integer or boolean type."""

Scores: TypeAlias = npt.NDArray[Any]
"""Probability of the positive class per row, shape (n,), float32 or float64."""
