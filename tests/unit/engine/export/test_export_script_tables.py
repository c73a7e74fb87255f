"""A script reads and divides the table as the run did, whatever it looks like."""

import ast

import numpy as np
import pandas as pd
import pytest

from engine.errors import SpecError
from engine.export.write import write
from engine.spec import DataSpec, ReadSpec
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


def run_and_checked(folder, source, *arms, **changes):
    """Run an experiment and the script of each arm; return the last one's text."""
    run = stored(folder, source, "none", *arms, **{"data__target": "sick", **changes})
    text = ""
    for arm in arms or ("none",):
        text = checked(run, arm, folder / "script.py")
    return text


def rows(count=200, **changes):
    return make_table(count, share=0.25, seed=4).assign(**changes)


def csv(folder, frame, name="rows.csv", **how):
    path = folder / name
    frame.to_csv(path, index=False, **how)
    return path


def test_groups_stay_on_one_side(tmp_path):
    rng = np.random.default_rng(0)
    who = pd.Series(rng.choice(list("zyxwvutsrq"), 200)).mask(rng.random(200) < 0.1)
    for number, stratify in enumerate((True, False)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = csv(folder, rows(who=who))
        told = {"split__group": "who", "split__stratify": stratify}
        text = run_and_checked(folder, path, **told)
        assert f"draw_groups(group, y, share=0.2, seed=42, stratify={stratify})" in text


def test_the_latest_rows_are_the_test_rows(tmp_path):
    days = pd.date_range("2023-01-01", periods=200).strftime("%d/%m/%Y")
    mixed = np.random.default_rng(0).permutation(200)
    path = csv(tmp_path, rows(day=days[mixed]))
    text = run_and_checked(tmp_path, path, split__time="day")
    assert "dayfirst=True" in text


def test_a_column_says_which_rows_are_test_rows(tmp_path):
    side = np.random.default_rng(0).choice(["Test", "train"], 200, p=[0.3, 0.7])
    text = run_and_checked(tmp_path, csv(tmp_path, rows(side=side)), split__by="side")
    assert '.isin(["Test"])' in text


@pytest.mark.parametrize("every", [True, False], ids=["every row", "some rows"])
def test_a_second_file_holds_the_test_rows(tmp_path, every):
    frame = rows()
    if not every:
        frame.loc[150:160, "sick"] = None
    csv(tmp_path, frame.iloc[:140], "a.csv")
    csv(tmp_path, frame.iloc[140:, ::-1], "b.csv")
    data = DataSpec(
        source=str(tmp_path / "a.csv"),
        target="sick",
        test_source=str(tmp_path / "b.csv"),
    )
    text = run_and_checked(tmp_path, data.source, data=data)
    assert ("train, test = np.arange(first)" in text) == every
    assert "DATA, TEST = sys.argv[1:3]" in text


@pytest.mark.parametrize("stratify", [True, False])
def test_equal_rows_stay_on_one_side(tmp_path, stratify):
    frame = rows(120).drop(columns="id")
    path = csv(tmp_path, pd.concat([frame, frame.iloc[::3], frame.iloc[::5]]))
    text = run_and_checked(tmp_path, path, split__stratify=stratify)
    assert "draw_units(units, y," in text


def test_equal_rows_too_many_to_be_copies_are_drawn_like_others(tmp_path):
    """Some are drawn as one still; without any the script is the plain draw."""
    frame = rows(300).drop(columns="id")
    many = pd.concat([frame, frame.iloc[[0] * 40], frame.iloc[::6]])
    text = run_and_checked(tmp_path, csv(tmp_path, many))
    assert "units_of_copies(same, y, most=3)" in text
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 300), rng.geometric(0.4, 300).clip(1, 5)
    sick = np.where(a + b + rng.integers(0, 6, 300) > 8, "yes", "no")
    frame = pd.DataFrame({"a": a, "b": pd.Series(b).map(str) + "x", "sick": sick})
    folder = tmp_path / "few"
    folder.mkdir()
    text = run_and_checked(folder, csv(folder, frame))
    assert "units" not in text


