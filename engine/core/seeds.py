"""What a run's numbers rest on: the seed of each named draw, and versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from importlib import metadata
from platform import python_version

from engine.core.version import __version__


def child(root: int, *names: str | int) -> int:
    """Return the seed of a named draw.

    Parameters
    ----------
    root : int
        The experiment's seed.
    *names : str or int
        What is drawn, from general to particular.

    Returns
    -------
    int
        A number in [0, 2**31); the same for the same root and names, on every
        machine and in every process.

    Examples
    --------
    >>> child(42, "trial", 3) == child(42, "trial", 3)
    True
    >>> child(42, "trial", 3) == child(42, "trial", 4)
    False
    """
    text = "/".join([str(root), *map(str, names)])
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def split_seed(root: int, number: int) -> int:
    """Return the seed of a split of several: the experiment's own of the first.

    Parameters
    ----------
    root : int
        The experiment's seed.
    number : int
        From 1 on.

    Examples
    --------
    >>> split_seed(42, 1), split_seed(42, 2) == split_seed(42, 3)
    (42, False)
    """
    return root if number == 1 else child(root, "split", number)


RULES = "2"
"""Raised whenever the same versions come to other numbers: by 2 the final model has the
rounds of its best trial."""

LIBRARIES = ("imbalanced-learn", "numpy", "optuna", "pandas", "scikit-learn", "scipy")


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of everything that a number depends on.

    Parameters
    ----------
    packages : iterable of str, default=()
        Distributions that samplers come from, besides those that every run needs.
    """
    found = {"imbtui": __version__, "rules": RULES, "python": python_version()}
    # One library in two wheels; few of the others where bundles are scored alone.
    for name in (*LIBRARIES, "xgboost", "xgboost-cpu", *packages):
        with suppress(metadata.PackageNotFoundError):
            found.setdefault(name.removesuffix("-cpu"), metadata.version(name))
    return found
