"""What a comparison of runs is made of, and how experiments, data, versions differ.

Pure over result documents. Light: the methods' grammar, no science stack.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from engine.errors import EngineError
from engine.resample import grammar
from engine.spec import Arm

Document: TypeAlias = Mapping[str, Any]

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


def differences(documents: Sequence[Document]) -> tuple[Difference, ...]:
    """Return what differs between the experiments, the data and the versions.

    Parameters
    ----------
    documents : sequence of mapping
        Result documents. What a run has not come to (its data before they are read)
        makes no difference.

    Returns
    -------
    tuple of Difference
        The experiment's fields in their order, its arms, the data, the test rows, the
        versions.

    Examples
    --------
    >>> one = {"experiment": {"seed": 1, "arms": [{"name": "untreated"}]}}
    >>> steps = [{"sampler": "smote", "params": {"ratio": 0.5}}]
    >>> arms = [{"name": "untreated"}, {"name": "mine", "steps": steps}]
    >>> two = {"experiment": {"seed": 2, "arms": arms}}
    >>> for difference in differences([one, two]):
    ...     print(difference.path, *difference.values)
    seed 1 2
    arms.mine None smote:ratio=0.5
    """
    told = all(_part(d, "dataset") for d in documents)
    found = [
        *_section([_experiment(d, told=told) for d in documents]),
        *_section([_arms(d) for d in documents]),
        *_section([_data(d) for d in documents]),
        *_roles([_part(d, "dataset").get("roles") for d in documents]),
        *_section([_test(d) for d in documents]),
        *_section([_versions(d) for d in documents]),
    ]
    # What was asked for and what came of it are as a rule the same.
    asked = {(_leaf(d.path), d.values) for d in found if d.path.startswith("data.")}
    return tuple(
        d
        for d in found
        if not (d.path.startswith("dataset.") and (_leaf(d.path), d.values) in asked)
    )


def _leaf(path: str) -> str:
    return path.partition(".")[2]


def _part(document: Document, name: str) -> Mapping[str, Any]:
    return document.get(name) or {}


def _section(parts: Sequence[Mapping[str, Any] | None]) -> Iterable[Difference]:
    """Compare flat texts; a part that is None is not known."""
    for path in dict.fromkeys(path for part in parts for path in part or ()):
        values = [_UNKNOWN if p is None else p.get(path) for p in parts]
        if len({value for value in values if value is not _UNKNOWN}) > 1:
            yield Difference(path, tuple((p or {}).get(path) for p in parts))


def _experiment(document: Document, *, told: bool) -> dict[str, str | None]:
    parts = {k: v for k, v in _part(document, "experiment").items() if k != "arms"}
    if told and (data := parts.get("data")):
        # Who is guessed, and who is named, is known by now: that is compared.
        unguessed = {k: v for k, v in data.items() if k not in ("target", "positive")}
        parts["data"] = unguessed
    return dict(_flat("", parts))


def _flat(path: str, value: Any) -> Iterable[tuple[str, str | None]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), inner)
    else:
        yield path, _text(value)


def _text(value: Any) -> str | None:
    """Write a value as an experiment file has it, without quotes."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        return ", ".join(str(_text(one)) for one in value) or None
    return str(value)


def _arms(document: Document) -> dict[str, str | None]:
    arms = _part(document, "experiment").get("arms") or []
    return {f"arms.{arm['name']}": _written(arm) for arm in arms}


def _written(plain: Mapping[str, Any]) -> str:
    """Write an arm as its method; as JSON where a sampler of it is not there."""
    try:
        arm = msgspec.convert(plain, Arm)
        text = grammar.written(arm)
    except (msgspec.ValidationError, EngineError):
        return msgspec.json.encode(plain).decode()
    if arm.weights and (arm.steps or not arm.name.endswith("weights")):
        text += " weighted by cost" if arm.weights == "cost" else " weighted"
    return text


def _data(document: Document) -> dict[str, str | None] | None:
    dataset = _part(document, "dataset")
    if not dataset:
        return None
    sampled = dataset.get("sampled") or {}
    counts = dataset.get("classes") or {}
    listed = [f"{label} {count:,}" for label, count in counts.items()]
    if len(listed) > _MOST_LISTED:
        listed[_MOST_LISTED:] = [f"and {len(listed) - _MOST_LISTED} more"]
    found = {
        **{
            f"dataset.{name}": dataset.get(name)
            for name in ("name", "rows", "columns", "target", "positive")
        },
        "dataset.classes": ", ".join(listed),
        "dataset.sampled": f"{sampled['rows']} of {sampled['of']}" if sampled else None,
        "dataset.fingerprint": (dataset.get("fingerprint") or "")[:_SHORT_PRINT],
    }
    return {path: _text(value or None) for path, value in found.items()}


def _roles(parts: Sequence[Mapping[str, str] | None]) -> Iterable[Difference]:
    """Compare what columns are for; many at once as a count of each role."""
    found = list(
        _section(
            [
                {f"dataset.roles.{c}": r for c, r in (p or {}).items()} or None
                for p in parts
            ]
        )
    )
    if len(found) > _MOST_ROLES:
        texts = [p and f"{_counted(p)}; {len(found)} columns differ" for p in parts]
        found = [Difference("dataset.roles", tuple(text or None for text in texts))]
    return found


def _counted(roles: Mapping[str, str]) -> str:
    return ", ".join(
        f"{count} {role}" for role, count in Counter(roles.values()).items()
    )


def _test(document: Document) -> dict[str, str | None] | None:
    split = _part(document, "split")
    if not split:
        return None
    return {
        "test.rows": _text(sum((split.get("test") or {}).values())),
        "test.fingerprint": (split.get("test_fingerprint") or "")[:_SHORT_PRINT],
    }


def _versions(document: Document) -> dict[str, str | None] | None:
    versions = _part(document, "versions")
    if not versions:
        return None
    return {f"versions.{name}": _text(value) for name, value in versions.items()}


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
    def judged(self) -> bool:
        """Whether there are counts at the operating point."""
        return self.missed is not None
