"""Messages between the app and its service child, and about a bundle: small, JSON."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.core.events import Advice, Reader, Sampled
from engine.core.experiment import DataSpec, ReadSpec, SplitSpec
from engine.core.exports import ExportRequest, Planned
from engine.core.exports import Written as Export
from engine.core.suite import Suite
from engine.core.validation import Validation

Order: TypeAlias = tuple[int, bool]
"""Place of the column that rows are sorted by, and whether the largest come first."""


class Request(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="request", omit_defaults=True
):
    """Base of the requests; `id` comes back in every reply to it."""

    id: int


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="reply"):
    """Base of the replies; `id` is that of the request, 0 if unasked."""

    id: int = 0


class Answer(Reply, frozen=True):
    """Base of the replies that are the last one to their request."""


# Requests -----------------------------------------------------------------------------


class Validate(msgspec.Struct, frozen=True, kw_only=True):
    """Labelled rows to validate a bundle on.

    Parameters
    ----------
    bundle, data : str
        Folder or zip; a table, ``-`` or ``sample:NAME``.
    at : str or None
        The operating point that is looked at; the bundle's own choice when None.
    width : float
        Half width that intervals are wanted to have, in (0, 0.5).
    keep_equal : bool
        Whether rows that are equal to training rows count.
    coerce : bool
        Whether cells of the wrong kind are read as missing.
    output : str or None
        A .html or .md for the report; none when None.
    overwrite : bool
    read : ReadSpec
        How the table is read; what is not said is found out.
    """

    bundle: str
    data: str
    at: str | None = None
    width: float = 0.05
    keep_equal: bool = False
    coerce: bool = False
    output: str | None = None
    overwrite: bool = False
    read: ReadSpec = ReadSpec()


class Load(Request, frozen=True, tag="load"):
    """Read a table (or describe the one already read again) with these choices.

    Parameters
    ----------
    source : str
        A path or ``sample:NAME``; the same source is not read twice.
    target, positive : str or None
        Guessed when None; a target that cannot be guessed is no error here.
    group : str or None
        Column whose equal values stay on one side of the split.
    weight, thin, drop, keep, subgroups, kinds, mute, test_source, read
        As in `engine.core.experiment.DataSpec`.
    test_size, stratify, time, by, duplicates, seed
        The hold-out, as in `engine.core.experiment.SplitSpec`.
    """

    source: str
    target: str | None = None
    positive: str | None = None
    group: str | None = None
    weight: str | msgspec.UnsetType | None = msgspec.UNSET
    thin: int | msgspec.UnsetType | None = msgspec.UNSET
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    subgroups: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET
    kinds: dict[str, str] = {}
    mute: tuple[str, ...] = ()
    test_source: str | None = None
    read: ReadSpec = ReadSpec()
    test_size: float = 0.2
    stratify: bool = True
    time: str | None = None
    by: str | None = None
    duplicates: Literal["together", "apart"] = "together"
    seed: int = 42

    @property
    def data(self) -> DataSpec:
        """The table and its columns, as an experiment says it."""
        return DataSpec(**{f: getattr(self, f) for f in DataSpec.__struct_fields__})

    @property
    def split(self) -> SplitSpec:
        """The hold-out, as an experiment says it."""
        return SplitSpec(**{f: getattr(self, f) for f in SplitSpec.__struct_fields__})


class Cancel(Request, frozen=True, tag="cancel"):
    """End the request of this id, if it is not answered yet; nothing answers this."""


class Look(Request, frozen=True, tag="look"):
    """Ask for the first rows of a file, read in an instant; nothing is kept."""

    source: str
    read: ReadSpec = ReadSpec()
    rows: int = 100


class PageRequest(Request, frozen=True, tag="rows"):
    """Ask for some rows of the loaded table, as text.

    Parameters
    ----------
    start, count : int
        Which of them, from 0; at most 500.
    sort : Order or None
        What all rows are sorted by before that; None: as they stand.
    """

    start: int
    count: int
    sort: Order | None = None


class PictureRequest(Request, frozen=True, tag="picture"):
    """Ask how a column of the loaded table is distributed in each class."""

    column: str
    bins: int = 30


class Sketch(Request, frozen=True, tag="sketch"):
    """Ask for points of a made-up table (``make:…``); it is not kept."""

    source: str
    points: int = 1_500


class WriteMade(Request, frozen=True, tag="write-made"):
    """Ask for a made-up table to be written to a file."""

    source: str
    path: str
    overwrite: bool = False


class AskValidation(Request, frozen=True, tag="validate"):
    """Ask how a model does on new labelled rows.

    Parameters
    ----------
    rows : Validate
        Its bundle counts without a `run` only.
    run : str or None
        Whose recommended arm it is, at its recommended operating point.
    store : str
        Path of the store's file; the default one when empty.
    """

    rows: Validate
    run: str | None = None
    store: str = ""


class AskSuite(Request, frozen=True, tag="suite"):
    """Ask what the finished runs of the store come to over their tables.

    Parameters
    ----------
    store : str
        Path of the store's file; the default one when empty.
    group : str or None
        Which settings, by the key of a `SuiteGroup`; those of the newest run if None.
    metric : str
        That of `engine.core.suite.METRICS`.
    rope : float or None
        Differences up to this are the same in practice; the metric's own if None.
    """

    store: str
    group: str | None = None
    metric: str = "average_precision"
    rope: float | None = None


class PlanExport(Request, frozen=True, tag="plan-export"):
    """Ask what an export would write."""

    asked: ExportRequest


class WriteExport(Request, frozen=True, tag="write-export"):
    """Ask to export."""

    asked: ExportRequest


# Replies ------------------------------------------------------------------------------


class Warming(Reply, frozen=True, tag="warming"):
    """The child imports the science stack; `done` of `total` parts are there."""

    part: str
    done: int
    total: int


class Ready(Reply, frozen=True, tag="ready"):
    """The child has everything imported."""


class Unused(Reply, frozen=True, tag="unused"):
    """The child has had no request for a while, and may be ended."""


class LoadProgress(Reply, frozen=True, tag="load-progress"):
    """Where a load is: its pass, what is done of it, and of how much.

    Both are in the unit of `engine.core.passes.TASKS`; `seconds` are those since the
    pass began.
    """

    stage: str
    done: int
    total: int | None = None
    seconds: float = 0.0


class Preview(Answer, frozen=True, tag="preview"):
    """The first rows of a file, as text.

    `estimated_rows` and `memory` (bytes that reading it whole would take) are
    extrapolated from its beginning; `free` is what a table may take here. `seen` is
    what the columns are in these rows alone, their roles empty.
    """

    source: str
    name: str
    bytes: int | None
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    reader: Reader
    estimated_rows: int | None = None
    memory: int | None = None
    free: int | None = None
    seen: tuple[ColumnInfo, ...] = ()


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """How well one column by itself tells the positive class, cross-validated.

    Measured on the training rows; `lift` is the average precision by that of
    guessing. With more than two classes the mean of each class against the rest.
    """

    average_precision: float
    roc_auc: float
    lift: float = 0.0


class ColumnInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One column: kind, role, missing cells, distinct values.

    `missing_by_class` counts the missing cells of the training rows.
    """

    name: str
    kind: str
    role: str
    missing: int
    levels: int
    alone: Alone | None = None
    missing_by_class: dict[str, int] = {}


class TargetCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A column that may be the target, why, and its rarest class with its rows."""

    name: str
    why: str
    rarest: str
    rows: int


class TableInfo(Answer, frozen=True, tag="table"):
    """A loaded table and what is known about it.

    `target` is None if none was given and none can be guessed; then `classes`,
    `positive`, `train`, `test` are empty. `target_guessed` tells that neither the user
    nor the file named it; `target_candidates` are what it may be, the likeliest first.
    `problem` says why a run with these
    choices would be refused, as one line with its fix, and `field` by which field.
    `labels` are the classes of the target in the table, with counts; `classes` are
    negative and positive after the choice of the positive class. `recall_half_width` is
    the half-width of the 95 % interval of a recall of 0.5 with so many test positives.
    `duplicate_rows` are equal to an earlier row in every column; `contradictory_rows`
    are training rows that are equal to another in every feature, but have another
    target. `muted` is how many pieces of advice are not given because they were
    muted. `alone_sampled` tells of how many of the training rows columns were scored
    alone, if not of all. `wrong_use` tells whether `problem` is about a choice that
    cannot be, as of a column that is not there, rather than about what the table holds.
    `subgroups` are the columns by whose values errors are to be compared.
    """

    source: str
    name: str
    bytes: int | None
    rows: int
    columns: tuple[ColumnInfo, ...]
    target: str | None = None
    target_guessed: bool = False
    target_candidates: tuple[TargetCandidate, ...] = ()
    positive: str | None = None
    labels: dict[str, int] = {}
    classes: dict[str, int] = {}
    train: dict[str, int] = {}
    test: dict[str, int] = {}
    recall_half_width: float | None = None
    targets: tuple[str, ...] = ()
    reader: Reader = Reader(format="")
    sampled: Sampled | None = None
    duplicate_rows: int = 0
    contradictory_rows: int = 0
    alone_sampled: Sampled | None = None
    advice: tuple[Advice, ...] = ()
    muted: int = 0
    problem: str | None = None
    field: str | None = None
    wrong_use: bool = False
    subgroups: tuple[str, ...] = ()


class TablePage(Answer, frozen=True, tag="page"):
    """Rows `start` and on, a cell as text or None if missing.

    `numbers` are those of the rows in the table, from 1, where they are sorted.
    """

    start: int
    total: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    numbers: tuple[int, ...] = ()


class ColumnPicture(Answer, frozen=True, tag="column-picture"):
    """How a column is distributed in each class.

    For numbers `edges` are the bins' borders (one more than bins) and `levels` is
    empty; for categories `levels` are the most frequent, `others` counts the rest.
    `counts` holds one list per class label, in the order of `levels` or bins.
    """

    column: str
    kind: str
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    counts: dict[str, tuple[int, ...]] = {}
    missing: dict[str, int] = {}
    others: int = 0


class Sketched(Answer, frozen=True, tag="sketched"):
    """Points of a made-up table, by class label: their first two features.

    `counts` are the classes' rows in the table itself. If it is not `whole`, the
    points are those of a smaller one made with the same parameters.
    """

    source: str
    points: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]
    counts: dict[str, int]
    whole: bool = True


class TableWritten(Answer, frozen=True, tag="written"):
    """A table was written to a file."""

    path: str
    rows: int


class SuiteGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that finished runs of several tables share; `created` is the newest's.

    `folds` counts all that a trial is scored on.
    """

    key: str
    arms: tuple[str, ...]
    tables: int
    trials: int
    folds: int
    seed: int
    created: float


