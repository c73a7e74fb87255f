"""Which versions a run's numbers rest on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib import metadata
from platform import python_version

from engine.core.version import __version__

RULES = "2"
"""Raised whenever the same versions come to other numbers: by 2 the final model has the
rounds of its best trial."""

LIBRARIES = ("imbalanced-learn", "numpy", "optuna", "pandas", "scikit-learn", "scipy")


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of everything that has a say in a number.

    Parameters
    ----------
    packages : iterable of str, default=()
        Distributions that samplers come from, besides those that every run needs.
    """
    found = {"imbtui": __version__, "rules": RULES, "python": python_version()}
    found |= {name: metadata.version(name) for name in LIBRARIES}
    # One library in two wheels, of which one is installed.
    for name in ("xgboost", "xgboost-cpu", *packages):
        with suppress(metadata.PackageNotFoundError):
            found.setdefault(name.removesuffix("-cpu"), metadata.version(name))
    return found
