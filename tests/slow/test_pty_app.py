"""The whole way with the keyboard alone: from a CSV to a confusion matrix.

The real command, the real engine, a terminal of 80×24 and one of 140×40.
"""

import re
from contextlib import closing

import pytest

from engine.store import open_store
from tests.support.experiments import make_table
from tests.support.pty_session import Terminal, restored, strange
from tests.support.terminals import BOARD, line

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

ARMS = ("untreated", "weights", "random-over", "smote")
MATRIX_WORDS = ("no", "yes", "predicted no", "predicted yes", "TN", "TP")


@pytest.fixture
def table(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    make_table(500).to_csv(folder / "patients.csv", index=False)
    return folder


def marked(text):
    """The arms that the mark is on; two boards may follow it one after the other."""
    return set(re.findall(r"▸ (\S+)(?: [✓!⚠])* +\d", text))


def missed(text, arm):
    return int(re.search(BOARD.format(arm=arm), text).group(1))


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40)])
def test_from_a_csv_to_a_confusion_matrix(columns, rows, table, tmp_path):
    with Terminal(folder=tmp_path, columns=columns, rows=rows) as app:
        open_the_table(app)
        tick_the_arms(app)
        set_the_trials(app)
        run_and_watch(app)
        see_the_matrices(app)
        move_the_threshold(app)
        read_the_verdict(app)
        app.press("q")
        gone = app.wait_exit()
        assert (gone.code, gone.same) == (0, True)
        assert restored(app.raw) == []
        assert strange(app.raw) == []
        assert not app.processes()
        with closing(open_store(app.store)) as store:
            (run,) = store.runs()
            assert run.status == "done"
            assert {arm.name for arm in run.experiment.arms} == set(ARMS)
            assert run.experiment.search.trials == 2
            assert run.experiment.data.target == "sick"


def open_the_table(app):
    app.wait_for("Samples")
    app.press("o")
    app.wait_for("Open a dataset")
    app.type("tables/pat")
    app.wait_for("patients.csv")
    app.press("tab")
    app.wait_for("tables/patients.csv")
    app.press("enter")
    app.wait_for("500 rows")
    # The target is guessed here; the list of others is a key away.
    app.press("enter")
    app.wait_for("▲")
    app.type("sick")
    app.press("enter")
    app.wait_gone("▲")
    app.wait_for("sick=yes")
    app.wait_for(re.compile(r"yes +█.* positive"))


MARK = re.compile(r"▸ \[.\] \S+")
"""The row of an arm that the keys move to."""


def tick_the_arms(app):
    app.press("2")
    app.wait_for("▸ [▪] untreated")
    app.until("down", "▸ [ ] random-over", moves=MARK)
    app.press("space")
    app.wait_for("▸ [■] random-over")
    for arm in ("svm-smote", "kmeans-smote", "smote-enn"):
        app.until("down", f"▸ [■] {arm}", moves=MARK)
        app.press("space")
        app.wait_for(f"▸ [ ] {arm}")


def set_the_trials(app):
    app.press("b")
    app.wait_for("4 arms × 10 trials × 5 folds")
    # In the field the letters are typed, so no key of the pane is offered.
    app.wait_gone("b budget")
    app.press("down")
    app.wait_gone("v view")
    app.type("2")
    app.wait_for("4 arms × 2 trials × 5 folds")
    app.calm()
    app.until("esc", lambda text: "r run" in text.splitlines()[-1])


def run_and_watch(app):
    app.press("r")
    # The target was chosen above: nothing is asked.
    app.wait_for("run 1 ▶")
    app.wait_for("tuning")
    app.wait_for(re.compile(r"▶ [1-8]/8 trials"))
    # It goes to the results by itself when it is done.
    app.wait_for("run 1 done")
    app.wait_for(lambda text: all(line(text, arm) for arm in ARMS))


def see_the_matrices(app):
    text = app.wait_for(lambda text: all(word in text for word in MATRIX_WORDS))
    assert "positives in 100 test rows" in text or app.screen.columns < 110
    (chosen,) = marked(text)
    assert f"▶ {missed(text, chosen)}" in text
    # Side by side, also where there is room for no more than two.
    assert max(line.count("predicted no") for line in text.splitlines()) >= 2


def move_the_threshold(app):
    app.wait_for("n point")
    app.press("end")
    if marked(app.calm()) != {"smote"}:
        app.until("up", lambda text: marked(text) == {"smote"})
    before = app.calm()
    # Up as far as it goes: nobody is called positive, so everyone is missed.
    assert missed(before, "smote") < positives(app)
    app.until(">", lambda text: missed(text, "smote") == positives(app))
    app.wait_for(f"▶ {positives(app)}")
    text = app.wait_for(re.compile(r"▸ smote .*\*1\.000|▸ smote .*\*0\.\d+"))
    others = [arm for arm in ARMS if arm != "smote"]
    assert [line(text, a) for a in others] == [line(before, a) for a in others]
    # And one step down is one step down, not all the way.
    app.press("left")
    app.wait_for(lambda text: line(text, "smote") != line(before, "smote"))
    app.press("0")
    app.wait_for(lambda text: line(text, "smote") == line(before, "smote"))


def positives(app):
    """Positive test rows, as the store knows them."""
    with closing(open_store(app.store)) as store:
        (run,) = store.runs()
        arm = store.state(run.id).arm("smote")
    counts = arm.evaluated.operating_points[0].confusion
    return counts.fn + counts.tp


def read_the_verdict(app):
    app.until("v", re.compile(r"VRD\d{3}"))
    app.wait_for(re.compile(r"\d+ of \d+ positives \(recall"))
