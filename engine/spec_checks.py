"""What makes an experiment one that cannot be run: every rule, in words."""

from __future__ import annotations

import codecs
import difflib
import math
import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from engine.data.advice_codes import CODES
from engine.errors import SpecError

if TYPE_CHECKING:
    from engine.spec import Arm, DataSpec, DecisionSpec, Experiment, ReadSpec, SplitSpec

__all__ = [
    "CONTROL",
    "FORMATS",
    "KINDS",
    "check",
    "check_data",
    "check_split",
    "take_number",
]

CONTROL = "none"
"""The arm that all others are compared with."""

KINDS = ("number", "integer", "boolean", "category", "date", "text", "id")
"""What a column may be said to be."""
FORMATS = ("text", "parquet", "feather", "jsonl", "arff", "excel")
RAGGED = ("refuse", "drop", "fill")

_NUMBERED = re.compile(r"(recall|precision|alerts)\s*([<>]=)\s*([^%\s]+)\s*(%?)")
_FIELDS = {
    ("recall", ">="): "recall_floor",
    ("precision", ">="): "precision_floor",
    ("alerts", "<="): "alerts",
}
"""Where the number of a policy is."""

_Rule: TypeAlias = tuple[bool, str, str]
"""Is it broken, what was given, what to do."""


def check(experiment: Experiment) -> None:
    """Refuse an experiment that cannot be run, before any work.

    Raises
    ------
    SpecError
        That says the first rule that is broken.
    """
    _refuse(_broken(experiment))
    check_data(experiment.data)
    check_split(experiment.split, experiment.data)


def take_number(decision: DecisionSpec) -> None:
    """Set the number that a policy's name gives, and spell the name as usual.

    What cannot be read stays as it is, for `check` to refuse.

    Examples
    --------
    >>> from engine.spec import DecisionSpec
    >>> found = DecisionSpec(policy="alerts <= 10%")
    >>> found.alerts, found.policy
    (0.1, 'alerts<=10%')
    """
    known = decision.policies
    told = _NUMBERED.fullmatch(decision.policy.strip())
    field = _FIELDS.get((told[1], told[2])) if told else None
    if decision.policy in known or not told or not field:
        return
    try:
        value = float(told[3]) / (100 if told[4] else 1)
    except ValueError:
        return
    # 100 % of the rows would become one row.
    if not math.isfinite(value) or (told[4] and field == "alerts" and value >= 1):
        return
    place = next(i for i, name in enumerate(known) if name.startswith(told[1]))
    msgspec.structs.force_setattr(decision, field, value)
    msgspec.structs.force_setattr(decision, "policy", decision.policies[place])


def check_data(data: DataSpec) -> None:
    """Refuse what cannot be said of a table, as `check` does."""
    both = sorted({*data.drop} & {*data.keep})
    unknown = next((k for k in data.kinds.values() if k not in KINDS), None)
    unheard = next((m for m in data.mute if not _is_advice(m)), None)
    _refuse(
        [
            (
                bool(both),
                f"column {', '.join(map(repr, both))} is to be ignored (--drop) and to "
                "be learned from (--keep)",
                "say one of them",
            ),
            (
                unknown is not None,
                f"no kind of column {unknown!r}",
                f"choose one of: {', '.join(KINDS)}",
            ),
            (
                unheard is not None,
                f"no advice {unheard!r}",
                f"{_meant(unheard or '')}give a code such as IMB018, or IMB018:city "
                "for one column (docs/advice.md lists them)",
            ),
            *_reading(data.read),
        ]
    )


def check_split(split: SplitSpec, data: DataSpec) -> None:
    """Refuse a hold-out that is told in two ways, as `check` does."""
    told = {
        "--group": split.group,
        "--time": split.time,
        "--by": split.by,
        "a test file": data.test_source,
    }
    given = [way for way, value in told.items() if value]
    parts = {column: way for way, column in list(told.items())[:3] if column}
    said = {"--drop": data.drop, "--keep": data.keep, "--kinds": data.kinds}
    twice = next(
        ((c, way, o) for c, way in parts.items() for o, cs in said.items() if c in cs),
        ("", "", ""),
    )
    # The groups of two files still keep the folds apart.
    clash = len(given) > 1 and given != ["--group", "a test file"]
    _refuse(
        [
            (
                not 0 < split.test_size < 1,
                f"test size {split.test_size:g} is no share of the rows",
                "give a number between 0 and 1, for example 0.2",
            ),
            (
                clash,
                f"the test rows are told in {len(given)} ways: {', '.join(given)}",
                "give one of them",
            ),
            (
                bool(twice[0]),
                f"column {twice[0]!r} tells the split ({twice[1]}), so it is no "
                f"feature, and {twice[2]} says nothing of it",
                f"leave it out of {twice[2]}, or take {twice[1]} back",
            ),
            (
                split.duplicates not in ("together", "apart"),
                f"duplicates {split.duplicates!r}",
                "choose one of: together, apart",
            ),
        ]
    )


