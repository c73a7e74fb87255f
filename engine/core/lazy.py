"""A room's public names, each loaded from its module on first use."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


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
