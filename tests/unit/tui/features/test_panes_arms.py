"""Pane 2: arms to tick, the budget, the file."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from textual.widgets import Input, Static

from engine.core import models
from engine.core.experiment import (
    DecisionSpec,
    Experiment,
    ModelSpec,
    SearchSpec,
    Space,
)
from engine.core.format import about
from engine.core.methods import grammar, registry
from engine.core.models import FIXED, get
from engine.io.toml.reading import load_toml
from tests.support import fakes
from tests.support.arms_samples import active, drafted, end_to_end, field, judged
from tests.support.fakes import FakeService, press, screen_text
from tests.support.patience import until
from tui.features import messages as say
from tui.features import reducers
from tui.features.arms import changes, messages, words
from tui.features.arms.method import MethodView
from tui.features.arms.pane import ArmsPane, BudgetView, TomlView, _items
from tui.features.questions import Ask
from tui.features.session import Session, experiment
from tui.widgets import Chooser, Form, FormField, Prose, Rows


def judges(app):
    """The questions what will become of arms."""
    return [ask.request for ask in app.posted(Ask) if ask.place == "lab.judge"]


def remark(session: Session, arm: str) -> str:
    """What the list says behind an arm."""
    said = next(item for item in _items(session) if item.key == arm).cells[1]
    return said if isinstance(said, str) else said[0]


def test_every_arm_of_the_registry_is_offered_in_its_group(panes):
    session = fakes.loaded()
    rows = panes.look(ArmsPane, session).query_one(Rows)
    listed = [line.split("\t") for line in rows.as_text().split("\n")]
    named = [cells[0][4:] for cells in listed]
    assert named == [*models.names(), *registry.names()]
    for cells in listed[len(models.names()) :]:
        assert cells[1] == remark(session, cells[0][4:]), cells
    heads = {item.key: item.cells[0] for item in rows.items if item.heading}
    assert list(heads) == [
        "\0models",
        "\0control",
        "\0over",
        "\0under",
        "\0cleaner",
        "\0combined",
        "\0ensemble",
    ]
    # The groups say how many are ticked.
    assert heads["\0control"] == "controls (no row is changed) 2/3"
    assert heads["\0over"] == "oversampling (adds rows) 3/8"


def test_ticks_and_the_cursor_are_seen_where_there_is_room(panes):
    draft = fakes.loaded().draft
    for arm in ("untreated", "weights", "random-over"):
        draft = changes.toggle(draft, arm, None)

    async def use(app, pilot):
        text = screen_text(app)
        assert "[ ] weights" in text
        assert "[■] random-over" in text
        assert "[▪] untreated" in text
        app.query_one(Rows).focus()
        await end_to_end(app, pilot)

    panes.run(use, ArmsPane, drafted(draft), (140, 40), fresh=False)


def test_a_click_on_the_box_ticks_at_once(panes):
    async def use(app, pilot):
        below = len(models.names()) + 3  # the models, both headings, `untreated`
        await pilot.click("#arms-list", offset=(3, below))
        await press(pilot)
        assert [t.arm for t in app.posted(say.ArmToggled)] == ["weights"]
        assert app.posted(say.Selected)[-1].item == "weights"

    panes.run(use, ArmsPane)


def test_no_table_no_findings_but_what_is_slow_is_known():
    assert remark(Session(), "smote-enn") == "slow"
    assert remark(Session(), "smote") == ""


def test_preparations_that_take_a_while_are_told_in_the_list():
    session = judged("smote-enn", 4.0)
    arm = grammar.parse("smote-enn")
    found = words.finding(session, arm)
    assert found is not None
    took = words.preparation(session, arm, found)
    assert took > 5
    assert remark(session, "smote-enn") == about(took)
    assert remark(session, "smote") == ""
    assert remark(session, "untreated") == "always"


def test_what_was_measured_is_told_and_of_that_arm_only():
    session = judged("smote", 40.0)
    arm = grammar.parse("smote")
    assert words.finding(session, arm).seconds == 40.0
    assert remark(session, "smote") == "~3.5 min"
    # An arm with other parameters is another one, whatever it is called.
    draft = changes.change_param(session.draft, "smote", 0, "k_neighbors", "3")
    other = drafted(draft, session)
    assert not words.finding(other, draft.offer("smote").arm).measured


def test_more_folds_and_more_settings_take_longer():
    session = judged("smote-enn", 4.0)
    found = session.lab.findings["smote-enn"]

    def took(draft):
        now = drafted(draft, session)
        return words.preparation(now, draft.offer("smote-enn").arm, found)

    once = took(session.draft)
    often = changes.change_budget(session.draft, "repeats", "3")
    tuned = changes.change_param(session.draft, "smote-enn", 0, "k_neighbors", "3/5/10")
    assert took(often) > 2 * once
    assert 2 * once < took(tuned) < 3 * once


def test_what_will_not_end_or_not_fit_or_not_work_is_said_in_the_list(monkeypatch):
    assert remark(judged("smote-enn", 4_000.0), "smote-enn") == "✗ too slow"
    assert remark(fakes.loaded(), "smoten") == "✗ unusable"
    assert remark(fakes.loaded(), "kmeans-smote") == "⚠ adjusted"
    monkeypatch.setattr(words, "_memory", lambda: 1_000_000)
    assert remark(fakes.loaded(), "smote") == "✗ too big"
    monkeypatch.setattr(words, "_memory", lambda: None)
    assert remark(fakes.loaded(), "smote") == ""


def test_what_arms_take_is_asked_for_once_the_pane_is_looked_at(panes):
    session = fakes.loaded()

    async def use(app, pilot):
        assert judges(app) == []
        app.give(reducers.activate(session, "arms"))
        await press(pilot)
        (asked,) = judges(app)
        names = [arm.name for arm in asked.arms]
        assert names == [entry.name for entry in registry.samplers()]
        assert asked.folds == 5
        # A method that is new is asked about, and nothing twice.
        draft = changes.add_step(session.draft, "smote", "enn")
        app.give(reducers.activate(drafted(draft, session), "arms"))
        await press(pilot)
        assert [a.name for a in judges(app)[1].arms] == ["smote+enn"]
        assert len(judges(app)) == 2

    panes.run(use, ArmsPane, session)


def test_the_keys_of_methods_ask_for_what_they_say(panes):
    session = reducers.select(fakes.loaded(), "arms", "smote")

    async def use(app, pilot):
        app.query_one(Rows).focus()
        await press(pilot, "plus", ":", "Y", "A")
        assert [m.arm for m in app.posted(messages.StepDialogRequested)] == ["smote"]
        assert [m.arm for m in app.posted(messages.MethodDialogRequested)] == ["smote"]
        assert [m.arm for m in app.posted(messages.ArmCopied)] == ["smote"]
        assert len(app.posted(messages.TicksDialogRequested)) == 1
        # An arm of the registry has no step of yours to take back.
        await press(pilot, "minus", "delete")
        assert app.posted(messages.StepDropped) == []
        assert app.posted(messages.ArmRemoved) == []

    panes.run(use, ArmsPane, session)


def test_the_budget_is_walked_changed_and_refused(panes):
    async def use(app, pilot):
        app.post_message(say.PresetChosen("article"))
        app.query_one(BudgetView).query(Chooser).first().focus()
        await press(pilot)
        assert "6 arms × 10 trials × 5 folds = 300 fits" in screen_text(app)
        await press(pilot, "down", "3")
        assert app.session.draft.base.search.trials == 3
        assert "= 90 fits" in screen_text(app)
        assert app.session.draft.base.preset is None
        await press(pilot, "down", "1")
        text = screen_text(app)
        assert "✗ folds cannot be 1: give a whole number of 2 or more" in text
        await press(pilot, "up")
        assert app.session.draft.base.search.folds == 5
        assert "back to 5" in screen_text(app)
        # A choice: the objective, three fields further down.
        await press(pilot, "down", "down", "down", "enter", "down", "enter")
        assert app.session.draft.base.search.objective == "roc_auc"
        # A preset sets everything up.
        app.query_one(BudgetView).query(Chooser).first().focus()
        await press(pilot, "enter", "home", "down", "down", "enter")
        assert app.session.draft.base.preset == "quick"
        assert "quick: 5 trials × 3 folds" in screen_text(app)

    session = active(BudgetView.NAME)
    panes.run(use, ArmsPane, session, (140, 50), service=FakeService())


def test_seed_and_test_share_belong_to_the_split_and_count_when_entered(panes):
    async def use(app, pilot):
        seed = field(app, "seed")
        seed.query_one(Input).focus()
        await press(pilot, "7")
        assert app.session.load.request.seed == 42
        await press(pilot, "enter")
        assert app.session.load.request.seed == 7
        share = field(app, "test_size")
        share.query_one(Input).focus()
        await press(pilot, "3", "enter")
        assert app.session.load.request.test_size == 0.2
        assert "back to 0.2" in share.below
        assert "test_size" in app.session.draft.problems
        await press(pilot, "down")
        assert "back to 0.2" not in share.below
        assert app.session.draft.problems == {}
        assert share.text == "0.2"
        share.query_one(Input).focus()
        await press(pilot, "0", ".", "3", "enter")
        # Where the cursor still is, what was typed is what is in force.
        assert (app.session.load.request.test_size, share.text) == (0.3, "0.3")
        await press(pilot, "enter", "down")
        assert (app.session.load.request.test_size, share.text) == (0.3, "0.3")

    session = active(BudgetView.NAME)
    panes.run(use, ArmsPane, session, (140, 60), service=FakeService())


def test_negatives_per_positive_may_be_given_and_taken_back(panes):
    async def use(app, pilot):
        thin = field(app, "thin")
        thin.query_one(Input).focus()
        await press(pilot, "5", "enter")
        assert app.session.load.request.thin == 5
        assert app.session.load.request.data.thin == 5
        await press(pilot, "-", "enter")
        assert "back to 5" in thin.below
        assert app.session.load.request.thin == 5
        await press(pilot, "up", "down", "delete", "enter")
        assert app.session.load.request.thin is None
        assert app.session.load.request.data == fakes.loaded().load.request.data

    session = active(BudgetView.NAME)
    panes.run(use, ArmsPane, session, (140, 60), service=FakeService())


def test_nothing_is_sent_by_going_from_arm_to_arm(panes):
    async def use(app, pilot):
        draft = app.session.draft
        app.query_one(Rows).focus()
        await press(pilot, *["down"] * 7, "b")
        await press(pilot, "tab", "tab", "escape")
        assert app.session.draft is draft
        assert app.session.draft.problems == {}
        assert app.session.view.selected["arms"] == registry.names()[7]

    panes.run(use, ArmsPane, active(), (140, 40), service=FakeService())


def test_nothing_is_sent_by_merely_looking(panes):
    async def use(app, pilot):
        for view in (MethodView, BudgetView, TomlView):
            session = reducers.show(fakes.loaded(), "arms", view.NAME)
            app.give(msgspec.structs.replace(session, jobs=9))
            await press(pilot, "tab", "tab", "tab", "shift+tab")
            wanted = {say.PaneActivated}
            assert {type(i) for i in app.intents} <= wanted, view
            app.screen.set_focus(None)

    panes.run(use, ArmsPane, size=(132, 60))


def test_the_budget_form_knows_every_field_and_every_search_space(panes):
    assert set(get_args(Space)) == {*get("xgboost").spaces, FIXED}
    view = panes.look(ArmsPane, active(BudgetView.NAME)).query_one(BudgetView)
    # Everything but what makes no sense to change by itself.
    keys = {one.key for one in view.query(FormField)}
    parts = (SearchSpec, ModelSpec, DecisionSpec)
    fields = {name for part in parts for name in part.__struct_fields__}
    fields -= {"params", "evaluate_every"}
    more = {"max_categories", "preset", "test_size", "seed", "thin", "splits"}
    assert keys == fields | more
    assert "trials\t10" in view.copied().text


@pytest.mark.parametrize(
    ("size", "columns"), [((140, 40), 2), ((200, 60), 2), ((80, 24), 1)]
)
def test_the_budget_has_two_columns_where_there_is_room(panes, size, columns):
    async def use(app, pilot):
        fields = app.query_one(BudgetView).query(FormField)
        await until(pilot, lambda: len({one.region.x for one in fields}) == columns)
        assert len({one.region.x for one in fields}) == columns
        assert {one.region.height for one in fields} == {1}
        form = app.query_one(BudgetView).query_one(Form)
        assert (form.max_scroll_y == 0) == (columns == 2)

    panes.run(use, ArmsPane, active(BudgetView.NAME), size)


def test_the_budget_says_all_about_the_field_with_the_focus(panes):
    async def use(app, pilot):
        field(app, "folds").query_one(Input).focus()
        await press(pilot)
        text = screen_text(app)
        assert "folds: folds inside the training rows; 2 or more" in text
        field(app, "time_limit").query_one(Input).focus()
        await press(pilot)
        assert "above 0; may be empty" in screen_text(app)

    panes.run(use, ArmsPane, active(BudgetView.NAME), (140, 40), service=FakeService())


def test_the_budget_is_timed_by_a_run_of_the_same_table(panes):
    session = active(BudgetView.NAME)
    view = panes.look(ArmsPane, session, (140, 40)).query_one(BudgetView)
    sum_line = view.query_one("#budget-sum", Static)
    assert "pace" not in str(sum_line.content)
    run = fakes.done_run(3)
    data = msgspec.structs.replace(
        run.experiment.data, source=session.load.request.source
    )
    same = msgspec.structs.replace(run.experiment, data=data)
    run = msgspec.structs.replace(run, experiment=same)
    panes.look(ArmsPane, reducers.follow(session, run), (140, 40))
    assert "at the pace of run 3" in str(sum_line.content)


def test_the_file_is_what_would_run(panes):
    session = reducers.show(fakes.loaded(), "arms", TomlView.NAME)

    async def use(app, pilot):
        text = app.query_one(TomlView).copied().text
        assert load_toml(text) == experiment(session)
        assert "[search]" in app.query_one(Prose).plain
        app.give(reducers.show(Session(), "arms", TomlView.NAME))
        await press(pilot)
        assert "No dataset is open" in screen_text(app)

    panes.run(use, ArmsPane, session)


def test_the_folded_pane_says_the_essence():
    session = fakes.loaded()
    assert ArmsPane().summary(session).plain == "6 arms × 10 trials × 5 folds"
    assert ArmsPane().subtitle(session).plain == f"6 of {len(registry.names())}"
    assert isinstance(experiment(session), Experiment)
