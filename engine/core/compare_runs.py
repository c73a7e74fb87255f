"""Compare two runs or more: differences in settings, then in results.

A pure function of results, finished or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from engine.core.arm_result import ArmAtPoint, ArmResult
from engine.core.costs import Costs
from engine.core.errors import UsageError, unknown
from engine.core.experiment import DataSpec
from engine.core.format import brief
from engine.core.methods import grammar
from engine.core.result import Result

Texts: TypeAlias = Mapping[str, str | None]
"""Values by their paths, as they are written."""
_GUESSED = ("data.target", "data.positive")
_SHORT_PRINT = 12
_MOST_LISTED = 8
_MOST_ROLES = 6
_MOST_COLUMN = 16
_SHOWN_POINTS = 8
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


class ContrastRun(msgspec.Struct, frozen=True, kw_only=True):
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


class Change(msgspec.Struct, frozen=True, kw_only=True):
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


class ArmRow(msgspec.Struct, frozen=True, kw_only=True):
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


class Contrast(msgspec.Struct, frozen=True, kw_only=True):
    """Runs side by side.

    `differences` are those of the experiments, the data and the versions, each with a
    value per run. `at` is the operating point that was asked for, or one that as
    many runs as possible have; None if none has a result. `same_test_rows` is None
    where fewer than two runs have come to their split. `arms` are in the order of the
    first run's board, and `rows` holds each of them once per run: those of an arm
    follow one another in the order of the runs. `verdicts` are the headlines, one per
    run; `notes` qualify the comparison, one sentence each.
    """

    runs: tuple[ContrastRun, ...]
    at: str | None
    differences: tuple[Difference, ...]
    same_test_rows: bool | None
    arms: tuple[str, ...]
    rows: tuple[ArmRow, ...]
    verdicts: tuple[str | None, ...]
    notes: tuple[str, ...] = ()

    def of(self, arm: str) -> tuple[ArmRow, ...]:
        """Return the rows of an arm, one per run."""
        return tuple(row for row in self.rows if row.arm == arm)


def contrast(
    results: Sequence[Result],
    *,
    at: str | None = None,
    arms: Iterable[str] | None = None,
) -> Contrast:
    """Set runs side by side.

    Parameters
    ----------
    results : sequence of Result
        Of two runs or more.
    at : str or None, default=None
        Operating point; when None the one that the first run's board is ordered by,
        if the others have it too, else one that all of them have.
    arms : iterable of str or None, default=None
        Only these; all that some run has when None.

    Returns
    -------
    Contrast

    Raises
    ------
    UsageError
        If there are fewer than two runs, or one twice, or none of them has such an
        operating point or such an arm.
    """
    if len(results) < 2:
        raise UsageError("one run alone cannot be compared", "name two runs or more")
    for run, times in Counter(result.run for result in results).items():
        if times > 1:
            raise UsageError(f"{run} is named twice", "name each run once")
    chosen = _at_point(results, at)
    runs = tuple(_run(result, chosen, results[0]) for result in results)
    table = [
        {arm.name: _row(arm, place, chosen, run.label) for arm in result.arms}
        for place, (result, run) in enumerate(zip(results, runs, strict=True))
    ]
    names = _names(table, arms)
    rows = tuple(
        _with_change(
            by_arm.get(name) or ArmRow(arm=name, run=place, status="absent"),
            table[0].get(name) if place and runs[place].comparable else None,
        )
        for name in names
        for place, by_arm in enumerate(table)
    )
    prints = [r.split.test_fingerprint for r in results if r.split]
    differ = differences(results)
    return Contrast(
        runs=runs,
        at=chosen,
        differences=differ,
        same_test_rows=len(set(prints)) == 1 if len(prints) > 1 else None,
        arms=names,
        rows=rows,
        verdicts=tuple(run.headline for run in runs),
        notes=tuple(_notes(results, runs, chosen, differ)),
    )


# One run ------------------------------------------------------------------------------


def _run(result: Result, at: str | None, first: Result) -> ContrastRun:
    label, test_rows = _label(result), result.split and result.split.test_fingerprint
    of_first = first.split and first.split.test_fingerprint
    dataset, experiment = result.dataset, result.experiment
    test = result.test_rows
    data = experiment.data if experiment else DataSpec(source="")
    return ContrastRun(
        id=result.run,
        status=result.status,
        dataset=dataset.name if dataset else data.source,
        target=(dataset.target if dataset else data.target) or "",
        label=label,
        classes=len(dataset.classes) if dataset else 0,
        at=at if at in result.point_names else None,
        test_rows=sum(test.values()) if test else None,
        positives=test.get(label) if label is not None else None,
        comparable=bool(test_rows) and (test_rows, label) == (of_first, _label(first)),
        headline=result.verdict.headline if result.verdict else None,
        seconds=result.seconds,
    )


def _label(result: Result) -> str | None:
    """Return the class whose rows are missed: the positive, or else the rarest."""
    known = result.dataset.positive if result.dataset else None
    return result.rarest if known is None else known


def _at_point(results: Sequence[Result], requested: str | None) -> str | None:
    """Return the requested point, or the first one that all with results have."""
    offered = [result.point_names for result in results if result.point_names]
    every = tuple(dict.fromkeys(name for names in offered for name in names))
    if requested is not None:
        if requested not in every:
            raise unknown(
                f"no run has the operating point {requested!r}", every, field="at"
            )
        return requested
    if not offered:
        return None
    # Of more than two classes some points are about one class only.
    wanted = [result.point_name for result in results if result.point_names]
    shared = (p for p in (*wanted, *every) if all(p in names for names in offered))
    return next(shared, wanted[0])


def _row(arm: ArmResult, run: int, at: str | None, label: str | None) -> ArmRow:
    test = arm.test or {}
    row = ArmRow(
        arm=arm.name,
        run=run,
        status=arm.status,
        average_precision=test.get("average_precision"),
        brier=test.get("brier"),
        trials=arm.search.trials,
        seconds=arm.seconds.total,
        error=arm.error.message if arm.error else "",
    )
    placed = ArmAtPoint.of(arm, arm.at(at or ""), label)
    if placed is None:
        return row
    return msgspec.structs.replace(
        row,
        missed=placed.missed,
        found=placed.counts.tp,
        false_alarms=placed.alarms,
        recall=placed.recall,
        recall_ci=placed.recall_ci,
        precision=placed.precision,
        threshold=placed.point.threshold,
        macro_recall=placed.point.metric("macro_recall"),
    )


# Side by side -------------------------------------------------------------------------


def _names(
    table: Sequence[Mapping[str, ArmRow]], arms: Iterable[str] | None
) -> tuple[str, ...]:
    """Return the arms as the first run's board orders them, then what others add."""
    first: dict[str, ArmRow] = {}
    for rows in table:
        for name, row in rows.items():
            if name not in first or (row.has_counts and not first[name].has_counts):
                first[name] = row
    wanted = list(first if arms is None else dict.fromkeys(arms))
    for name in wanted:
        if name not in first:
            fix = f"choose one of: {', '.join(first)}" if first else "none has begun"
            raise UsageError(f"no run has an arm {name!r}", fix)

    def rank(name: str) -> tuple[int, int, int]:
        row = first[name]
        if not row.has_counts:
            return len(table), 0, 0
        return row.run, row.missed or 0, row.false_alarms or 0

    return tuple(sorted((name for name in first if name in wanted), key=rank))


