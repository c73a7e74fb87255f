"""Runs of more than two classes, and all policies, through app and console."""

from __future__ import annotations

import argparse
import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from engine.costs import Costs
from engine.errors import UsageError
from engine.events import ClassConfusion, Confusion
from engine.spec import DecisionSpec
from engine.state import State, reduce
from tests.support import fakes
from tests.support import multiclass_samples as samples
from tests.support.console_samples import HOSTILE, harmful
from tests.support.fakes import PaneApp, press, run, screen_text
from tests.support.multiclass_samples import THYROID, class_document, many
from tui import draft as drafts
from tui import messages as say
from tui import reducers
from tui.charts import MONO, multiclass_row, pairs, worst
from tui.cli import experiment_of as experiment
from tui.cli import find_command as find
from tui.console import PLAIN as UNSTYLED
from tui.console import best_line, facts, log, measure, paint, policy_bar
from tui.console import render_report as render
from tui.panes import board, class_board, deciding, operating
from tui.panes.arms_budget import _FORM
from tui.panes.dataset import ALL, DatasetPane
from tui.panes.matrix_pages import class_matrices
from tui.panes.results import ResultsPane
from tui.panes.scored import class_of
from tui.session import Session
from tui.widgets import Pick
from tui.widgets import fit_picks as fit
from tui.widgets import lay_out as laid_out

LABELS = tuple(THYROID)
EVERY = DecisionSpec().policies
TEN = (
    "Board",
    "Matrices",
    "Matched",
    "Curves",
    "Threshold",
    "Calibration",
    "Costs",
    "Errors",
    "Reasons",
    "Verdict",
)


def done(view: str = "board", **about) -> Session:
    session = fakes.followed(samples.events(**about), "done")
    return reducers.show(reducers.activate(session, "results"), "results", view)


def pane(session: Session | None = None) -> PaneApp:
    return PaneApp(ResultsPane, session or done())


async def to_results(app, pilot, **about) -> None:
    """Go to the results of a run of three classes in the real app."""
    app.runs.known["0000002a"] = fakes.done_run(42, samples.events(**about))
    app.post_message(say.OpenRunRequested("0000002a"))
    await press(pilot)
    await press(pilot, "4")


# The decision ------------------------------------------------------------------------


@pytest.mark.parametrize("klass", LABELS)
@pytest.mark.parametrize("arm", samples.ARMS)
def test_a_class_against_the_rest_is_counted_as_scikit_learn_does(arm, klass):
    point = samples.class_point(arm, "default")
    truth, said = [], []
    for i, line in enumerate(point.confusion.matrix):
        for j, count in enumerate(line):
            truth += [LABELS[i] == klass] * count
            said += [LABELS[j] == klass] * count
    tn, fp, fn, tp = confusion_matrix(truth, said).ravel().tolist()
    found = deciding.against_rest(point.confusion, klass)
    assert found == Confusion(tn=tn, fp=fp, fn=fn, tp=tp)
    assert deciding.against_rest(point.confusion, "no such class") is None


@pytest.mark.parametrize("arm", samples.ARMS)
def test_the_samples_are_what_scikit_learn_counts(arm):
    rows = samples.rows(arm)
    truth = [row.label for row in rows]
    said = [LABELS[row.said.index(max(row.said))] for row in rows]
    point = samples.class_point(arm, "default")
    assert confusion_matrix(truth, said, labels=LABELS).tolist() == [
        list(line) for line in point.confusion.matrix
    ]
    recall = recall_score(truth, said, average="macro")
    assert point.metrics["macro_recall"] == pytest.approx(recall, abs=1e-12)
    f1 = f1_score(truth, said, average="macro")
    assert point.metrics["macro_f1"] == pytest.approx(f1, abs=1e-12)


def test_arms_stand_by_the_missed_rows_of_the_class_in_focus():
    rows = operating.rows(done())
    assert [row.name for row in rows] == ["smote-enn", "weights", "smote", "none"]
    missed = [row.confusion.fn for row in rows if row.confusion]
    assert missed == sorted(missed)
    other = reducers.choose_class(done(), "normal")
    rows = operating.rows(other)
    assert rows[0].name == "none"
    assert rows[0].confusion == Confusion(tn=35, fp=72, fn=0, tp=1333)
    assert rows[0].threshold is None
    assert rows[0].sweep == ()
    assert rows[0].cost == rows[0].decided.metrics["cost_per_1000"]


