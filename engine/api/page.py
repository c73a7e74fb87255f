"""A result as text and as HTML for a notebook's page.

The HTML has no script and no style sheet; its colours suit a light and a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from engine.api.html import NUMBER, div, rows, said
from engine.core import format as figures
from engine.core.curve import CURVES, Curve
from engine.core.outcome import Scored
from engine.core.result import Result as Document
from engine.core.views import Column, ViewTable
from engine.core.views.board import BoardLine, board, confusion_matrix, notices
from engine.core.views.calibration import LABELS, select_arms
from engine.core.views.report import parts
from engine.core.views.verdict import lead
from engine.core.visible import visible

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS: Final = 20
_MOST_POINTS: Final = 120
_COLORS: Final = ("#3b82c4", "#d9822b", "#2a9d6f", "#c2558f", "#8a7fd1", "#a58a2b")
_DASHES: Final = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 4")
_MISSED: Final = "#d1495b"
_WIDTH, _HEIGHT = 360, 240
_LEFT, _BOTTOM = 44, 34


# Text ---------------------------------------------------------------------------------


def text(result: Document) -> str:
    """Return a result as plain text: the verdict, its doubts, and the board."""
    made = [_title(result)]
    if (found := lead(result)) is not None:
        made += [f"{found.title}: {found.use}", *_by_model(result)]
        made += [f"? {doubt.text}" for doubt in found.doubts]
    table = _board(result)
    lines = aligned(table) if table.rows else ["no arm has a result"]
    return "\n".join([*made, "", *lines])


def aligned(table: ViewTable) -> list[str]:
    """Return a table as lines of text, its heading first."""
    cells = [[column.title for column in table.columns]]
    cells += [[visible(cell.text) for cell in row.cells] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            word.ljust(width) if column.align == "left" else word.rjust(width)
            for word, width, column in zip(row, widths, table.columns, strict=True)
        ).rstrip()
        for row in cells
    ]


def _by_model(result: Document) -> list[str]:
    """Return the verdict of each of several models in a line."""
    final = result.verdict
    return [f"{m.model}: {m.recommendation}" for m in (final.by_model if final else ())]


def _title(result: Document) -> str:
    name = "" if result.dataset is None else f"{result.dataset.target} · "
    rows = result.test_rows_text()
    return f"{name}{result.status}{f' · {rows}' if rows else ''}"


def _board(result: Document) -> ViewTable:
    """Return the board at the experiment's operating point."""
    placed = result.at_point(result.select_point(None))
    classes = result.classes
    lines = [BoardLine.of(arm) for arm in placed]
    table = board(lines, classes, result.rarest, len(classes[:3]))
    return table.without("trials", "time")


# HTML ---------------------------------------------------------------------------------


def html(result: Document) -> str:
    """Return a result as HTML: verdict, board, the chosen matrix, one curve."""
    made = [f"<small>{said(_title(result))}</small>"]
    if (found := lead(result)) is not None:
        made.append(f"<strong>{said(found.title)}</strong>")
        made += map(said, (found.use, *_by_model(result)))
        made += [
            f'<span style="opacity:0.75">? {said(one.text)}</span>'
            for one in found.doubts[:3]
        ]
    if result.error is not None:
        made.append(said(f"{result.error.message}. {result.error.fix}"))
    table = _board(result)
    if table.rows:
        made.append(_table(result, table))
        made += [_about(result), _pictures(result)]
    return div(*filter(None, made))


def _about(result: Document) -> str:
    """Say what was adjusted and what failed."""
    lines = [
        f"{arm.name}: {cell.text}"
        for arm in result.arms
        for cell in notices(arm.repairs, ())
    ]
    lines += [f"{a.name} ✗ {a.error.message}" for a in result.arms if a.error]
    return "".join(f'<div style="opacity:0.75">{said(one)}</div>' for one in lines)


