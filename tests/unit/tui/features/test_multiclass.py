"""Runs of more than two classes, and all operating points, in the results' pane."""

from __future__ import annotations

import msgspec
import pytest
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from engine.core.costs import Costs
from engine.core.experiment import DecisionSpec
from engine.core.outcome import Confusion, OperatingPoint
from engine.core.points import OF_CLASSES
from tests.support import fakes
from tests.support import multiclass_samples as samples
from tests.support.class_sessions import done
from tests.support.console_samples import COUNTS, HOSTILE, events, harmful
from tests.support.each import each
from tests.support.fakes import press, screen_text, settle
from tests.support.multiclass_samples import THYROID, many
from tests.support.results_samples import ended
from tui.charts import MONO
from tui.features import messages as say
from tui.features import reducers
from tui.features.results import board, operating
from tui.features.results.operating import class_of
from tui.features.results.pane import ResultsPane
from tui.features.session import Session
from tui.widgets import fit_columns as fit

LABELS = tuple(THYROID)
EVERY = DecisionSpec().points


# The decision ------------------------------------------------------------------------


def test_a_class_against_the_rest_is_counted_as_scikit_learn_does():
    with each() as failing:
        for arm in samples.ARMS:
            point = samples.class_point(arm, "fixed")
            assert point.confusion.against_rest("no such class") is None
            for klass in LABELS:
                truth, said = [], []
                for i, line in enumerate(point.confusion.matrix):
                    for j, count in enumerate(line):
                        truth += [LABELS[i] == klass] * count
                        said += [LABELS[j] == klass] * count
                tn, fp, fn, tp = confusion_matrix(truth, said).ravel().tolist()
                found = point.confusion.against_rest(klass)
                with failing(arm, klass):
                    assert found == Confusion(tn=tn, fp=fp, fn=fn, tp=tp)


def test_the_samples_are_what_scikit_learn_counts():
    for arm in samples.ARMS:
        rows = samples.rows(arm)
        truth = [row.label for row in rows]
        said = [LABELS[row.said.index(max(row.said))] for row in rows]
        point = samples.class_point(arm, "fixed")
        assert confusion_matrix(truth, said, labels=LABELS).tolist() == [
            list(line) for line in point.confusion.matrix
        ]
        recall = recall_score(truth, said, average="macro")
        assert point.metrics["macro_recall"] == pytest.approx(recall, abs=1e-12)
        f1 = f1_score(truth, said, average="macro")
        assert point.metrics["macro_f1"] == pytest.approx(f1, abs=1e-12)


def test_arms_stand_by_the_missed_rows_of_the_class_in_focus():
    rows = operating.arm_rows(done())
    assert [row.name for row in rows] == ["smote-enn", "weights", "smote", "untreated"]
    missed = [row.confusion.fn for row in rows if row.confusion]
    assert missed == sorted(missed)
    other = reducers.choose_class(done(), "normal")
    rows = operating.arm_rows(other)
    assert rows[0].name == "untreated"
    assert rows[0].confusion == Confusion(tn=35, fp=72, fn=0, tp=1333)
    assert rows[0].threshold is None
    assert rows[0].sweep == ()


def test_ties_go_to_the_higher_macro_recall():
    recall = {"untreated": 0.4, "weights": 0.7, "smote": 0.5, "smote-enn": 0.9}
    some = [
        msgspec.structs.replace(
            e,
            class_points=tuple(
                msgspec.structs.replace(
                    samples.class_point("untreated", p.name),
                    metrics={**p.metrics, "macro_recall": recall[e.arm]},
                )
                for p in e.class_points
            ),
        )
        if hasattr(e, "class_points")
        else e
        for e in samples.events()
    ]
    rows = operating.arm_rows(
        reducers.show(fakes.followed(some, "done"), "results", "board")
    )
    assert [row.name for row in rows] == ["smote-enn", "weights", "smote", "untreated"]


