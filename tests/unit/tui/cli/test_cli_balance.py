"""`imbtui balance` as a user uses it: files, counts, and one line for a mistake."""

import csv
import json
from pathlib import Path

import pytest

from engine.data import load_table as load
from tests.support.commands import put_in
from tests.support.experiments import make_table
from tui.cli.output import stages
from tui.cli.parser import dispatch


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_table(300, share=0.15).to_csv("rows.csv", index=False)
    return tmp_path


@pytest.fixture
def call(folder, capsys):
    """Call the command in its own folder; return what it printed."""

    def run(*args, code=0):
        assert dispatch(["balance", *map(str, args)]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return said

    return run


def rows(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(path, column="sick"):
    found = {}
    for row in rows(path):
        found[row[column]] = found.get(row[column], 0) + 1
    return found


def test_it_writes_the_training_rows_and_says_what_it_did(call):
    said = call("rows.csv", "--target", "sick", "--method", "smote", "-o", "out.csv")
    assert said.out == ""
    assert counts("out.csv") == {"no": 247, "yes": 247}
    lines = said.err.splitlines()
    assert lines[-3:] == [
        "imbtui: wrote out.csv: 494 training rows, 194 synthetic",
        "imbtui:   no: 247 → 247 (50.0 %)",
        "imbtui:   yes: 53 → 247 (50.0 %)",
    ]
    (warning,) = (line for line in lines if "training row:" in line)
    assert "every row of rows.csv is used as a training row" in warning
    assert "--split 0.2" in warning
    assert not Path("out-test.csv").exists()


def test_a_split_keeps_test_rows_apart_and_warns_of_nothing(call):
    said = call(
        "rows.csv", "--target=sick", "--method=random-over", "-o", "o.csv.gz", "--split"
    )
    assert "training row:" not in said.err
    assert said.err.endswith("imbtui: wrote o-test.csv.gz: test rows, not resampled\n")
    assert len(load("o-test.csv.gz").frame) == 60
    train, test = load("o.csv.gz").frame, load("o-test.csv.gz").frame
    assert not set(train["id"]) & set(test["id"])
    assert set(train["id"]) | set(test["id"]) == {7 * (i + 1) for i in range(300)}


@pytest.mark.parametrize(
    ("options", "test_rows"),
    [
        (("--split", "0.3"), 90),
        (("--test-size", "0.3"), 90),
        (("--time", "id"), 60),
        (("--split", "0.1", "--no-stratify"), 30),
    ],
)
def test_every_way_of_a_run_keeps_rows_apart(call, options, test_rows):
    call("rows.csv", "--target=sick", "--method=smote", "-o", "o.csv", *options)
    assert len(rows("o-test.csv")) == test_rows


def test_one_document_says_it_all(call):
    options = ("--ratio", "0.5", "--set", "k_neighbors=3", "--seed", "7", "--quiet")
    said = call(
        *("rows.csv", "--target=sick", "--method=smote", "-o", "o.parquet", "--json"),
        *options,
    )
    document = json.loads(said.out)
    assert document["arm"] == "smote:ratio=0.5:k_neighbors=3"
    assert document["after"] == {"no": 247, "yes": 124}
    assert (document["synthetic"], document["seed"]) == (71, 7)
    assert document["test_path"] is None
    # Quiet leaves the warning, which is no progress.
    assert len(said.err.splitlines()) == 1
    assert len(load("o.parquet").frame) == 371


def test_counts_methods_and_the_flag(call):
    base = ("rows.csv", "--target=sick", "--force", "-o", "o.csv")
    call(*base, "--method=smote", "--counts", "yes=100")
    assert counts("o.csv") == {"no": 247, "yes": 100}
    call(*base, "--method", "smote:ratio=0.5+random-under:ratio=0.8", "--synthetic")
    assert counts("o.csv") == {"no": 155, "yes": 124}
    assert counts("o.csv", "synthetic") == {"false": 208, "true": 71}
    call(*base, "--method=random-under", "--counts", "yes=20/no=40", "--synthetic", "m")
    assert counts("o.csv") == {"no": 40, "yes": 20}
    assert counts("o.csv", "m") == {"false": 60}


def test_the_target_is_guessed_and_said(call):
    said = call("rows.csv", "--method=random-under", "-o", "o.csv")
    assert "no target given: 'sick' is used" in said.err


def test_the_same_command_writes_the_same_file(call):
    for name in ("a.csv", "b.csv"):
        call("rows.csv", "--target=sick", "--method=kmeans-smote", "-o", name)
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    call("rows.csv", "--target=sick", "--method=smote", "-o", "c.csv", "--seed", "1")
    call("rows.csv", "--target=sick", "--method=smote", "-o", "d.csv", "--seed", "2")
    assert Path("c.csv").read_bytes() != Path("d.csv").read_bytes()


def test_a_sampler_that_needs_it_is_repaired_and_that_is_said(call, folder):
    make_table(600, share=0.02).to_csv("rare.csv", index=False)
    said = call("rare.csv", "--target=sick", "--method=kmeans-smote", "-o", "o.csv")
    assert "imbtui: kmeans-smote: cluster_balance_threshold" in said.err
    assert min(counts("o.csv").values()) > 500


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("rows.csv", "-o", "o.csv"), ("no method was given", "smote-enn")),
        (("rows.csv", "--method=smote"), ("no output file was given", "-o OUT.csv")),
        (
            ("rows.csv", "--method=untreated", "-o", "o.csv"),
            ("untreated changes no row",),
        ),
        (
            ("rows.csv", "--method=smote@logistic", "-o", "o.csv"),
            ("names a model, which has no part in this", "Leave it out: smote"),
        ),
        (
            ("rows.csv", "--method=easy-ensemble", "-o", "o.csv"),
            ("is a model that draws rows anew",),
        ),
        (("rows.csv", "--method=smot", "-o", "o.csv"), ("Did you mean 'smote'?",)),
        (("rows.csv", "--method=enn", "--ratio=1", "-o", "o.csv"), ("'ratio'",)),
        (
            ("rows.csv", "--method=smote", "--set=k_neighbors=x", "-o", "o.csv"),
            ("k_neighbors of smote is 'x'",),
        ),
        (
            ("rows.csv", "--method=smote", "--set=k_neighbors=tune", "-o", "o.csv"),
            ("left to a search",),
        ),
        (
            ("rows.csv", "--method=smote+enn", "--ratio=0.5", "-o", "o.csv"),
            ("--ratio with 'smote+enn'", "Write it into the chain"),
        ),
        (
            (
                "rows.csv",
                "--method=smote",
                "--ratio=0.5",
                "--counts=a=9",
                "-o",
                "o.csv",
            ),
            ("--ratio and --counts",),
        ),
        (
            ("rows.csv", "--method=smote", "--counts=yes", "-o", "o.csv"),
            ("counts is 'yes'", "yes=300/no=900"),
        ),
        (("rows.csv", "--method=smote", "-o", "o.txt"), ("cannot tell a format",)),
        (("rows.csv", "--method=smote", "-o", "no/o.csv"), ("there is no folder no",)),
        (("rows.csv", "--method=smote", "-o", "rows.csv"), ("the table itself",)),
        (
            ("rows.csv", "--method=smote", "-o", "rows.csv", "--force"),
            ("the table itself",),
        ),
        (("none.csv", "--method=smote", "-o", "o.csv"), ("cannot read 'none.csv'",)),
        (
            ("rows.csv", "--method=smote", "-o", "o.csv", "--test", "t.csv"),
            ("--test: only training rows are written",),
        ),
        (
            (
                "rows.csv",
                "--method=smote",
                "-o",
                "o.csv",
                "--split=.2",
                "--test-size=.3",
            ),
            ("--split and --test-size differ",),
        ),
        (
            ("rows.csv", "--method=smote", "-o", "o.csv", "--seed=-1"),
            ("seed cannot be -1",),
        ),
        (
            ("rows.csv", "--method=smote", "-o", "o.csv", "--synthetic", "age"),
            ("a column 'age' already",),
        ),
        (
            ("rows.csv", "--method=smote", "-o", "o.csv", "--target", "sik"),
            ("no column 'sik'", "sick"),
        ),
        (
            ("rows.csv", "--method=smote", "-o", "o.csv", "--split", "1.5"),
            ("1.5",),
        ),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(call, folder, args, words):
    before = {path.name for path in folder.iterdir()}
    said = call(*args, "--quiet", code=2)
    last = said.err.splitlines()[-1]
    assert last.startswith("imbtui: ")
    for word in words:
        assert word in last
    assert {path.name for path in folder.iterdir()} == before
    assert said.out == ""


def test_what_is_there_is_not_replaced_unasked(call):
    base = ("rows.csv", "--target=sick", "--method=smote", "-o", "o.csv", "--split")
    call(*base)
    said = call(*base, code=2)
    assert "o.csv exists already" in said.err
    Path("o.csv").unlink()
    assert "o-test.csv exists already" in call(*base, code=2).err
    call(*base, "--force")


def test_a_method_that_cannot_work_is_a_failure_with_a_fix(call):
    said = call("rows.csv", "--target=sick", "--method=smoten", "-o", "o.csv", code=1)
    assert "smoten works on categories only" in said.err
    assert "smotenc" in said.err


def test_a_table_comes_by_standard_input(call, monkeypatch):
    put_in(monkeypatch, Path("rows.csv").read_bytes())
    call("-", "--target=sick", "--method=smote", "-o", "piped.csv", "--quiet")
    assert counts("piped.csv") == {"no": 247, "yes": 247}


def test_what_a_file_says_drives_no_terminal(call, folder):
    table = make_table(300, share=0.15)
    table["sick"] = table["sick"].replace({"yes": "\x1b[31myes", "no": "no\x07"})
    table.rename(columns={"sick": "si\x1b]0;xck"}).to_csv("bad.csv", index=False)
    said = call("bad.csv", "--method=smote", "-o", "o.csv")
    assert "is used" in said.err
    assert not {"\x1b", "\x07"} & set(said.err)
    # The file itself keeps what it had.
    assert counts("o.csv", "si\x1b]0;xck") == {"\x1b[31myes": 247, "no\x07": 247}


def test_progress_is_a_line_per_stage_or_one_that_is_redrawn(capsys, monkeypatch):
    with stages(quiet=False) as told:
        told("reading", 0, 10)
        told("reading", 5, 10)
        told("writing", 0, None)
    assert capsys.readouterr().err == "imbtui: reading the file\nimbtui: writing\n"
    with stages(quiet=True) as told:
        told("reading", 0, 10)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("tui.cli.output.can_redraw", lambda stream: True)
    with stages(quiet=False) as told:
        told("reading", 5, 10)
        told("reading", 5, 10)
    line = "\r\x1b[K ████░░░░  50 %  reading the file: 5 of 10 rows …"
    assert capsys.readouterr().err == f"{line}\r\x1b[K"
