"""An arm's encoding by classes of scikit-learn."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.utils import check_array

from engine.core.errors import SpecError
from engine.data.readers.values import NUMBER_MISSING, TEXT_MISSING, is_number
from engine.export.case import Case
from engine.features.encoding import Layout, Limits

NUMERIC = ("number", "integer", "boolean")
_INSTEAD = "take the fitted model of the run, or the pipeline of another arm"


def make_encoder(
    case: Case, *, by_position: bool, coded: bool, marked: bool
) -> ColumnTransformer:
    """Return the arm's encoding, not fitted, which comes to the run's very numbers.

    Parameters
    ----------
    case : Case
    by_position : bool
        Whether columns are found by their place in the table without the target.
    coded : bool
        Whether a category becomes one column of codes; `expand_codes` makes indicators
        of them.
    marked : bool
        Whether those columns have a mark for missing cells that have one in the run, as
        they do if `coded`; else it is as in the rows that it is fitted on.

    Raises
    ------
    SpecError
        If classes of scikit-learn alone do not come to the numbers of the run.
    """
    bench = case.bench
    table = bench.table.frame[bench.dataset.there]
    table = table.drop(columns=bench.dataset.info.target)
    numbers: list[Any] = []
    levels: list[Any] = []
    kinds = []
    for one in bench.dataset.columns:
        place = table.columns.get_loc(one.name) if by_position else one.name
        if one.kind not in NUMERIC:
            levels.append(place)
            continue
        if not pd.api.types.is_numeric_dtype(table[one.name].dtype):
            what = f"column {one.name!r} holds text or dates that the run read as"
            raise refusal(f"{what} numbers, which a pipeline")
        numbers.append(place)
        kinds.append(one.kind)
    impute = case.plan.missing(case.chosen.arm) == "impute"
    most = case.experiment.features.max_categories
    features = case.features()
    marked = marked or coded
    marks = [numbers[place] for place in features.limits_.marked] if marked else []
    missing = case.data.read.missing
    parts = [
        ("numbers", _numbers(kinds, missing, impute=impute, mark=not marked), numbers),
        ("missing", _marks(missing), marks),
        ("levels", _levels(most, missing), [] if coded else levels),
    ]
    known = zip(levels, features.encoding_.categories, strict=True)
    for place, (name, codes) in enumerate(known if coded else ()):
        part = _codes(most, missing, rare=bool(codes.rare))
        parts.append((f"codes_{place}", part, [name]))
    encoder = ColumnTransformer([part for part in parts if part[2]])
    both = (table.iloc[bench.split.fit], table)
    fitting, rows = (p.to_numpy(object) if by_position else p for p in both)
    try:
        found = clone(encoder).fit(fitting).transform(rows)
    except (TypeError, ValueError) as error:
        raise refusal(f"columns are read in a way ({error}) that a pipeline") from None
    wanted = features.transform(bench.dataset.frame)
    if coded:
        wanted = features.layout_.collapse(wanted)
    if not np.array_equal(found, wanted, equal_nan=True):
        raise refusal("columns are read in a way that a pipeline")
    return encoder


def refusal(what: str) -> SpecError:
    """Return the error that the libraries alone do not do what the run did."""
    return SpecError(f"{what} of the libraries alone cannot do", _INSTEAD, field="arm")


def expand_codes(flat: int, categories: int) -> ColumnTransformer:
    """Return what makes indicators of codes.

    Parameters
    ----------
    flat : int
        Columns before the codes, which stay as they are.
    categories : int
        Columns of codes.
    """
    indicators = OneHotEncoder(
        handle_unknown="ignore", sparse_output=False, dtype=np.float32
    )
    return ColumnTransformer(
        [
            ("numbers", "passthrough", slice(0, flat)),
            ("levels", indicators, slice(flat, flat + categories)),
        ]
    )


def _numbers(
    kinds: Sequence[str], missing: Collection[str], *, impute: bool, mark: bool
) -> Pipeline:
    """Return what numbers go through: filled, marked, and each scaled by itself.

    Scaled together, their means would differ in the last bit.
    """
    fill = SimpleImputer(
        strategy="median", keep_empty_features=True, add_indicator=mark
    )
    scale = ColumnTransformer(
        [
            (str(place), "passthrough" if k == "boolean" else StandardScaler(), [place])
            for place, k in enumerate(kinds)
        ],
        remainder="passthrough",
    )
    steps = [("fill", fill)] if impute else []
    return Pipeline([*_read(missing), *steps, ("scale", scale), _narrow()])


def _marks(missing: Collection[str]) -> Pipeline:
    """Return what tells where numbers are missing."""
    marks = MissingIndicator(features="all")
    return Pipeline([*_read(missing), ("mark", marks), _narrow()])


def _read(missing: Collection[str]) -> list[tuple[str, FunctionTransformer]]:
    """Return what makes numbers of cells, however they are held.

    What the run reads as missing is missing: a blank cell, or a word for it.
    """
    words = sorted(NUMBER_MISSING | {word.lower() for word in missing})
    known = "|".join(re.escape(word) for word in words if word)
    gone = [
        rf"(?i)^\s*(?:{known})?\s*$",
        *(float(word) for word in missing if is_number(word)),
    ]
    return [
        ("frame", FunctionTransformer(pd.DataFrame)),
        ("missing", _replace(gone, np.nan, regex=True)),
        ("read", as_array("float64")),
    ]


def _replace(cells: list[Any], value: Any, **how: Any) -> FunctionTransformer:
    given = {"to_replace": cells, "value": value, **how}
    return FunctionTransformer(pd.DataFrame.replace, kw_args=given)


def _narrow() -> tuple[str, FunctionTransformer]:
    return "narrow", as_array("float32")


def as_array(dtype: str) -> FunctionTransformer:
    """Return what makes an array of a table of numbers, missing ones NaN."""
    given = {"dtype": dtype, "ensure_all_finite": "allow-nan"}
    return FunctionTransformer(check_array, kw_args=given)


def _levels(most: int, missing: Collection[str]) -> Pipeline:
    """Return what categories go through: text, and an indicator for each level."""
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=most,
        sparse_output=False,
        dtype=np.float32,
    )
    return Pipeline([*_as_text(missing), ("encode", encoder)])


def _codes(most: int, missing: Collection[str], *, rare: bool) -> Pipeline:
    """Return what makes the code of its level of each cell of a category.

    A new level has the code of the rare ones, if some share one, else -1.
    """
    if rare:
        place = FunctionTransformer(np.argmax, kw_args={"axis": 1, "keepdims": True})
        return Pipeline([*_levels(most, missing).steps, ("code", place), _narrow()])
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32
    )
    return Pipeline([*_as_text(missing), ("code", encoder)])


def _as_text(missing: Collection[str]) -> list[tuple[str, FunctionTransformer]]:
    """Return what makes text of categories; a missing one comes first of all."""
    text, strip = ({"func": f, "na_action": "ignore"} for f in (str, str.strip))
    gone = sorted(TEXT_MISSING.union(missing))
    return [
        ("frame", FunctionTransformer(pd.DataFrame, kw_args={"dtype": object})),
        ("text", FunctionTransformer(pd.DataFrame.map, kw_args=text)),
        ("strip", FunctionTransformer(pd.DataFrame.map, kw_args=strip)),
        ("words", _replace(gone, "")),
        ("missing", FunctionTransformer(pd.DataFrame.fillna, kw_args={"value": ""})),
    ]


def layout_of(steps: Sequence[tuple[str, Any]]) -> Layout:
    """Return which columns belong to one category, in the rows that the model takes.

    Parameters
    ----------
    steps : sequence of (str, estimator)
        Of a pipeline that was fitted: the encoder of `make_encoder` first, and maybe an
        `expand_codes` behind.
    """
    fitted = dict(steps)
    if "levels" in fitted:
        parts = {name: one for name, *one in fitted["levels"].transformers_}
        widths = [len(known) for known in parts["levels"][0].categories_]
        flat = parts["numbers"][1].stop
    else:
        parts = {name: one for name, *one in fitted["encoder"].transformers_}
        widths = _widths(parts["levels"][0]["encode"])
        flat = fitted["encoder"].output_indices_["levels"].start
    ends = flat + np.cumsum(widths)
    blocks = zip([flat, *ends[:-1].tolist()], ends.tolist(), strict=True)
    names = (*map(str, range(flat + len(widths))),)
    return Layout(names, flat=flat, flags=(), levels=tuple(blocks))


def _widths(encoder: OneHotEncoder) -> list[int]:
    """Return how many indicators each category has."""
    return [
        len(every) - (0 if rare is None else len(rare) - 1)
        for every, rare in zip(
            encoder.categories_, encoder.infrequent_categories_, strict=True
        )
    ]


def limits_of(
    encoder: ColumnTransformer, kinds: Sequence[str], X: np.ndarray
) -> Limits:
    """Return what rows of a fitted encoder's matrix must keep to.

    Parameters
    ----------
    encoder : ColumnTransformer
        As `make_encoder` returns it, fitted.
    kinds : sequence of str
        What each column of numbers is.
    X : numpy.ndarray of shape (n_rows, n_encoded), dtype float32
        The rows that it was fitted on.
    """
    width, marked, whole = len(kinds), list[int](), dict[int, tuple[float, float]]()
    parts = {name: (part, columns) for name, part, columns in encoder.transformers_}
    if width:
        numbers, names = parts["numbers"]
        scaled = numbers["scale"].named_transformers_
        for place, kind in enumerate(kinds):
            if kind == "integer":
                scaler = scaled[str(place)]
                whole[place] = float(scaler.mean_[0]), float(scaler.scale_[0])
        if "missing" in parts:
            marked = [[*names].index(name) for name in parts["missing"][1]]
        elif "fill" in numbers.named_steps and numbers["fill"].add_indicator:
            marked = numbers["fill"].indicator_.features_.tolist()
    low, high, fill = X[:, :width].min(axis=0), X[:, :width].max(axis=0), X[0, :width]
    fill = fill.copy()
    for mark, place in enumerate(marked, width):
        absent = X[:, mark] == 1.0
        if absent.any():
            fill[place] = X[absent, place][0]
    flat, levels = width + len(marked), list[slice]()
    if "levels" in parts:
        ends = flat + np.cumsum(_widths(parts["levels"][0]["encode"]))
        levels = [*map(slice, [flat, *ends[:-1].tolist()], ends.tolist())]
    flags = [place for place, kind in enumerate(kinds) if kind == "boolean"]
    return Limits(
        low=low,
        high=high,
        fill=fill,
        whole=whole,
        marked=marked,
        flags=[*flags, *range(width, flat)],
        levels=levels,
    )