def _table(result: Document, table: ViewTable) -> str:
    titles = [(c.title, "" if c.align == "left" else NUMBER) for c in table.columns]
    chosen = result.choice.arm if result.choice else ""
    marks = ("▸ " if row.key == chosen else "" for row in table.rows)
    cells = (
        [
            f"{mark}{visible(row.cells[0].text)}",
            *(visible(c.text) for c in row.cells[1:]),
        ]
        for mark, row in zip(marks, table.rows, strict=True)
    )
    at = said(result.point_label(result.select_point(None)))
    return f'<div style="margin-top:0.5em">at {at}</div>{rows(titles, cells)}'


def _pictures(result: Document) -> str:
    """Return the matrix of what is recommended, and the precision-recall curve."""
    made = []
    if (choice := result.choice) is not None and choice.confusion is not None:
        labels = result.negative, result.positive
        drawn = confusion_matrix(choice.arm, choice.confusion, labels)
        if len(drawn.rows) <= 4:
            head = [("actual", ""), *((f"predicted {n}", NUMBER) for n in drawn.labels)]
            body = (
                [visible(row[0].actual), *(cell.text for cell in row)]
                for row in drawn.rows
            )
            title = f"{choice.arm} at {result.point_label(choice.at)}"
            made.append(f"<div>{said(title)}{rows(head, body)}</div>")
    scored = result.scored(result.rarest)
    if scored and any(one.sweep for one in scored.values()):
        kept = {name: scored[name] for name in select_arms(scored, *_chosen(result))}
        of = f": {result.rarest} against the rest" if result.rarest else ""
        title = f"{LABELS['pr'].title}{of}"
        made.append(curves(title, CURVES["pr"], kept, _sizes(kept)))
    inside = "".join(made)
    return f'<div style="display:flex;flex-wrap:wrap;gap:2em">{inside}</div>'


def _chosen(result: Document) -> list[str]:
    return [result.choice.arm] if result.choice else []


def _sizes(scored: Mapping[str, Scored]) -> tuple[int, int]:
    counts = next(iter(scored.values())).operating_points[0].confusion
    return counts.fn + counts.tp, counts.fp + counts.tn


def frame(title: str, data: pd.DataFrame) -> str:
    """Return the first rows of a frame, with its title."""
    shown = data.head(_MOST_ROWS)
    numeric = [data[name].dtype.kind in "iuf" for name in data.columns]
    titles = [
        (str(name), NUMBER if number else "")
        for name, number in zip(data.columns, numeric, strict=True)
    ]
    cells = ([_cell(value) for value in row] for row in shown.itertuples(index=False))
    more = len(data) - len(shown)
    rest = f"<small>and {more:,} rows more: frame() has them</small>" if more else ""
    return div(f"<strong>{said(title)}</strong>", rows(titles, cells), rest)


def views(lead: Iterable[str], tables: Iterable[ViewTable]) -> str:
    """Return lines of text and tables; the first line stands out."""
    first, *others = map(said, lead)
    made = [f"<strong>{first}</strong>", *others]
    for table in tables:
        cells = [[visible(cell.text) for cell in row.cells] for row in table.rows]
        title = "".join(cell.text for cell in table.title)
        made += _titled(title, table.columns, cells, table.notes)
    return div(*made)


def page_tables(title: str, tables: Iterable[parts.PageTable]) -> str:
    """Return tables of the report below a title."""
    made = [f"<strong>{said(title)}</strong>"]
    for table in tables:
        cells = [[visible(parts.text(c.spans)) for c in row] for row in table.rows]
        note = [parts.text(table.note)] if table.note else []
        made += _titled(table.title, table.columns, cells, note)
    return div(*made)


def _titled(
    title: str,
    columns: Iterable[Column],
    cells: Iterable[list[str]],
    notes: Iterable[str],
) -> Iterable[str]:
    if title:
        yield said(title)
    titles = [(c.title, "" if c.align == "left" else NUMBER) for c in columns]
    yield rows(titles, cells)
    yield from (f"<small>{said(note)}</small>" for note in notes)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return figures.NOTHING if value != value else f"{value:.4g}"
    return figures.NOTHING if value is None else visible(str(value))


