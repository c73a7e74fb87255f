"""A script reads and divides the table as the run did, whatever it looks like."""

import ast
import gzip

import numpy as np
import pandas as pd
import pytest

from engine.core.experiment import DataSpec, ReadSpec
from engine.core.methods.grammar import Arm, Step
from engine.data import write_made
from engine.export.write import write
from engine.io import catalogue
from engine.io.make_spec import parse as parse_made
from tests.support.experiments import make_table
from tests.support.exported_scripts import (
    asked,
    checked,
    exported,
    stored,
)

pytestmark = pytest.mark.slow


def run_and_checked(folder, table, *arms, **changes):
    """Run an experiment and the script of each arm; return the last one's text."""
    run = stored(table, "untreated", *arms, **{"data__target": "sick", **changes})
    text = ""
    for arm in arms or ("untreated",):
        text = checked(run, arm, folder / "script.py")
    return text


def rows(count=200, **changes):
    return make_table(count, share=0.25, seed=4).assign(**changes)


def test_groups_stay_on_one_side(tmp_path):
    rng = np.random.default_rng(0)
    who = pd.Series(rng.choice(list("zyxwvutsrq"), 200)).mask(rng.random(200) < 0.1)
    for stratify in (True, False):
        told = {"split__group": "who", "split__stratify": stratify}
        text = run_and_checked(tmp_path, rows(who=who), **told)
        assert f"draw_groups(group, y, share=0.2, seed=42, stratify={stratify})" in text


def test_the_latest_rows_are_the_test_rows(tmp_path):
    days = pd.date_range("2023-01-01", periods=200).strftime("%d/%m/%Y")
    mixed = np.random.default_rng(0).permutation(200)
    text = run_and_checked(tmp_path, rows(day=days[mixed]), split__time="day")
    assert "dayfirst=True" in text


def test_a_column_says_which_rows_are_test_rows(tmp_path):
    side = np.random.default_rng(0).choice(["Test", "train"], 200, p=[0.3, 0.7])
    text = run_and_checked(tmp_path, rows(side=side), split__by="side")
    assert '.isin(["Test"])' in text


@pytest.mark.parametrize("every", [True, False], ids=["every row", "some rows"])
def test_a_second_file_holds_the_test_rows(tmp_path, every):
    frame = rows()
    if not every:
        frame.loc[150:160, "sick"] = None
    data = DataSpec(source="rows.csv", target="sick", test_source="b.csv")
    beside = {"b.csv": frame.iloc[140:, ::-1]}
    text = run_and_checked(tmp_path, frame.iloc[:140], data=data, beside=beside)
    assert "The two files say which rows are the test rows" in text


@pytest.mark.parametrize("stratify", [True, False])
def test_equal_rows_stay_on_one_side(tmp_path, stratify):
    frame = rows(120).drop(columns="id")
    table = pd.concat([frame, frame.iloc[::3], frame.iloc[::5]])
    text = run_and_checked(tmp_path, table, split__stratify=stratify)
    assert "draw_units(units, y," in text


def test_equal_rows_too_many_to_be_copies_are_drawn_like_others(tmp_path):
    """Some are drawn as one still; without any the script is the plain draw."""
    frame = rows(300).drop(columns="id")
    many = pd.concat([frame, frame.iloc[[0] * 40], frame.iloc[::6]])
    text = run_and_checked(tmp_path, many)
    assert "units_of_copies(same, y, most=3)" in text
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 300), rng.geometric(0.4, 300).clip(1, 5)
    sick = np.where(a + b + rng.integers(0, 6, 300) > 8, "yes", "no")
    frame = pd.DataFrame({"a": a, "b": pd.Series(b).map(str) + "x", "sick": sick})
    text = run_and_checked(tmp_path, frame)
    assert "units" not in text


def test_copies_of_an_oversampled_class_stay_on_one_side(tmp_path):
    frame = rows(150).drop(columns="id")
    sick = frame[frame["sick"] == "yes"].iloc[:12]
    parts = [frame[frame["sick"] == "no"], *[sick] * 10]
    text = run_and_checked(tmp_path, pd.concat(parts))
    assert "units_of_copies(same, y, most=3, whole=True)" in text
    assert "draw_groups(units, y, share=0.2, seed=42, stratify=True)" in text


