"""The profile document has the keys that are promised, as plain JSON values."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from engine.core import of_table
from engine.core.events import Sampled
from engine.core.messages import TableInfo
from engine.core.views.profile import about_rows
from tests.support.profile_samples import table_info


def build(info: TableInfo, seconds: float) -> dict[str, Any]:
    """The profile as it is printed."""
    return msgspec.json.decode(msgspec.json.encode(of_table(info, seconds=seconds)))


PROMISED = {
    "name",
    "rows",
    "columns",
    "target",
    "positive",
    "classes",
    "ratio",
    "duplicate_rows",
    "reader",
    "sampled",
    "advice",
    "seconds",
}


def test_it_has_what_is_promised() -> None:
    document = build(table_info(), seconds=0.12345)
    assert set(document) >= PROMISED
    assert json.loads(json.dumps(document)) == document
    assert document["columns"][0] == {
        "name": "x",
        "kind": "number",
        "role": "feature",
        "missing": 2,
        "levels": 9,
        "alone": {"average_precision": 0.3, "roc_auc": 0.7, "lift": 3.0},
        "missing_by_class": {"no": 2, "yes": 0},
    }
    assert document["columns"][1]["alone"] is None
    assert document["classes"] == {"no": 54, "yes": 6}
    assert document["ratio"] == 9.0
    assert document["seconds"] == 0.123
    assert document["sampled"] is False
    reader = document["reader"]
    assert set(reader) >= {"format", "delimiter", "encoding", "header", "quoting"}
    assert reader["notes"] == ["a"]


def test_advice_is_in_order_and_may_be_about_no_column() -> None:
    first, second = build(table_info(), seconds=0)["advice"]
    assert list(first) == ["code", "column", "message", "cause", "fix", "change"]
    assert first["change"] == {"field": "drop", "value": "x"}
    assert (second["column"], second["change"]) == (None, None)


def test_a_sample_says_of_how_many_rows() -> None:
    document = build(table_info(sampled=Sampled(rows=60, of=9000)), seconds=0)
    assert document["sampled"] == {"rows": 60, "of": 9000}


def test_three_classes_have_no_positive_and_a_ratio_of_the_ends() -> None:
    document = build(
        table_info(positive=None, classes={"a": 150, "b": 35, "c": 30}), seconds=0
    )
    assert document["positive"] is None
    assert document["ratio"] == 5.0


def test_no_target_is_no_ratio() -> None:
    document = build(
        table_info(target=None, positive=None, classes={}, train={}, test={}), seconds=0
    )
    assert (document["target"], document["classes"], document["ratio"]) == (
        None,
        {},
        None,
    )


def test_the_rows_that_columns_were_scored_on_are_said() -> None:
    assert build(table_info(), seconds=0)["alone_sampled"] is False
    info = table_info(alone_sampled=Sampled(rows=200_000, of=800_000))
    assert build(info, seconds=0)["alone_sampled"] == {"rows": 200_000, "of": 800_000}
    said = [cell.text for cell in about_rows(info)]
    assert said[-1] == "columns scored on 200,000 of 800,000 training rows"
    assert len(said) == 1 + len([*about_rows(table_info())])
