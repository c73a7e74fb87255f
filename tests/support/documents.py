"""Results as the JSON values that they are printed as, and back."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.core import Result, build_result
from engine.core.state import State


def plain(result: Result) -> dict[str, Any]:
    """The result as JSON values."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(result))
    return found


def typed(document: dict[str, Any]) -> Result:
    """The result that a document is; what it does not say is as before a run."""
    blank = plain(build_result(State(), run="x"))
    return msgspec.convert(blank | document, Result)


BLANK_ARM: dict[str, Any] = {
    "method": "untreated",
    "model": "xgboost",
    "kind": "control",
    "status": "done",
    "error": None,
    "repairs": [],
    "notes": [],
    "train_before": None,
    "train_after": None,
    "synthetic_rows": None,
    "quality": None,
    "folds": [],
    "search": {
        "trials": 0,
        "pruned": 0,
        "best_trial": None,
        "failed": 0,
        "best_params": None,
        "method_settings": 1,
        "rounds": None,
        "history": [],
        "rounds_grown": 0,
    },
    "cv": {},
    "operating_points": [],
    "test": None,
    "seconds": {"prepare": 0.0, "tune": 0.0, "fit": 0.0, "evaluate": 0.0},
}
"""An arm of which nothing is known but its name, which is missing."""


def build(state: State, *, run: str, status: str | None = None) -> dict[str, Any]:
    """The result of a run as JSON values."""
    return plain(build_result(state, run=run, status=status))
