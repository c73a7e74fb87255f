"""Messages between the app and its service child about a run's errors: JSON.

Every request names the run by its store and its id, and the arm that is looked at. Of
more than two classes all of it is about one class against the rest: `klass`, else the
rarest. A row of the class that is not called it is *missed*, one that is called it and
is another is a false *alarm*; *found* and *left* are the rows that the arm gets right.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from engine.core.messages import Answer, Order, Request
from engine.core.outcome import Confusion
from engine.core.subgroups import SubgroupGap

Kind: TypeAlias = Literal["missed", "alarms", "found", "left"]
KINDS: Final[tuple[Kind, ...]] = ("missed", "alarms", "found", "left")
Cell: TypeAlias = str | None
"""A cell as the file has it; None is missing."""


class RunRequest(Request, frozen=True, kw_only=True):
    """Base of the requests about a run.

    Parameters
    ----------
    store : str
        File that the runs are in; the default one when empty.
    run : str
        Id of the run.
    arm : str or None
        The first one on the board when None.
    at : str or None
        Operating point; that of the experiment when None.
    thresholds : dict of str to float
        Arms whose threshold was moved away from the point's; of two classes only.
    klass : str or None
        Class in focus of more than two.
    """

    store: str
    run: str
    arm: str | None = None
    at: str | None = None
    thresholds: dict[str, float] = msgspec.field(default_factory=dict)
    klass: str | None = msgspec.field(default=None, name="class")


class ErrorRows(RunRequest, frozen=True, tag="error-rows"):
    """Ask for test rows that an arm gets wrong, or right.

    Parameters
    ----------
    kind : {"missed", "alarms", "found", "left"}
    where : tuple of (str, str) or None
        A column and the level of it that the rows have; a level as `ErrorGroups` names
        it, or a cell as the file has it.
    against : str or None
        An arm that calls the rows otherwise than this one does.
    order : {"worst", "best"}
        Which come first: those whose score is the farthest on the wrong side, or for
        rows that the arm gets right, the surest; ``best`` is the other way about.
    sort : Order or None
        What they are sorted by in its place: 0 is a row's number, 1 its score, then
        the scores of the other arms, then the columns of the table.
    start, count : int
        Which of them, from 0; at most 500.
    """

    kind: Kind = "missed"
    where: tuple[str, str] | None = None
    against: str | None = None
    order: Literal["worst", "best"] = "worst"
    sort: Order | None = None
    start: int = 0
    count: int = 100


class ErrorGroups(RunRequest, frozen=True, tag="error-groups"):
    """Ask where an arm's misses are: by the levels of a column.

    Without a column only the ranking of the columns is answered.
    """

    column: str | None = None


class Importance(RunRequest, frozen=True, tag="importance"):
    """Ask which columns an arm's model relies on."""

    repeats: int = 5


class Contributions(RunRequest, frozen=True, kw_only=True, tag="contributions"):
    """Ask what made the score of a test row; `row` is its number in the table."""

    row: int


# Answers -----------------------------------------------------------------------------


class ArmPair(msgspec.Struct, frozen=True, kw_only=True):
    """Two arms on the same rows: those both call positive, one of them, or neither."""

    a: str
    b: str
    positives: tuple[int, int, int, int]
    """Positive rows: found by both, only by `a`, only by `b`, by neither."""
    negatives: tuple[int, int, int, int]
    """Negative rows: predicted positive by both, only `a`, only `b`, or neither."""


class ErrorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A test row.

    Parameters
    ----------
    number : int
        Its number in the table, from 1.
    cells : tuple of (str or None)
        In the order of the reply's columns, as the file has them.
    score : float
        The arm's.
    label, predicted : str
        Its class, and the class that the arm predicts.
    others : tuple of float
        Scores of the other arms, in the order of the reply's `others`.
    others_positive : tuple of bool
        Whether those predict it positive.
    """

    number: int
    cells: tuple[Cell, ...]
    score: float
    label: str
    predicted: str
    others: tuple[float, ...] = ()
    others_positive: tuple[bool, ...] = ()


class AnswerAt(Answer, frozen=True):
    """What is shown: arm, operating point and class, after what was open was chosen."""

    arm: str
    at: str
    klass: str = msgspec.field(name="class")


class RowsShown(AnswerAt, frozen=True, tag="error-rows"):
    """Some test rows of a kind, and how many there are.

    Parameters
    ----------
    kind
        As it was asked for.
    threshold : float or None
        The arm's; None of more than two classes.
    confusion : Confusion
        Counts of the arm on all test rows.
    columns : tuple of str
        Every column of the table.
    rows : tuple of ErrorRow
    start, total : int
        Number of the first row, and of all that were asked for.
    others : tuple of str
        The other arms with a result.
    pairs : tuple of ArmPair
        The arm with each other arm, and each arm with ``untreated``.
    level : str
        What the rows have in the column asked for.
    target : str
        The column of the class.
    """

    kind: Kind
    confusion: Confusion
    columns: tuple[str, ...]
    rows: tuple[ErrorRow, ...]
    start: int
    total: int
    threshold: float | None = None
    others: tuple[str, ...] = ()
    pairs: tuple[ArmPair, ...] = ()
    level: str = ""
    target: str = ""


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What an arm does on the test rows of one level.

    `recall_ci` and `alarm_rate_ci` are Wilson's 95 % intervals. It is `below` if the
    interval of the recall lies wholly below the recall of all rows.
    """

    level: str
    rows: int
    positives: int
    missed: int
    alarms: int
    recall: float | None = None
    recall_ci: tuple[float, float] | None = None
    alarm_rate: float | None = None
    alarm_rate_ci: tuple[float, float] | None = None
    below: bool = False