def test_views_of_one_class_read_it_against_the_rest():
    session = done("threshold")
    rows = operating.arm_rows(session)
    assert operating.offered(session) == list(EVERY)
    assert operating.names(session) == ("the rest", "hyper")
    assert all(row.point and row.sweep for row in rows)
    untreated = next(row for row in rows if row.name == "untreated")
    points = samples.scored("untreated", "hyper").operating_points
    point = next(p for p in points if p.name == "fixed")
    assert untreated.confusion == point.confusion
    wanted = samples.scored("untreated", "hyper").test["brier"]
    assert untreated.scored.test["brier"] == wanted
    moved = operating.step(untreated.sweep, 0.5, -3)
    assert moved is not None
    session = reducers.move_threshold(session, "untreated", moved)
    untreated = next(
        row for row in operating.arm_rows(session) if row.name == "untreated"
    )
    expected = samples.point(
        [(r.said[2], r.label == "hyper") for r in samples.rows("untreated")], "", moved
    )
    assert untreated.moved
    assert untreated.confusion == expected.confusion
    back = reducers.choose_class(session, "hypo")
    assert back.view.thresholds == {}
    assert class_of(back) == "hypo"


def test_a_point_of_one_class_is_read_as_the_first_where_all_classes_decide():
    session = reducers.choose_point(done(), "recall>=0.8")
    assert operating.offered(session) == list(OF_CLASSES)
    assert operating.point_of(session) == "fixed", "that of the experiment"
    session = reducers.show(session, "results", "threshold")
    assert operating.point_of(session) == "recall>=0.8"


def test_another_run_begins_with_its_rarest_class():
    session = reducers.choose_class(done(), "normal")
    assert class_of(session) == "normal"
    session = reducers.follow(session, fakes.done_run(7, samples.events()))
    assert class_of(session) == "hyper"
    assert [operating.neighbour(session, step) for step in (1, -1, 3)] == [
        "hypo",
        "normal",
        "hyper",
    ]
    assert operating.neighbour(Session(), 1) is None


def test_costs_of_found_and_left_alone_are_paid():
    counts = Confusion(tn=80, fp=10, fn=4, tp=6)
    costs = Costs(cost_fn=10, cost_fp=2, cost_tp=1, cost_tn=0.5)
    point = OperatingPoint(name="f1", threshold=0.5, confusion=counts, metrics={})
    moved = operating.move_point(point, 0.5, (), costs)
    found = moved.metric("cost_per_1000")
    assert found == pytest.approx(1000 * (40 + 20 + 6 + 40) / 100)


# The board ---------------------------------------------------------------------------


def titles(session: Session, width: int) -> list[str]:
    columns, items = board.table(session, operating.arm_rows(session))(width)
    assert all(len(item.cells) == len(columns) for item in items)
    shown = fit(columns, width)
    assert sum(cells for _, cells in shown) + 2 * (len(shown) - 1) <= width
    return [columns[place].title for place, _ in shown]


def test_the_board_has_the_recall_of_each_class_the_rarest_first():
    session = done()
    assert titles(session, 96)[:5] == [
        "arm",
        "missed",
        "▸hyper",
        "hypo",
        "normal",
    ]
    columns, items = board.table(session, operating.arm_rows(session))(96)
    assert items[-1].cells[0].text == "untreated"
    assert items[-1].cells[1] == ("25", "missed")
    shown = [cell.text for cell in items[-1].cells]
    assert shown[2:7] == ["0.24", "0.35", "1.00", "0.53", "0.63"]
    assert columns[2].long == "recall ▸hyper"
    assert columns[5].long == "macro recall"
    assert "▸hypo" in titles(reducers.choose_class(session, "hypo"), 96)


def test_as_many_classes_as_fit_and_the_one_in_focus_always():
    with each() as failing:
        for classes in (3, 5, 8, 12):
            session = done(counts=many(classes))
            for klass in operating.rarest_first(session.run):
                chosen = reducers.choose_class(session, klass)
                for width in (34, 60, 76, 96, 140):
                    with failing(classes, klass, width):
                        found = titles(chosen, width)
                        assert sum("▸" in title for title in found) == 1
                        classed = [
                            t for t in found if "class" in t and "weights" not in t
                        ]
                        shown = len(classed)
                        more = [title for title in found if title.startswith("+")]
                        rest = classes - shown
                        assert more == ([f"+{rest} more"] if rest else [])