def test_copies_of_an_oversampled_class_stay_on_one_side(tmp_path):
    frame = rows(150).drop(columns="id")
    sick = frame[frame["sick"] == "yes"].iloc[:12]
    parts = [frame[frame["sick"] == "no"], *[sick] * 10]
    text = run_and_checked(tmp_path, csv(tmp_path, pd.concat(parts)))
    assert "units_of_copies(same, y, most=3, whole=True)" in text
    assert "draw_groups(units, y, share=0.2, seed=42, stratify=True)" in text


def test_rare_levels_share_one_column(tmp_path):
    rng = np.random.default_rng(0)
    city = pd.Series(rng.zipf(1.5, 200).clip(0, 40)).map("town {}".format)
    path = csv(tmp_path, rows(city=city.mask(rng.random(200) < 0.1)))
    arms = ("smote", "smotenc")
    text = run_and_checked(tmp_path, path, *arms, features__max_categories=4)
    assert "infrequent_categories_" in text


def test_missing_numbers_are_left_to_the_model(tmp_path):
    text = run_and_checked(tmp_path, csv(tmp_path, rows()), features__missing="native")
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
    path = tmp_path / "rows.csv"
    text = "Report of May\n\n" + frame.to_csv(index=False, sep=";")
    path.write_text(text, encoding="cp1252")
    found = run_and_checked(tmp_path, path)
    assert 'sep=";"' in found
    assert "skiprows" in found


def test_columns_are_what_they_are_said_to_be(tmp_path):
    days = pd.date_range("2023-01-01", periods=200).strftime("%Y-%m-%d")
    frame = rows(since=days, code=[1.0, 2.0, 10.0, 3.0] * 50, on=["y", "n"] * 100)
    data = DataSpec(
        source=str(csv(tmp_path, frame)),
        target="sick",
        keep=("id", "since"),
        kinds={"code": "category", "on": "boolean"},
        drop=("dose",),
    )
    text = run_and_checked(tmp_path, data.source, data=data)
    assert 'pd.Timedelta(1, "D")' in text


def test_typed_and_packed_files(tmp_path):
    frame = rows(ok=[True, False] * 100)
    frame["colour"] = frame["colour"].astype("category")
    frame.to_parquet(tmp_path / "rows.parquet")
    assert "read_parquet" in run_and_checked(tmp_path, tmp_path / "rows.parquet")
    frame.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    folder = tmp_path / "json"
    folder.mkdir()
    assert "read_json" in run_and_checked(folder, tmp_path / "rows.jsonl")
    path = csv(tmp_path, frame, "rows.csv.gz")
    folder = tmp_path / "gz"
    folder.mkdir()
    assert 'compression="gzip"' in run_and_checked(folder, path)


def test_an_escape_character_goes_to_pandas(tmp_path):
    path = tmp_path / "escaped.csv"
    place = np.random.default_rng(0).choice(["Ulm, Bad", "Linz", "Graz"], 200)
    rows(place=place).to_csv(path, index=False, quoting=3, escapechar="\\")
    read = ReadSpec(escape="\\")
    data = DataSpec(source=str(path), target="sick", read=read)
    assert 'escapechar="\\\\"' in run_and_checked(tmp_path, path, data=data)


def test_a_sample_and_a_made_up_table_are_written_first(tmp_path, monkeypatch):
    from engine.data import catalogue, make_file, make_spec

    monkeypatch.chdir(tmp_path)
    run = stored(tmp_path, "sample:blobs", "none")
    out = catalogue.write(catalogue.find("blobs"), tmp_path / "other.csv")
    text = checked(run, "none", tmp_path / "script.py", str(out))
    assert "imbtui sample blobs -o blobs.csv" in text
    source = "make:moons?rows=200"
    folder = tmp_path / "made"
    folder.mkdir()
    run = stored(folder, source, "none")
    out = make_file.write(make_spec.parse(source), tmp_path / "made.csv")
    text = checked(run, "none", tmp_path / "script.py", str(out))
    assert f"imbtui generate '{source}' -o made.csv" in text