def test_ties_go_to_the_higher_macro_recall():
    events = [
        msgspec.structs.replace(
            e,
            class_points=tuple(
                msgspec.structs.replace(
                    samples.class_point("none", p.policy),
                    metrics={**p.metrics, "macro_recall": len(e.arm) / 100},
                )
                for p in e.class_points
            ),
        )
        if hasattr(e, "class_points")
        else e
        for e in samples.events()
    ]
    rows = operating.rows(
        reducers.show(fakes.followed(events, "done"), "results", "board")
    )
    assert [row.name for row in rows] == ["smote-enn", "weights", "smote", "none"]


def test_views_of_one_class_read_it_against_the_rest():
    session = done("threshold")
    rows = operating.rows(session)
    assert operating.offered(session) == list(EVERY)
    assert operating.names(session) == ("the rest", "hyper")
    assert all(row.point and row.sweep for row in rows)
    none = next(row for row in rows if row.name == "none")
    points = samples.scored("none", "hyper").operating_points
    point = next(p for p in points if p.policy == "default")
    assert none.confusion == point.confusion
    assert none.test("brier") == samples.scored("none", "hyper").test["brier"]
    moved = operating.step(none.sweep, 0.5, -3)
    assert moved is not None
    session = reducers.move_threshold(session, "none", moved)
    none = next(row for row in operating.rows(session) if row.name == "none")
    expected = samples.point(
        [(r.said[2], r.label == "hyper") for r in samples.rows("none")], "", moved
    )
    assert none.moved
    assert none.confusion == expected.confusion
    back = reducers.choose_class(session, "hypo")
    assert back.view.thresholds == {}
    assert class_of(back) == "hypo"


def test_a_policy_of_one_class_is_read_as_the_first_where_all_classes_decide():
    session = reducers.choose_policy(done(), "recall>=0.8")
    assert operating.offered(session) == list(deciding.POLICIES)
    assert operating.point_of(session) == "recommended"
    session = reducers.show(session, "results", "threshold")
    assert operating.point_of(session) == "recall>=0.8"


def test_another_run_begins_with_its_rarest_class():
    session = reducers.choose_class(done(), "normal")
    assert class_of(session) == "normal"
    session = reducers.follow(session, fakes.done_run(7, samples.events()))
    assert class_of(session) == "hyper"
    assert [deciding.neighbour(session, step) for step in (1, -1, 3)] == [
        "hypo",
        "normal",
        "hyper",
    ]
    assert deciding.neighbour(Session(), 1) is None


def test_costs_of_found_and_left_alone_are_paid():
    arm = done().run.state.arms[0]  # type: ignore[union-attr]
    counts = Confusion(tn=80, fp=10, fn=4, tp=6)
    costs = Costs(cost_fn=10, cost_fp=2, cost_tp=1, cost_tn=0.5)
    row = operating.Row(arm=arm, confusion=counts, costs=costs)
    assert row.cost == pytest.approx(1000 * (40 + 20 + 6 + 40) / 100)


# The board ---------------------------------------------------------------------------


def titles(session: Session, width: int) -> list[str]:
    columns, items = board.table(session, operating.rows(session))(width)
    assert all(len(item.cells) == len(columns) for item in items)
    taken = sum(c.width for c in columns) + 2 * (len(columns) - 1)
    assert taken <= max(width, 12 + 2 + 6 + 2 + 9 + 2 + 7)
    return [column.title for column in columns]


def test_the_board_has_the_recall_of_each_class_the_rarest_first():
    session = done()
    assert titles(session, 96)[:5] == [
        "arm",
        "missed",
        "recall ▸hyper",
        "hypo",
        "normal",
    ]
    columns, items = board.table(session, operating.rows(session))(96)
    assert items[-1].cells[0] == "none"
    assert items[-1].cells[1] == ("25", "bold $text-error")
    assert items[-1].cells[2:7] == ("0.24", "0.35", "1.00", "0.53", "0.63")
    assert columns[5].long == "macro recall"
    assert "▸hypo" in titles(reducers.choose_class(session, "hypo"), 96)


@pytest.mark.parametrize("classes", [3, 5, 8, 12])
@pytest.mark.parametrize("width", [34, 60, 76, 96, 140])
def test_as_many_classes_as_fit_and_the_one_in_focus_always(classes, width):
    session = done(counts=many(classes))
    for klass in deciding.rarest_first(session.run):
        found = titles(reducers.choose_class(session, klass), width)
        marked = [title for title in found if "▸" in title]
        assert len(marked) == 1
        shown = sum("class" in title for title in found)
        more = [title for title in found if title.startswith("+")]
        assert more == ([f"+{classes - shown} more"] if shown < classes else [])


