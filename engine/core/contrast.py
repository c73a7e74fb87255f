"""Two runs or more side by side: differences in settings, then in results.

Pure over results, finished or not. Light.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from engine.core.arm_result import ArmAtPoint, ArmResult
from engine.core.differences import (
    ArmRow,
    Change,
    ContrastRun,
    Difference,
    Value,
    differences,
)
from engine.core.errors import UsageError, unknown
from engine.core.experiment import DataSpec
from engine.core.result import Result

__all__ = ["ArmRow", "Change", "Contrast", "ContrastRun", "Difference", "contrast"]


_SHOWN_POINTS = 8


class Contrast(Value, frozen=True):
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
        If there are fewer than two runs, or one twice, or none of them has such a
        operating point or such an arm.
    """
    if len(results) < 2:
        raise UsageError("one run alone cannot be compared", "name two runs or more")
    for run, times in Counter(result.run for result in results).items():
        if times > 1:
            raise UsageError(f"run {run} is named twice", "name each run once")
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


# One run


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
    at_point = ArmAtPoint.of(arm, arm.at(at or ""), label)
    if at_point is None:
        return row
    return msgspec.structs.replace(
        row,
        missed=at_point.missed,
        found=at_point.counts.tp,
        false_alarms=at_point.alarms,
        recall=at_point.recall,
        recall_ci=at_point.recall_ci,
        precision=at_point.precision,
        threshold=at_point.point.threshold,
        macro_recall=at_point.point.metric("macro_recall"),
    )


# Side by side


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
    ratios = dict.fromkeys(f"{c.ratio:.3g}:1" for c in costs if c is not None)
    if at in ("cost", "recommended") and len(ratios) > 1:
        yield f"the costs differ ({', '.join(ratios)}), so the point {at} differs too"
    if not differ:
        yield "the experiments, data and versions are the same, as far as known"
