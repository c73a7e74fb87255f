"""`imbtui predict` as a user uses it: a file, lines, and one line for a mistake."""

import json

import pandas as pd
import pytest

from engine.bundle import predict
from engine.service import in_process
from tests.support import explained
from tests.support.bundles import made, opened, same, test_rows
from tui.cli.parser import dispatch


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    return explained.run_once(tmp_path_factory.mktemp("predict"))


@pytest.fixture(scope="module")
def bundle(where, tmp_path_factory):
    return made(where, tmp_path_factory.mktemp("predict") / "b", arm="smote")


@pytest.fixture
def call(where, bundle, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    test_rows(where, tmp_path / "new.csv")

    def run(*args, code=0):
        assert dispatch(["predict", str(bundle), *map(str, args)]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return said

    return run


def test_it_writes_scores_and_says_how_they_did(call, where):
    said = call("new.csv", "-o", "out.csv", "--keep", "id,age", "--quiet")
    assert said.out == ""
    frame = pd.read_csv("out.csv")
    assert list(frame) == ["row", "score", "calibrated", "predicted", "id", "age"]
    assert same(frame, opened(where).scores("smote"))
    one = opened(where, arm="smote")
    point = one.chosen.point(one.at)  # what the bundle was made with
    confusion, at = point.confusion, f"{point.threshold:.6g}"
    lines = [line for line in said.err.splitlines() if "beyond" not in line]
    assert lines[0].startswith("imbtui: wrote out.csv: 180 rows scored by smote of run")
    assert lines[1] == f"imbtui: predictions at {one.at}, positive from {at} on:"
    assert lines[-3].split()[1:] == ["predicted", "no", "predicted", "yes"]
    assert lines[-1].split()[1:] == [
        "actual",
        "yes",
        str(confusion.fn),
        str(confusion.tp),
    ]


@pytest.fixture
def sound(call, monkeypatch):
    """Call the command with a bundle that is not opened in a process of its own."""
    monkeypatch.setattr(in_process, "predict", predict, raising=False)
    return call


def test_a_document_and_nothing_else(sound):
    said = sound("new.csv", "-o", "out.parquet", "--json", "--at", "f1")
    document = json.loads(said.out)
    assert document["rows"] == sum(document["predicted"].values()) == 180
    assert document["at"] == "f1"
    assert len(pd.read_parquet("out.parquet")) == 180


def test_training_rows_are_told_and_left_out_of_a_second_matrix(sound, where):
    one = opened(where, arm="smote")
    train, path = len(one.bench.split.train), one.data.source
    said = sound(path, "-o", "out.csv", "--quiet")
    assert (
        f"imbtui: {train} of these 900 rows are equal to training rows of this model: "
        "figures on them flatter it\n" in said.err
    )
    # A row without a target is in neither part, and counted last.
    lines = [one for one in said.err.splitlines() if "without a class" not in one]
    assert lines[-4] == "imbtui: without rows equal to training rows:"
    confusion = one.chosen.point(one.at).confusion
    assert lines[-1].split()[1:] == [
        "actual",
        "yes",
        str(confusion.fn),
        str(confusion.tp),
    ]
    said = sound(path, "-o", "out.csv", "--quiet", "--force", "--json")
    document = json.loads(said.out)
    assert (document["training_rows"], document["compared_rows"]) == (train, 900)
    assert document["unseen"]["matrix"][1] == [confusion.fn, confusion.tp]
    frame = pd.read_csv(path).dropna(subset=["sick"]).iloc[one.bench.split.train]
    frame.to_csv("train.csv", index=False)
    said = sound("train.csv", "-o", "out.csv", "--quiet", "--force")
    assert said.err.endswith("every labelled row is equal to a training row\n")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("new.csv",), "no output file was given. Name one (-o OUT.csv)"),
        (("new.csv", "-o", "a.txt"), "a.txt has no ending that says what to write"),
        (("gone.csv", "-o", "a.csv"), "cannot read 'gone.csv'"),
        (("new.csv", "-o", "a.csv", "--at", "x"), "no operating point 'x'"),
        (("new.csv", "-o", "a.csv", "--threshold", "2"), "a threshold of 2"),
        (("new.csv", "-o", "a.csv", "--keep", "aeg"), "did you mean 'age'"),
        (("new.csv", "-o", "a.csv", "--keep", "age", "--all"), "both --keep and --all"),
        (("new.csv", "-o", "a.csv", "--rows", "5"), "--rows: every row is scored"),
        (("new.csv", "-o", "new.csv", "--force"), "is what is read"),
    ],
)
def test_a_mistake_is_one_line(sound, args, says):
    said = sound(*args, "--quiet", code=2)
    assert said.out == ""
    assert says.lower() in said.err.lower()
    assert said.err.count("\n") == 1


def test_an_older_file_stays_until_it_is_said(sound, tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    said = sound("new.csv", "-o", "out.csv", "--quiet", code=2)
    assert "exists already" in said.err
    assert (tmp_path / "out.csv").read_text() == "mine"
    sound("new.csv", "-o", "out.csv", "--quiet", "--force")
    assert (tmp_path / "out.csv").read_text() != "mine"


def test_a_table_read_as_the_runs_was(sound, tmp_path, where):
    text = pd.read_csv("new.csv", dtype=str, keep_default_na=False)
    text.to_csv("semi.csv", index=False, sep=";")
    sound("semi.csv", "-o", "out.csv", "--quiet")
    assert same(pd.read_csv("out.csv"), opened(where).scores("smote"))
    said = sound("semi.csv", "-o", "b.csv", "--quiet", "--as-trained", code=2)
    assert "lacks" in said.err
    sound("new.csv", "-o", "b.csv", "--quiet", "--as-trained")
    assert same(pd.read_csv("b.csv"), opened(where).scores("smote"))


def test_an_escape_character_can_be_given(sound, where):
    text = pd.read_csv("new.csv", dtype=str, keep_default_na=False)
    text.assign(note="a, b").to_csv("esc.csv", index=False, quoting=3, escapechar="\\")
    sound("esc.csv", "-o", "c.csv", "--quiet", "--escape", "backslash")
    assert same(pd.read_csv("c.csv"), opened(where).scores("smote"))
