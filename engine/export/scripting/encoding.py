"""Columns become numbers: the run's encoding with scikit-learn's own transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.errors import DataError
from engine.export.scripting.readers import call
from engine.export.scripting.words import NUMERIC, Imports, assigned
from engine.features import LARGEST

if TYPE_CHECKING:
    import pandas as pd

    from engine.data.profile import Column
    from engine.export.case import Case
    from engine.export.scripting.reading import Reading

__all__ = ["Encoded", "encoded"]


class Encoded(NamedTuple):
    """The code of an encoding, and what else of it the script needs.

    Attributes
    ----------
    lines : tuple of str
    numbers, flags, whole : list of int
        Places of the columns of numbers among all that are; of those, the flags and
        the whole numbers.
    marks : int
        Columns that mark a missing number.
    levels : bool
        Whether there are categories, and columns for their levels.
    rare : bool
        Whether the rarest levels of a category share one.
    filled : bool
        Whether missing numbers are filled, so that a column goes through two steps.
    X : numpy.ndarray of shape (n_train, n_features), dtype float32
        The training rows, encoded.
    """

    lines: tuple[str, ...]
    numbers: int
    flags: tuple[int, ...]
    whole: tuple[int, ...]
    marks: int
    levels: bool
    rare: bool
    filled: bool
    X: np.ndarray


class _Needs(NamedTuple):
    """What the columns of this table ask of an encoding."""

    filled: bool
    marks: bool
    empty: bool
    scaled: bool
    flags: bool
    levels: bool
    most: int
    clipped: bool
    blank_level: bool
    numbers: bool


def encoded(case: Case, read: Reading, imports: Imports) -> Encoded:
    """Return the code that encodes the rows as the run did.

    Raises
    ------
    DataError
        If scikit-learn's transformers come to other numbers.
    """
    dataset, split = case.bench.dataset, case.bench.split
    columns = dataset.columns
    features = case.features()
    numbers = [c for c in columns if c.kind in NUMERIC]
    categories = [c for c in columns if c.kind not in NUMERIC]
    train, test = (dataset.frame.iloc[rows] for rows in (split.train, split.test))
    native = case.plan.missing(case.chosen.arm) == "native"
    needs = _needs(case, train, dataset.frame, numbers, categories, native=native)
    X = features.transform(train)
    names, levels = [c.name for c in numbers], [c.name for c in categories]
    flags = [c.name for c in numbers if c.kind == "boolean"]
    table = read.table
    if needs.clipped:
        table = table.assign(**{n: table[n].clip(-LARGEST, LARGEST) for n in names})
    if needs.blank_level:
        table = table.assign(**{n: table[n].fillna("") for n in levels})
    ours = _made(names, flags, levels, needs)
    found = ours.fit_transform(table.iloc[split.train]).astype(np.float32)
    other = ours.transform(table.iloc[split.test]).astype(np.float32)
    want = features.transform(test)
    if not (
        np.array_equal(X, found, equal_nan=True)
        and np.array_equal(want, other, equal_nan=True)
    ):
        raise DataError(
            "scikit-learn's transformers encode these columns to other numbers here "
            "than the run's",
            "export with the versions of the libraries that made the run",
        )
    return Encoded(
        lines=_lines(needs, flags, imports),
        numbers=len(numbers),
        flags=tuple(i for i, c in enumerate(numbers) if c.kind == "boolean"),
        whole=tuple(i for i, c in enumerate(numbers) if c.kind == "integer"),
        marks=features.layout_.flat - len(numbers),
        levels=bool(categories),
        rare=bool(needs.most),
        filled=needs.filled,
        X=X,
    )


def _needs(
    case: Case,
    train: pd.DataFrame,
    every: pd.DataFrame,
    numbers: list[Column],
    categories: list[Column],
    *,
    native: bool,
) -> _Needs:
    names = [c.name for c in numbers]
    levels = [c.name for c in categories]
    gaps = every[names].isna()
    largest = np.nanmax(np.abs(every[names].to_numpy(dtype=float)), initial=0.0)
    return _Needs(
        filled=not native and bool(gaps.to_numpy().any()),
        marks=not native and bool(train[names].isna().to_numpy().any()),
        empty=bool(train[names].isna().all().any()),
        scaled=any(c.kind != "boolean" for c in numbers),
        flags=any(c.kind == "boolean" for c in numbers),
        levels=bool(categories),
        most=case.experiment.features.max_categories if case.features().rare_ else 0,
        clipped=bool(largest > LARGEST),
        numbers=bool(numbers),
        blank_level=bool(every[levels].isna().to_numpy().any()),
    )


def _made(
    numbers: list[str], flags: list[str], levels: list[str], needs: _Needs
) -> Any:
    """Return what the code makes, with the same parameters."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    def prepared(name: str) -> Any:
        steps: list[Any] = []
        if needs.filled:
            fill = {"keep_empty_features": True} if needs.empty else {}
            steps.append(SimpleImputer(strategy="median", **fill))
        if name not in flags:
            steps.append(StandardScaler())
        if not steps:
            return "passthrough"
        return make_pipeline(*steps) if needs.filled else steps[0]

    parts = [(prepared(name), [name]) for name in numbers]
    if needs.marks:
        parts.append((MissingIndicator(error_on_new=False), numbers))
    if levels:
        shared = {"max_categories": needs.most} if needs.most else {}
        unknown = "infrequent_if_exist" if needs.most else "ignore"
        encoder = OneHotEncoder(handle_unknown=unknown, sparse_output=False, **shared)
        parts.append((encoder, levels))
    return make_column_transformer(*parts)


