"""`imbtui errors` and `imbtui explain` as a user uses them, on a run of two arms."""

from __future__ import annotations

import json

import pytest

from engine.core.errors import EngineError
from tests.support.experiments import make_table
from tests.support.finished import finished
from tests.support.parsing import parsed
from tui.cli.errors import errors as listing
from tui.cli.errors import explain as explaining
from tui.terminal.safe_text import cells

WIDTH = 100


@pytest.fixture(scope="module")
def store():
    """The store of one run of two arms."""
    frame = make_table(500, share=0.15, seed=3)
    return finished(
        frame, "untreated", "smote", data__target="sick", search__folds=3
    ).store


@pytest.fixture
def call(store, tmp_path, monkeypatch, capsys):
    """Call one of the commands from another folder; return what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def run(command, *args):
        name = "errors" if command is listing else "explain"
        given = parsed("last", "--store", store, "--quiet", *args, command=name)
        assert command(given) == 0
        return capsys.readouterr().out

    return run


def test_missed_rows_and_where_arms_disagree(call):
    said = call(listing, "--arm=untreated", "--at=fixed", "--rows=3")
    lines = said.splitlines()
    assert lines[0].endswith("untreated   fixed (threshold 0.500)")
    assert " missed of 15 rows of class yes" in lines[1]
    assert "worst first · 1 to 3 of " in lines[2]
    assert lines[4].split()[:4] == ["row", "score", "smote", "id"]
    assert all(cells(line) <= WIDTH for line in lines)
    assert lines[0].startswith(" run 1   ")
    told = "imbtui explain 1 --arm untreated --row"
    for words in ("where arms disagree", "untreated / smote", told):
        assert words in " ".join(said.split())


def test_one_document_of_rows(call):
    first = json.loads(call(listing, "--arm", "untreated", "--json"))
    later = json.loads(
        call(listing, "--arm", "untreated", "--json", "--start=3", "--rows=2")
    )
    assert later["rows"] == first["rows"][2:4]
    assert (first["kind"], first["class"]) == ("missed", "yes")
    assert first["total"] == first["confusion"]["fn"]
    assert "id" not in first
    level = first["rows"][0]["cells"][first["columns"].index("colour")]
    some = json.loads(
        call(listing, "--arm=untreated", f"--where=colour={level}", "--json")
    )
    assert 0 < some["total"] <= first["total"]
    other = json.loads(call(listing, "--arm=untreated", "--against=smote", "--json"))
    (pair,) = (p for p in first["pairs"] if p["b"] == "smote")
    assert other["total"] == pair["positives"][2]


def test_misses_by_a_column(call):
    said = call(listing, "--arm", "untreated", "--by", "age")
    assert "by age\n" in said
    assert "cut at the quartiles of the training rows" in said
    assert "up to " in said
    assert "few positives" in said
    assert "stand" in said
    document = json.loads(call(listing, "--arm", "untreated", "--by", "age", "--json"))
    assert (
        sum(one["missed"] for one in document["levels"])
        == (document["overall"]["missed"])
    )


def test_what_an_arm_goes_by(call):
    said = call(explaining, "--arm", "smote")
    assert "what smote relies on" in said
    assert "gain importance" in said
    assert "permutation importance" in said
    document = json.loads(call(explaining, "--arm", "smote", "--json"))
    assert {one["column"] for one in document["columns"]} >= {"risk", "colour"}


def test_a_score_taken_apart(call):
    row = json.loads(call(listing, "--arm", "untreated", "--json"))["rows"][0]
    said = call(explaining, "--arm", "untreated", "--row", str(row["number"]))
    assert "actual yes, predicted no (missed)" in said
    assert "lowers ← → raises score of yes" in said
    assert "scores of the other arms: smote" in said
    assert all(cells(line) <= WIDTH for line in said.splitlines())
    told = json.loads(
        call(explaining, "--arm", "untreated", "--row", str(row["number"]), "--json")
    )
    assert told["score"] == row["score"]
    total = told["bias"] + sum(part["value"] for part in told["parts"])
    assert total == pytest.approx(told["margin"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--kind", "wrong"), "choose one of missed, alarms, found, left"),
        (("--where", "colour"), "write it as COLUMN=LEVEL"),
        (("--where", "colour=pink"), "no test row has 'pink' in 'colour'"),
        (("--by", "colur"), "did you mean 'colour'"),
        (("--arm", "enn"), "choose one of: untreated, smote"),
        (("--class", "no"), "about 'yes' against the rest"),
    ],
)
def test_a_mistake_is_said_with_what_would_do(call, args, words):
    with pytest.raises(EngineError) as refused:
        call(listing, *args)
    assert words in f"{refused.value.message} {refused.value.fix}"


def test_a_row_that_was_learned_from_is_refused(call):
    test = {
        row["number"]
        for kind in ("missed", "alarms", "found", "left")
        for row in json.loads(
            call(listing, "--arm=untreated", f"--kind={kind}", "--rows=500", "--json")
        )["rows"]
    }
    assert len(test) == 100
    learned = min(set(range(1, 501)) - test)
    with pytest.raises(EngineError, match="no test row"):
        call(explaining, "--row", str(learned))
