"""What a comparison of runs is made of, and how experiments, data, versions differ.

Pure over results. Light: the methods' grammar, no science stack.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from engine.core.result import Result

Texts: TypeAlias = Mapping[str, str | None]
"""Values by their paths, as they are written."""

_GUESSED = ("data.target", "data.positive")
_SHORT_PRINT = 12
_MOST_LISTED = 8
_MOST_ROLES = 6
_UNKNOWN = object()
"""Stands for what a run did not come to: it differs from nothing."""


class Difference(msgspec.Struct, frozen=True):
    """Something that is not the same in all runs.

    `path` is where it stands in the experiment or the result, such as
    ``search.trials``; `values` has a text per run, None where it is not set, not there
    (an arm that a run does not have) or not known yet.
    """

    path: str
    values: tuple[str | None, ...]


def differences(results: Sequence[Result]) -> tuple[Difference, ...]:
    """Return what differs between the experiments, the data and the versions.

    Parameters
    ----------
    results : sequence of Result
        What a run has not come to (its data before they are read) makes no difference.

    Returns
    -------
    tuple of Difference
        The experiment's fields in their order, its arms, the data, the test rows, the
        versions.
    """
    read = all(result.dataset for result in results)
    every = [
        *_section([_experiment(result, read=read) for result in results]),
        *_section([_arms(result) for result in results]),
        *_section([_data(result) for result in results]),
        *_roles([r.dataset.roles if r.dataset else {} for r in results]),
        *_section([_test(result) for result in results]),
        *_section([_versions(result) for result in results]),
    ]
    # A setting of the data and what was read are usually the same difference.
    settings = {
        (f"dataset.{d.path[5:]}", d.values) for d in every if d.path[:5] == "data."
    }
    return tuple(d for d in every if (d.path, d.values) not in settings)


def _section(parts: Sequence[Texts | None]) -> Iterable[Difference]:
    """Compare flat texts; a part that is None is not known."""
    for path in dict.fromkeys(path for part in parts for path in part or ()):
        values = [_UNKNOWN if p is None else p.get(path) for p in parts]
        if len({value for value in values if value is not _UNKNOWN}) > 1:
            yield Difference(path, tuple((p or {}).get(path) for p in parts))


def _experiment(result: Result, *, read: bool) -> Texts:
    if result.experiment is None:
        return {}
    parts = msgspec.to_builtins(result.experiment)
    del parts["arms"]
    # Once the data are read, guessed and named targets are compared as what they are.
    left_out = _GUESSED if read else ()
    return {k: v for k, v in _flat("", parts) if k not in left_out}


def _flat(path: str, value: object) -> Iterable[tuple[str, str | None]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), inner)
    else:
        yield path, _text(value)


def _text(value: object) -> str | None:
    """Write a value as an experiment file has it, without quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        return ", ".join(str(_text(item)) for item in value) or None
    return None if value is None else str(value)


def _arms(result: Result) -> Texts:
    arms = result.experiment.arms if result.experiment else ()
    return {f"arms.{arm.name}": _arm_text(arm) for arm in arms}


def _arm_text(arm: Arm) -> str:
    text = grammar.to_text(arm)
    if arm.weights and (arm.steps or not arm.name.endswith("weights")):
        text += " weighted by cost" if arm.weights == "cost" else " weighted"
    return text


def _data(result: Result) -> Texts | None:
    known = result.dataset
    if known is None:
        return None
    listed = [f"{label} {count:,}" for label, count in known.classes.items()]
    if len(listed) > _MOST_LISTED:
        listed[_MOST_LISTED:] = [f"and {len(listed) - _MOST_LISTED} more"]
    sampled = known.sampled and f"{known.sampled.rows} of {known.sampled.of}"
    texts: dict[str, object] = {
        "dataset.name": known.name,
        "dataset.rows": known.rows,
        "dataset.columns": known.columns,
        "dataset.target": known.target,
        "dataset.positive": known.positive,
        "dataset.classes": ", ".join(listed),
        "dataset.sampled": sampled,
        "dataset.fingerprint": known.fingerprint[:_SHORT_PRINT],
    }
    return {path: _text(value or None) for path, value in texts.items()}


def _roles(parts: Sequence[Mapping[str, str]]) -> Iterable[Difference]:
    """Compare what columns are for; many at once as a count of each role."""
    changed = list(
        _section(
            [{f"dataset.roles.{c}": r for c, r in p.items()} or None for p in parts]
        )
    )
    if len(changed) > _MOST_ROLES:
        counted = [Counter(p.values()).items() for p in parts]
        texts = [", ".join(f"{count} {role}" for role, count in c) for c in counted]
        values = tuple(
            (t and f"{t}; {len(changed)} columns differ") or None for t in texts
        )
        changed = [Difference("dataset.roles", values)]
    return changed


def _test(result: Result) -> Texts | None:
    if result.split is None:
        return None
    return {
        "test.rows": _text(sum(result.split.test.values())),
        "test.fingerprint": result.split.test_fingerprint[:_SHORT_PRINT],
    }


def _versions(result: Result) -> Texts | None:
    texts = {f"versions.{name}": _text(v) for name, v in result.versions.items()}
    return texts or None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value of a contrast."""


class ContrastRun(Value, frozen=True):
    """One of the runs.

    `status` is the document's. `label` is the class whose rows are counted as missed:
    the positive one, or of more than two `classes` the rarest; None if the run did not
    come that far. `at` is the operating point that its rows are at; None if it has
    no result at it. `comparable` says whether its counts are of the
    same test rows and the same class as those of the first run; of the first run it is
    True if that is known at all. `headline` is that of its verdict.
    """

    id: str
    status: str
    dataset: str
    target: str
    label: str | None = None
    classes: int = 0
    at: str | None = None
    test_rows: int | None = None
    positives: int | None = None
    comparable: bool = False
    headline: str | None = None
    seconds: float = 0.0


class Change(Value, frozen=True):
    """What became of an arm since the first run: this run's value less the first's.

    None where one of the two has no value.
    """

    missed: int | None = None
    false_alarms: int | None = None
    recall: float | None = None
    precision: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    macro_recall: float | None = None


class ArmRow(Value, frozen=True):
    """One arm in one run, at the operating point of the contrast.

    `run` is the place of its run in `Contrast.runs`. `status` is ``done``,
    ``failed`` or ``running``, and ``absent`` where the run has no such arm. The counts
    are None without a result; of more than two classes they are those of the rarest
    class against all others. `error` is why it failed. `change` is against the first
    run, None where the two cannot be compared.
    """

    arm: str
    run: int
    status: str
    missed: int | None = None
    found: int | None = None
    false_alarms: int | None = None
    recall: float | None = None
    recall_ci: tuple[float, float] | None = None
    precision: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    threshold: float | None = None
    macro_recall: float | None = None
    trials: int = 0
    seconds: float = 0.0
    error: str = ""
    change: Change | None = None

    @property
    def has_counts(self) -> bool:
        """Whether there are counts at the operating point."""
        return self.missed is not None