class SuiteShown(Answer, frozen=True, tag="suite-shown"):
    """Every set of runs over two tables or more, the newest first, and one in full.

    `group` is the key of the one that `suite` is of; both are None without any.
    """

    groups: tuple[SuiteGroup, ...]
    group: str | None = None
    suite: Suite | None = None


class ExportPlanned(Answer, frozen=True, tag="export-planned"):
    """What an export would write."""

    planned: Planned


class Exported(Answer, frozen=True, tag="exported"):
    """What was exported."""

    written: Export


class ModelValidated(Answer, frozen=True, tag="model-validated"):
    """What a validation came to."""

    found: Validation


class Failure(Answer, frozen=True, tag="failure"):
    """A request failed; one line what and one line what to do.

    A table too large for this machine has the code ``too-big``, and `sample_rows` is
    how many of its rows would fit.
    """

    code: str
    message: str
    fix: str
    field: str | None = None
    sample_rows: int = 0


# Predictions and validation of a bundle -----------------------------------------------


class Predict(msgspec.Struct, frozen=True, kw_only=True):
    """A table to score.

    Parameters
    ----------
    bundle, data, output : str
        Folder or zip; a table, ``-`` or ``sample:NAME``; a .csv or .parquet.
    at : str or None
        What rows are called by; the bundle's own choice when None.
    threshold : float or None
        Instead of an operating point, of two classes.
    keep : tuple of str
        Columns that are written beside the scores; all with `keep_all`.
    coerce : bool
        Whether cells of the wrong kind are read as missing.
    overwrite : bool
    read : ReadSpec
        How the table is read; what is not said is found out.
    """

    bundle: str
    data: str
    output: str
    at: str | None = None
    threshold: float | None = None
    keep: tuple[str, ...] = ()
    keep_all: bool = False
    coerce: bool = False
    overwrite: bool = False
    read: ReadSpec = ReadSpec()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are (down) and what they are called (across), if that is known.

    `without` counts the rows of no known class.
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    without: int = 0


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Parameters
    ----------
    run, arm : str
        Where the model is from.
    path : str
    rows : int
    at : str
    threshold : float or None
    predicted : dict of str to int
        Rows by their predicted class.
    seen : Seen or None
        If the table has a target.
    training_rows : int or None
        Rows that are equal to training rows of the model; None if the bundle does not
        know those.
    compared_rows : int or None
        Rows that could be compared with them; all, unless the bundle knows a sample.
    unseen : Seen or None
        As `seen`, of the rows that were compared and are equal to no training row; None
        where it would be the same, or where no row with a class is left.
    notes : tuple of str
        How the table fits the model, a line each.
    """

    run: str
    arm: str
    path: str
    rows: int
    at: str
    predicted: dict[str, int]
    threshold: float | None = None
    seen: Seen | None = None
    training_rows: int | None = None
    compared_rows: int | None = None
    unseen: Seen | None = None
    notes: tuple[str, ...] = ()
