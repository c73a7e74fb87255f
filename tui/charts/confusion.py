"""Confusion matrices as rectangles shaded by their share of the row.

Of more than eight classes, the worst confusions as a table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.core import format as figures
from engine.core.outcome import Confusion
from engine.core.views.board import MARK, ConfusionMatrix, MatrixCount, confusion_matrix
from tui.charts.bars import SHADES
from tui.charts.base import Palette, message
from tui.terminal.safe_text import cells, clip, pad

# Side by side -------------------------------------------------------------------------

MOST_CLASSES = 8
"""From more classes on, a table says more than a picture."""
_GOOD_CELL = 8
"""Cells of a rectangle from which on one more matrix may stand beside."""
_SHORT = 90
"""Cells of a line below which the words before names are short."""
_MOST_LABEL = 12
BETWEEN = 3
_FOCUS = "▸"


class Beside(NamedTuple):
    """Matrices side by side, how many are shown, and the cells of a rectangle."""

    text: str
    shown: int
    cell: int = 0


def confusion(
    tn: int,
    fp: int,
    fn: int,
    tp: int,
    labels: tuple[str, str],
    width: int,
    height: int,
    palette: Palette,
    title: str = "",
) -> str:
    """Draw one matrix of a negative and a positive class."""
    counts = Confusion(tn=tn, fp=fp, fn=fn, tp=tp)
    one = confusion_matrix(title, counts, labels)
    return multiclass_row([one], width, height, palette).text


def multiclass_row(
    items: Sequence[ConfusionMatrix],
    width: int,
    height: int,
    palette: Palette,
    focus: str | None = None,
) -> Beside:
    """Draw as many matrices of up to eight classes side by side as there is room for.

    Parameters
    ----------
    items : sequence of ConfusionMatrix
        In the order to show them; all of the same classes.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    focus : str or None, default=None
        The class whose name is marked, of more than two.

    Returns
    -------
    Beside
        `shown` is how many of the items are in `text`, at least 1 unless there is only
        a message.
    """
    if not items:
        return Beside(message("No matrix yet.", width, height), 0)
    labels = items[0].labels
    many, two = len(labels), len(labels) == 2
    if many > MOST_CLASSES:
        text = f"{many} classes are too many for a picture: see the table."
        return Beside(message(text, width, height), 0)
    if not any(count.number for one in items for row in one.rows for count in row):
        return Beside(message("No test rows.", width, height), 0)
    names = [f"{_FOCUS}{label}" if label == focus else label for label in labels]
    room = min(_MOST_LABEL, max(6, width // 6))
    if two:
        names, room = _distinct(labels), len("actual ") + _MOST_LABEL
    word = ACTUAL[width < _SHORT]
    head = max(cells(clip(f"{word} {name}", room)) for name in names) + 1
    least = head + many * (_GOOD_CELL + 1) - 1
    beside = max(1, min(len(items), (width + BETWEEN) // (least + BETWEEN)))
    shape = _fit(head, many, (width - BETWEEN * (beside - 1)) // beside, height)
    if shape is None:
        text = f"Too small for a matrix{'' if two else ': see the table'}."
        return Beside(message(text, width, height), 0)
    if not two:
        names = [clip(name, max(shape.cell, shape.head)) for name in names]
    blocks = [
        _grid(one.title, names, one.rows, shape, palette) for one in items[:beside]
    ]
    lines = [(" " * BETWEEN).join(parts) for parts in zip(*blocks, strict=True)]
    text = "\n".join(line.rstrip() for line in lines)
    return Beside(text, len(blocks), shape.cell)


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return labels short enough for a head, and still different."""
    negative, positive = (clip(label, _MOST_LABEL) for label in labels)
    return ["negative", "positive"] if negative == positive else [negative, positive]


# One matrix ---------------------------------------------------------------------------

_LEAST_CELL, _MOST_CELL = 7, 22
_MOST_LINES = 5
_HATCHES = " ·╱╳"
"""Of what is wrong, by its share: others than of what is right."""
_MOST_MEANING = len("FP false alarms")
ACTUAL, PREDICTED = ("actual", "act."), ("predicted", "pred.")
"""Words before the names of rows and columns, and short ones."""


class MatrixShape(NamedTuple):
    """What all cells of a picture have in common.

    `title` is whether there is a line for it, `head` the cells before a row, `cell`
    and `lines` the size of a rectangle, `gap` whether there is air between rows.
    """

    title: int
    head: int
    cell: int
    lines: int
    gap: int

    def width(self, classes: int) -> int:
        """Return the cells of one matrix."""
        return self.head + classes * (self.cell + 1) - 1


