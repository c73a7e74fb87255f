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
['untreated', 'weights']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine._public import public
from engine._version import __version__ as __version__

if TYPE_CHECKING:
    from engine.bundle.classifier import load_bundle as load_bundle
    from engine.cancel import CancelToken as CancelToken
    from engine.core import result
    from engine.core.result import Result as Result
    from engine.data.load import load as load
    from engine.errors import EngineError as EngineError
    from engine.events import Event as Event
    from engine.presets import preset as preset
    from engine.resample.grammar import Arm as Arm
    from engine.resample.grammar import Step as Step
    from engine.run import run as run
    from engine.spec import Experiment as Experiment
    from engine.state import State as State
    from engine.state import reduce as reduce
    from engine.store import open_store as open_store
    from engine.toml.reading import load_toml as load_toml
    from engine.toml.writer import dump_toml as dump_toml

    build_result, decode_result = result.build, result.decode

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "_version": "__version__",
        "bundle.classifier": "load_bundle",
        "cancel": "CancelToken",
        "core.result": "Result build_result=build decode_result=decode",
        "data.load": "load",
        "errors": "EngineError",
        "events": "Event",
        "presets": "preset",
        "run": "run",
        "resample.grammar": "Arm Step",
        "spec": "Experiment",
        "state": "State reduce",
        "store": "open_store",
        "toml.reading": "load_toml",
        "toml.writer": "dump_toml",
    },
)
