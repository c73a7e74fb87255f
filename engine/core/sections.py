"""Parts of an experiment: its table, its test rows, and what errors cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from engine.core.costs import Costs, MissCosts
from engine.core.doc import Doc
from engine.core.errors import SpecError
from engine.core.points import KINDS, parse, with_number

Format: TypeAlias = Literal["text", "parquet", "feather", "jsonl", "arff", "excel"]
Names: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal[
    "number", "integer", "boolean", "category", "date", "text", "id"
]
"""The kinds that a column may be given."""
MANY_ROWS: Final = 1_000_000
"""Training rows beyond which models are fitted on some of the negatives, unasked."""
NEGATIVES: Final = 10
"""Negatives per positive where none are asked for; more of them tell little."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an experiment: frozen, and strict about its field names."""

    SECTION: ClassVar[str] = ""
    """Its table in a file."""


class ReadSpec(Part, frozen=True):
    """How the file is read; what is not given is detected and reported."""

    SECTION: ClassVar = "data.read"

    format: Annotated[Format | None, Doc("kind of file", example="text")] = None
    delimiter: Annotated[
        str | None,
        Doc("field delimiter, or whitespace", metavar="CHAR|tab", example=";"),
    ] = None
    encoding: Annotated[
        str | None, Doc("text encoding: utf-8, cp1252, utf-16 …", example="cp1252")
    ] = None
    quote: Annotated[
        str | None, Doc("quote character, or none", metavar="CHAR", example="'")
    ] = None
    escape: Annotated[
        str | None,
        Doc("escape character", metavar="CHAR", example="\\"),
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None,
        Doc(". or ,", label="decimal mark", metavar="CHAR", example=","),
    ] = None
    header: Annotated[
        int | None, Doc("0 if there is none", ge=0, label="header lines", example=1)
    ] = None
    skip: Annotated[int | None, Doc("lines before the header", ge=0, example=0)] = None
    missing: Annotated[
        Names, Doc("texts for missing cells, such as ?, n/a", metavar="TEXT,…")
    ] = ()
    ragged: Annotated[
        Literal["refuse", "drop", "fill"],
        Doc("with too few or too many fields", label="ragged lines"),
    ] = "refuse"
    member: Annotated[
        str | None, Doc("file of a zip, or sheet of a workbook", example="Sheet1")
    ] = None
    columns: Annotated[Names, Doc("columns to read (default: all)", form=False)] = ()
    rows: Annotated[
        int | None,
        Doc(
            "number of rows to read, stratified (default: all)",
            ge=1,
            label="sample",
            example=10000,
        ),
    ] = None


class DataSpec(Part, frozen=True):
    """Which table, and what its columns are for."""

    SECTION: ClassVar = "data"

    source: Annotated[
        str,
        Doc("a path, sample:NAME, dataset:… or make:…; - is standard input", option=""),
    ]
    target: Annotated[
        str | None,
        Doc("target column (default: guessed)", metavar="COL", example="outcome"),
    ] = None
    positive: Annotated[
        str | None,
        Doc("positive class (default: the rarer one)", metavar="LABEL", example="1"),
    ] = None
    weight: Annotated[
        str | UnsetType | None,
        Doc(
            "column of row weights, for fitting only; metrics count rows",
            form=False,
            metavar="COL",
            example="sampling_weight",
        ),
    ] = UNSET  # an experiment without it is written as it was before there was one
    thin: Annotated[
        int | UnsetType | None,
        Doc(
            f"0 = all (default: {NEGATIVES} if > {MANY_ROWS:,} rows)",
            ge=0,
            label="negatives per positive",
            example=10,
        ),
    ] = UNSET
    drop: Annotated[Names, Doc("columns to ignore")] = ()
    keep: Annotated[
        Names, Doc("use these columns although they are ids, dates or free text")
    ] = ()
    subgroups: Annotated[
        Names | UnsetType | None,
        Doc(
            "groups whose errors are compared; no features unless kept",
            form=False,
            example=["sex"],
        ),
    ] = UNSET
    kinds: Annotated[
        dict[str, Kind],
        Doc("if detected wrongly", label="kind of column"),
    ] = {}
    mute: Annotated[
        Names, Doc("advice to hide, such as IMB018 or IMB018:city", metavar="CODE,…")
    ] = ()
    test_source: Annotated[
        str | None,
        Doc(
            "a table of test rows, or - (stdin)",
            option="test",
            metavar="FILE",
            example="b",
        ),
    ] = None
    read: ReadSpec = ReadSpec()

    def __post_init__(self) -> None:
        """Let what is not given be one thing, however it was said."""
        for name in ("weight", "thin", "subgroups"):
            if getattr(self, name) in (None, ()):
                msgspec.structs.force_setattr(self, name, UNSET)


