"""A script without imbtui comes to the run's own numbers.

Here with a few arms, and tables that hold much at once; all are in the slow tier.
"""

import ast
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from engine.core.errors import DataError, SpecError
from engine.core.experiment import DataSpec, ReadSpec
from engine.export import case as cases
from engine.export.script import Calls
from engine.export.scripting import rows as rows_of
from engine.export.write import plan, write
from tests.support import finished
from tests.support.experiments import make_table
from tests.support.exported_scripts import (
    agrees,
    asked,
    checked,
    exported,
    opened,
    stored,
    warm,
)
from tests.support.finished import ENSEMBLE

ALONE = frozenset({"json", "os", "sys", "numpy", "pandas", "sklearn", "imblearn"})


def test_every_kind_of_arm_and_of_classes(two_classes, several_classes, tmp_path):
    path = tmp_path / "script.py"
    for arm in ("smote-enn", "weights", ENSEMBLE):
        checked(two_classes, arm, path)
    checked(several_classes, "weights", path)
    checked(several_classes, "smote", path)


def test_another_model_than_xgboost(tmp_path):
    run = finished.two_models()
    text = checked(run, "untreated@logistic", tmp_path / "script.py")
    assert "from sklearn.linear_model import LogisticRegression" in text
    assert "xgboost" not in text
    assert "scores to within 1e-04" in text


def test_other_operating_points(two_classes, several_classes, tmp_path):
    for run, last in ((two_classes, 3), (several_classes, 2)):
        for at in opened(run, "weights").chosen.points[1:last]:
            checked(run, "weights", tmp_path / "script.py", at=at.name)


# Tables ------------------------------------------------------------------------------


def rows(count=200, **changes):
    return make_table(count, share=0.25, seed=4).assign(**changes)


def as_people_write_it():
    """A title above, another separator, another decimal sign, another encoding."""
    frame = rows(price=np.random.default_rng(0).normal(1500, 300, 200).round(2))
    frame["price"] = (
        frame["price"]
        .map("{:,.2f} \u20ac".format)
        .str.translate(str.maketrans(",.", ".,"))
    )
    frame["risk"] = frame["risk"].map(str).str.replace(".", ",")
    frame["age"] = frame["age"].map(str)
    frame.loc[3:9, "age"] = "n/a"
    frame.loc[5:11, "colour"] = "?"
    frame["colour"] = " " + frame["colour"]
    frame = frame.drop(columns="dose").rename(columns={"age": " Age  of\u00e9 "})
    text = "Report of May\n\n" + frame.to_csv(index=False, sep=";")
    return SimpleNamespace(
        table=text.encode("cp1252"), arms=(), given={}, said=("read_parquet",)
    )


def of_groups():
    """Groups stay together; levels are many; columns are what they are said to be."""
    rng = np.random.default_rng(0)
    who = pd.Series(rng.choice(list("zyxwvutsrq"), 200)).mask(rng.random(200) < 0.1)
    city = pd.Series(rng.zipf(1.5, 200).clip(0, 40)).map("town {}".format)
    days = pd.date_range("2023-01-01", periods=200).strftime("%Y-%m-%d")
    frame = rows(
        who=who,
        city=city.mask(rng.random(200) < 0.1),
        since=days,
        code=[1.0, 2.0, 10.0, 3.0] * 50,
        on=["y", "n"] * 100,
    )
    data = DataSpec(
        source="rows.csv",
        target="sick",
        keep=("id", "since"),
        kinds={"code": "category", "on": "boolean"},
        drop=("dose",),
    )
    return SimpleNamespace(
        table=frame,
        arms=("smotenc",),
        given={"data": data, "split__group": "who", "features__max_categories": 4},
        said=(
            "draw_groups(group, y, share=0.2, seed=42, stratify=True)",
            "infrequent_categories_",
            'pd.Timedelta(1, "D")',
        ),
    )


def of_copies():
    """Rows that are equal stay together; missing numbers are left to the model."""
    frame = rows(120).drop(columns="id")
    return SimpleNamespace(
        table=pd.concat([frame, frame.iloc[::3], frame.iloc[::5]]),
        arms=("untreated",),
        given={"features__missing": "native"},
        said=("draw_units(units, y,",),
    )


def in_order_of_time():
    """The latest rows are the test rows."""
    days = pd.date_range("2023-01-01", periods=200).strftime("%d/%m/%Y")
    mixed = np.random.default_rng(0).permutation(200)
    return SimpleNamespace(
        table=rows(day=days[mixed]),
        arms=(),
        given={"split__time": "day"},
        said=("dayfirst=True", "moments <= known[cut]"),
    )


def of_a_number_that_means_missing():
    """Of a number pandas would take every other way to write it as well."""
    code = np.random.default_rng(0).choice(["1", "1.0", "2", "w"], 200)
    data = DataSpec(source="rows.csv", target="sick", read=ReadSpec(missing=("1",)))
    return SimpleNamespace(
        table=rows(code=code),
        arms=(),
        given={"data": data},
        said=("column 'code' is parsed differently", "read_parquet"),
    )