def _with_change(row: ArmRow, first: ArmRow | None) -> ArmRow:
    if first is None or not (row.has_counts and first.has_counts):
        return row
    change = Change(
        **{
            name: new - old
            for name in Change.__struct_fields__
            if (new := getattr(row, name)) is not None
            and (old := getattr(first, name)) is not None
        }
    )
    return msgspec.structs.replace(row, change=change)


def _notes(
    results: Sequence[Result],
    runs: Sequence[ContrastRun],
    at: str | None,
    differ: Sequence[Difference],
) -> Iterable[str]:
    prints = {r.run: r.split.test_fingerprint for r in results if r.split}
    first = prints.get(runs[0].id)
    others = [run for run, rows in prints.items() if first and rows != first]
    if others:
        yield (
            f"the test rows of {', '.join(others)} are not those of {runs[0].id}: "
            "their counts cannot be compared"
        )
    if len({run.label for run in runs if run.label is not None}) > 1:
        classes = ", ".join(f"{r.id} {r.label}" for r in runs if r.label is not None)
        yield f"missed rows are not of the same class: {classes}"
    if ids := ", ".join(result.run for result in results if result.classes):
        yield (
            f"more than two classes ({ids}): missed, recall, precision and false "
            "alarms are those of the rarest"
        )
    for run, result in zip(runs, results, strict=True):
        names = result.point_names
        if names and run.at is None:
            shown = ", ".join(names[:_SHOWN_POINTS])
            yield f"{run.id} has no operating point {at}; it has {shown}"
        if not names:
            yet = " yet" if run.status in ("running", "queued") else ""
            yield f"{run.id} is {run.status} and has no result{yet}"
        elif run.status != "done":
            yield f"{run.id} is {run.status}: its results so far are shown"
    costs = [result.costs_of() for result in results]
    ratios = dict.fromkeys(_costs_text(c) for c in costs if c is not None)
    if at in ("cost", "recommended") and len(ratios) > 1:
        yield f"the costs differ ({', '.join(ratios)}), so the point {at} differs too"
    if not differ:
        yield "the experiments, data and versions are the same, as far as known"


def _costs_text(costs: Costs) -> str:
    by = f" by {brief(costs.column, _MOST_COLUMN)}" if costs.column else ""
    return f"{costs.ratio:.3g}:1{by}"


# Settings -----------------------------------------------------------------------------


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
        *_section([_arm_texts(result) for result in results]),
        *_section([_data(result) for result in results]),
        *_roles([r.dataset.roles if r.dataset else {} for r in results]),
        *_section([_test(result) for result in results]),
        *_section(
            [
                {f"versions.{n}": v for n, v in r.versions.items()} or None
                for r in results
            ]
        ),
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


def _arm_texts(result: Result) -> Texts:
    texts: dict[str, str] = {}
    for arm in result.experiment.arms if result.experiment else ():
        text = grammar.to_text(arm)
        if arm.weights and (arm.steps or not arm.name.endswith("weights")):
            text += " weighted by cost" if arm.weights == "cost" else " weighted"
        texts[f"arms.{arm.name}"] = text
    return texts


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
