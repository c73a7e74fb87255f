"""The board, arms by what they miss, and their confusion matrices.

Two classes are the case of several in which the positive one alone is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.arm_result import ArmAtPoint, ArmResult
from engine.core.methods.grammar import method_name
from engine.core.outcome import ClassConfusion, ClassPoint, Confusion
from engine.core.views import Cell, Column, Look, Row, ViewTable

MOST_ARM: Final = 24
_MODEL: Final = Column("model", align="left", least=9, most=MOST_ARM)
ALWAYS: Final = 3
"""So many classes, the rarest, stand before the means over all of them."""
_LONG: Final = 4
"""Cells of a class's name that may be taken for a number, at most."""
MEANS: Final = ("macro recall", "macro F1")
MOVED: Final = "*"
_MORE: Final = "…"
_MOST_LABEL: Final = 9
_ARM: Final = (
    Column("arm", align="left", least=12, most=MOST_ARM),
    Column("missed (FN)", "missed"),
)
_POSITIVES: Final = (
    Column("recall (95 % CI)", "recall (95 %)", align="left", drop=3),
    Column("false alarms (FP)", "FP"),
    Column("precision", "prec.", drop=4),
)
AMOUNTS: Final = (
    Column("missed amount", "amount", drop=2),
    Column("amount found", "found", drop=5),
)
"""Of costs per row, what counts do not tell."""
_OF_ALL: Final = (Column(MEANS[0], "macro", drop=1), Column(MEANS[1], "F1", drop=2))
_SCORES: Final = (
    Column("AP", drop=6),
    Column("AP 95 % CI", "95 % CI", align="left", drop=9),
    Column("Brier", drop=7),
)
_THRESHOLD: Final = Column("threshold", "thresh.", drop=5)
_WEIGHTS: Final = Column("class weights", align="left", drop=8, most=16)
_SPENT: Final = (Column("trials", drop=11), Column("time", drop=10))
_OFTEN: Final = 0.25
"""From this share of its rows on a count of missed ones stands out most."""


class BoardLine(NamedTuple):
    """An arm on a board.

    Parameters
    ----------
    name : str
    model : str
        What learns; empty of an ensemble, which is its own model.
    at : ArmAtPoint or None
        Where it stands; None without a result there.
    test : mapping of str to float
        The scores that need no threshold.
    trials : int
    seconds : float
    marks : str, default=""
        What stands behind its name.
    stage : Cell, default=Cell("")
        What it is at without a result.
    moved : bool, default=False
        Whether its threshold is not that of the operating point.
    interval : (float, float) or None, default=None
        The 95 % interval of its average precision.
    """

    name: str
    model: str
    at: ArmAtPoint | None
    test: Mapping[str, float | None]
    trials: int
    seconds: float
    marks: str = ""
    stage: Cell = Cell("")
    moved: bool = False
    interval: tuple[float, float] | None = None

    @classmethod
    def of(cls, placed: ArmAtPoint) -> BoardLine:
        """Return the line of an arm with a result."""
        arm, marks = placed.arm, " ⚠" if placed.arm.repairs else ""
        spent = arm.search.trials, arm.seconds.total
        known = arm.average_precision_ci or None
        about = placed.name, learner(arm), placed, arm.test or {}
        return cls(*about, *spent, marks, interval=known)


def learner(arm: ArmResult) -> str:
    """Return what learns in an arm; nothing of an ensemble, which says it itself."""
    return "" if arm.kind == "ensemble" else arm.model


