"""`imbtui bench` as a user uses it: many tables, killed and gone on with."""

import io
import json
import signal
from contextlib import redirect_stderr, redirect_stdout

import pytest

from engine.store import open_store
from tests.support.commands import Said, be_run, play_runs
from tests.support.experiments import make_table
from tui.cli.parser import dispatch

SMALL = (
    *(
        "--preset",
        "quick",
        "--methods",
        "untreated,weights,random-over",
        "--folds",
        "2",
    ),
    *("--trials", "2", "--jobs", "1"),
)


def timeless(document):
    """What the tables with a run come to, without what differs between two stores."""
    tables = [{**one, "run": None} for one in document["tables"] if one["run"]]
    parts = ("friedman", "mean_ranks", "critical_difference", "groups")
    found = {name: document[name] for name in (*parts, "against_control")}
    return {**found, "tables": tables, "headline": document["verdict"]["headline"]}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for number, rows in enumerate((500, 600)):
        make_table(rows, share=0.15, seed=number).to_csv(
            folder / f"t{number}.csv", index=False
        )
    (folder / "alike.csv").write_text("a,y\n" + "1,0\n2,0\n" * 30)
    (folder / "two.txt").write_text("t0.csv\nt1.csv\n")
    return folder


@pytest.fixture(scope="module")
def straight(tables, tmp_path_factory):
    """A bench that nothing disturbed: its store, and what it printed."""
    store = tmp_path_factory.mktemp("store") / "runs.sqlite"
    command = ("bench", tables, *SMALL, "--store", store, "--json")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        play_runs(patch)
        with redirect_stdout(out), redirect_stderr(err):
            assert dispatch([str(arg) for arg in command]) == 0
    return store, Said(out.getvalue(), err.getvalue())


def test_one_document_with_a_run_a_table_and_the_odd_one_named(straight, tables):
    store, done = straight
    document = json.loads(done.out)
    odd, one, two = document["tables"]
    assert (odd["name"], odd["status"], odd["run"]) == ("alike", "refused", None)
    assert "no target was given" in odd["error"]
    assert (one["name"], one["rows"]) == ("t0", 500)
    assert one["source"] == str(tables / "t0.csv")
    assert set(one["values"]) == {"untreated", "weights", "random-over"}
    assert sum(two["ranks"].values()) == 6.0
    assert document["friedman"]["tables"] == 2
    assert document["critical_difference"] > 0
    assert [a["arm"] for a in document["against_control"]] == ["weights", "random-over"]
    assert document["verdict"]["headline"].startswith("2 tables cannot show")
    assert document["bench"]["settings"]["search"]["trials"] == 2
    with open_store(store) as opened:
        runs = opened.runs()
    assert [run.status for run in runs] == ["done", "done"]
    assert {run.id for run in runs} == {one["run"], two["run"]}
    for words in (
        "table 1 of 3: alike",
        "left out: no target was given",
        "untreated: trial 1/2",
    ):
        assert words in done.err


def test_interrupted_and_killed_it_goes_on_and_ends_in_the_same_document(
    straight, tables, tmp_path, monkeypatch, cli
):
    store, source = tmp_path / "runs.sqlite", tables / "two.txt"
    command = ("bench", source, *SMALL, "--store", store)
    ends = ["cancelled"]

    def start(store, run, **_):
        end = ends.pop(0)
        be_run(store, run, end=end)
        if end:
            signal.raise_signal(signal.SIGINT)

    play_runs(monkeypatch, start)
    said = cli(*command, code=130).err
    assert "cancelling …" in said
    assert "0 of 2 tables are done; the same command continues" in said
    with open_store(store) as opened:
        (first,) = opened.runs()
    assert first.status == "cancelled"

    ends += ["", "killed"]
    said = cli(*command, code=130).err
    assert f"{first.title} was cancelled and is resumed" in said
    assert "1 of 2 tables are done; the same command continues" in said
    with open_store(store) as opened:
        killed, _ = opened.runs()
    assert killed.status == "interrupted"

    ends += [""]
    done = cli(*command, "--json")
    assert f"{first.title} is done already" in done.err
    assert f"{killed.title} was interrupted and is resumed" in done.err
    document = json.loads(done.out)
    assert [one["run"] for one in document["tables"]] == [first.id, killed.id]
    assert timeless(document) == timeless(json.loads(straight[1].out))


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("nowhere",), "no folder and no list 'nowhere'"),
        ((".",), "names no table"),
        ((".", "--metric", "f1"), "no metric 'f1'"),
        ((".", "--rope", "-1"), "--rope is -1"),
        ((".", "--methods", "untreated"), "only one arm"),
        ((".", "--methods", "smotee"), "smote"),
        ((".", "--trials", "0"), "of 1 or more"),
        ((".", "--executor", "slow"), "slow"),
        ((".", "--preset", "brisk"), "brisk"),
        ((), "DIR|LIST"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, capsys, args, word):
    monkeypatch.chdir(tmp_path)
    assert dispatch(["bench", *args, "--store", "s.sqlite"]) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert word in line
    assert said.out == ""
    assert not (tmp_path / "s.sqlite").exists()


def test_what_is_done_is_not_done_again(straight, tables, tmp_path, capsys):
    store, done = straight
    shared = (*SMALL, "--store", str(store))
    # The table of one class is tried again, in a process of its own; not here.
    assert dispatch(["bench", str(tables / "two.txt"), *shared, "--json"]) == 0
    said = capsys.readouterr()
    assert timeless(json.loads(said.out)) == timeless(json.loads(done.out))
    assert said.err.count("is done already") == 2
    args = ("--metric", "cost", "--quiet")
    assert dispatch(["bench", str(tables / "two.txt"), *shared, *args]) == 0
    said = capsys.readouterr()
    for words in ("cost per 1,000 rows", "mean rank", "critical difference"):
        assert words in said.out
    assert said.err == ""
    with open_store(store) as opened:
        assert len(opened.runs()) == 2


def test_a_table_that_is_not_there_is_named_and_the_rest_goes_on(
    straight, tables, tmp_path, capsys
):
    store, _ = straight
    (tmp_path / "list.txt").write_text(f"gone.csv\nmake:cheese\n{tables / 't0.csv'}\n")
    code = dispatch(
        ["bench", str(tmp_path / "list.txt"), *SMALL, "--store", str(store), "--json"]
    )
    assert code == 0
    gone, cheese, first = json.loads(capsys.readouterr().out)["tables"]
    assert gone["status"] == "refused"
    assert "cannot read" in gone["error"]
    assert "cheese" in cheese["error"]
    assert first["name"] == "t0"
    assert first["status"] == "done"


def test_nothing_to_compare_is_a_failure(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("gone.csv\n")
    args = [str(tmp_path / "list.txt"), "--store", str(tmp_path / "s.sqlite")]
    assert dispatch(["bench", *args, "--quiet"]) == 1
    said = capsys.readouterr()
    assert "gone is left out: cannot read" in said.out
    assert "Nothing can be compared" in said.out
    assert said.err == ""
