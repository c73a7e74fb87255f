"""A validation as rows: metrics, calibration, operating points, drift."""

from __future__ import annotations

from typing import Final

from engine.core import format as figures
from engine.core.costs import METRICS, metric
from engine.core.outcome import Delivered
from engine.core.validation import (
    Interval,
    Test,
    ValidatedMetric,
    ValidatedPoint,
    Validation,
)
from engine.core.views import Cell, Column, Look, Row, ViewTable

LOOKS: Final[dict[str, Look]] = {
    "VAL001": "good",
    "VAL002": "warn",
    "VAL003": "warn",
    "VAL004": "bad",
    "VAL005": "warn",
}
"""How each verdict looks; its words say the same."""
MOST_COLUMNS: Final = 10
"""Columns shown, those that differ the most."""
_METRICS: Final = (
    Column("", align="left"),
    Column("new rows"),
    Column("95 % interval"),
    Column("run's test rows", short="then"),
    Column("its interval", short="interval", drop=1),
)


def rows_text(found: Validation) -> str:
    """Say which rows were validated.

    Returns
    -------
    str
        For example ``388 positives in 21,700 rows of new.csv``.
    """
    rows = found.rows
    text = f"{figures.plural(rows.positives, 'positive')} in {rows.used:,} rows"
    text += f" of {found.dataset}"
    if rows.unlabelled:
        text += f" · {rows.unlabelled:,} without a known class left out"
    if rows.equal and rows.left_out:
        text += f" · {rows.equal:,} equal to training rows left out"
    return text


def metrics(found: Validation) -> ViewTable:
    """Return prevalence and metrics, now and in the run."""
    share = found.prevalence
    cells = (
        Cell("prevalence (then: training rows)"),
        Cell(figures.decimals(share.now, 4)),
        Cell(_interval(share.ci, 4)),
        Cell(figures.decimals(share.then, 4)),
        Cell(_interval(share.then_ci, 4)),
    )
    rows = [Row("prevalence", cells), *(_metric(one) for one in found.metrics)]
    fit = found.calibration
    for name, value, ci in (
        ("calibration slope", fit.slope, fit.slope_ci),
        ("calibration intercept", fit.intercept, fit.intercept_ci),
        ("calibration in the large", fit.in_the_large, fit.in_the_large_ci),
    ):
        shown = figures.decimals(value, 2).replace("-", "−")
        values = shown, _interval(ci, 2), "", ""
        rows.append(Row(name, (Cell(name), *map(Cell, values))))
    how = fit.method
    if fit.prevalence:
        how += f", for a prevalence of {figures.share(fit.prevalence, 1)}"
    note = (
        "Brier score, log loss and calibration are of the calibrated probabilities "
        f"({how})."
    )
    return ViewTable(_METRICS, tuple(rows), notes=(note,))


def _metric(one: ValidatedMetric) -> Row:
    title, digits, _ = metric(one.metric)
    values = (
        figures.decimals(one.now, digits),
        _interval(one.ci, digits),
        figures.decimals(one.then, digits),
        _interval(one.then_ci, digits),
    )
    return Row(one.metric, (Cell(title), *map(Cell, values)))


def _interval(ci: Interval, digits: int) -> str:
    if ci is None:
        return figures.NOTHING
    if ci[0] < 0:
        low, high = (figures.signed(end, digits) for end in ci)
        return f"{low} to {high}"
    return f"{ci[0]:.{digits}f}–{ci[1]:.{digits}f}"


_POINTS: Final = (
    Column("operating point", align="left"),
    Column("threshold"),
    Column("missed FN", drop=2),
    Column("false alarms FP", short="FP", drop=1),
    Column("recall (95 % interval)", short="recall"),
    Column("recall then", short="then", drop=3),
    Column("precision"),
    Column("false positive rate", short="FP rate", drop=4),
)


def points(found: Validation) -> ViewTable:
    """Return each operating point: counts and rates, now and in the run."""
    rows = tuple(_point(one, one.name == found.at) for one in found.points)
    return ViewTable(_POINTS, rows)


