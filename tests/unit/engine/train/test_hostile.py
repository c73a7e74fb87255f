"""Names that nobody should use, through the whole line."""

import os

import pandas as pd
import pytest

from engine.core.errors import DataError
from engine.core.events import decode, encode
from engine.core.state import State, reduce
from engine.steps import run
from tests.support.documents import build
from tests.support.experiments import make_table, small

QUICK = {"search__trials": 1, "search__folds": 2, "model__rounds": 10}
NAMES = ["a[/b]", "\x1b]0;pwned\x07", "=1+1", "x" * 5000, "\u202egnp.exe", "∞ ; DROP"]


def light(path, *arms, target="sick"):
    return small(path, *arms, data__target=target, **QUICK)


def test_hostile_names_labels_and_cells_change_nothing(tmp_path):
    plain = make_table(400)
    hostile = plain.rename(
        columns=dict(
            zip(["risk", "age", "colour", "dose", "sick"], NAMES, strict=False)
        )
    )
    hostile[NAMES[2]] = hostile[NAMES[2]].replace("red", "[@click=app.quit]r\x00\x9b")
    hostile[NAMES[4]] = hostile[NAMES[4]].replace({"yes": "'; --", "no": "\u202eno"})
    plain.to_csv(tmp_path / "plain.csv", index=False)
    hostile.to_parquet(tmp_path / "hostile.parquet")
    documents = []
    for name, target in (("plain.csv", "sick"), ("hostile.parquet", NAMES[4])):
        state = State()
        for event in run(light(tmp_path / name, "untreated", "smote", target=target)):
            assert decode(encode(event)) == event
            state = reduce(state, event)
        documents.append(build(state, run="x"))
    for one, two in zip(*(d["arms"] for d in documents), strict=True):
        assert one["status"] == two["status"] == "done"
    assert documents[1]["dataset"]["positive"] == "'; --"


def test_a_file_name_that_is_no_text(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")
    try:
        make_table(200).to_csv(path, index=False)
    except OSError:
        pytest.skip("this file system wants UTF-8 names")
    from engine.data import load_table as load

    with pytest.raises(DataError, match="Rename the file"):
        load(path)


def test_a_table_of_categories_only(tmp_path):
    table = make_table(400)[["colour", "sick"]].assign(size=["s", "m"] * 200)
    table.to_csv(tmp_path / "c.csv", index=False)
    state = State()
    arms = ("untreated", "smote", "kmeans-smote", "smote-enn", "random-under")
    for event in run(light(tmp_path / "c.csv", *arms)):
        state = reduce(state, event)
    assert state.arm("untreated").evaluated
    for arm in state.arms:
        assert arm.evaluated or arm.failed.fix


def test_columns_that_are_empty_in_a_fold(tmp_path):
    table = make_table(300)
    table["mostly"] = pd.Series([1.5] + [None] * 298 + [2.5])
    table.to_csv(tmp_path / "m.csv", index=False)
    state = State()
    for event in run(light(tmp_path / "m.csv", "untreated", "smote")):
        state = reduce(state, event)
    assert all(arm.evaluated for arm in state.arms)