def of_two_files():
    """The test rows are in a file of their own."""
    frame = rows()
    frame.loc[150:160, "sick"] = None
    data = DataSpec(source="rows.csv", target="sick", test_source="b.csv")
    beside = {"b.csv": frame.iloc[140:, ::-1]}
    return SimpleNamespace(
        table=frame.iloc[:140],
        arms=(),
        given={"data": data, "beside": beside},
        said=("it is in two files", "read_parquet"),
    )


@pytest.mark.parametrize(
    "made",
    [
        as_people_write_it,
        of_groups,
        of_copies,
        in_order_of_time,
        of_a_number_that_means_missing,
        of_two_files,
    ],
    ids=lambda made: made.__name__,
)
def test_a_script_reads_and_divides_the_table_as_the_run_did(tmp_path, made):
    one = made()
    given = {"data__target": "sick", **one.given}
    run = stored(one.table, *dict.fromkeys(("untreated", *one.arms)), **given)
    text = checked(run, (one.arms or ("untreated",))[-1], tmp_path / "script.py")
    assert not [said for said in one.said if said not in text]


def test_a_script_of_many_files_reads_the_rows_as_they_were_exported(tmp_path):
    for part in range(2):
        rows(more=part).to_parquet(tmp_path / f"part-{part}.parquet")
    run = stored(str(tmp_path / "part-*.parquet"), "untreated", data__target="sick")
    text = checked(run, "untreated", tmp_path / "script.py")
    assert "it is in many files" in text
    assert "read_parquet" in text


def test_rows_that_pandas_cannot_choose_are_read_as_they_were_exported(
    tmp_path, monkeypatch
):
    frame = rows()
    frame.loc[5:9, "sick"] = None
    data = DataSpec(source="rows.csv", target="sick", read=ReadSpec(rows=150))
    run = stored(frame, "untreated", "smote", data=data)
    path = tmp_path / "script.py"
    said = write(asked(run, "smote", path=str(path))).notes[-1]
    assert "a sample of its rows" in said
    assert "--as data" in said
    text = checked(run, "smote", path)
    told = f"imbtui export {run.run} --arm untreated --as data --table parquet -o"
    assert f"{told} {run.run}-data" in text
    assert "train_test_split" not in text
    path.unlink()
    monkeypatch.setattr(rows_of, "_way", lambda *_: None)
    with pytest.raises(SpecError, match="a sample of its rows"):
        exported(run, "untreated", tmp_path)
    assert not list(tmp_path.glob("*.py"))


def test_code_that_comes_to_other_rows_is_refused(two_classes, tmp_path, monkeypatch):
    true = rows_of.render

    def changed(template, /, **given):
        return true(template, **given) + "X_train[0] += 1\n"

    monkeypatch.setattr(rows_of, "render", changed)
    with pytest.raises(DataError, match="in another way than the run's did"):
        exported(two_classes, "untreated", tmp_path)
    assert not list(tmp_path.iterdir())


# What is written ---------------------------------------------------------------------


def test_a_script_needs_four_libraries_and_reads_another_file(two_classes, tmp_path):
    path = exported(two_classes, "smote", tmp_path)
    tree = ast.parse(path.read_text())
    used = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert used <= ALONE | {"xgboost"}
    assert path.read_text().isascii()
    assert max(map(len, path.read_text().splitlines())) <= 100
    copy = tmp_path / "moved.csv"
    copy.write_bytes(two_classes.table.read_bytes())
    agrees(warm().told(path, str(copy)), opened(two_classes, "smote"))


def test_it_is_told_before_it_is_made(two_classes, monkeypatch):
    monkeypatch.setattr(
        cases.stored_run, "reopen_run", lambda *a, **k: pytest.fail("reads the table")
    )
    told = plan(asked(two_classes, "smote"))
    assert told.path.endswith(f"{two_classes.run}-smote-script.py")
    assert [one.name for one in told.files] == ["script.py"]
    assert any("python SCRIPT.py PATH" in note for note in told.notes)


# What is refused ---------------------------------------------------------------------


def test_what_only_imbtui_has_is_refused():
    class Mine(BaseEstimator):
        __module__ = "engine.mine"

    with pytest.raises(SpecError, match="without imbtui"):
        Calls().of(Mine())


def test_a_table_that_has_changed_is_refused(several_classes, tmp_path):
    mine = several_classes.copy(tmp_path / "mine")
    before = mine.table.read_bytes()
    mine.table.write_bytes(before.replace(b"high", b"hijh"))
    with pytest.raises(DataError, match="has changed since the run"):
        write(asked(mine, "smote", path=str(tmp_path / "a.py")))
    assert not (tmp_path / "a.py").exists()