def board(
    lines: Sequence[BoardLine],
    classes: Sequence[str] = (),
    focus: str | None = None,
    most: int = 0,
) -> ViewTable:
    """Return a board of arms, in their order.

    Parameters
    ----------
    lines : sequence of BoardLine
    classes : sequence of str, default=()
        The rarest first, where a class is chosen out of more than two.
    focus : str or None, default=None
        The class whose rows are missed; always among those shown.
    most : int, default=0
        Classes whose recall is shown.

    Returns
    -------
    ViewTable
        With a column of models where there are several; an arm is called by its method
        then.
    """
    several = len({line.model for line in lines} - {""}) > 1
    shown = list(classes[: max(1, most)])
    if focus is not None and focus in classes and focus not in shown:
        shown[-1] = focus
    hidden = len(classes) - len(shown)
    by_row = any(has_amounts(line) for line in lines)
    amounts = AMOUNTS if by_row else ()
    columns = [*_ARM, *_POSITIVES, *amounts, *_SCORES, _THRESHOLD, *_SPENT]
    if classes:
        labels = [f"▸{name}" if name == focus else name for name in shown]
        titles = [figures.brief(label, _MOST_LABEL) for label in labels]
        # A name as short as a number does not say what the figures below it are.
        short = titles[0] if len(titles[0]) > _LONG else f"rec. {titles[0]}"
        recall = [Column(f"recall {titles[0]}", short), *map(Column, titles[1:])]
        recall += [Column(f"+{hidden} more", align="left")] if hidden else []
        columns = [*_ARM, *recall, *_OF_ALL, *_SCORES, _WEIGHTS, *_SPENT]
    blank = Cell(figures.NOTHING, "dim")
    blanks = [blank] * (len(columns) - len(_ARM) - len(_SPENT) - 1)
    rows = []
    for line in lines:
        called = method_name(line.name, line.model) if several else line.name
        name = Cell(f"{called}{line.marks}", "" if line.at else "dim")
        counts = [blank, line.stage, *blanks]
        if line.at is not None:
            counts = _counts(line, line.at, shown, classes, by_row)
        spent = figures.count(line.trials), figures.clock(line.seconds)
        model = [Cell(line.model or figures.NOTHING, "dim")] if several else []
        cells = [name, *model, *counts, *(Cell(text, "dim") for text in spent)]
        rows.append(Row(line.name, tuple(cells)))
    columns[1:1] = [_MODEL] if several else []
    made = ViewTable(tuple(columns), tuple(rows))
    known = any(line.interval for line in lines)
    return made if known else made.without(_SCORES[1].title)


def has_amounts(line: BoardLine) -> bool:
    """Tell whether an arm's missed positives have costs of their own."""
    return line.at is not None and line.at.point.metric("missed_amount") is not None


def _counts(
    line: BoardLine,
    arm: ArmAtPoint,
    shown: Sequence[str],
    classes: Sequence[str],
    by_row: bool,
) -> list[Cell]:
    """Return what is missed, found and falsely found, the scores, and what decides."""
    point = arm.point
    if isinstance(point, ClassPoint):
        metrics = (point.metric(name) for name in ("macro_recall", "macro_f1"))
        found = [
            *(figures.decimals(point.recall.get(label), 2) for label in shown),
            *([_MORE] if len(shown) < len(classes) else []),
            *(figures.decimals(value, 2) for value in metrics),
        ]
        decides = Cell(weights(point.weights, classes))
    else:
        recall = figures.decimals(arm.recall, 2)
        found = [
            f"{recall} {figures.interval(arm.recall_ci)}",
            figures.count(arm.alarms),
            figures.decimals(arm.precision, 2),
        ]
        if by_row:
            found += [
                figures.amount(point.metric("missed_amount")),
                figures.decimals(point.metric("amount_recall"), 2),
            ]
        threshold = figures.threshold(point.threshold)
        decides = (
            Cell(f"{MOVED}{threshold}", "chosen") if line.moved else Cell(threshold)
        )
    ranking, brier = (line.test.get(name) for name in ("average_precision", "brier"))
    found += [
        figures.decimals(ranking, 3),
        figures.interval(line.interval),
        figures.decimals(brier, 3),
    ]
    missed = Cell(figures.count(arm.missed), _missed_look(arm))
    cells = (Cell(text, "dim" if text == _MORE else "") for text in found)
    return [missed, *cells, decides]


def _missed_look(arm: ArmAtPoint) -> Look:
    """Return how a count of missed rows looks: by its share."""
    if not arm.missed:
        return ""
    return "missed" if arm.missed >= _OFTEN * arm.positives else "alarm"


def notices(repairs: Iterable[str], notes: Iterable[str]) -> list[Cell]:
    """Return what was adjusted and noticed of an arm, each behind its mark.

    Examples
    --------
    >>> [cell.text for cell in notices(["k 5 → 3", "k 5 → 2"], ["few rows"])]
    ['⚠ adjusted k 5 → 2–3', '· few rows']
    """
    adjusted = (f"⚠ adjusted {text}" for text in figures.merge_texts(repairs))
    noted = (f"· {text}" for text in figures.merge_texts(notes))
    return [
        *(Cell(text, "warn") for text in adjusted),
        *(Cell(text, "dim") for text in noted),
    ]


