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

from engine.core.lazy import public
from engine.core.version import __version__ as __version__

if TYPE_CHECKING:
    from engine.api.compare import compare as compare
    from engine.api.compare import open_run as open_run
    from engine.api.methods import method as method
    from engine.api.result import Result as Result
    from engine.api.search import ImbalanceSearchCV as ImbalanceSearchCV
    from engine.api.validation import ModelValidation as ModelValidation
    from engine.api.validation import validate as validate
    from engine.bundle.classifier import load_bundle as load_bundle
    from engine.core import result
    from engine.core.errors import EngineError as EngineError
    from engine.core.events import Event as Event
    from engine.core.execution import CancelToken as CancelToken
    from engine.core.experiment import Experiment as Experiment
    from engine.core.methods.grammar import Arm as Arm
    from engine.core.methods.grammar import Step as Step
    from engine.core.presets import preset as preset
    from engine.core.state import State as State
    from engine.core.state import reduce as reduce
    from engine.data.load import load as load
    from engine.io.toml.reading import load_toml as load_toml
    from engine.io.toml.writer import dump_toml as dump_toml
    from engine.steps import run as run
    from engine.store import open_store as open_store

    ResultDocument = result.Result
    build_result, decode_result = result.build, result.decode

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "core.version": "__version__",
        "api.compare": "compare open_run",
        "api.methods": "method",
        "api.result": "Result",
        "api.search": "ImbalanceSearchCV",
        "api.validation": "ModelValidation validate",
        "bundle.classifier": "load_bundle",
        "core.execution": "CancelToken",
        "core.result": "ResultDocument=Result build_result=build decode_result=decode",
        "data.load": "load",
        "core.errors": "EngineError",
        "core.events": "Event",
        "core.presets": "preset",
        "steps": "run",
        "core.methods.grammar": "Arm Step",
        "core.experiment": "Experiment",
        "core.state": "State reduce",
        "store": "open_store",
        "io.toml.reading": "load_toml",
        "io.toml.writer": "dump_toml",
    },
)
