"""Every rule that an experiment must keep, and every code of advice about its table.

advice.md beside this module, of which docs/advice.md is a copy, says of each code what
it is about, when it is given, why it matters and what to do about it.
"""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.costs import error_costs
from engine.core.doc import Doc, fields_of
from engine.core.errors import SpecError, unknown
from engine.core.methods.grammar import is_misnamed
from engine.core.methods.samplers import CONTROL
from engine.core.points import parse as parse_point

if TYPE_CHECKING:
    from engine.core.costs import Costs
    from engine.core.experiment import (
        DataSpec,
        DecisionSpec,
        Experiment,
        ReadSpec,
        SplitSpec,
    )
    from engine.core.sections import Part

PAGE: Final = Path(__file__).with_name("advice.md").read_text("utf-8")
_ENTRY: Final = re.compile(r"## IMB(\d+): .+\n\n.+\n\nWhy it matters: (.+)\.\n")
_WRONG: Final = (6, 12, 15, 19, 20, 21, 27, 29)
_LAST_RECORD: Final = 10


class AdviceCode(NamedTuple):
    """One kind of advice.

    `weight` is 1 for what can make a result wrong, 2 for what is worth knowing, 3
    for what was decided and is reported for the record.
    """

    weight: int
    cause: str


CODES: Final = {
    f"IMB{number}": AdviceCode(
        1 if int(number) in _WRONG else 3 if int(number) <= _LAST_RECORD else 2, cause
    )
    for number, cause in _ENTRY.findall(PAGE)
}


def check(experiment: Experiment) -> None:
    """Refuse an experiment that cannot be run, before any work.

    Raises
    ------
    SpecError
        That says the first rule that is broken.
    """
    if not experiment.arms:
        raise SpecError("no arm", "name at least one")
    search, features = experiment.search, experiment.features
    for part in (experiment, search, experiment.model, features, experiment.decision):
        _check_fields(part)
    try:
        json.dumps(msgspec.to_builtins(experiment), allow_nan=False)
    except ValueError:
        raise SpecError(
            "a number of the experiment is infinite or undefined", "give finite numbers"
        ) from None
    _check_decision(experiment.decision)
    _check_arms(experiment)
    check_data(experiment.data)
    check_split(experiment.split, experiment.data)
    _check_splits(experiment)


def check_classes(decision: DecisionSpec, classes: int) -> None:
    """Refuse a prevalence or a cost column where there are more than two classes.

    Raises
    ------
    SpecError
    """
    if classes > 2 and decision.prevalence:
        raise SpecError(
            f"a prevalence in use of {decision.prevalence:g}, and {classes} classes",
            "name the positive class: the rest is one class then; or leave the "
            "prevalence out",
            field="decision.prevalence data.positive",
        )
    if classes > 2 and decision.cost_fn_column:
        raise SpecError(
            f"a cost column, {decision.cost_fn_column!r}, and {classes} classes",
            "name the positive class: the rest is one class then; or leave the "
            "column out",
            field="decision.cost_fn_column data.positive",
        )


def check_review(decision: DecisionSpec, costs: Costs, classes: int = 2) -> None:
    """Refuse a review that costs what a missed positive does, or of several classes.

    Raises
    ------
    SpecError
    """
    price, miss = decision.cost_review, error_costs(costs)["cost_fn"]
    if not price:
        return
    if classes > 2:
        raise SpecError(
            f"a cost of a review of {price:g}, and {classes} classes",
            "name the positive class: the rest is one class then; or leave the cost "
            "of a review out",
            field="decision.cost_review data.positive",
        )
    if price >= miss:
        raise SpecError(
            f"a review costs {price:g}, and a missed positive no more than {miss:.4g}",
            f"give a cost of a review above 0 and below {miss:.4g}: from there on none "
            "can pay",
            field="decision.cost_review",
            given=price,
        )


def check_value(doc: Doc, given: object) -> None:
    """Refuse a value that a field does not admit; None is no value."""
    unset = given is None or given is msgspec.UNSET
    if not unset and not doc.admits(given):
        raise wrong_value(doc, given)


def wrong_value(doc: Doc, given: object) -> SpecError:
    """Return the error of a value that a field does not admit.

    Examples
    --------
    >>> from engine.core.experiment import SearchSpec
    >>> str(wrong_value(fields_of(SearchSpec)["trials"], 0))
    'trials cannot be 0. Give a whole number of 1 or more'
    """
    if doc.choices:
        values = list(given.values()) if isinstance(given, dict) else [given]
        wrong = next((one for one in values if one not in doc.choices), given)
        text = f"no {doc.label} {wrong!r}"
        return unknown(text, doc.choices, str(wrong), field=doc.field)
    shown = f"{given:g}" if isinstance(given, float) else given
    text = f"{doc.label} cannot be {shown}"
    return SpecError(text, f"give {doc.allowed}", field=doc.field, given=given)


def check_data(data: DataSpec) -> None:
    """Refuse what a table's settings cannot combine, as `check` does."""
    _check_fields(data)
    _check_fields(data.read)
    if both := sorted({*data.drop} & {*data.keep}):
        raise SpecError(
            f"column {', '.join(map(repr, both))} is both dropped and kept",
            "leave it out of one of them",
            field="data.drop data.keep",
        )
    for mute in data.mute:
        code, colon, column = mute.partition(":")
        if code not in CODES or (colon and not column):
            raise SpecError(
                f"no advice {mute!r}",
                "give a code such as IMB018, or IMB018:city for one "
                "column (docs/advice.md lists them)",
                field="data.mute",
            )
    if data.weight:
        _refuse_named(data, data.weight, "weighs the rows", "data.weight")
    _check_reading(data.read)