def _point(one: ValidatedPoint, chosen: bool) -> Row:
    counts, (recall, precision, alarms) = one.confusion, one.metrics
    found = f"{figures.decimals(recall.now, 2)} {figures.interval(recall.ci)}"
    values = (
        figures.threshold(one.threshold),
        f"{counts.fn:,} of {counts.fn + counts.tp:,}",
        figures.count(counts.fp),
        found.strip(),
        figures.decimals(recall.then, 2),
        figures.decimals(precision.now, 2),
        figures.decimals(alarms.now, 3),
    )
    look: Look = "chosen" if chosen else ""
    return Row(one.name, (Cell(one.name, look), *map(Cell, values)))


_REQUESTS: Final = (
    Column("operating point", align="left"),
    Column("requested"),
    Column("delivered"),
    Column("95 % interval"),
    Column("threshold"),
    Column("by these rows"),
)


def requests(found: Validation) -> ViewTable:
    """Return what operating points request and deliver, and what these rows choose."""
    rows = []
    for one in found.points:
        came = one.delivered
        if came is None and one.suggested is None:
            continue
        values = (
            "" if came is None else _share(came, came.requested),
            "" if came is None else _share(came, came.value),
            "" if came is None or came.ci is None else _ends(came, came.ci),
            figures.threshold(one.threshold),
            figures.threshold(one.suggested),
        )
        rows.append(Row(one.name, (Cell(one.name), *map(Cell, values))))
    note = (
        "by these rows: the threshold that the same rule chooses on them; figures on "
        "the same rows would flatter it"
    )
    return ViewTable(_REQUESTS, tuple(rows), notes=(note,) if rows else ())


def _share(came: Delivered, value: float | None) -> str:
    if came.metric == "alerts" and value is not None:
        return f"alerts {100 * value:.3g} %"
    return f"{came.metric} {figures.decimals(value, 2)}"


def _ends(came: Delivered, ci: tuple[float, float]) -> str:
    if came.metric == "alerts":
        return f"{100 * ci[0]:.3g}–{100 * ci[1]:.3g} %"
    return f"{ci[0]:.2f}–{ci[1]:.2f}"


_DRIFT: Final = (
    Column("column", align="left", least=10, most=40),
    Column("adjusted p"),
    Column("PSI"),
    Column("Δ mean in SD", short="Δ/SD", drop=1),
    Column("missing", drop=2),
    Column("then", drop=2),
    Column("test", align="left", drop=3),
)
_TESTS: Final[dict[Test, str]] = {
    "kolmogorov-smirnov": "Kolmogorov-Smirnov",
    "chi-square": "chi-square",
    "fisher": "Fisher, exact",
}


def drift(found: Validation, most: int = MOST_COLUMNS) -> ViewTable:
    """Return the columns that differ the most from the training rows."""
    drifted = len(found.drifted)
    title = (
        f"{drifted:,} of {figures.plural(len(found.columns), 'column')} shown to "
        "differ from the training rows"
    )
    ordered = sorted(found.columns, key=lambda one: (one.adjusted_p >= 0.05, -one.psi))
    rows = []
    for one in ordered[:most]:
        moved = "" if one.difference is None else figures.signed(one.difference, 2)
        look: Look = "warn" if one.adjusted_p < 0.05 else ""
        cells = (
            Cell(one.column, look),
            Cell(figures.p_value(one.adjusted_p)),
            Cell(figures.decimals(one.psi, 3)),
            Cell(moved),
            Cell(figures.share(one.missing, 1)),
            Cell(figures.share(one.missing_then, 1)),
            Cell(_TESTS[one.test]),
        )
        rows.append(Row(one.column, cells))
    notes = []
    if len(ordered) > most:
        notes.append(f"The other {len(ordered) - most:,} columns differ less.")
    if (scores := found.scores) is not None:
        notes.append(
            f"Scores: Kolmogorov-Smirnov distance {scores.statistic:.3f}, p "
            f"{figures.p_value(scores.p, '= ')}, PSI {figures.decimals(scores.psi, 3)}."
        )
    return ViewTable(_DRIFT, tuple(rows), notes=tuple(notes), title=(Cell(title),))


def needed(found: Validation) -> tuple[str, ...]:
    """Say how many positives intervals of the wanted width take."""
    return tuple(
        f"{METRICS[one.metric].title}{f' at `{one.at}`' if one.at else ''}: "
        f"± {one.half_width:.3f} now; ± {one.wanted:g} takes about "
        f"{figures.plural(one.positives, 'positive')}"
        for one in found.needed
    )