class Uneven(msgspec.Struct, frozen=True, kw_only=True):
    """How unevenly the misses are spread over the levels of a column.

    `p` is the chance of a spread so uneven if the same number of positives were missed
    at random; `adjusted_p` after Holm's correction over the columns. `level` has the
    most misses beyond what chance would give it: `missed` of its `positives`.
    """

    column: str
    p: float
    adjusted_p: float
    level: str
    missed: int
    positives: int


class GroupsShown(AnswerAt, frozen=True, tag="error-groups"):
    """Where the misses of an arm are.

    Parameters
    ----------
    column : str or None
    levels : tuple of Level
        Those with the most misses first.
    more : int
        Levels that are not shown.
    cut : str
        How a column of numbers was cut, if it was.
    overall : Level
        All test rows.
    gaps : tuple of SubgroupGap
        Between those levels; of a column of too many there are none.
    ranking : tuple of Uneven
        The columns with the most uneven misses first.
    columns : tuple of str
        Those that can be asked for.
    """

    overall: Level
    column: str | None = None
    levels: tuple[Level, ...] = ()
    more: int = 0
    cut: str = ""
    gaps: tuple[SubgroupGap, ...] = ()
    ranking: tuple[Uneven, ...] = ()
    columns: tuple[str, ...] = ()


class ColumnImportance(msgspec.Struct, frozen=True, kw_only=True):
    """What a column is worth to a model.

    `gain` is its share of what all splits gained on the training rows; None of a model
    that has none. `coefficients` are those of a linear model, by encoded column: log
    odds per standard deviation of a number, or of each level of a category. `drop` is
    by how much average precision falls on the test rows while the column is shuffled:
    mean and standard deviation `sd` over the repeats.
    """

    column: str
    gain: float | None = None
    drop: float | None = None
    sd: float | None = None
    coefficients: dict[str, float] = msgspec.field(default_factory=dict)

    @property
    def coefficient(self) -> float | None:
        """The coefficient that is farthest from 0; None if there is none."""
        return max(self.coefficients.values(), key=abs, default=None)


class ImportanceShown(Answer, frozen=True, tag="importance"):
    """The columns, those whose shuffling costs the most first.

    `average_precision` is that of the `rows` that were shuffled, of the `of` test rows.
    """

    arm: str
    klass: str = msgspec.field(name="class")
    columns: tuple[ColumnImportance, ...]
    average_precision: float | None
    rows: int
    of: int
    repeats: int
    notes: tuple[str, ...] = ()


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What a column adds to the log-odds of a row, and the row's cell of it."""

    column: str
    cell: Cell
    value: float


class ContributionsShown(AnswerAt, frozen=True, tag="contributions"):
    """What made the score of a row: `bias` and all parts add up to `margin`.

    Parameters
    ----------
    row : int
        Number of the row in the table.
    label, predicted : str
        Its class, and the class that the arm predicts.
    score : float
        The arm's.
    threshold : float or None
        At or above it a row is predicted positive; None of more than two classes.
    margin, bias : float
        Log-odds of the row, and what a row starts from.
    compared : bool
        Whether the margin is no log-odds, but is compared with those of other classes.
    parts : tuple of Contribution
        Those that move the score the most first.
    others : dict of str to float
        Scores of the other arms.
    """

    row: int
    label: str
    predicted: str
    score: float
    margin: float
    bias: float
    parts: tuple[Contribution, ...]
    threshold: float | None = None
    compared: bool = False
    others: dict[str, float] = msgspec.field(default_factory=dict)


Shown: TypeAlias = RowsShown | GroupsShown | ImportanceShown | ContributionsShown