def with_exported_rows(folder, run, arm):
    """Check a script that reads what a data export wrote; return what is said."""
    path, data = folder / "script.py", folder / "data"
    told = write(asked(run, arm, path=str(path)))
    write(asked(run, "none", "data", path=str(data)))
    agrees(warm().told(path, str(data)), opened(run, arm))
    text = path.read_text()
    assert f"imbtui export {run[1]} --arm none --as data -o {run[1]}-data" in text
    assert "train_test_split" not in text
    return told.notes[-1]


def test_of_a_sample_of_rows_the_exported_ones_are_read(tmp_path):
    frame = rows()
    frame.loc[5:9, "sick"] = None
    path = csv(tmp_path, frame)
    data = DataSpec(source=str(path), target="sick", read=ReadSpec(rows=150))
    run = stored(tmp_path, path, "none", "smote", data=data)
    said = with_exported_rows(tmp_path, run, "smote")
    assert "a sample of its rows" in said
    assert "--as data" in said


def test_of_a_workbook_the_exported_rows_are_read(tmp_path):
    pytest.importorskip("openpyxl", reason="writes the workbook")
    days = pd.date_range("2023-01-01", periods=200)
    rows(day=days, part=["test", *["train"] * 3] * 50).to_excel(
        tmp_path / "rows.xlsx", index=False
    )
    source = str(tmp_path / "rows.xlsx")
    data = DataSpec(source=source, target="sick", keep=("day",))
    run = stored(tmp_path, source, "none", data=data, split__by="part")
    assert "(it is excel)" in with_exported_rows(tmp_path, run, "none")


def test_what_pandas_reads_nowhere_is_refused(tmp_path, monkeypatch):
    from engine.export.scripting import exported as rows_of
    from engine.export.scripting import reading

    path = csv(tmp_path, rows())
    data = DataSpec(source=str(path), target="sick", read=ReadSpec(rows=150))
    run = stored(tmp_path, path, "none", data=data)

    def shuffled(case, folder):
        found = rows_of.exported(case, folder)
        return found._replace(order=found.order[::-1])

    monkeypatch.setattr(reading, "exported", shuffled)
    with pytest.raises(SpecError, match="a sample of its rows"):
        exported(run, "none", tmp_path)
    assert not list(tmp_path.glob("*.py"))


def test_words_that_are_numbers_and_mean_missing(tmp_path):
    code = np.random.default_rng(0).choice(["1", "1.0", "2", "w"], 200)
    path = csv(tmp_path, rows(code=code))
    data = DataSpec(source=str(path), target="sick", read=ReadSpec(missing=("1",)))
    text = run_and_checked(tmp_path, path, data=data)
    assert "table.isin(absent)" in text  # pandas would take 1.0 as well


def test_flags_go_as_they_are_to_a_sampler_of_categories(tmp_path):
    frame = rows(on=[0, 1] * 100).drop(columns="colour")
    text = run_and_checked(tmp_path, csv(tmp_path, frame), "smotenc")
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


def hostile(folder, words):
    """A run whose columns, cells, labels, arm and file are called by these words."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {word: rng.normal(size=240).round(2) for word in words[:7]}
        | {word: rng.choice(list(words[7:]), 240) for word in words[7:14]}
    )
    sick = frame[words[0]] + rng.normal(size=240) > 1
    frame[words[14]] = np.where(sick, words[1], words[3])
    path = folder / f"{words[5].replace('/', '')}.csv"
    frame.to_csv(path, index=False)
    from engine.resample import registry

    arm = registry.arm("smote")
    name = type(arm)(name=words[0], steps=arm.steps)
    run = stored(folder, path, "none", name, data__target=words[14])
    return run, words[0]


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
    good, plain = hostile(tmp_path / "good", twin)
    bad, evil = hostile(tmp_path / "bad", HOSTILE)
    benign = exported(good, plain, tmp_path / "good").read_text()
    text = checked(bad, evil, tmp_path / "bad" / "script.py")
    assert shape(text) == shape(benign)
    assert text.isascii()
    assert text.isprintable() or set(text) - {"\n"} <= set(map(chr, range(32, 127)))
    assert text.splitlines()[:2] == benign.splitlines()[:2]
    assert not (tmp_path / "pwned").exists()
    assert text.count("\n# %%") == benign.count("\n# %%")
