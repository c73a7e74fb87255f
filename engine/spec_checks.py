"""What makes an experiment one that cannot be run: every rule, in words."""

from __future__ import annotations

import codecs
import math
import re
from typing import TYPE_CHECKING

import msgspec

from engine.data.advice_codes import CODES
from engine.errors import SpecError, unknown

if TYPE_CHECKING:
    from engine.spec import DataSpec, DecisionSpec, Experiment, ReadSpec, SplitSpec

CONTROL = "untreated"
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
"""Where the number of an operating point is."""


def check(experiment: Experiment) -> None:
    """Refuse an experiment that cannot be run, before any work.

    Raises
    ------
    SpecError
        That says the first rule that is broken.
    """
    _check_search(experiment)
    _check_decision(experiment.decision)
    _check_arms(experiment)
    check_data(experiment.data)
    check_split(experiment.split, experiment.data)


def take_number(decision: DecisionSpec) -> None:
    """Set the number that an operating point's name gives, and spell the name as usual.

    What cannot be read stays as it is, for `check` to refuse.

    Examples
    --------
    >>> from engine.spec import DecisionSpec
    >>> found = DecisionSpec(at="alerts <= 10%")
    >>> found.alerts, found.at
    (0.1, 'alerts<=10%')
    """
    known = decision.points
    told = _NUMBERED.fullmatch(decision.at.strip())
    field = _FIELDS.get((told[1], told[2])) if told else None
    if decision.at in known or not told or not field:
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
    msgspec.structs.force_setattr(decision, "at", decision.points[place])


def check_data(data: DataSpec) -> None:
    """Refuse what cannot be said of a table, as `check` does."""
    if both := sorted({*data.drop} & {*data.keep}):
        raise SpecError(
            f"column {', '.join(map(repr, both))} is to be ignored (--drop) and to "
            "be learned from (--keep)",
            "say one of them",
        )
    for kind in data.kinds.values():
        _one_of("kind of column", kind, KINDS)
    for mute in data.mute:
        code, colon, column = mute.partition(":")
        if code not in CODES or (colon and not column):
            raise SpecError(
                f"no advice {mute!r}",
                "give a code such as IMB018, or IMB018:city for one "
                "column (docs/advice.md lists them)",
            )
    _check_reading(data.read)


def check_split(split: SplitSpec, data: DataSpec) -> None:
    """Refuse a hold-out that is told in two ways, as `check` does."""
    if not 0 < split.test_size < 1:
        raise SpecError(
            f"test size {split.test_size:g} is no share of the rows",
            "give a number between 0 and 1, for example 0.2",
        )
    ways = {"--group": split.group, "--time": split.time, "--by": split.by}
    ways = {way: column for way, column in ways.items() if column}
    given = [*ways, *(["a test file"] if data.test_source else [])]
    # The groups of two files still keep the folds apart.
    if len(given) > 1 and given != ["--group", "a test file"]:
        raise SpecError(
            f"the test rows are told in {len(given)} ways: {', '.join(given)}",
            "give one of them",
        )
    said = {"--drop": data.drop, "--keep": data.keep, "--kinds": data.kinds}
    for way, column in ways.items():
        for option, columns in said.items():
            if column in columns:
                raise SpecError(
                    f"column {column!r} tells the split ({way}), so it is no feature, "
                    f"and {option} says nothing of it",
                    f"leave it out of {option}, or take {way} back",
                )
    _one_of("way with duplicates", split.duplicates, ("together", "apart"))


def _check_reading(read: ReadSpec) -> None:
    if read.format is not None:
        _one_of("format", read.format, FORMATS)
    if read.encoding is not None and not _is_encoding(read.encoding):
        raise SpecError(
            f"no text encoding {read.encoding!r}",
            "give one that Python knows, such as utf-8, cp1252 or utf-16",
        )
    if read.quote is not None and read.quote != "none" and len(read.quote) != 1:
        raise SpecError(
            f"{read.quote!r} is no quote character", "give one character, or none"
        )
    if read.escape is not None and (len(read.escape) != 1 or read.escape <= " "):
        raise SpecError(f"{read.escape!r} is no escape character", "give one character")
    if read.decimal not in (None, ".", ","):
        raise SpecError(f"{read.decimal!r} is no decimal mark", "give . or ,")
    _at_least(0, read.header, "header lines")
    _at_least(0, read.skip, "lines before the header")
    _one_of("way with ragged lines", read.ragged, RAGGED)
    _at_least(1, read.rows, "rows in the sample")