def _lines(needs: _Needs, flags: list[str], imports: Imports) -> tuple[str, ...]:
    """Return the code that makes the encoder, fits it and encodes the rows."""
    lines: list[str] = []
    if needs.clipped:
        lines.append(f"table[numbers] = table[numbers].clip({-LARGEST}, {LARGEST})")
    if needs.blank_level:
        lines.append("# That a category is missing is a level too, the first one.")
        lines.append('table[categories] = table[categories].fillna("")')
    if flags and needs.scaled:
        lines.append(assigned("flags", flags))
    before, each = _each(needs, imports)
    lines += before
    parts = []
    if needs.numbers:
        parts.append(f"*[({each}, [name]) for name in numbers]")
    if needs.marks:
        imports.name("sklearn.impute", "MissingIndicator")
        parts.append("(MissingIndicator(error_on_new=False), numbers)")
    if needs.levels:
        imports.name("sklearn.preprocessing", "OneHotEncoder")
        said = ['handle_unknown="ignore"', "sparse_output=False"]
        if needs.most:
            said[0] = 'handle_unknown="infrequent_if_exist"'
            said.append(f"max_categories={needs.most}")
        one_hot = call("OneHotEncoder", said, 20, 4)
        parts.append(f"({one_hot}, categories)")
    imports.name("sklearn.compose", "make_column_transformer")
    made = "".join(f"    {part},\n" for part in parts)
    return (
        *lines,
        f"encoder = make_column_transformer(\n{made})",
        "X_train = encoder.fit_transform(table.iloc[train]).astype(np.float32)",
        "X_test = encoder.transform(table.iloc[test]).astype(np.float32)",
        "y_train, y_test = y[train], y[test]",
    )


def _each(needs: _Needs, imports: Imports) -> tuple[list[str], str]:
    """Return the code of what one column of numbers goes through, and what it uses."""
    fill = scale = ""
    if needs.filled:
        imports.name("sklearn.impute", "SimpleImputer")
        more = ", keep_empty_features=True" if needs.empty else ""
        fill = f'SimpleImputer(strategy="median"{more})'
    if needs.scaled:
        imports.name("sklearn.preprocessing", "StandardScaler")
        scale = "StandardScaler()"
    if fill and scale:
        imports.name("sklearn.pipeline", "make_pipeline")
    if not needs.flags:
        return (
            [],
            f"make_pipeline({fill}, {scale})" if fill and scale else fill or scale,
        )
    if not scale:
        return [], fill or '"passthrough"'
    both = f"make_pipeline({fill}, {scale})" if fill else scale
    return (
        [
            "",
            "",
            "def prepared(name):",
            '    """Say what a column of numbers goes through; flags stay 0 and 1."""',
            "    if name in flags:",
            f"        return {fill or PASS}",
            f"    return {both}",
            "",
            "",
        ],
        "prepared(name)",
    )


PASS = '"passthrough"'
