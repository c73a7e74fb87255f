"""From a step in our words to a sampler of imbalanced-learn, or of a plug-in."""

from __future__ import annotations

import importlib
import inspect
import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

from engine.core.errors import ArmError
from engine.core.methods import ratio, registry
from engine.core.methods.samplers import ParamValue, Sampler
from engine.features.layout import Layout
from engine.resample import neighbours
from engine.resample.trace import tracing_class

_TOMEK = ("tomek", "tomek-links")
# Modules of a package may import in a circle: threads must not meet in it.
_IMPORTING = threading.Lock()


def build(
    name: str,
    params: Mapping[str, ParamValue],
    counts: Mapping[int, int],
    *,
    seed: int,
    between: tuple[int, int] | None = None,
    labels: Sequence[str] = (),
    layout: Layout | None = None,
    trace: bool = False,
) -> Any:
    """Return the sampler for the registry's parameters.

    The ratio is given as counts: as a fraction imbalanced-learn truncates
    ``ratio * majority`` and refuses some valid ratios.

    Parameters
    ----------
    name : str
        Name of a registered sampler.
    params : mapping
        All of its parameters, as `registry.check_step` returns them.
    counts : mapping of int to int
        Rows of each class now.
    seed : int
        Its ``random_state``.
    between : tuple of (int, int) or None, default=None
        The rarest and the most frequent class before any step; as they are now when
        None.
    labels : sequence of str, default=()
        What the classes are called, for rows per class that are asked for.
    layout : Layout or None, default=None
        Which columns are categories, for a sampler that takes them as they are.
    trace : bool, default=False
        Whether it is to note which rows it makes others from.

    Returns
    -------
    sampler
        Not fitted.
    """
    entry = registry.sampler(name)
    kind = _load(entry.home, trace=trace)
    given = entry.to_library(params)
    rare, many = between or ratio.ends(counts)
    if not entry.has_ratio:
        of = [label for label in counts if label != rare]
        return _cleaner(entry, kind, given | {"random_state": seed}, of)
    by_label = ratio.parse_counts(str(params.get("counts", "")))
    wanted = {labels.index(label): count for label, count in by_label.items()}
    if not wanted:
        untouched = rare if entry.group == "under" else many
        wanted = ratio.targets(
            entry.group, counts, float(params["ratio"]), between=(rare, many)
        )
        del wanted[untouched]
    if entry.group == "under":
        # Some draw a class anew that has the rows asked for already.
        wanted = {code: n for code, n in wanted.items() if n < counts[code]}
    if entry.group == "combined":
        return _combined(entry, kind, given, wanted, seed, trace=trace)
    share = given.get("cluster_balance_threshold")
    if name == "kmeans-smote" and len(counts) == 2 and share == 0.5:
        given["cluster_balance_threshold"] = "auto"  # the same for two classes
    if name == "random-over" and not given["shrinkage"]:
        given["shrinkage"] = None
    if name == "smotenc":
        assert layout is not None
        given["categorical_features"] = layout.categorical.tolist()
    return _make(kind, sampling_strategy=wanted, random_state=seed, **given)


def _load(home: str, *, trace: bool) -> Any:
    """Return a sampler's class, which notes its parents if they are traced."""
    kind = import_class(home)
    if not trace:
        return kind
    return tracing_class(kind)


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
        raise ArmError(
            f"{home} is not installed here",
            "install the package that it is in",
            code="not-installed",
        ) from None


def _make(kind: Any, /, **given: Any) -> Any:
    """Return an object of a class, which may not know what all of ours do."""
    known = inspect.signature(kind).parameters
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return kind(**given)
    ours = ("sampling_strategy", "random_state")
    return kind(**{k: v for k, v in given.items() if k in known or k not in ours})


def _combined(
    entry: Sampler,
    kind: Any,
    given: dict[str, object],
    wanted: dict[int, int],
    seed: int,
    *,
    trace: bool,
) -> Any:
    """Return a sampler of two parts, the second of which asks a search of ours."""
    over = _load("imblearn.over_sampling.SMOTE", trace=trace)(
        sampling_strategy=wanted,
        k_neighbors=given.pop("k_neighbors"),
        random_state=seed,
    )
    part, cleaner = ("enn", "enn") if entry.name == "smote-enn" else _TOMEK
    known, of = registry.sampler(cleaner), given.pop("cleans")
    part_of = _cleaner(known, import_class(known.home), given, of)
    return kind(random_state=seed, smote=over, **{part: part_of})


def _cleaner(entry: Sampler, kind: Any, given: dict[str, object], of: object) -> Any:
    """Return a cleaner that asks a search of ours, where it asks one at all.

    Parameters
    ----------
    entry : Sampler
        The registered cleaner.
    kind : type
        imbalanced-learn's class.
    given : dict
        Its parameters.
    of : list of int or "all"
        The classes to drop rows of.
    """
    given = dict(given, sampling_strategy=of)
    if entry.name == "tomek-links":
        return _make(neighbours.SearchingTomekLinks, **given)
    if entry.name == "all-knn":
        return _make(neighbours.SearchingAllKNN, **given)
    if entry.name in ("enn", "repeated-enn"):
        # A search is taken as it is: the row itself must be counted in.
        count = cast("int", given["n_neighbors"]) + 1
        given["n_neighbors"] = neighbours.ExactNeighbors(count)
    return _make(kind, **given)
