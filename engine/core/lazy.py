"""Names that are loaded from their modules on first use."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

# Modules of a package may import in a circle: threads must not meet in it.
_IMPORTING = threading.Lock()


def public(
    package: str, homes: Mapping[str, str | tuple[str, ...]]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """``__all__``, ``__getattr__`` and ``__dir__`` of a package (PEP 562).

    Parameters
    ----------
    package
        The package's name.
    homes
        Of each module in it (or of the engine, by its whole name) the names that it
        lends, with blanks between; ``new=old`` lends one under another name, ``*`` the
        module itself.

    Examples
    --------
    >>> homes = {"store": "Options=RunOptions", "rows": "*"}
    >>> names, get, _ = public("engine.store", homes)
    >>> names, get("Options").__name__, get("rows").__name__
    (['Options', 'rows'], 'RunOptions', 'engine.store.rows')
    """
    found: dict[str, tuple[str, str]] = {}
    for module, names in homes.items():
        for name in names.split() if isinstance(names, str) else names:
            new, _, old = name.partition("=")
            own = module.rpartition(".")[2]
            found[own if name == "*" else new] = (module, old or new)

    def get(name: str) -> Any:
        if name not in found:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = found[name]
        outside = module.startswith("engine.")
        loaded = importlib.import_module(module if outside else f"{package}.{module}")
        return loaded if attribute == "*" else getattr(loaded, attribute)

    return sorted(found), get, lambda: sorted(found)


class LazyModule(ModuleType):
    """Stands for a module of which others import functions that they may never call.

    In ``sys.modules`` it keeps the module from being loaded until one of them is
    called, or anything else is wanted of it.

    Parameters
    ----------
    name : str
        The module's full name.
    functions : str
        Names of the functions, with blanks between.

    Examples
    --------
    >>> module = LazyModule("colorsys", "rgb_to_hsv")
    >>> module.rgb_to_hsv(1, 0, 0)
    (0.0, 1.0, 1)
    """

    def __init__(self, name: str, functions: str) -> None:
        super().__init__(name)
        for function in functions.split():
            setattr(self, function, partial(self._call, function))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # those who look through all modules
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)

    def _call(self, function: str, *given: Any, **named: Any) -> Any:
        return self.__getattr__(function)(*given, **named)


def import_class(home: str) -> Any:
    """Return what a dotted name stands for.

    Raises
    ------
    ArmError
        If it is not installed.
    """
    module, _, attribute = home.rpartition(".")
    try:
        with _IMPORTING:
            return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        # Here, since the app's first frame loads this module and no errors.
        from engine.core.errors import ArmError

        raise ArmError(
            f"{home} is not installed here",
            "install the package that it is in",
            code="not-installed",
        ) from None
