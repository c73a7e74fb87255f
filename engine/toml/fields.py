"""What each field of an experiment is, in a few words: the comments of its file. Light.

Nothing in here comes from data. What may be given is said from where it is decided, so
that it cannot be told wrong.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from engine.spec import (
    OBJECTIVES,
    Arm,
    DataSpec,
    DecisionSpec,
    Experiment,
    FeatureSpec,
    ModelSpec,
    ReadSpec,
    SearchSpec,
    SplitSpec,
    Step,
)
from engine.spec_checks import FORMATS, KINDS, RAGGED
from engine.train.space import SPACES


class Field(NamedTuple):
    """What a field is.

    Attributes
    ----------
    what : str
        In a few words, with what may be given.
    example : object, default=None
        A value to show where there is none by default.
    """

    what: str
    example: Any = None


class Section(NamedTuple):
    """A table of the file: its name, the part of an experiment, and what it is."""

    name: str
    part: type[msgspec.Struct]
    what: str


SECTIONS: Final = (
    Section("data", DataSpec, "Which table, and what its columns are for."),
    Section(
        "data.read",
        ReadSpec,
        "How the file is read; what is left out is found out, and said.",
    ),
    Section(
        "split",
        SplitSpec,
        "The hold-out, drawn before anything is fitted. One of group, time, by and "
        "test_source may be given (group and test_source go together).",
    ),
    Section(
        "features", FeatureSpec, "How columns become numbers; the same for every arm."
    ),
    Section(
        "arms",
        Arm,
        "The arms: ways of treating imbalance, each tuned under the same budget. One "
        'must be called "none" and leave the rows alone: the others are compared '
        "with it.",
    ),
    Section("model", ModelSpec, "XGBoost: what is searched, and what is fixed."),
    Section("search", SearchSpec, "The budget, the same for every arm."),
    Section(
        "decision",
        DecisionSpec,
        "What matters when a score becomes a yes or a no.",
    ),
)
"""The tables of the file, in the order that they are read."""

TOP: Final = {
    "seed": Field("of every random draw; 0 … 4294967295"),
    "preset": Field("only a note of where the experiment came from", "article"),
}
ARM: Final = {
    "name": Field(
        "what the board calls it, each once; alone, a method",
        "smote and clean",
    ),
    "steps": Field(
        "samplers in order; none: a control, an ensemble", ({"sampler": "enn"},)
    ),
    "weights": Field('true: negatives / positives; "cost": the ratio of the costs'),
    "ensemble": Field("takes XGBoost's place, by name", "balanced-random-forest"),
    "params": Field("of the ensemble, fixed and so not searched", {"n_estimators": 50}),
}
STEP: Final = {
    "sampler": Field("by name: imbtui methods lists them", "smote"),
    "params": Field("fixed: imbtui methods NAME lists them", {"ratio": 0.5}),
    "tune": Field(
        "the search chooses among these; []: the usual ones",
        {"k_neighbors": (3, 5, 10)},
    ),
}
_DATA: Final = {
    "source": Field("a path, sample:NAME, dataset:… or make:…; - for standard input"),
    "target": Field("the column to learn; guessed, and said, if left out", "outcome"),
    "positive": Field("the label to find; the rarer class if left out", "1"),
    "drop": Field("columns to ignore"),
    "keep": Field("columns to learn from although they are an id, a date or text"),
    "kinds": Field(
        f"columns that are not what they look like: {', '.join(KINDS)}",
    ),
    "mute": Field("advice not to give: IMB018, or IMB018:city for one column"),
    "test_source": Field("a second table: its rows are the test rows", "later.csv"),
    "read": Field("see [data.read]"),
}
_READ: Final = {
    "format": Field(", ".join(FORMATS), "text"),
    "delimiter": Field("between fields; whitespace for runs of blanks", ";"),
    "encoding": Field("as Python calls it", "cp1252"),
    "quote": Field("one character; none if quotes mean nothing", "'"),
    "escape": Field("before it a delimiter or a quote is part of a cell", "\\"),
    "decimal": Field("decimal mark of numbers: . or ,", ","),
    "header": Field("header lines; 0 if the first line is data", 1),
    "skip": Field("lines before the header; 0 or more", 0),
    "missing": Field("further texts that mean a missing cell, in any column"),
    "ragged": Field(f"lines of too few or too many fields: {', '.join(RAGGED)}"),
    "member": Field("file of a zip archive, or sheet of a workbook", "Sheet1"),
    "columns": Field("columns to read; all of them if empty"),
    "rows": Field("read a sample of so many rows, stratified by target", 10_000),
}
_SPLIT: Final = {
    "test_size": Field("share of the rows; above 0, below 1"),
    "stratify": Field("keep the class shares equal in train and test"),
    "group": Field("column: equal values stay on one side, of folds too", "patient"),
    "time": Field("column: the latest rows are the test rows", "admitted"),
    "by": Field("column that says which rows are test rows", "part"),
    "duplicates": Field("rows equal in every feature: together on one side, or apart"),
}
_FEATURES: Final = {
    "missing": Field(
        "impute: median and an indicator; native: left to XGBoost, which only arms "
        "that change no row can take"
    ),
    "max_categories": Field("levels with an indicator each, 2 or more; others share"),
}
_MODEL: Final = {
    "space": Field(f"what is searched: {', '.join(SPACES)} (nothing)"),
    "params": Field("parameters that are fixed and so not searched"),
    "rounds": Field("most boosting rounds of a trial; 1 or more"),
    "early_stopping": Field("rounds without a better mean over the folds; 0: never"),
    "evaluate_every": Field("rounds between two looks at the validation rows; from 1"),
}
_SEARCH: Final = {
    "trials": Field("settings tried per arm; 1 or more"),
    "folds": Field("inside the training rows; 2 or more"),
    "repeats": Field("times the folds are drawn anew; 1 or more"),
    "objective": Field(", ".join(OBJECTIVES)),
    "method": Field("of choosing settings: tpe, random"),
    "time_limit": Field("seconds after which no new trial starts", 600.0),
    "prune": Field("stop a trial that stays behind the median of the earlier ones"),
    "patience": Field("seconds; an arm whose rows would take longer is refused"),
}
_DECISION: Final = {
    "policy": Field(
        "what the board is ordered by: recommended, default (0.5), prevalence, f1, "
        "cost, recall>=…, precision>=…, alerts<=… with the numbers below; without "
        "cost_fn also what the recommendation follows"
    ),
    "cost_fn": Field(
        "a missed positive, above 0; assumed: negatives / positives", 10.0
    ),
    "cost_fp": Field("a false alarm, above 0; assumed: 1", 1.0),
    "cost_tp": Field("a positive that was found; from 0, below cost_fn"),
    "cost_tn": Field("a true negative; from 0, below cost_fp"),
    "recall_floor": Field("the r of recall>=r; above 0, up to 1"),
    "precision_floor": Field("the p of precision>=p; above 0, up to 1"),
    "alerts": Field("the k of alerts<=k: a share up to 0.99, or a number of test rows"),
    "rope": Field("differences of average precision up to this are none; from 0"),
}

FIELDS: Final[dict[type[msgspec.Struct], dict[str, Field]]] = {
    Experiment: TOP,
    DataSpec: _DATA,
    ReadSpec: _READ,
    SplitSpec: _SPLIT,
    FeatureSpec: _FEATURES,
    Arm: ARM,
    Step: STEP,
    ModelSpec: _MODEL,
    SearchSpec: _SEARCH,
    DecisionSpec: _DECISION,
}
"""Every field that has a line of its own, by the part that it is in."""


def default(part: type[msgspec.Struct], name: str) -> Any:
    """Return what a field is if it is left out; `msgspec.NODEFAULT` if it may not be.

    Examples
    --------
    >>> default(SearchSpec, "trials"), default(DataSpec, "drop")
    (20, ())
    """
    for field in msgspec.structs.fields(part):
        if field.name == name:
            if field.default_factory is not msgspec.NODEFAULT:
                return field.default_factory()
            return field.default
    raise KeyError(name)