def _fit(head: int, classes: int, width: int, height: int) -> MatrixShape | None:
    """Return the greatest shape that fits, or None.

    Parameters
    ----------
    head : int
        Cells that the names of the rows want, and a blank.
    classes : int
        Rows and columns of the matrix.
    width, height : int
        Room in cells and lines.

    Returns
    -------
    MatrixShape or None
    """
    if classes == 2:
        # A narrow screen cuts names rather than counts.
        head = max(4, min(head, width + 1 - 2 * (_LEAST_CELL + 1)))
    cell = min(_MOST_CELL, (width + 1 - head) // classes - 1)
    if cell < _LEAST_CELL or height < 1 + classes:
        return None
    high = (height - 2) // classes
    # Of more than two classes also where it takes no line from the rectangles.
    free = classes > 2 and high == (height - 1) // classes > 0
    title = int(high >= 2 or free)
    room = height - 1 - title
    gap = int(room >= 4 * classes - 1)
    lines = min(_MOST_LINES, (room - gap * (classes - 1)) // classes)
    return MatrixShape(title, head, cell, lines, gap)


def _grid(
    title: str,
    names: Sequence[str],
    rows: Sequence[Sequence[MatrixCount]],
    shape: MatrixShape,
    palette: Palette,
) -> list[str]:
    """Draw a matrix as lines of one width.

    Parameters
    ----------
    title : str
        What stands above, or in the corner where there is no line for it.
    names : sequence of str
        The classes.
    rows : sequence of sequence of MatrixCount
        One per actual class.
    shape : MatrixShape
        Sizes.
    palette : Palette
        Colours; without backgrounds in it, shades are made of characters.

    Returns
    -------
    list of str
    """
    paint = palette.paint
    width = shape.width(len(names))
    across = _heads(PREDICTED, names, shape.cell, shape)
    down = _heads(ACTUAL, names, shape.head - 1, shape)
    corner, lines = title, []
    if shape.title:
        corner = ACTUAL[0] if down == [*names] else ""
        lines.append(_title(title, across == [*names], width, shape, palette))
    lines.append(_top(corner, across, names[0], shape, palette))
    middle = (shape.lines - 1) // 2
    for place, (head, row) in enumerate(zip(down, rows, strict=True)):
        if place and shape.gap:
            lines.append(" " * width)
        drawn = [_rectangle(cell, shape, palette) for cell in row]
        for line in range(shape.lines):
            text = pad(clip(head if line == middle else "", shape.head - 1), shape.head)
            shown = " ".join(part[line] for part in drawn)
            lines.append(paint(text, palette.muted) + shown)
    return lines


def _heads(
    words: Sequence[str], names: Sequence[str], room: int, shape: MatrixShape
) -> list[str]:
    """Return names behind a word; alone where it stands above, as it fits no head."""
    long = [f"{words[0]} {name}" for name in names]
    if max(map(cells, long)) <= room:
        return long
    if shape.title:
        return [*names]
    short = [f"{words[1]} {name}" for name in names]
    each = zip(names, short, long, strict=True)
    return [[t for t in some if t is some[0] or cells(t) <= room][-1] for some in each]


def _title(
    title: str, named: bool, width: int, shape: MatrixShape, palette: Palette
) -> str:
    """Return the line above a matrix, with what its columns are if `named`."""
    word = PREDICTED[0] if named else ""
    title = clip(title, width - cells(word) - 2 * named)
    middle = shape.head + (width - shape.head - cells(word)) // 2
    start = max(middle, cells(title) + 2) if named else width
    head = palette.paint(pad(title, start), bold=True)
    return head + palette.paint(pad(word, width - start), palette.muted)


def _top(
    corner: str, heads: list[str], name: str, shape: MatrixShape, palette: Palette
) -> str:
    """Return the heads of the columns, and what stands in the corner.

    What is too long for the corner takes the blanks before the first head as well.
    """
    first, room = pad(heads[0], shape.cell, "center"), shape.head
    if cells(corner) > room - 1:
        first = clip(name, shape.cell)
        room += shape.cell - cells(first)
    rest = (pad(head, shape.cell, "center") for head in heads[1:])
    muted = palette.muted if shape.title else None
    top = palette.paint(pad(clip(corner, room - 1), room), muted, bold=not shape.title)
    return top + " ".join(palette.paint(text, palette.muted) for text in (first, *rest))


def _rectangle(cell: MatrixCount, shape: MatrixShape, palette: Palette) -> list[str]:
    """Return the lines of one cell: count, share of the row, meaning."""
    mark = f"{MARK} " * cell.marked
    count = _count(cell.number, shape.cell - 2 * cell.marked)
    share = figures.row_share(cell.number, cell.total)
    whole = shape.cell >= _MOST_MEANING
    texts = [count, share, cell.meaning if whole else cell.meaning[:2]]
    if shape.lines == 1:
        both = f"{count}  {share}"
        texts = [both if len(mark + both) <= shape.cell else count]
    elif shape.lines == 2:
        texts = [count, share]
    texts = [text for text in texts if text]
    above = (shape.lines - len(texts)) // 2
    texts = [""] * above + texts + [""] * (shape.lines - above - len(texts))
    part = cell.number / cell.total if cell.total else 0.0
    lines = []
    for place, text in enumerate(texts):
        first = place == above
        bold = bool(cell.number) and first and (bool(mark) or shape.lines > 1)
        line = _centred(text, shape.cell, mark if first else "")
        if palette.right:
            ramp = palette.right if cell.right else palette.wrong
            back = ramp[math.ceil(part * (len(ramp) - 1))]
            lines.append(palette.paint(line, back=back, bold=bold))
        else:
            lines.append(_shade(line, part, cell.right, bold, palette))
    return lines


def _centred(text: str, width: int, mark: str) -> str:
    """Return a text in the middle of a line, and before it a mark that moves nothing.

    Examples
    --------
    >>> _centred("8", 8, ""), _centred("1", 8, "> "), _centred("12,345", 8, "> ")
    ('   8    ', ' > 1    ', '> 12,345')
    """
    line = pad(text, width, "center")
    start = len(line) - len(line.lstrip()) - len(mark)
    if not mark or start < 0:
        return pad(mark + text, width, "center")
    return f"{line[:start]}{mark}{line[start + len(mark) :]}"


def _shade(line: str, part: float, right: bool, bold: bool, palette: Palette) -> str:
    """Return one line of a cell that is shaded by characters, but for its text."""
    shades = SHADES[:-1] if right else _HATCHES
    shade = shades[math.ceil(part * (len(shades) - 1))]
    colour = palette.majority if right else palette.accent
    text = line.strip()
    if not text:
        return palette.paint(shade * len(line), colour)
    start = line.index(text)
    end = len(line) - start - len(text)
    left = palette.paint(shade * (start - 1), colour) + " " * (start > 0)
    rest = " " * (end > 0) + palette.paint(shade * (end - 1), colour)
    return left + palette.paint(text, bold=bold) + rest


def _count(count: int, room: int) -> str:
    """Return a count, shortened where it is too long."""
    text = figures.count(count)
    for unit in ("k", "M", "G", "T"):
        if len(text) <= room:
            break
        count = round(count / 1000)
        text = f"{count:,}{unit}"
    return text


# As a table ---------------------------------------------------------------------------

_MOST_PAIRED = 18
_MOST_ARM = 12
_NUMBER = 13
"""Cells of ``1,234 (34 %)``."""
_GAP = "  "
_AXES = "actual → predicted"
_LEAST_WIDTH, _LEAST_LINES = cells(_AXES) + len(_GAP) + _NUMBER, 3


def worst(
    items: Sequence[ConfusionMatrix],
    width: int,
    height: int,
    palette: Palette,
    *,
    focus: str | None = None,
    focused: str | None = None,
) -> str:
    """Draw the worst confusions of one arm, and the same of the others beside them.

    Parameters
    ----------
    items : sequence of ConfusionMatrix
        Of each arm, in the order to show them.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    focus : str or None, default=None
        The class whose rows come first, marked.
    focused : str or None, default=None
        The arm whose confusions are listed; the first one when None.

    Returns
    -------
    str
    """
    if not items:
        return message("No matrix yet.", width, height)
    if width < _LEAST_WIDTH or height < _LEAST_LINES:
        return message("Too small for a table.", width, height)
    names = [one.title for one in items]
    place = names.index(focused) if focused in names else 0
    order = [items[place], *items[:place], *items[place + 1 :]]
    if not (listed := order[0].errors(focus)):
        name = clip(order[0].title, _MOST_ARM)
        return message(f"{name}: no two classes are confused.", width, height)
    room = min(_MOST_PAIRED, max(6, (width - _NUMBER) // 2 - 6))
    words = [_words(pair, focus, room) for pair in listed]
    head = max(map(cells, [_AXES, *words]))
    shown = order[: max(1, (width - head) // (_NUMBER + len(_GAP)))]
    titles = [one.title for one in shown]
    titles[0] = f"{_FOCUS} {titles[0]}" if len(order) > 1 else titles[0]
    top = [pad(_AXES, head), *(pad(t, _NUMBER, "right") for t in titles)]
    out = [palette.paint(_GAP.join(top), bold=True)]
    lines, labels = max(1, height - 2), items[0].labels
    for pair, text in zip(listed[:lines], words, strict=False):
        k, m = labels.index(pair.actual), labels.index(pair.predicted)
        numbers = [pad(one.rows[k][m].text, _NUMBER, "right") for one in shown]
        numbers[0] = palette.paint(numbers[0], bold=True)
        out.append(_GAP.join([pad(text, head), *numbers]))
    left, hidden = len(listed) - lines, len(order) - len(shown)
    rest = [f"{left} rarer confusions"] if left > 0 else []
    rest += [f"{figures.plural(hidden, 'arm')} not shown"] if hidden else []
    if rest:
        out.append(palette.paint(clip(f"and {', '.join(rest)}", width), palette.muted))
    return "\n".join(out[:height])


def _words(pair: MatrixCount, focus: str | None, room: int) -> str:
    mark = _FOCUS if pair.actual == focus else " "
    return f"{mark}{clip(pair.actual, room)} → {clip(pair.predicted, room)}"