def _reading(read: ReadSpec) -> list[_Rule]:
    return [
        (
            read.format is not None and read.format not in FORMATS,
            f"no format {read.format!r}",
            f"choose one of: {', '.join(FORMATS)}",
        ),
        (
            read.encoding is not None and not _is_encoding(read.encoding),
            f"no text encoding {read.encoding!r}",
            "give one that Python knows, such as utf-8, cp1252 or utf-16",
        ),
        (
            read.quote is not None and read.quote != "none" and len(read.quote) != 1,
            f"{read.quote!r} is no quote character",
            "give one character, or none",
        ),
        (
            read.escape is not None and (len(read.escape) != 1 or read.escape <= " "),
            f"{read.escape!r} is no escape character",
            "give one character",
        ),
        (
            read.decimal not in (None, ".", ","),
            f"{read.decimal!r} is no decimal mark",
            "give . or ,",
        ),
        (
            read.header is not None and read.header < 0,
            f"{read.header} header lines",
            "give 0 or more; 0 if the first line is data",
        ),
        (
            read.skip is not None and read.skip < 0,
            f"{read.skip} lines before the header",
            "give 0 or more",
        ),
        (
            read.ragged not in RAGGED,
            f"ragged lines {read.ragged!r}",
            f"choose one of: {', '.join(RAGGED)}",
        ),
        (
            read.rows is not None and read.rows < 1,
            f"a sample of {read.rows} rows",
            "give at least 1",
        ),
    ]


def _is_advice(mute: str) -> bool:
    code, colon, column = mute.partition(":")
    return code in CODES and bool(column or not colon)


def _meant(mute: str) -> str:
    code = mute.partition(":")[0].upper()
    near = difflib.get_close_matches(code, CODES, n=1, cutoff=0.8)
    return f"did you mean {near[0]!r}? Or " if near else ""


def _refuse(rules: list[_Rule]) -> None:
    for broken, message, remedy in rules:
        if broken:
            raise SpecError(message, remedy)


def _is_encoding(name: str) -> bool:
    """Tell whether Python decodes text by that name (``base64`` is no text)."""
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _is_misnamed(arm: Arm) -> bool:
    if arm.name == CONTROL:  # its own rule is the registry's
        return False
    from engine.resample.grammar import is_misnamed

    return is_misnamed(arm)


def _is_finite(value: object) -> bool:
    """Tell whether no number inside is infinite or undefined: JSON has none."""
    if isinstance(value, dict):
        return all(_is_finite(v) for v in value.values())
    if isinstance(value, list | tuple):
        return all(_is_finite(v) for v in value)
    return not isinstance(value, float) or math.isfinite(value)


def _broken(e: Experiment) -> list[_Rule]:
    """Every rule as (is it broken, what was given, what to do)."""
    names = [arm.name for arm in e.arms]
    twice = sorted({name for name in names if names.count(name) > 1})
    wrong = next((arm.name for arm in e.arms if _is_misnamed(arm)), None)
    search, model, decision = e.search, e.model, e.decision
    fn = 1.0 if decision.cost_fn is None else decision.cost_fn
    fp = 1.0 if decision.cost_fp is None else decision.cost_fp
    return [
        (
            not _is_finite(msgspec.to_builtins(e)),
            "a number of the experiment is infinite or undefined",
            "give finite numbers",
        ),
        (not e.arms, "no arm", "name at least one"),
        (
            search.trials < 1,
            f"{search.trials} trials",
            "give at least 1 trial per arm",
        ),
        (search.folds < 2, f"{search.folds} folds", "give at least 2 folds"),
        (search.repeats < 1, f"{search.repeats} repeats", "give at least 1 repeat"),
        (
            search.time_limit is not None and search.time_limit <= 0,
            f"a time limit of {search.time_limit} seconds",
            "give a number above 0",
        ),
        (
            search.patience <= 0,
            f"a patience of {search.patience:g} seconds",
            "give a number above 0",
        ),
        (model.rounds < 1, f"{model.rounds} boosting rounds", "give at least 1"),
        (
            model.evaluate_every < 1 or model.early_stopping < 0,
            f"evaluation every {model.evaluate_every} rounds with early stopping "
            f"after {model.early_stopping}",
            "give at least 1 and at least 0",
        ),
        (
            fn <= 0 or fp <= 0,
            f"costs {fn:g} (missed) and {fp:g} (false alarm)",
            "give costs above 0; only their ratio matters",
        ),
        (
            not 0 < decision.recall_floor <= 1,
            f"recall floor {decision.recall_floor:g}",
            "give a number above 0 and up to 1",
        ),
        (
            decision.cost_tp < 0
            or decision.cost_tn < 0
            or (decision.cost_fn is not None and decision.cost_tp >= fn)
            or decision.cost_tn >= fp,
            f"costs {decision.cost_tp:g} (found) and {decision.cost_tn:g} (left alone)",
            "give costs of 0 or more, below those of a missed positive and of a false "
            "alarm",
        ),
        (
            not 0 < decision.precision_floor <= 1,
            f"precision floor {decision.precision_floor:g}",
            "give a number above 0 and up to 1",
        ),
        (
            not (0 < decision.alerts <= 0.99 or decision.alerts >= 1)
            or (decision.alerts >= 1 and decision.alerts != int(decision.alerts)),
            f"{decision.alerts:g} alerts",
            "give a share of the rows up to 0.99 (as 0.05), or a whole number of test "
            "rows",
        ),
        (
            not 0 <= decision.rope < 1,
            f"a region of practical equivalence of {decision.rope:g}",
            "give a number from 0 up to 1, such as 0.01",
        ),
        (
            decision.policy not in decision.policies,
            f"no policy {decision.policy!r}",
            f"choose one of: {', '.join(decision.policies)}; the numbers may be others",
        ),
        (
            bool(twice),
            f"arm {', '.join(twice)} is listed twice",
            "name every arm once",
        ),
        (
            wrong is not None,
            f"arm {wrong!r} is called like a method that it is not",
            "give it another name, or leave its steps, weights and ensemble out",
        ),
        (
            e.features.max_categories < 2,
            f"{e.features.max_categories} categories at most",
            "give at least 2",
        ),
        (
            not 0 <= e.seed < 2**32,
            f"seed {e.seed}",
            "give a whole number from 0 to 4294967295",
        ),
    ]