def check_split(split: SplitSpec, data: DataSpec) -> None:
    """Refuse a hold-out that is defined in two ways, as `check` does."""
    _check_fields(split)
    columns = {"group": split.group, "time": split.time, "by": split.by}
    ways = {way: column for way, column in columns.items() if column}
    given = [*ways, *(["a test file"] if data.test_source else [])]
    # The groups of two files still keep the folds apart.
    if len(given) > 1 and given != ["group", "a test file"]:
        fields = [f"split.{way}" for way in ways]
        raise SpecError(
            f"the test rows are defined in {len(given)} ways: {', '.join(given)}",
            "give one of them",
            field=" ".join([*fields, *["data.test_source"] * bool(data.test_source)]),
        )
    for way, column in ways.items():
        _refuse_named(data, column, f"defines the split ({way})", f"split.{way}")
        if column == data.weight:
            raise SpecError(
                f"column {column!r} defines the split ({way}) and weighs the rows",
                "name another column for one of them",
                field=f"data.weight split.{way}",
            )


def _check_splits(e: Experiment) -> None:
    """Refuse several splits where the test rows are the same in all of them."""
    ways = {
        "split.time": e.split.time,
        "split.by": e.split.by,
        "data.test_source": e.data.test_source,
    }
    for field, given in ways.items():
        if e.splits == 1 or not given:
            continue
        raise SpecError(
            f"{e.splits} splits, but the test rows are fixed by {given!r}",
            "give 1 split, or let the test rows be drawn",
            field=f"splits {field}",
        )


def _refuse_named(data: DataSpec, column: str, part: str, place: str) -> None:
    """Refuse to drop, keep or convert a column that has another part to play."""
    named = {"drop": data.drop, "keep": data.keep, "kinds": data.kinds}
    for field, columns in named.items():
        if column in columns:
            raise SpecError(
                f"column {column!r} {part}, so it is no feature and cannot be in "
                f"{field}",
                "leave it out of one of them",
                field=f"data.{field} {place}",
            )


def _check_reading(read: ReadSpec) -> None:
    if read.encoding is not None and not _is_encoding(read.encoding):
        raise SpecError(
            f"no text encoding {read.encoding!r}",
            "give one that Python knows, such as utf-8, cp1252 or utf-16",
            field="data.read.encoding",
        )
    if read.quote is not None and read.quote != "none" and len(read.quote) != 1:
        raise SpecError(
            f"{read.quote!r} is no quote character",
            "give one character, or none",
            field="data.read.quote",
        )
    if read.escape is not None and (len(read.escape) != 1 or read.escape <= " "):
        text = f"{read.escape!r} is no escape character"
        raise SpecError(text, "give one character", field="data.read.escape")


def _check_fields(part: Part) -> None:
    """Refuse a value that its field does not admit."""
    for name, doc in fields_of(type(part)).items():
        check_value(doc, getattr(part, name))


def _is_encoding(name: str) -> bool:
    """Tell whether Python decodes text by that name (``base64`` is no text)."""
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _check_decision(d: DecisionSpec) -> None:
    fn = 1.0 if d.cost_fn is None else d.cost_fn
    fp = 1.0 if d.cost_fp is None else d.cost_fp
    if d.cost_tn >= fp or (d.cost_fn is not None and d.cost_tp >= fn):
        raise SpecError(
            f"costs {d.cost_tp:g} (true positive) and {d.cost_tn:g} (true negative)",
            "give costs below those of a missed positive and of a false alarm",
            field="decision.cost_tp decision.cost_tn",
        )
    if d.cost_fn_column:
        _check_cost_column(d)
    if d.alerts > 0.99 and (d.alerts < 1 or d.alerts % 1):
        raise SpecError(
            f"{d.alerts:g} alerts",
            "give a share of the rows up to 0.99 (as 0.05), or a whole number of test "
            "rows",
            field="decision.alerts",
        )
    if d.cost_fn is not None:
        check_review(d, d.costs({}, ""))
    parse_point(d.at)


def _check_cost_column(d: DecisionSpec) -> None:
    """Refuse what says a second time what a miss costs."""
    column, field = repr(d.cost_fn_column), "decision.cost_fn_column"
    if d.cost_fn is not None:
        raise SpecError(
            f"a miss costs {d.cost_fn:g}, and what column {column} says",
            "give one of them",
            field=f"decision.cost_fn {field}",
        )
    if d.cost_tp:
        raise SpecError(
            f"a cost of {d.cost_tp:g} for each true positive, with a cost of each miss "
            f"in column {column}",
            "subtract it from the column: only what finding a row saves decides",
            field=f"decision.cost_tp {field}",
        )
    if d.cost_review:
        raise SpecError(
            f"a cost of a review of {d.cost_review:g}, with a cost of each miss in "
            f"column {column}",
            "give one cost of a miss: reviews are not chosen by costs of rows",
            field=f"decision.cost_review {field}",
        )


def _check_arms(e: Experiment) -> None:
    names = [arm.name for arm in e.arms]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError(
            f"arm {', '.join(twice)} is listed twice", "name every arm once"
        )
    for arm in e.arms:
        # A control's own rule is the registry's.
        if arm.name.partition("@")[0] != CONTROL and is_misnamed(arm):
            raise SpecError(
                f"arm {arm.name!r} has the name of a method that it is not",
                "give it another name, or leave its steps, weights and ensemble out",
            )
