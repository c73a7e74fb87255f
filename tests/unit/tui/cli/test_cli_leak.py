"""`imbtui leak-demo` as a user uses it: three scores, and what they teach."""

import json

import msgspec
import pytest

from engine.core.lab import LeakScore, LeakShown
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from tests.support.experiments import make_table
from tui.cli.parser import dispatch
from tui.terminal.safe_text import cells
from tui.text import render_leak as render


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Call the command in its own folder; return what it printed."""
    monkeypatch.chdir(tmp_path)
    make_table(400, share=0.1).to_csv("rows.csv", index=False)

    def run(*args, code=0):
        assert dispatch(["leak-demo", *map(str, args)]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return said

    return run


def test_three_scores_and_what_to_do(call):
    said = call("rows.csv", "--target", "sick", "--method", "random-over")
    lines = said.out.splitlines()
    assert lines[0] == " rows.csv   random-over   positive 'yes'"
    claims, delivers, right = lines[3:6]
    assert claims.startswith(" the wrong way claims")
    assert float(claims.split()[4]) > 0.9 > float(delivers.split()[4])
    assert right.startswith(" the right way says")
    for words in ("share a real row", "is delivered", "imbtui run rows.csv"):
        assert words in " ".join(said.out.split())
    assert said.err.splitlines()[-1] == "imbtui: testing both on the rows set aside"


def test_one_document(call):
    said = call(
        *("rows.csv", "--target=sick", "--json", "--quiet", "--set=k_neighbors=3"),
        *("--ratio", "0.5"),
    )
    document = json.loads(said.out)
    assert document["arm"] == "smote:ratio=0.5:k_neighbors=3"
    assert [one["way"] for one in document["scores"]] == ["wrong", "delivered", "right"]
    assert document["positive"] == "yes"
    assert document["scores"][0]["synthetic"] > 0
    assert said.err == ""


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("rows.csv", "--method=weights"), "nothing can leak through it"),
        (("rows.csv", "--method=rus-boost"), "nothing can leak through it"),
        (("rows.csv", "--target=colour"), "--positive"),
        (("none.csv",), "cannot read 'none.csv'"),
        (("rows.csv", "--counts", "yes"), "counts is 'yes'"),
    ],
)
def test_a_mistake_is_one_line(call, args, word):
    said = call(*args, "--quiet", code=2)
    (line,) = said.err.splitlines()
    assert word in line
    assert said.out == ""


def answer(wrong_recall, **wrong):
    tp = round(1000 * wrong_recall)
    scores = (
        LeakScore(
            way="wrong",
            tn=900,
            fp=100,
            fn=1000 - tp,
            tp=tp,
            recall=wrong_recall,
            precision=tp / (tp + 100),
            f1=0.9,
            average_precision=0.97,
            roc_auc=0.98,
            **wrong,
        ),
        *(
            LeakScore(
                way=way,
                tn=8000,
                fp=0,
                fn=157,
                tp=0,
                recall=0.0,
                precision=None,
                f1=None,
                average_precision=0.05,
                roc_auc=0.77,
            )
            for way in ("delivered", "right")
        ),
    )
    arm = grammar.parse("smote")
    return LeakShown(arm=arm, scores=scores, positive="1", prevalence=0.018)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_it_fits_and_keeps_what_matters(width):
    text = render(answer(0.94, synthetic=700, copies=900), "stroke.csv", width=width)
    assert max(map(cells, text.splitlines())) <= width
    flat = " ".join(text.split())
    assert "0.940" in flat
    assert "700 of them are synthetic" in flat
    assert "it finds 0 of 157 positives." in flat
    assert "A recall of 0.94 was claimed, 0.00 is delivered." in flat
    assert "—" in flat  # a precision of no alarm


def said_of(**scores):
    """Return what is said of an answer in which some scores are others."""
    shown = answer(0.9)
    changed = [
        msgspec.structs.replace(one, **scores.get(one.way, {})) for one in shown.scores
    ]
    shown = msgspec.structs.replace(shown, scores=tuple(changed))
    return " ".join(render(shown, "t.csv", width=100).split())


def test_a_recall_that_does_not_sink_is_not_called_broken():
    text = said_of(delivered={"recall": 0.89})
    assert "A recall of" not in text
    assert "A precision of 0.90 was claimed, no alarm is raised." in text
    assert "An average precision of 0.97 was claimed, 0.05 is delivered." in text
    assert "synthetic" not in text
    text = said_of(
        delivered={"recall": 0.89, "precision": 0.9, "average_precision": 0.96}
    )
    assert "The claim is close to what is delivered here" in text


@pytest.mark.parametrize(
    ("delivered", "right", "words"),
    [
        (0.2, 0.22, "a recall of 0.22. No better a model (0.20 before)"),
        (0.2, 0.4, "It is more than the 0.20 before"),
        (0.4, 0.2, "It is less than the 0.40 before"),
    ],
)
def test_the_right_way_is_compared_as_it_came_out(delivered, right, words):
    text = said_of(delivered={"recall": delivered}, right={"recall": right})
    assert words in text
    assert "All rows but those set aside are balanced" in text


def test_what_a_file_says_drives_no_terminal():
    shown = answer(0.9)
    bad = Arm(name="a\x1b[31m", weights=True)
    text = render(
        LeakShown(
            arm=bad, scores=shown.scores, positive="\x1b]0;x\x07", prevalence=0.1
        ),
        "t\x1b[2J.csv",
        width=100,
    )
    assert "\x1b" not in text