def test_arms_without_a_result_stand_last_on_the_board():
    events = samples.events()
    started = [e for e in events if getattr(e, "arm", "none") == "none"][:-2]
    session = reducers.show(fakes.followed(started), "results", "board")
    rows = operating.rows(session)
    assert rows[0].name == "none"
    columns, items = board.table(session, rows)(90)
    assert all(len(item.cells) == len(columns) for item in items)
    assert class_board.about(session, rows[-1]).plain == ""


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_board_matrices_and_class_are_seen_at_once(size):
    async def use(app, pilot):
        await to_results(app, pilot)
        text = screen_text(app)
        for part in (
            "▸hyper",
            "0.91",
            "▶ 2",
            "c class",
            "smote-enn finds 30 of 33 rows",
        ):
            assert part in text, part
        assert "threshold" not in text.split("\n")[-1]
        await press(pilot, "c")
        assert app.session.view.klass == "hypo"
        assert "▸hypo" in screen_text(app)
        await press(pilot, "C", "C")
        assert app.session.view.klass == "normal"
        await press(pilot, "n")
        assert app.session.policy == "prevalence"
        await press(pilot, "left")
        assert app.session.view.thresholds == {}

    run(fakes.app("sample:stroke"), use, size=size)


def test_a_click_or_the_chooser_takes_another_class():
    async def use(app, pilot):
        await to_results(app, pilot)
        line = app.screen.query_one("#board-policy")
        at = str(line.render()).split("\n")[1].index("hypo")
        await pilot.click(line, offset=(at, 1))
        await press(pilot)
        assert app.session.view.klass == "hypo"
        app.screen.query_one("#results-classes").focus()
        await press(pilot, "enter", "up", "enter")
        assert app.session.view.klass == "hyper"

    run(fakes.app("sample:stroke"), use, size=(140, 40))


def test_matrices_are_paged_and_very_many_classes_listed():
    async def use(app, pilot):
        text = screen_text(app)
        assert "is ▸hyper" in text
        assert "arms 1–2 of 4" in text
        session = reducers.select(done("matrices"), "results", "none")
        app.give(session)
        await press(pilot)
        assert "arms 3–4 of 4" in screen_text(app)
        app.give(done("matrices", counts=many(10)))
        await press(pilot)
        text = screen_text(app)
        assert "▸class 10 → class 1" in text
        assert "rarer confusions" in text

    run(pane(done("matrices")), use, size=(120, 20))


def test_nothing_of_classes_is_said_of_two():
    async def use(app, pilot):
        assert "c class" not in screen_text(app)
        assert not app.query_one("#results-class").display
        await press(pilot, "c")
        assert app.posted(say.ClassChosen) == []

    from tests.unit.tui.panes.test_panes_results import done as two

    run(pane(two()), use, size=(140, 40))


def test_hostile_classes_only_show():
    for text in HOSTILE.values():
        labels = {f"n{text}": 40, f"b{text}": 20, f"c{text}": 10}
        events = samples.events(labels, ("none", "smote"), name=text, target=text)
        session = fakes.followed(events, "done")
        rows = operating.rows(session)
        said = [board.tested(session), class_board.about(session, rows[0]).plain]
        picture = board.matrices(rows, operating.names(session), "none", several=True)
        said.append(picture(76, 20, MONO))
        if "\udcff" not in text:  # which JSON cannot hold
            said.append(render(class_document(events), width=80))
        assert not harmful("".join(said).replace("\n", ""))


# Pictures ----------------------------------------------------------------------------


def test_matrices_of_more_classes_stand_side_by_side():
    one = ClassConfusion(
        labels=("a", "b", "c"), matrix=((90, 6, 4), (5, 5, 0), (0, 0, 3))
    )
    wide = multiclass_row([("one", one), ("two", one)], 90, 14, MONO, focus="b")
    assert wide.shown == 2
    assert wide.text.count("is ▸b") == 2
    assert wide.text.count("▶ 6") == 2
    assert "▶ 0" not in wide.text
    assert multiclass_row([("one", one), ("two", one)], 50, 14, MONO).shown == 1
    assert multiclass_row([], 50, 14, MONO).shown == 0
    empty = ClassConfusion(labels=("a", "b", "c"), matrix=((0,) * 3,) * 3)
    assert "No test rows" in multiclass_row([("x", empty)], 50, 14, MONO).text