def test_rare_levels_share_one_column(tmp_path):
    rng = np.random.default_rng(0)
    city = pd.Series(rng.zipf(1.5, 200).clip(0, 40)).map("town {}".format)
    table = rows(city=city.mask(rng.random(200) < 0.1))
    arms = ("smote", "smotenc")
    text = run_and_checked(tmp_path, table, *arms, features__max_categories=4)
    assert "infrequent_categories_" in text


def test_a_wide_table_has_the_bins_of_the_run(tmp_path):
    wide = np.random.default_rng(0).normal(size=(200, 1_100)).astype(np.float32)
    more = pd.DataFrame(wide).add_prefix("x")
    text = run_and_checked(tmp_path, pd.concat([rows(), more], axis=1))
    assert 'max_bin=params["max_bin"]' in text


def test_missing_numbers_are_left_to_the_model(tmp_path):
    text = run_and_checked(tmp_path, rows(), features__missing="native")
    assert "Imputer" not in text
    assert "MissingIndicator" not in text


def test_a_table_as_people_write_it(tmp_path):
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
    found = run_and_checked(tmp_path, text.encode("cp1252"))
    assert "read_parquet" in found
    frame = rows(place=["Ulm", "Linz", "K\u00f6ln", "Graz"] * 50).drop(columns="dose")
    text = "Report of May\n\n" + frame.to_csv(index=False, sep=";", decimal=",")
    found = run_and_checked(tmp_path, text.encode("cp1252"))
    for said in ('sep=";"', 'decimal=","', "skiprows=1", 'encoding="cp1252"'):
        assert said in found


def test_columns_are_what_they_are_said_to_be(tmp_path):
    days = pd.date_range("2023-01-01", periods=200).strftime("%Y-%m-%d")
    frame = rows(since=days, code=[1.0, 2.0, 10.0, 3.0] * 50, on=["y", "n"] * 100)
    data = DataSpec(
        source="rows.csv",
        target="sick",
        keep=("id", "since"),
        kinds={"code": "category", "on": "boolean"},
        drop=("dose",),
    )
    text = run_and_checked(tmp_path, frame, data=data)
    assert 'pd.Timedelta(1, "D")' in text


def test_typed_and_packed_files(tmp_path):
    frame = rows(ok=[True, False] * 100)
    frame["colour"] = frame["colour"].astype("category")
    packed = gzip.compress(frame.to_csv(index=False).encode(), mtime=0)
    for table, file, said in (
        (frame, "rows.parquet", "read_parquet"),
        (frame, "rows.jsonl", "read_json"),
        (packed, "rows.csv.gz", 'rows.csv.gz"'),
    ):
        assert said in run_and_checked(tmp_path, table, file=file)


def test_what_pandas_would_have_to_be_told_at_length_is_exported(tmp_path):
    place = np.random.default_rng(0).choice(["Ulm, Bad", "Linz", "Graz"], 200)
    text = rows(place=place).to_csv(index=False, quoting=3, escapechar="\\")
    read = ReadSpec(escape="\\")
    data = DataSpec(source="rows.csv", target="sick", read=read)
    assert "read_parquet" in run_and_checked(tmp_path, text.encode(), data=data)


def test_a_sample_and_a_made_up_table_are_written_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = stored("sample:blobs", "untreated")
    out = catalogue.write(catalogue.find("blobs"), tmp_path / "other.csv")
    text = checked(run, "untreated", tmp_path / "script.py", str(out))
    assert "imbtui sample blobs -o blobs.csv" in text
    source = "make:moons?rows=200"
    run = stored(source, "untreated")
    out = write_made(parse_made(source), tmp_path / "made.csv")
    text = checked(run, "untreated", tmp_path / "script.py", str(out))
    assert f"imbtui generate '{source}' -o made.csv" in text


def with_exported_rows(folder, run, arm):
    """Check a script that reads what a data export wrote; return what is said."""
    path = folder / "script.py"
    told = write(asked(run, arm, path=str(path)))
    text = checked(run, arm, path)
    command = f"imbtui export {run[1]} --arm untreated --as data --table parquet -o"
    assert f"{command} {run[1]}-data" in text
    assert "train_test_split" not in text
    return told.notes[-1]


