"""What a column is, whatever the order of its rows and a gap or two."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.data.profile import column, columns, dates
from tests.support.each import for_each

RNG = np.random.default_rng(0)
DAYS = [str(d.date()) for d in pd.date_range("2024-01-01", periods=60)]


@for_each(
    ("name", "values", "kind"),
    [
        ("flag", [0, 1, 1, 0], "boolean"),
        ("flag", [0.0, None, 1.0], "boolean"),
        ("answer", ["yes", "no", "no"], "category"),
        ("side", [1, 2, 1], "integer"),
        ("x", [1.5, 2.0, None], "number"),
        ("x", [3.0, 3.0, 3.0], "constant"),
        ("flag", [3.0, None, 3.0], "integer"),
        ("flag", [1.0, None, 1.0], "boolean"),
        ("flag", [0.5, None, 0.5], "number"),
        ("flag", ["Y", None, "Y"], "category"),
        ("x", [None, None], "constant"),
        ("x", ["a"] * 9, "constant"),
        ("age", RNG.integers(18, 90, 500), "integer"),
        ("income", RNG.integers(0, 10**9, 2000), "integer"),
        ("who", [f"person {n}" for n in range(50)], "id"),
        ("who", [f"person {n}" for n in range(20)], "category"),
        ("remark", [f"text {n % 400}" for n in range(500)], "text"),
        ("colour", list("rgb") * 50, "category"),
        ("day", DAYS, "date"),
        ("day", [d.replace("-", "/") for d in DAYS], "date"),
        ("day", ["31.01.2024", "01.02.2024"] * 20, "date"),
        ("at", [f"{d} 10:00:00" for d in DAYS], "date"),
        ("at", [f"{d}T10:00:00Z" for d in DAYS], "date"),
        ("said", ["Jan 5, 2024", "March 17, 2024"] * 9, "date"),
        ("ratio", ["1-2", "2-3"] * 20, "category"),
        ("version", ["2024.13.1", "2024.1.45"] * 20, "category"),
        ("day", [*DAYS, "soon"], "id"),
    ],
)
def test_kinds(name: str, values: object, kind: str) -> None:
    series = pd.Series(values, name=name)
    assert column(series).kind == kind
    if series.nunique() > 20:  # a text of few rows is judged by their number
        gaps = series.astype(object)
        gaps.iloc[0] = None
        assert column(gaps.infer_objects()).kind == kind


def test_an_identifier_is_one_with_gaps_copies_and_in_any_order() -> None:
    named = pd.Series(RNG.permutation(10_000)[:500] * 37, name="patient_id")
    assert column(named).kind == "id"
    copied = pd.concat([named, named.iloc[:5]])
    assert column(copied).kind == "id"
    assert column(pd.concat([named] * 2)).kind == "integer"
    text = copied.map("P{}".format)
    assert column(text).kind == "id"
    gap = named.astype(float)
    gap.iloc[0] = np.nan
    found = column(gap)
    assert (found.kind, found.missing, found.levels) == ("id", 1, 499)


@for_each("rows", [50, 300, 5000])
def test_row_numbers_are_an_identifier_however_they_are_drawn(rows: int) -> None:
    """A run looks at the training rows only, which are drawn by chance."""
    numbers = pd.Series(RNG.permutation(rows), name="x")
    assert column(numbers).kind == "id"
    assert column(numbers.iloc[: int(0.8 * rows)]).kind == "id"
    spread = pd.Series(RNG.permutation(rows) * 1000 + 7, name="x")
    assert column(spread).kind == "integer"


def test_huge_whole_numbers_are_no_surprise() -> None:
    series = pd.Series([-(2**62), 2**62, *range(100)], name="x")
    assert column(series).kind == "integer"


def test_a_profile_is_in_the_order_of_the_table() -> None:
    frame = pd.DataFrame({"b": [1, None, 3], "a": ["x", "x", None]})
    assert columns(frame) == (("b", "integer", 1, 2), ("a", "category", 1, 1))


@for_each(
    ("texts", "first"),
    [
        (["2024-03-04", "2024-12-31"], "2024-03-04"),
        (["03/04/2024", "12/31/2024"], "2024-03-04"),
        (["03/04/2024", "31/12/2024"], "2024-04-03"),
        (["4 March 2024", None], "2024-03-04"),
        (["2024-03-04T12:00:00+02:00", None], "2024-03-04 10:00"),
    ],
)
def test_dates_of_text_are_moments(texts: list[str | None], first: str) -> None:
    found = dates(pd.Series(texts, name="day", index=[5, 9]))
    assert found.loc[5] == pd.Timestamp(first)
    assert found.isna().tolist() == [t is None for t in texts]
    assert found.name == "day"