def test_arms_without_a_result_stand_last_on_the_board():
    some = samples.events()
    started = [e for e in some if getattr(e, "arm", "untreated") == "untreated"][:-2]
    session = reducers.show(fakes.followed(started), "results", "board")
    rows = operating.arm_rows(session)
    assert rows[0].name == "untreated"
    columns, items = board.table(session, rows)(90)
    assert all(len(item.cells) == len(columns) for item in items)
    assert board.about(session, rows[-1]).plain == f"{rows[-1].name}: waiting"


def test_a_key_or_the_chooser_takes_another_class(panes):
    async def use(app, pilot):
        app.screen.query_one("#board-arms").focus()
        await press(pilot, "c")
        assert app.session.view.klass == "hypo"
        app.screen.query_one("#results-classes").focus()
        await press(pilot, "enter", "up", "enter")
        assert app.session.view.klass == "hyper"
        # A click on a name of either line does, too.
        line = app.query_one("#board-point")
        for row, name in enumerate(("F1", "hypo")):
            at = str(line.visual).split("\n")[row].index(name)
            await pilot.click(line, offset=(at, row))
            await settle(pilot)
        assert operating.point_of(app.session) == "f1"
        assert app.session.view.klass == "hypo"

    service = fakes.FakeService()
    panes.run(use, ResultsPane, done(), (140, 40), service=service)


def test_matrices_are_paged_and_very_many_classes_listed(panes):
    size = (120, 22)
    panes.look(ResultsPane, done("matrices"), size)
    assert "actual" in panes.text
    assert "▸hyper" in panes.text
    assert "arms 1–2 of 4" in panes.text
    panes.look(
        ResultsPane, reducers.select(done("matrices"), "results", "untreated"), size
    )
    assert "arms 3–4 of 4" in panes.text
    panes.look(ResultsPane, done("matrices", counts=many(10)), size)
    assert "▸class 10 → class 1" in panes.text
    assert "rarer confusions" in panes.text


def test_nothing_of_classes_is_said_of_two(panes):
    async def use(app, pilot):
        assert "c class" not in screen_text(app)
        assert not app.query_one("#results-class").display
        app.query_one("#results-arms").focus()
        await press(pilot, "c")
        assert app.posted(say.ClassChosen) == []

    panes.run(use, ResultsPane, ended(), (140, 40), fresh=False)


def test_hostile_classes_only_show():
    for text in HOSTILE.values():
        labels = {f"n{text}": 40, f"b{text}": 20, f"c{text}": 10}
        some = samples.events(labels, ("untreated", "smote"), name=text, target=text)
        session = fakes.followed(some, "done")
        rows = operating.arm_rows(session)
        said = [
            ResultsPane().subtitle(session).plain,
            board.about(session, rows[0]).plain,
        ]
        picture = board.matrices(rows, operating.names(session), "untreated", "")
        said.append(picture(76, 20, MONO))
        assert not harmful("".join(said).replace("\n", ""))


def test_views_of_one_class_say_whose_counts_the_list_has(panes):
    said = "Of class hyper against the rest"
    for size in ((80, 24), (140, 40)):
        for view, there in (("board", False), ("curves", True), ("threshold", True)):
            panes.look(ResultsPane, done(view), size)
            assert (said in panes.text) == there, (view, size)


def test_all_points_are_named_where_they_have_room(panes):
    async def use(app, pilot):
        text = str(app.query_one("#board-point").render()).split("\n")[0]
        assert "▸fixed 0.5" in text
        assert "rec.≥0.8" in text

    counts = {arm: dict.fromkeys(EVERY, pair["cost"]) for arm, pair in COUNTS.items()}
    session = fakes.followed(events(counts), "done")
    session = reducers.activate(session, "results")
    panes.run(use, ResultsPane, session, (140, 40), fresh=False)
