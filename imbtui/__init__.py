"""imbtui: which method for class imbalance a table supports, and how well.

The public names of the engine, each loaded on first use; `import imbtui` itself loads
the standard library only.

Examples
--------
>>> import imbtui
>>> experiment = imbtui.preset("article", source="sample:moons", target="label")
>>> [arm.name for arm in experiment.arms][:2]
['untreated', 'weights']
"""

from typing import TYPE_CHECKING, Any

import engine

if TYPE_CHECKING:
    from engine import Arm as Arm
    from engine import CancelToken as CancelToken
    from engine import EngineError as EngineError
    from engine import Event as Event
    from engine import Experiment as Experiment
    from engine import ImbalanceSearchCV as ImbalanceSearchCV
    from engine import ModelValidation as ModelValidation
    from engine import Result as Result
    from engine import ResultDocument as ResultDocument
    from engine import State as State
    from engine import Step as Step
    from engine import build_result as build_result
    from engine import compare as compare
    from engine import decode_result as decode_result
    from engine import dump_toml as dump_toml
    from engine import load as load
    from engine import load_bundle as load_bundle
    from engine import load_toml as load_toml
    from engine import method as method
    from engine import open_run as open_run
    from engine import open_store as open_store
    from engine import preset as preset
    from engine import reduce as reduce
    from engine import run as run
    from engine import validate as validate

__version__ = engine.__version__
__all__ = sorted(engine.__all__)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(engine, name)


def __dir__() -> list[str]:
    return __all__