def test_all_arms_are_seen_where_lines_of_one_rectangle_show_them():
    one = ClassConfusion(
        labels=("a", "b", "c"), matrix=((1090, 6, 4), (5, 5, 0), (0, 0, 3))
    )
    items = [(f"a long arm {i}", one) for i in range(6)]
    draw = class_matrices(items, "c", "a long arm 0", several=True)
    for height in (17, 18, 19, 26, 33):
        text = draw(98, height, MONO)
        assert [f"a long arm {i}" in text for i in range(6)] == [True] * 6, height
        assert "of 6" not in text
        assert "99 %" in text
    assert "arms 1–4 of 6" in draw(98, 12, MONO)
    two = draw(98, 9, MONO)
    assert "of 6" in two


def test_a_name_in_the_corner_takes_the_blanks_before_the_first_class():
    one = ClassConfusion(
        labels=("1", "2", "3"), matrix=((90, 6, 4), (5, 5, 0), (0, 0, 3))
    )
    drawn = multiclass_row([("▸ smote-enn", one), ("weights", one)], 78, 7, MONO, "3")
    first = drawn.text.split("\n")[0]
    assert "▸ smote-enn" in first
    assert "weights" in first


def test_the_worst_confusions_begin_with_the_class_in_focus():
    one = ClassConfusion(
        labels=("a", "b", "c"), matrix=((90, 6, 4), (5, 5, 0), (2, 1, 0))
    )
    assert [(p.truth, p.said) for p in pairs(one)][:2] == [("a", "b"), ("b", "a")]
    assert [(p.truth, p.said) for p in pairs(one, "c")][:2] == [("c", "a"), ("c", "b")]
    text = worst([("x", one)], 60, 10, MONO, focus="c")
    assert "▸c → a          2 (67 %)" in text
    right = ClassConfusion(labels=("a", "b"), matrix=((3, 0), (0, 3)))
    assert "confuses no two classes" in worst([("x", right)], 60, 10, MONO)
    assert "No matrix" in worst([], 60, 10, MONO)


@given(
    width=st.integers(8, 140),
    height=st.integers(3, 40),
    classes=st.integers(3, 12),
    arms=st.integers(1, 8),
)
@settings(deadline=None, max_examples=60)
def test_pictures_of_classes_stay_in_their_room(width, height, classes, arms):
    labels = tuple(f"class {i}" for i in range(classes))
    matrix = tuple(tuple(7 * i + j for j in range(classes)) for i in range(classes))
    one = ClassConfusion(labels=labels, matrix=matrix)
    items = [(f"arm {i}", one) for i in range(arms)]
    draw = class_matrices(items, "class 1", "arm 0", several=True)
    for text in (draw(width, height, MONO), worst(items, width, height, MONO)):
        lines = text.split("\n")
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_views_of_one_class_say_whose_counts_the_list_has(size):
    async def use(app, pilot):
        for view, there in (("board", False), ("curves", True), ("threshold", True)):
            app.give(done(view))
            await press(pilot)
            assert ("Counted: hyper against the rest" in screen_text(app)) == there

    run(pane(), use, size=size)


# One line ----------------------------------------------------------------------------


@pytest.mark.parametrize("policy", EVERY)
@pytest.mark.parametrize("width", [24, 36, 52, 66, 78, 100])
def test_all_policies_fit_and_the_chosen_one_is_seen(policy, width):
    from tui.console import figures

    picks = [
        Pick(
            figures.policy_name(p, cost_fn=10, cost_fp=1),
            figures.policy_short(p, cost_fn=10, cost_fp=1),
        )
        for p in EVERY
    ]
    place = EVERY.index(policy)
    room = width - len("policy ")
    shown = fit(picks, place, room)
    assert shown.first <= place < shown.first + len(shown.names)
    taken = sum(1 + len(n) for n in shown.names) + shown.gap * (len(shown.names) - 1)
    assert taken + 4 * shown.more <= room
    assert shown.more == (len(shown.names) < 8)
    if width >= 78:
        assert len(shown.names) >= 6
    if width >= 100:
        assert len(shown.names) == 8
        assert shown.names[place] == picks[place].long