def _at_least(least: int, given: int | None, what: str) -> None:
    if given is not None and given < least:
        raise SpecError(f"{given} {what}", f"give at least {least}")


def _one_of(what: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise unknown(f"no {what} {given!r}", allowed)


def _is_encoding(name: str) -> bool:
    """Tell whether Python decodes text by that name (``base64`` is no text)."""
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _is_finite(value: object) -> bool:
    """Tell whether no number inside is infinite or undefined: JSON has none."""
    if isinstance(value, dict):
        return all(_is_finite(v) for v in value.values())
    if isinstance(value, list | tuple):
        return all(_is_finite(v) for v in value)
    return not isinstance(value, float) or math.isfinite(value)


def _check_search(e: Experiment) -> None:
    """Refuse numbers of the search, the model, the features or the seed."""
    search, model = e.search, e.model
    if not _is_finite(msgspec.to_builtins(e)):
        raise SpecError(
            "a number of the experiment is infinite or undefined", "give finite numbers"
        )
    if not e.arms:
        raise SpecError("no arm", "name at least one")
    _at_least(1, search.trials, "trials")
    _at_least(2, search.folds, "folds")
    _at_least(1, search.repeats, "repeats")
    for seconds, what in ((search.time_limit, "time limit"), (search.patience, "wait")):
        if seconds is not None and seconds <= 0:
            raise SpecError(f"a {what} of {seconds:g} s", "give a number above 0")
    _at_least(1, model.rounds, "boosting rounds")
    _at_least(1, model.evaluate_every, "rounds between evaluations")
    _at_least(0, model.early_stopping, "rounds before early stopping")
    _at_least(2, e.features.max_categories, "categories at most")
    if not 0 <= e.seed < 2**32:
        raise SpecError(f"seed {e.seed}", "give a whole number from 0 to 4294967295")


def _check_decision(d: DecisionSpec) -> None:
    fn = 1.0 if d.cost_fn is None else d.cost_fn
    fp = 1.0 if d.cost_fp is None else d.cost_fp
    if fn <= 0 or fp <= 0:
        raise SpecError(
            f"costs {fn:g} (missed) and {fp:g} (false alarm)",
            "give costs above 0; only their ratio matters",
        )
    too_dear = d.cost_tn >= fp or (d.cost_fn is not None and d.cost_tp >= fn)
    if too_dear or d.cost_tp < 0 or d.cost_tn < 0:
        raise SpecError(
            f"costs {d.cost_tp:g} (found) and {d.cost_tn:g} (left alone)",
            "give costs of 0 or more, below those of a missed positive and of a false "
            "alarm",
        )
    for what, floor in (("recall", d.recall_floor), ("precision", d.precision_floor)):
        if not 0 < floor <= 1:
            raise SpecError(
                f"{what} floor {floor:g}", "give a number above 0 and up to 1"
            )
    if not (0 < d.alerts <= 0.99 or (d.alerts >= 1 and d.alerts == int(d.alerts))):
        raise SpecError(
            f"{d.alerts:g} alerts",
            "give a share of the rows up to 0.99 (as 0.05), or a whole number of test "
            "rows",
        )
    if not 0 <= d.rope < 1:
        raise SpecError(
            f"a region of practical equivalence of {d.rope:g}",
            "give a number from 0 up to 1, such as 0.01",
        )
    if d.at not in d.points:
        raise SpecError(
            f"no operating point {d.at!r}",
            f"choose one of: {', '.join(d.points)}; the numbers may be others",
        )


def _check_arms(e: Experiment) -> None:
    from engine.resample.grammar import is_misnamed

    names = [arm.name for arm in e.arms]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError(
            f"arm {', '.join(twice)} is listed twice", "name every arm once"
        )
    for arm in e.arms:
        # The control's own rule is the registry's.
        if arm.name != CONTROL and is_misnamed(arm):
            raise SpecError(
                f"arm {arm.name!r} is called like a method that it is not",
                "give it another name, or leave its steps, weights and ensemble out",
            )
