"""The headless engine of imbtui: from a table to a verdict.

The straight line, each arrow a module, each noun one frozen value::

    bytes -> Table -> Profile -> Split -> Folds (per arm) -> Study -> Fit
          -> Evaluation -> Comparison -> Verdict -> files

Importing the package loads the standard library and msgspec only; everything
heavier is loaded on first use.

Examples
--------
>>> import engine
>>> experiment = engine.preset("article", source="sample:moons", target="label")
>>> [arm.name for arm in experiment.arms][:2]
['none', 'weights']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from engine._version import __version__

if TYPE_CHECKING:
    from engine.bundle.classifier import load_bundle
    from engine.cancel import CancelToken
    from engine.data.load import load
    from engine.document import build as build_document
    from engine.errors import EngineError
    from engine.events import Event
    from engine.presets import preset
    from engine.run import run
    from engine.spec import Arm, Experiment, Step, dump_toml, load_toml
    from engine.state import State, reduce
    from engine.store import open_store

__all__ = [
    "Arm",
    "CancelToken",
    "EngineError",
    "Event",
    "Experiment",
    "State",
    "Step",
    "__version__",
    "build_document",
    "dump_toml",
    "load",
    "load_bundle",
    "load_toml",
    "open_store",
    "preset",
    "reduce",
    "run",
]

_HOMES = {
    "Arm": "spec",
    "CancelToken": "cancel",
    "EngineError": "errors",
    "Event": "events",
    "Experiment": "spec",
    "State": "state",
    "Step": "spec",
    "build_document": "document:build",
    "dump_toml": "spec",
    "load": "data.load",
    "load_bundle": "bundle.classifier",
    "load_toml": "spec",
    "open_store": "store",
    "preset": "presets",
    "reduce": "state",
    "run": "run",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    module, _, attribute = home.partition(":")
    value = getattr(importlib.import_module(f"engine.{module}"), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