@given(
    names=st.lists(st.text("abcdef ", min_size=1, max_size=14), max_size=9),
    room=st.integers(1, 90),
    place=st.integers(0, 8),
)
@settings(deadline=None, max_examples=200)
def test_any_picks_keep_their_order_and_their_room(names, room, place):
    picks = [Pick(name, name[:4]) for name in names]
    chosen = min(place, max(0, len(names) - 1))
    shown = fit(picks, chosen, room)
    if not names:
        assert shown.names == ()
        return
    assert shown.first <= chosen < shown.first + len(shown.names)
    for name, pick in zip(shown.names, picks[shown.first :], strict=False):
        assert name in pick or name.endswith("…")


def test_a_click_on_any_of_all_policies_chooses_it():
    async def use(app, pilot):
        line = app.query_one("#board-policy")
        text = str(line.render()).split("\n")[0]
        assert "▸default 0.5" in text
        assert "rec.≥0.8" in text
        await pilot.click(line, offset=(text.index("alerts"), 0))
        await press(pilot)
        assert app.posted(say.PolicyChosen)[-1].policy == "alerts<=5%"

    from tests.support.console_samples import COUNTS, events

    counts = {arm: dict.fromkeys(EVERY, pair["cost"]) for arm, pair in COUNTS.items()}
    session = fakes.followed(events(counts), "done")
    run(pane(reducers.activate(session, "results")), use, size=(140, 40))


@pytest.mark.parametrize("width", [9, 20, 40, 58, 76, 98, 120])
def test_ten_tabs_fit_and_the_current_one_is_whole(width):
    for active, title in enumerate(TEN):
        places = laid_out(TEN, active, width)
        texts = {place.title: place.text for place in places}
        assert texts[active].strip() == title
        assert sorted(p.left for p in places) == [p.left for p in places]
        if width >= 58:
            assert set(texts) == set(range(10))
        if width >= 20:
            assert places[-1].left + len(places[-1].text) <= width
        for before, after in itertools.pairwise(places):
            assert before.left + len(before.text) <= after.left


def test_two_tabs_stand_in_full():
    assert [(p.text, p.left) for p in laid_out(("Board", "Curves"), 0, 80)] == [
        (" Board ", 0),
        (" Curves ", 8),
    ]


# The console -------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 110, 140])
@pytest.mark.parametrize("classes", [3, 5, 12, 40])
def test_a_report_of_classes_stays_in_its_width(classes, width):
    counts = THYROID if classes == 3 else many(classes)
    text = render(class_document(counts=counts, arms=("none", "smote")), width=width)
    assert all(len(line) <= width for line in text.split("\n"))
    assert f"{classes} classes" in text
    assert "None" not in text


def test_the_report_has_board_matrices_and_verdict():
    text = render(class_document(), width=100)
    for part in (
        "3 classes",
        "40:1",
        "hyper: 33   hypo: 74   normal: 1,333",
        "hyper: 33 of 1,440 test rows",
        "▸most probable",
        "is hyper      ▶ 2",
        "at other weights: missed rows of hyper / false alarms",
        "Do not resample",
    ):
        assert part in text, part
    lines = [line.split() for line in text.split("\n")]
    assert ["none", "25", "0.24", "0.35", "1.00", "0.53"] in [x[:6] for x in lines]


def test_console_rows_are_those_of_the_app():
    document = class_document()
    for policy in samples.CLASS_POLICIES:
        session = reducers.choose_policy(done(), policy)
        ours = [
            (row.name, row.confusion, row.decided and row.decided.metrics["macro_f1"])
            for row in operating.rows(session)
        ]
        theirs = [
            (
                row.name,
                Confusion(tn=row.tn, fp=row.fp, fn=row.fn, tp=row.tp),
                row.macro_f1,
            )
            for row in facts.arm_rows(document, policy)
        ]
        assert ours == theirs
    assert best_line(document) == "smote-enn misses 3 of 33 rows of hyper"
    assert facts.labels(document) == ("the rest", "hyper")
    with pytest.raises(UsageError, match=r"no policy 'recall>=0\.8'"):
        facts.arm_rows(document, "recall>=0.8")


def test_the_policy_bar_of_all_is_short_at_80():
    from tests.support.console_samples import COUNTS, document, events

    counts = {arm: dict.fromkeys(EVERY, pair["cost"]) for arm, pair in COUNTS.items()}
    made = document(events(counts))
    for policy in EVERY:
        lines = policy_bar(made, width=80, policy=policy)
        assert all(measure(line) <= 80 for line in lines)
        text = paint(lines, UNSTYLED, 80)
        assert f"▸{facts.name_of(made, policy)}" in text
        # What is recommended is named with what it follows.
        assert len(lines) <= 2 + (policy == "recommended")
    assert "precision ≥ 0.2" in paint(policy_bar(made, width=140), UNSTYLED, 140)


