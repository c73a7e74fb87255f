"""Validate a bundle: read labelled rows, score them, measure, decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from msgspec.structs import replace

from engine.bundle.cells import Fit, lacking, match_columns, read_numbers
from engine.bundle.reference import Counted, count_columns, count_numbers
from engine.bundle.scorer import Scorer, open_scorer
from engine.bundle.scoring import blocks, places, source
from engine.core.errors import DataError, SpecError, TargetError
from engine.core.execution import Progress, silent
from engine.core.format import listed, plural
from engine.core.messages import Validate
from engine.core.seeds import child
from engine.core.validation import ColumnDrift, ValidatedRows, Validation
from engine.core.version import __version__
from engine.io.files import check, refuse_same
from engine.io.source import STDIN
from engine.validation.decide import decide
from engine.validation.drift import column_drifts, score_drift
from engine.validation.measure import measure
from engine.validation.report import write_report

WIDTH = 0.05
"""Half width that intervals are wanted to have, unless another is given."""
MOST_EQUAL = 0.5
"""With a larger share of rows equal to training rows nothing is validated."""
_SEED = 42


class NewRows(NamedTuple):
    """Some labelled rows: their cells as the model takes them, and their classes."""

    cells: pd.DataFrame
    y: np.ndarray
    miss_costs: np.ndarray | None = None
    """What it costs to miss each, NaN where unknown, if the run has a column of it."""


def validate(request: Validate, progress: Progress = silent) -> Validation:
    """Validate a bundle on the rows of a table.

    Parameters
    ----------
    request : Validate
    progress : callable, optional

    Returns
    -------
    Validation

    Raises
    ------
    DataError
        If the bundle or the table cannot be used, or they do not fit, or more than half
        of the rows are equal to training rows.
    TargetError
        If the table has no class that the model knows.
    SpecError
        If the model has more than two classes, or there is no such operating point.
    OutputError
        If a report cannot be written.
    """
    if request.output is not None:
        check(Path(request.output), overwrite=request.overwrite)
        for one in (request.data, request.bundle):
            refuse_same(Path(request.output), one, "what is read")
    scorer = open_scorer(request.bundle)
    manifest, read = scorer.manifest, request.read
    name = "standard input" if request.data == STDIN else Path(request.data).name
    fit, words = (
        Fit(name, coerce=request.coerce),
        () if read.missing else manifest.missing,
    )
    if words:
        read = replace(read, missing=words)
    with source(request.data, read, progress) as table:
        if manifest.target.name not in table.names:
            raise TargetError(
                f"{table.name} has no column {manifest.target.name!r} of labels",
                "give a table with the target, or predict its rows",
            )
        lacking(manifest.features, table.names, table.name)

        column = cost_column(scorer)
        beside = [column] if column in table.names else []

        def parts() -> Iterable[NewRows]:
            for block in blocks(scorer, table, beside):
                progress("scoring rows", block.first - 1, None)
                cells = scorer.read(block.frame, table.rules, fit, first=block.first)
                target = block.frame[manifest.target.name]
                y, costs = places(manifest, target, table.rules), None
                if beside:
                    own = block.copied.column(column).to_pandas()
                    costs = read_numbers(own, column, table.rules)
                yield NewRows(cells, y, costs)

        gathered = _gather(scorer, parts(), keep=request.keep_equal)
        notes = match_columns(manifest.columns, table.names)
    if words:
        notes.append(f"read as missing, as in the run: {listed([*words])}")
    found = conclude(scorer, gathered, name, request.at, request.width)
    by_row = _said_of_costs(scorer, gathered)
    found = replace(found, notes=(*scorer.notes, *notes, *by_row, *fit.lines()))
    if request.output is not None:
        write_report(found, request.output, overwrite=request.overwrite)
    return found


@dataclass
class ScoredRows:
    """What is kept of rows that were scored."""

    rows: ValidatedRows
    y: np.ndarray
    scores: np.ndarray
    columns: tuple[Counted, ...] = field(default=(), repr=False)
    miss_costs: np.ndarray | None = None


def validate_rows(
    scorer: Scorer,
    part: NewRows,
    fit: Fit,
    *,
    name: str,
    at: str | None = None,
    width: float = WIDTH,
    keep_equal: bool = False,
) -> Validation:
    """Validate a bundle on rows that are in memory.

    Parameters
    ----------
    scorer : Scorer
    part : NewRows
        All rows.
    fit : Fit
        What was noticed of them.
    name : str
        What to call them.
    at, width, keep_equal
        As of `engine.core.messages.Validate`.
    """
    gathered = _gather(scorer, [part], keep=keep_equal)
    found = conclude(scorer, gathered, name, at, width)
    by_row = _said_of_costs(scorer, gathered)
    return replace(found, notes=(*scorer.notes, *by_row, *fit.lines()))


def cost_column(scorer: Scorer) -> str:
    """Return the column that said in the run what a miss costs; empty without one."""
    figures = scorer.reference.figures if scorer.reference else None
    return (figures.costs.column or "") if figures else ""


def _worth(scorer: Scorer, gathered: ScoredRows) -> np.ndarray | None:
    """Return what each positive counts beside one of the run's mean cost.

    None where the costs of some positives are not known: the mean stands for all then.
    """
    figures = scorer.reference.figures if scorer.reference else None
    costs, positive = gathered.miss_costs, gathered.y == 1
    if figures is None or costs is None or not (costs[positive] >= 0).all():
        return None
    return np.asarray(np.where(positive, costs / figures.costs.cost_fn, 1.0))


def _said_of_costs(scorer: Scorer, gathered: ScoredRows) -> list[str]:
    """Say which costs are counted, where the run had one for each row."""
    column = cost_column(scorer)
    if not column or scorer.reference is None or scorer.reference.figures is None:
        return []
    if _worth(scorer, gathered) is not None:
        return [f"a miss costs what column {column!r} of these rows says"]
    mean, why = scorer.reference.figures.costs.cost_fn, "is not there"
    if gathered.miss_costs is not None:
        why = "has no number of 0 or more for some positives"
    return [
        f"column {column!r} {why}: each miss costs {mean:.4g}, the mean over the "
        "training rows of the run"
    ]


def _gather(scorer: Scorer, parts: Iterable[NewRows], *, keep: bool) -> ScoredRows:
    """Score rows, and count their columns as the reference does.

    Raises
    ------
    DataError
        If more than half of the rows are equal to training rows.
    """
    manifest, reference, known = scorer.manifest, scorer.reference, scorer.known
    if len(manifest.classes) > 2:
        raise SpecError(
            "a model of more than two classes cannot be validated",
            "predict a table with its target: that counts what is predicted",
        )
    y: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    costs: list[np.ndarray | None] = []
    columns: tuple[Counted, ...] | None = None
    read = labelled = equal = compared = 0
    for part in parts:
        X = scorer.encode(part.cells)
        used = part.y >= 0
        read, labelled = read + len(used), labelled + int(used.sum())
        if known is not None:
            same, sure = known.compare(X)
            equal += int((same & used).sum())
            compared += int(sure.sum())
            used &= keep | ~same
        y.append(part.y[used].astype(np.int8))
        scores.append(scorer.scores(X[used]))
        costs.append(None if part.miss_costs is None else part.miss_costs[used])
        if reference is not None:
            cells = part.cells[used]
            more = count_columns(cells, manifest.features, reference.columns)
            pairs = zip(columns or (), more, strict=False)
            columns = tuple(a + b for a, b in pairs) if columns else more
    if not labelled:
        raise TargetError(
            f"no cell of {manifest.target.name!r} is a class that the model knows",
            f"its classes are: {listed(list(manifest.classes))}",
        )
    if not keep and equal > MOST_EQUAL * labelled:
        raise DataError(
            f"{equal:,} of {plural(labelled, 'labelled row')} are equal to training "
            "rows of this model: that is no validation",
            "give rows that the model was not trained on, or count equal rows too",
            field="keep_equal",
        )
    labels = np.concatenate(y)
    rows = ValidatedRows(
        read=read,
        used=len(labels),
        positives=int(np.count_nonzero(labels)),
        unlabelled=read - labelled,
        equal=None if known is None else equal,
        compared=None if known is None else compared,
        left_out=not keep,
    )
    each = [one for one in costs if one is not None]
    own = np.concatenate(each) if len(each) == len(costs) else None
    return ScoredRows(rows, labels, np.concatenate(scores), columns or (), own)


def conclude(
    scorer: Scorer, gathered: ScoredRows, name: str, at: str | None, width: float
) -> Validation:
    """Measure scored rows, and decide."""
    if not 0 < width < 0.5:
        raise SpecError(
            f"a half width of {width:g}", "give a number above 0 and below 0.5"
        )
    manifest, reference = scorer.manifest, scorer.reference
    point = manifest.point(at).at
    y, scores = gathered.y, gathered.scores
    measured = measure(
        manifest,
        reference,
        y,
        scores,
        scorer.calibrate(scores),
        at=point,
        width=width,
        seed=child(_SEED, "validation"),
        worth=_worth(scorer, gathered),
    )
    columns: tuple[ColumnDrift, ...] = ()
    drift = None
    if reference is not None:
        seed = child(_SEED, "drift")
        columns = column_drifts(reference.columns, gathered.columns, seed=seed)
        if reference.figures is not None:
            before = reference.figures.scores
            drift = score_drift(before, count_numbers(scores, cuts=before.cuts))
    verdict = decide(
        measured, reference, gathered.rows, point, columns=columns, scores=drift
    )
    return Validation(
        schema=1,
        imbtui=__version__,
        run=manifest.run,
        arm=manifest.arm,
        at=point,
        target=manifest.target.name,
        classes=manifest.classes,
        dataset=name,
        rows=gathered.rows,
        verdict=verdict,
        prevalence=measured.prevalence,
        metrics=measured.metrics,
        calibration=measured.calibration,
        points=measured.points,
        threshold_gain=measured.gain,
        columns=columns,
        scores=drift,
        needed=measured.needed,
    )