def weights(known: Mapping[str, float], order: Sequence[str]) -> str:
    """Write the weights of classes in an order, the smallest as 1.

    Only their ratios matter.

    Examples
    --------
    >>> weights({"a": 0.5, "b": 6.5}, ("b", "a")), weights({"a": 1, "b": 1}, ("b", "a"))
    ('13:1', 'equal')
    """
    values = [known[label] for label in order if label in known]
    least = min((value for value in values if value > 0), default=0.0)
    if not least:
        return figures.NOTHING
    parts = [value / least for value in values]
    if max(parts) - min(parts) < 1e-9:
        return "equal"
    return ":".join(map(figures.short, parts))


# Confusion matrices -------------------------------------------------------------------

MARK: Final = "▶"
_OF_TWO: Final = (("TN", "FP false alarms"), ("FN missed", "TP found"))


class MatrixCount(NamedTuple):
    """Rows of an actual class with one prediction, of the `total` rows of the class.

    `meaning` is what it is called of two classes; its first two letters say it, too.
    """

    actual: str
    predicted: str
    number: int
    total: int
    marked: bool
    meaning: str

    @property
    def right(self) -> bool:
        """Whether the prediction is right."""
        return self.actual == self.predicted

    @property
    def text(self) -> str:
        """The count and its share of the class."""
        share = figures.row_share(self.number, self.total)
        return f"{figures.count(self.number)} ({share})"


class ConfusionMatrix(NamedTuple):
    """Counts by actual class, then by predicted class, in the same order.

    The most frequent error of each actual class is marked; of two classes the missed
    positives.
    """

    title: str
    rows: tuple[tuple[MatrixCount, ...], ...]

    @property
    def labels(self) -> list[str]:
        """The classes."""
        return [row[0].actual for row in self.rows]

    def errors(self, focus: str | None = None) -> list[MatrixCount]:
        """Return the errors with a count, the worst first.

        Parameters
        ----------
        focus : str or None, default=None
            The class whose rows come first.

        Returns
        -------
        list of MatrixCount
            By count, then by the share of the class, then as the classes are listed.

        Examples
        --------
        >>> counts = ClassConfusion(labels=("a", "b"), matrix=((7, 1), (3, 2)))
        >>> [(n.actual, n.predicted, n.number)
        ...     for n in confusion_matrix("", counts).errors()]
        [('b', 'a', 3), ('a', 'b', 1)]
        """
        errors = (n for row in self.rows for n in row if n.number and not n.right)
        return sorted(
            errors, key=lambda n: (n.actual != focus, -n.number, -n.number / n.total)
        )


def confusion_matrix(
    title: str,
    counts: Confusion | ClassConfusion,
    labels: tuple[str, str] = ("negative", "positive"),
) -> ConfusionMatrix:
    """Return a matrix with its marks.

    Parameters
    ----------
    title : str
        Mostly the arm.
    counts : Confusion or ClassConfusion
    labels : tuple of str
        The negative and the positive class, where there are two.

    Examples
    --------
    >>> made = confusion_matrix("smote", Confusion(tn=9, fp=2, fn=0, tp=4))
    >>> [(n.number, n.meaning) for row in made.rows for n in row if n.marked]
    [(0, 'FN missed')]
    """
    if isinstance(counts, Confusion):
        matrix = ((counts.tn, counts.fp), (counts.fn, counts.tp))
        counts = ClassConfusion(labels=labels, matrix=matrix)
    names, two, rows = counts.labels, len(counts.labels) == 2, []
    for k, row in enumerate(counts.matrix):
        worst = max(n for m, n in enumerate(row) if m != k)
        cells = []
        for m, n in enumerate(row):
            marked = m != k and (k == 1 if two else n == worst > 0)
            meaning = _OF_TWO[k][m] if two else ""
            cells.append(MatrixCount(names[k], names[m], n, sum(row), marked, meaning))
        rows.append(tuple(cells))
    return ConfusionMatrix(title, tuple(rows))