def test_the_log_of_a_run_is_about_the_rarest_class():
    state, lines = State(), []
    for event in samples.events():
        lines.append(log.plain(state, event, elapsed=1.0))
        state = reduce(state, event)
    told = [line.partition("] ")[2] for line in lines if line]
    assert told[0].startswith("thyroid.csv: 7,200 rows, diagnosis of 3 classes; 4 arms")
    made = "smote: 2 folds prepared, 2,880 → 7,998 rows each (66 → 2,666 rows of hyper)"
    assert made in told
    said = "none: missed 25 of 33 rows of hyper, 0 false alarms at the most probable"
    assert f"{said} class" in told


# What is set up ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "bad", "good", "read"),
    [
        ("precision_floor", "1.5", "0,3", 0.3),
        ("alerts", "1.5", "200", 200.0),
        ("alerts", "120 %", "5 %", 0.05),
        ("alerts", "some", "0.1", 0.1),
        ("cost_tp", "-1", "2", 2.0),
        ("cost_tn", "-1", "0.5", 0.5),
        ("rope", "1", "0.02", 0.02),
    ],
)
def test_new_fields_of_the_decision_take_what_can_be(field, bad, good, read):
    draft = drafts.change_budget(drafts.fresh(), field, bad)
    assert draft.problems[field].message
    assert draft.problems[field].remedy
    assert draft.base.decision == drafts.fresh().base.decision
    draft = drafts.change_budget(draft, field, good)
    assert draft.problems == {}
    assert getattr(draft.base.decision, field) == pytest.approx(read)
    draft = drafts.change_budget(draft, field, None)
    assert draft.base.decision == DecisionSpec(policy=draft.base.decision.policy)


@pytest.mark.parametrize("entry", [e for _, part in _FORM for e in part])
def test_what_cannot_be_is_told_by_the_name_in_the_form(entry):
    if entry.kind == "text" and entry.key in drafts.BUDGET:
        draft = drafts.change_budget(drafts.fresh(), entry.key, "?")
        assert draft.problems[entry.key].message == f"{entry.label} is '?'"
    elif entry.key == "method":
        draft = drafts.change_budget(drafts.fresh(), "method", "?")
        assert draft.problems["method"].message == "no search method '?'"


@pytest.mark.parametrize(
    ("policy", "field", "value", "after"),
    [
        ("alerts<=5%", "alerts", "200", "alerts<=200"),
        ("precision>=0.2", "precision_floor", "0.5", "precision>=0.5"),
        ("cost", "cost_tp", "1", "cost"),
    ],
)
def test_another_number_keeps_the_policy_of_its_name(policy, field, value, after):
    draft = drafts.change_budget(drafts.fresh(), "policy", policy)
    draft = drafts.change_budget(draft, field, value)
    assert draft.base.decision.policy == after


def test_all_classes_are_chosen_again_in_pane_1():
    labels = {"a": 150, "b": 35, "c": 30}
    table = msgspec.structs.replace(
        fakes.TABLE, positive="c", labels=labels, classes={"not c": 185, "c": 30}
    )

    async def use(app, pilot):
        app.query_one("#dataset-positive").focus()
        await press(pilot, "enter", "home", "enter")
        asked = app.posted(say.LoadChoiceChanged)[-1]
        assert (asked.field, asked.value) == ("positive", None)

    run(PaneApp(DatasetPane, fakes.loaded(table)), use)
    assert "\x00" in ALL


def test_run_options_of_the_decision_reach_the_experiment():
    command, parser = find("run"), argparse.ArgumentParser()
    assert command is not None
    command.arguments(parser)
    args = parser.parse_args(["sample:moons", "--cost-fn", "20"])
    args.precision_floor, args.alerts, args.cost_tn = 0.4, 50.0, 0.25
    decision = experiment(args).decision
    assert decision.policies[-2:] == ("precision>=0.4", "alerts<=50")
    assert (decision.cost_fn, decision.cost_tn) == (20, 0.25)


def test_a_policy_of_one_class_is_read_as_the_recommended_point():
    text = render(samples.class_document(policy="recall>=0.8"), width=100)
    assert "▸recommended" in text
    assert "no arm has a result" not in text
