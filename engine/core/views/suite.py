"""Many tables in words: values, mean ranks, and which arms differ."""

from __future__ import annotations

from typing import Final

from engine.core import format as figures
from engine.core.suite import LEVEL, METRICS, Against, Suite, TableRow
from engine.core.views import Cell, Column, Row, ViewTable

BEST: Final = "*"
MEANS: Final = "means"
"""Key of the row with the mean ranks."""
_MOST_NAME: Final = 28
_AGAINST: Final = (
    Column("", align="left", most=24, least=8),
    Column("better on", short="won", drop=2),
    Column("worse on", short="lost", drop=2),
    Column("median difference", short="median", drop=1),
    Column("p (Holm)"),
    Column("P worse", short="worse", drop=3),
    Column("P same", short="same", drop=3),
    Column("P better", short="better", drop=3),
)


def values(suite: Suite) -> ViewTable:
    """Return a row per table with the arms' values, their mean ranks, what is missing.

    The best value of a table has a star, unless all are alike. Without room the arms
    named last go first, once there are no rows and positives any more.
    """
    arms = len(suite.arms)
    columns = (
        Column("table", align="left", most=_MOST_NAME, least=10),
        Column("rows", drop=arms + 1),
        Column("positives", short="pos.", drop=arms),
        *(
            Column(f"{arm} ", most=18, least=7, drop=place)
            for place, arm in enumerate(suite.arms)
        ),
    )
    rows = [_row(str(n), row, suite) for n, row in enumerate(suite.tables)]
    if suite.mean_ranks:
        means = [figures.decimals(suite.mean_ranks.get(a), 2) for a in suite.arms]
        texts = ("mean rank", "", "", *(f"{text} " for text in means))
        rows.append(Row(MEANS, tuple(Cell(text, "bold") for text in texts)))
    return ViewTable(columns, tuple(rows), _missing(suite))


def _row(key: str, row: TableRow, suite: Suite) -> Row:
    metric = METRICS[suite.metric]
    known = {value for value in row.values.values() if value is not None}
    best = (min if metric.falls else max)(known) if len(known) > 1 else None
    positives = figures.NOTHING
    if row.positives is not None and row.rows:
        positives = figures.share(row.positives, row.rows)
    cells = [Cell(row.name), Cell(figures.count(row.rows)), Cell(positives)]
    for arm in suite.arms:
        value = row.values.get(arm)
        text = figures.decimals(value, metric.digits)
        wins = value is not None and value == best
        cells.append(Cell(text + BEST, "good") if wins else Cell(f"{text} "))
    return Row(key, tuple(cells))


def _missing(suite: Suite) -> tuple[str, ...]:
    texts = [
        f"{row.name} is left out: {row.error or row.status}"
        for row in suite.tables
        if all(value is None for value in row.values.values())
    ]
    for row in suite.tables:
        texts += [f"{row.name}: {arm} failed: {why}" for arm, why in row.failed.items()]
    return tuple(texts)


def friedman_text(suite: Suite) -> str:
    """Say what the Friedman test came to, in one sentence."""
    test = suite.friedman
    if test is None:
        return (
            "No Friedman test: it takes three arms and two tables on which all of them "
            "have a result."
        )
    f = "infinite" if test.f is None else f"{test.f:.2f}"
    verb = "differ" if test.f_p < LEVEL else "are not shown to differ"
    return (
        f"Friedman: the arms {verb} (chi-square {test.statistic:.2f}, "
        f"p {figures.p_value(test.p)}; Iman-Davenport F {f}, "
        f"p {figures.p_value(test.f_p)})."
    )


def against(suite: Suite) -> ViewTable:
    """Return a row per arm that is compared with the control."""
    digits = METRICS[suite.metric].digits
    rows = (_against(row, digits) for row in suite.against_control)
    return ViewTable(_AGAINST, tuple(rows))


def _against(row: Against, digits: int) -> Row:
    texts = (
        row.arm,
        str(row.wins),
        str(row.losses),
        f"{row.median_difference:+.{digits}f}".replace("-", "−"),
        figures.p_value(row.adjusted_p),
        *(f"{value:.2f}" for value in (row.worse, row.same, row.better)),
    )
    return Row(row.arm, tuple(map(Cell, texts)))