def matrix(title: str, data: pd.DataFrame) -> str:
    """Return a confusion matrix with the share of each actual class."""
    names = list(data.columns[1:])
    head = [("actual", ""), *((str(name), NUMBER) for name in names)]
    body = []
    for row in data.itertuples(index=False):
        actual, *counts = row
        total = sum(counts) or 1
        cells = [f"{n:,} ({figures.row_share(n, total)})" for n in counts]
        body.append([visible(str(actual)), *cells])
    return div(f"<strong>{said(title)}</strong>", rows(head, body))


# Curves -------------------------------------------------------------------------------


def curves(
    title: str, form: Curve, scored: Mapping[str, Scored], sizes: tuple[int, int]
) -> str:
    """Return the curves of arms as inline SVG with a legend."""
    drawn = {
        name: [(p.x, p.y) for p in form.points(one.sweep, *sizes)]
        for name, one in scored.items()
    }
    most_x = max((x for points in drawn.values() for x, _ in points), default=1.0)
    most_y = max((y for points in drawn.values() for _, y in points), default=1.0)
    lines, keys = [], []
    for place, (name, points) in enumerate(drawn.items()):
        color = _COLORS[place % len(_COLORS)]
        dash = _DASHES[place // len(_COLORS) % len(_DASHES)]
        style = f'stroke="{color}" stroke-dasharray="{dash}"'
        path = " ".join(
            f"{_LEFT + x / most_x * (_WIDTH - _LEFT - 8):.1f},"
            f"{_HEIGHT - _BOTTOM - y / most_y * (_HEIGHT - _BOTTOM - 8):.1f}"
            for x, y in _thin(points)
        )
        lines.append(
            f'<polyline fill="none" stroke-width="1.6" {style} points="{path}"/>'
        )
        keys.append(
            f'<span style="white-space:nowrap"><svg width="22" height="8">'
            f'<line x1="0" y1="4" x2="22" y2="4" stroke-width="2" {style}/></svg> '
            f"{said(name)}</span>"
        )
    legend = " &nbsp; ".join(keys)
    picture = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'role="img" aria-label="{escape(visible(title), quote=True)}">'
        f"{_axes(form, most_x, most_y)}{''.join(lines)}</svg>"
    )
    width = f'style="max-width:{_WIDTH + 60}px"'
    head = f"<strong>{said(title)}</strong>"
    return f"<div {width}>{div(head, picture, f'<small>{legend}</small>')}</div>"


def _axes(form: Curve, most_x: float, most_y: float) -> str:
    """Return the frame of a chart, with the ends of both scales."""
    right, top, bottom = _WIDTH - 8, 8, _HEIGHT - _BOTTOM
    x, y = (name.replace("_", " ") for name in (form.x, form.y))
    texts = (
        (_LEFT, bottom + 13, "start", "0"),
        (right, bottom + 13, "end", f"{most_x:.3g}"),
        ((_LEFT + right) / 2, bottom + 26, "middle", x),
        (_LEFT - 4, bottom, "end", "0"),
        (_LEFT - 4, top + 8, "end", f"{most_y:.3g}"),
    )
    words = "".join(
        f'<text x="{px:.0f}" y="{py:.0f}" text-anchor="{anchor}">{escape(word)}</text>'
        for px, py, anchor, word in texts
    )
    turned = (
        f'<text transform="translate(12 {(top + bottom) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(y)}</text>'
    )
    frame = (
        f'<path d="M{_LEFT} {top}V{bottom}H{right}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.5"/>'
    )
    return f'{frame}<g font-size="11" fill="currentColor">{words}{turned}</g>'


def _thin(points: Sequence[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    """Return as many points as can be seen, the first and the last among them."""
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[:-1:step], *points[-1:]]