class SplitSpec(Part, frozen=True):
    """The hold-out, drawn before anything is fitted.

    One of group, time, by and test_source may be given (group and test_source go
    together).
    """

    SECTION: ClassVar = "split"

    test_size: Annotated[
        float, Doc("share of rows held out", gt=0, lt=1, label="test share")
    ] = 0.2
    stratify: Annotated[bool, Doc("keep the class shares equal in train and test")] = (
        True
    )
    group: Annotated[
        str | None,
        Doc("group column; a group is never split", metavar="COL", example="patient"),
    ] = None
    time: Annotated[
        str | None,
        Doc(
            "time column; the latest rows are the test rows",
            metavar="COL",
            example="day",
        ),
    ] = None
    by: Annotated[
        str | None,
        Doc("column that says train or test (0 or 1)", metavar="COL", example="part"),
    ] = None
    duplicates: Annotated[
        Literal["together", "apart"], Doc("rows that are equal in every feature")
    ] = "together"


class DecisionSpec(Part, frozen=True):
    """What matters when a score becomes a yes or a no.

    Operating points are recommended, fixed (0.5), prevalence, f1, cost, recall>=r,
    precision>=p and alerts<=k. A number in the name of one sets the field below.

    Examples
    --------
    >>> found = DecisionSpec(at="alerts <= 10%")
    >>> found.alerts, found.at
    (0.1, 'alerts<=10%')
    """

    SECTION: ClassVar = "decision"

    at: Annotated[
        str,
        Doc(
            "orders the board; a named one such as recall>=0.9 also sets the "
            "recommendation, unless costs are given",
            label="operating point",
            metavar="POINT",
        ),
    ] = "recommended"
    cost_fn: Annotated[
        float | None,
        Doc("default: the class ratio", gt=0, label="cost of a miss", example=10.0),
    ] = None
    cost_fp: Annotated[
        float | None,
        Doc("default: 1", gt=0, label="cost of a false alarm", example=1.0),
    ] = None
    cost_fn_column: Annotated[
        str | UnsetType | None,
        Doc(
            "cost of each miss; drop if known later",
            label="cost column",
            metavar="COL",
            example="amount",
        ),
    ] = UNSET
    cost_tp: Annotated[
        float, Doc("below that of a miss", ge=0, label="cost of a true positive")
    ] = 0.0
    cost_tn: Annotated[
        float, Doc("below that of a false alarm", ge=0, label="cost of a true negative")
    ] = 0.0
    cost_review: Annotated[
        float | UnsetType | None,
        Doc(
            "a person looks at a row (default: none)",
            gt=0,
            label="cost of a review",
            example=0.5,
        ),
    ] = UNSET
    prevalence: Annotated[
        float | UnsetType | None,
        Doc(
            "share of positives; default: the table's",
            gt=0,
            lt=1,
            label="prevalence in use",
            example=0.002,
        ),
    ] = UNSET
    recall_floor: Annotated[float, Doc("the r of recall>=r", gt=0, le=1)] = 0.8
    precision_floor: Annotated[float, Doc("the p of precision>=p", gt=0, le=1)] = 0.2
    alerts: Annotated[
        float,
        Doc("the k of alerts<=k: a share of the rows, or a number of test rows", gt=0),
    ] = 0.05
    rope: Annotated[
        float,
        Doc("AP differences up to this", ge=0, lt=1, label="practically equal"),
    ] = 0.01

    def __post_init__(self) -> None:
        """Set the number in the point's name; the checks refuse what is none."""
        for name in ("prevalence", "cost_review", "cost_fn_column"):
            if getattr(self, name) in (None, ""):
                msgspec.structs.force_setattr(self, name, UNSET)
        if self.at in self.points:
            return
        try:
            point = parse(self.at)
        except SpecError:
            return
        at = point.name
        if point.number is not None:
            msgspec.structs.force_setattr(self, point.kind.field, point.number)
            at = with_number(at, point.number)
        msgspec.structs.force_setattr(self, "at", at)

    @property
    def points(self) -> tuple[str, ...]:
        """Every operating point that is worked out, in the order shown."""
        return tuple(
            with_number(name, getattr(self, kind.field) if kind.field else 0)
            for name, kind in KINDS.items()
        )

    def point_after(self, **changes: Any) -> str:
        """Return what its operating point is called once its numbers are changed.

        Examples
        --------
        >>> DecisionSpec(at="recall>=0.8").point_after(recall_floor=0.9)
        'recall>=0.9'
        >>> DecisionSpec(at="cost").point_after(alerts=25.0)
        'cost'
        """
        if self.at not in self.points:
            return self.at
        # An operating point that is named with a number would set it back.
        free = msgspec.structs.replace(self, at="recommended", **changes)
        return free.points[self.points.index(self.at)]

    @property
    def aim(self) -> str:
        """The point whose threshold is the recommended one: ``cost``, or one chosen.

        Examples
        --------
        >>> DecisionSpec().aim, DecisionSpec(at="recall>=0.8").aim
        ('cost', 'recall>=0.8')
        >>> DecisionSpec(at="recall>=0.8", cost_fn=10).aim
        'cost'
        """
        given = self.cost_fn is not None or bool(self.cost_fn_column)
        return "cost" if given or self.at == "recommended" else self.at

    def costs(
        self,
        classes: Mapping[str, int],
        positive: str | None,
        own: MissCosts | None = None,
    ) -> Costs:
        """Return the costs that decide, as given or as balancing the classes implies.

        Parameters
        ----------
        classes : mapping of str to int
            Rows per class of the table.
        positive : str or None
            Label of the positive class; None of more than two classes, of which the
            most frequent one is the negative.
        own : MissCosts or None, default=None
            What the cost column comes to, once its rows are known.

        Returns
        -------
        Costs
            At the prevalence in use, if one is given: balancing implies its ratio.

        Examples
        --------
        >>> assumed = DecisionSpec().costs({"0": 42_617, "1": 783}, "1")
        >>> round(assumed.cost_fn, 1), assumed.cost_fp, assumed.assumed
        (54.4, 1.0, True)
        >>> DecisionSpec(cost_fn=10).costs({"0": 90, "1": 10}, "1").ratio
        10.0
        >>> round(DecisionSpec(prevalence=0.01).costs({"0": 90, "1": 10}, "1").ratio, 9)
        99.0
        >>> own = MissCosts(mean=25.0, test=50.0, effective=2.0)
        >>> by_row = DecisionSpec(cost_fn_column="amount")
        >>> found = by_row.costs({"0": 90, "1": 10}, "1", own)
        >>> found.cost_fn, found.column, found.count(2)
        (25.0, 'amount', 2.0)
        """
        by_row = bool(self.cost_fn_column)
        cost_fn = own.mean if by_row and own else self.cost_fn
        total = sum(classes.values())
        most = max(classes.values(), default=0)
        share = self.prevalence or UNSET
        if positive is not None and isinstance(share, float):
            implied = {positive: (1 - share) / share}
        elif positive is not None:
            few = classes.get(positive, 0)
            implied = {positive: (total - few) / max(few, 1)}
        else:
            implied = {k: most / max(n, 1) for k, n in classes.items()}
        alarm = 1.0 if self.cost_fp is None else self.cost_fp
        unit = alarm - self.cost_tn
        given = None if cost_fn is None else cost_fn - self.cost_tp
        saved = {k: unit * r if given is None else given for k, r in implied.items()}
        if positive is None and given is not None and classes:
            saved[max(classes, key=classes.__getitem__)] = unit
        return Costs(
            cost_fn=max(saved.values(), default=unit) + self.cost_tp
            if cost_fn is None
            else cost_fn,
            cost_fp=alarm,
            cost_tp=self.cost_tp,
            cost_tn=self.cost_tn,
            assumed=given is None and not by_row,
            classes={} if positive is not None else saved,
            prevalence=share if positive is not None else UNSET,
            column=self.cost_fn_column or UNSET,
            miss_costs=own if by_row and own else UNSET,
        )
