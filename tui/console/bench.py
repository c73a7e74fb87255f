"""Many tables as text: values, mean ranks, who is told apart, and what follows."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core import format as figures
from engine.core.views import Column
from engine.suite.values import CONTROL, METRICS, Against, Suite, TableRow
from tui.charts.base import MONO, Palette
from tui.charts.ranks import diagram_lines, rank_diagram
from tui.console.grid import grid, table
from tui.console.lines import Line, Span, line, marked, paint, wrap
from tui.console.style import PLAIN, Style

MOST_NAME = 28
BEST = "*"
_AGAINST = (
    Column("", align="left", most=24, least=8),
    Column("better on", short="won", drop=2),
    Column("worse on", short="lost", drop=2),
    Column("median difference", short="median", drop=1),
    Column("p (Holm)"),
    Column("P worse", short="worse", drop=3),
    Column("P same", short="same", drop=3),
    Column("P better", short="better", drop=3),
)


def render(suite: Suite, *, width: int, style: Style = PLAIN) -> str:
    """Return the document of the whole as text.

    Parameters
    ----------
    suite : Suite
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    title = METRICS[suite.metric].title
    lines: list[Line] = [
        line(" ", Span(title, "bold"), Span("  on the test rows; * is best", "dim")),
        (),
        *_values(suite, width),
        *_left_out(suite, width),
    ]
    if len(suite.mean_ranks) > 1:
        picture = rank_diagram(suite, width - 1, diagram_lines(suite), MONO)
        lines += [(), *(line(" ", text) for text in picture.split("\n"))]
        lines += [(), *wrap(tested(suite), width, first=" ")]
    if suite.against_control:
        lines += [(), *_against(suite, width)]
    lines += [(), *wrap(suite.verdict.headline, width, first=" ", look="bold")]
    lines += marked(suite.verdict.doubts, width, Span(" ! ", "warn"))
    return paint(lines, style, width)


def _values(suite: Suite, width: int) -> list[Line]:
    columns = [
        Column("table", align="left", most=MOST_NAME, least=10),
        Column("rows", drop=2),
        Column("positives", short="pos.", drop=1),
        *(Column(f"{arm} ", most=18, least=7) for arm in suite.arms),
    ]
    shown = [row for row in suite.tables if row.values]
    rows = [_cells(row, suite) for row in shown]
    if suite.mean_ranks:
        means = [figures.decimals(suite.mean_ranks.get(a), 2) for a in suite.arms]
        texts = ("mean rank", "", "", *(f"{text} " for text in means))
        rows.append([Span(text, "bold") for text in texts])
    if not rows:
        return [line(" ", Span("no table has a result", "dim"))]
    return table(columns, rows, width)


def _cells(row: TableRow, suite: Suite) -> list[Span]:
    best = best_of(row, suite)
    positives = figures.NOTHING
    if row.positives is not None and row.rows:
        positives = figures.share(row.positives, row.rows)
    cells = [Span(row.name), Span(figures.count(row.rows)), Span(positives)]
    for arm in suite.arms:
        text = value_text(row.values, arm, suite)
        cells.append(Span(text + BEST, "good") if arm in best else Span(text + " "))
    return cells


def best_of(row: TableRow, suite: Suite) -> frozenset[str]:
    """Return the arms of the best value on a table; none where all are alike."""
    known = {arm: value for arm, value in row.values.items() if value is not None}
    if len(set(known.values())) < 2:
        return frozenset()
    falls = METRICS[suite.metric].falls
    best = min(known.values()) if falls else max(known.values())
    return frozenset(arm for arm, value in known.items() if value == best)


def value_text(values: Mapping[str, float | None], arm: str, suite: Suite) -> str:
    """Write an arm's value; ``failed`` or a dash where it has none."""
    return figures.decimals(values.get(arm), METRICS[suite.metric].digits)


def tested(suite: Suite) -> str:
    """Say what the Friedman test came to, in one sentence."""
    found = suite.friedman
    if found is None:
        return (
            "No Friedman test: it takes three arms and two tables on which all of them "
            "have a result."
        )
    f = "infinite" if found.f is None else f"{found.f:.2f}"
    said = "differ" if found.f_p < 0.05 else "are not shown to differ"
    return (
        f"Friedman: the arms {said} (chi-square {found.statistic:.2f}, "
        f"p {figures.p_value(found.p)}; Iman-Davenport F {f}, "
        f"p {figures.p_value(found.f_p)})."
    )


def against_table(suite: Suite, width: int, height: int, palette: Palette) -> str:
    """Draw the arms against the control as a table, for a widget.

    Parameters
    ----------
    suite : Suite
    width, height : int
        Room in cells and lines.
    palette : Palette
        Decides whether its heading stands out.

    Returns
    -------
    str
        Empty if no arm is compared.
    """
    if not suite.against_control or width <= 0:
        return ""
    style = Style(color=not palette.plain)
    return paint(_against(suite, width)[: max(0, height)], style, width)


def _against(suite: Suite, width: int) -> list[Line]:
    rows = [
        [Span(text) for text in _against_cells(one, suite)]
        for one in suite.against_control
    ]
    head = line(
        " ",
        Span(f"against {CONTROL}", "bold"),
        Span("  worse, same, better: how likely on another table", "dim"),
    )
    return [head, *grid(_AGAINST, rows, width)[0]]


def _against_cells(one: Against, suite: Suite) -> list[str]:
    digits = METRICS[suite.metric].digits
    return [
        one.arm,
        str(one.wins),
        str(one.losses),
        f"{one.median_difference:+.{digits}f}".replace("-", "−"),
        figures.p_value(one.adjusted_p),
        *(f"{value:.2f}" for value in (one.worse, one.same, one.better)),
    ]


def _left_out(suite: Suite, width: int) -> list[Line]:
    texts = [
        f"{row.name} is left out: {row.error or row.status}"
        for row in suite.tables
        if all(value is None for value in row.values.values())
    ]
    for row in suite.tables:
        texts += [f"{row.name}: {arm} failed: {why}" for arm, why in row.failed.items()]
    return [(), *marked(texts, width, Span(" ✗ ", "bad"))] if texts else []