def test_of_a_sample_of_rows_the_exported_ones_are_read(tmp_path):
    frame = rows()
    frame.loc[5:9, "sick"] = None
    data = DataSpec(source="rows.csv", target="sick", read=ReadSpec(rows=150))
    run = stored(frame, "untreated", "smote", data=data)
    said = with_exported_rows(tmp_path, run, "smote")
    assert "a sample of its rows" in said
    assert "--as data" in said


def test_of_a_workbook_the_exported_rows_are_read(tmp_path):
    pytest.importorskip("openpyxl", reason="writes the workbook")
    days = pd.date_range("2023-01-01", periods=200)
    table = rows(day=days, part=["test", *["train"] * 3] * 50)
    data = DataSpec(source="rows.xlsx", target="sick", keep=("day",))
    run = stored(table, "untreated", file="rows.xlsx", data=data, split__by="part")
    assert "(it is excel)" in with_exported_rows(tmp_path, run, "untreated")


def test_columns_of_many_kinds_are_exported(tmp_path):
    """Kinds that were said, days and flags in words come back from exported rows."""
    days = pd.date_range("2023-01-01", periods=200).strftime("%d/%m/%Y")
    frame = rows(since=days, code=[1.0, 2.0, 10.0, None] * 50, on=["y", "n"] * 100)
    data = DataSpec(
        source="rows.csv",
        target="sick",
        keep=("id", "since"),
        kinds={"code": "category", "on": "boolean"},
        read=ReadSpec(rows=190),
    )
    text = run_and_checked(tmp_path, frame, data=data)
    assert 'pd.Timedelta(1, "D")' in text
    assert "read_parquet" in text


def test_flags_go_as_they_are_to_a_sampler_of_categories(tmp_path):
    frame = rows(on=[0, 1] * 100).drop(columns="colour")
    text = run_and_checked(tmp_path, frame, "smotenc")
    assert "to_codes" not in text


HOSTILE = (
    "'; import os; os.abort() #",
    '"""\nraise SystemExit(1)\n"""',
    "\\",
    "a\\'b",
    "{numbers}",
    "{0}{0.__class__}",
    "%s%(a)s",
    "# %% [markdown]",
    "coding: utf-7",
    "\u202eabc\u2066",
    "</script><img src=x onerror=alert(1)>",
    "$(touch pwned)`touch pwned`",
    "__import__('os').abort()",
    "vim: set shell=x:",
    "\x1b[31mred\x1b]0;x\x07",
)


def hostile(words):
    """A run whose columns, cells, labels, arm and file are called by these words."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {word: rng.normal(size=240).round(2) for word in words[:7]}
        | {word: rng.choice(list(words[7:]), 240) for word in words[7:14]}
    )
    sick = frame[words[0]] + rng.normal(size=240) > 1
    frame[words[14]] = np.where(sick, words[1], words[3])
    arm = Arm(name=words[0], steps=(Step("smote"),))
    file = f"{words[5].replace('/', '')}.csv"
    return stored(frame, "untreated", arm, file=file, data__target=words[14]), words[0]


def shape(text):
    """A script's syntax without what its constants are."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return ast.dump(tree)


def test_names_are_never_code(tmp_path, monkeypatch):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    monkeypatch.chdir(tmp_path)
    twin = tuple(f"name {letter}" for letter in "bcdefghijklmnop")
    # The reader puts white space in a name together, whatever it is.
    twin = (twin[0], "name\nc", *twin[2:])
    good, plain = hostile(twin)
    bad, evil = hostile(HOSTILE)
    benign = exported(good, plain, tmp_path / "good").read_text()
    text = checked(bad, evil, tmp_path / "bad" / "script.py")
    assert shape(text) == shape(benign)
    assert text.isascii()
    assert text.isprintable() or set(text) - {"\n"} <= set(map(chr, range(32, 127)))
    assert text.splitlines()[:2] == benign.splitlines()[:2]
    assert not (tmp_path / "pwned").exists()
    assert text.count("\n# %%") == benign.count("\n# %%")
