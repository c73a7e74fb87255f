"""Ticks, and the form of the highlighted arm: tuning, counts, and what comes of it."""

from __future__ import annotations

import msgspec
from textual.widgets import Input

from engine.core.lab import Finding
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from tests.support import fakes
from tests.support.arms_samples import (
    TRAIN,
    active,
    drafted,
    end_to_end,
    enter,
    field,
    judged,
)
from tests.support.each import each
from tests.support.fakes import FakeService, press, screen_text
from tests.support.patience import until
from tui.features import arm_choices, reducers
from tui.features import messages as say
from tui.features.arms import changes
from tui.features.arms import draft as drafts
from tui.features.arms import words as arms_words
from tui.features.arms.method import MethodForm, Tick, written
from tui.features.arms.pane import ArmsPane
from tui.features.session import Session
from tui.widgets import ChoiceField, Chooser, FormField, TextField


def test_each_arm_has_a_form_with_every_parameter(panes):
    session = fakes.loaded()
    kinds = {kind_of(name) for name in registry.names()}
    assert kinds >= {"over", "under", "combined", "ensemble", "control"}

    async def use(app, pilot):
        with each() as failing:
            for name in registry.names():
                app.give(reducers.select(session, "arms", name))
                await press(pilot)
                with failing(name):
                    is_the_form_of(app, name)

    panes.run(use, ArmsPane, size=(132, 70))


def kind_of(name: str) -> str:
    arm = grammar.parse(name)
    return registry.sampler(name).group if arm.steps else arm.kind


def is_the_form_of(app, name: str) -> None:
    """Tell that what is seen has every parameter of an arm as it is."""
    text, arm = screen_text(app), grammar.parse(name)
    forms = [form for form in app.query(MethodForm) if form.display]
    assert name in text
    if arm.kind == "control":
        assert forms == []
        return
    fields = list(forms[0].query(FormField))
    entry = registry.ensemble(name) if arm.ensemble else registry.sampler(name)
    space = entry.space if arm.ensemble else {}
    assert [f.key for f in fields] == [
        drafts.arm_key(name, 0, p.name) for p in entry.parameters
    ]
    for one, parameter in zip(fields, entry.parameters, strict=True):
        if parameter.name in space:
            # Nothing is fixed, so it is searched.
            assert one.text == ""
            assert f"searched, {space[parameter.name].low:g} to" in text
        elif isinstance(one, TextField):
            assert one.text == written(parameter.default)
        else:
            chooser = one.query_one(Chooser)
            assert chooser.value == parameter.default
            offered = [value for _, value in chooser.offered]
            assert offered[: len(parameter.choices)] == list(parameter.choices)
        assert parameter.effect.split(";")[0][:30] in text
        assert bool(one.query(Tick)) == (not arm.ensemble and bool(parameter.tries))
    if arm.steps and name != "smoten":  # There are numbers in the table.
        assert "training rows, expected" in text


def test_the_weights_are_said_and_none_has_nothing_to_set(panes):
    session = fakes.loaded()
    panes.look(ArmsPane, reducers.select(session, "arms", "untreated"))
    assert "There is nothing to set." in panes.text
    panes.look(ArmsPane, reducers.select(session, "arms", "weights"))
    assert "A row of 1 counts 54.8 times one of 0." in panes.text


def test_a_refusal_goes_back_to_what_was_entered_last(panes):
    async def use(app, pilot):
        near = await enter(app, pilot, "k_neighbors")
        for keys, stands in (("9999", 5), ("7", 7), ("6", 6), ("6x", 6)):
            await press(pilot, "ctrl+u", *keys, "enter")
            assert app.session.draft.param("smote", 0, "k_neighbors") == stands, keys
            assert near.text == str(stands)
        assert "back to 6" in near.below
        # What the search chooses among is no refused value.
        await press(pilot, "ctrl+t")
        assert near.text == "3/5/10"
        assert "back to" not in near.below

    panes.run(use, ArmsPane, active(), (132, 40), service=FakeService())


def test_what_is_typed_counts_at_once_and_what_cannot_be_is_refused(shell):
    async def use(app, pilot):
        await press(pilot, "2", *["down"] * 4, "enter")
        ratio = field(app, "ratio")
        await until(pilot, lambda: ratio.query_one(Input).has_focus)
        assert ratio.query_one(Input).has_focus
        await press(pilot, "0", ".", "5")
        assert app.session.draft.param("smote", 0, "ratio") == 0.5
        assert "17,049" in screen_text(app)
        await press(pilot, "down", "down", "9", "9")
        text = screen_text(app)
        assert "✗ k_neighbors of smote is 99" in text
        assert "✗ refused" in text
        assert "✗ 1 value refused" in text
        # Leaving puts back what it was, not what half of the text happened to mean.
        await press(pilot, "up")
        assert app.session.draft.param("smote", 0, "k_neighbors") == 5
        assert field(app, "k_neighbors").text == "5"
        assert "back to 5" in screen_text(app)
        # Who moves on has read it.
        await press(pilot, "down", "up")
        assert "back to 5" not in screen_text(app)
        assert app.session.draft.problems == {}
        # An empty field means the default.
        await press(pilot, "up", "backspace")
        assert app.session.draft.param("smote", 0, "ratio") == 1.0
        await press(pilot, "escape")
        arms = app.screen.query_one("#arms-list")
        await until(pilot, lambda: arms.has_focus)
        assert arms.has_focus

    shell.run(use, "sample:stroke", size=(132, 40))


def test_arms_are_ticked_with_space_and_the_control_stays(shell):
    async def use(app, pilot):
        await press(pilot, "2")
        assert "10 trials × 5 folds" in screen_text(app)
        await press(pilot, "space")
        ticked = [arm.name for arm in app.session.draft.arms]
        assert "untreated" in ticked
        await press(pilot, "j", "space", "down", "down", "space")
        ticked = [arm.name for arm in app.session.draft.arms]
        assert "weights" not in ticked
        assert "random-over" in ticked
        text = screen_text(app)
        assert "[ ] weights" in text
        assert "[■] random-over" in text
        assert "[▪] untreated" in text
        await end_to_end(app, pilot)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_a_method_of_several_steps_from_a_file_has_a_form_for_each(panes):
    arm = Arm(
        name="twice/[/x]",
        steps=(
            Step(sampler="smote", params={"ratio": 0.5}),
            Step(sampler="random-under"),
        ),
    )
    base = drafts.fresh().base
    opened = drafts.from_experiment(msgspec.structs.replace(base, arms=(arm,)))
    session = reducers.select(drafted(opened), "arms", arm.name)

    async def use(app, pilot):
        text = screen_text(app)
        assert "your methods" in text
        assert "1. SMOTE" in text
        assert "2. random undersampling" in text
        texts = [f.text for f in app.query(TextField)]
        assert texts == ["0.5", "", "5", "1", ""]
        app.query(Input)[3].focus()
        await press(pilot, "0")
        posted = app.posted(say.StepParamChanged)[-1]
        assert (posted.arm, posted.step, posted.param) == (arm.name, 1, "ratio")

    panes.run(use, ArmsPane, session, size=(132, 70))


def test_rows_after_a_run_are_counted_and_repairs_are_said(panes):
    session = fakes.followed(fakes.events(), "done")
    assert session.run is not None
    base = session.run.experiment
    session = drafted(drafts.from_experiment(base), session)
    session = reducers.select(session, "arms", "smote")
    request = msgspec.structs.replace(session.load.request, source=base.data.source)
    loading = msgspec.structs.replace(session.load, request=request)
    session = msgspec.structs.replace(session, load=loading)
    panes.look(ArmsPane, session, (132, 50))
    assert "training rows, counted in run 42" in panes.text


def test_counts_stand_in_for_the_ratio_and_the_rows_follow_at_once(panes):
    async def use(app, pilot):
        await enter(app, pilot, "ratio")
        box = field(app, "counts").query_one(Input)
        await press(pilot, "0", ".", "5", "down", *"1=900")
        assert box.has_focus
        assert "1 622 → 900" in screen_text(app)
        # The two exclude each other, and the newer wish counts.
        assert app.session.draft.param("smote", 0, "ratio") == 1.0
        await press(pilot, "backspace", "backspace")
        text = screen_text(app)
        assert "✗ not possible: counts ask for 9 rows of '1', which has 622" in text
        await press(pilot, *"9x")
        assert "✗ counts is '1=99x'" in screen_text(app)

    panes.run(use, ArmsPane, active(), (132, 40), service=FakeService())


def test_a_parameter_is_left_to_the_search_and_taken_back(panes):
    async def use(app, pilot):
        await enter(app, pilot, "ratio")
        neighbours = field(app, "k_neighbors")
        await press(pilot, "down", "down", "ctrl+t")
        assert neighbours.text == "3/5/10"
        text = screen_text(app)
        assert "[■] tune" in text
        assert "The search chooses 1 parameter among 3 settings" in text
        assert "the same 10 trials as every arm" in text
        assert "tunes 1" in text
        assert "resampling: 16 ×" in text
        # The list can be changed; what is no value is refused.
        await press(pilot, "backspace", "backspace", *"20")
        assert app.session.draft.tried("smote", 0, "k_neighbors") == (3, 5, 20)
        await press(pilot, *"/99")
        assert "✗ k_neighbors of smote is 99" in screen_text(app)
        await press(pilot, "up", "down", "ctrl+t")
        assert neighbours.text == "5"
        assert app.session.draft.param("smote", 0, "k_neighbors") == 5
        assert app.session.draft.tried("smote", 0, "k_neighbors") == ()
        # With a click on the box itself.
        await pilot.click(field(app, "k_neighbors").query_one(Tick))
        assert neighbours.text == "3/5/10"
        await press(pilot, "up")
        assert field(app, "counts").query_one(Input).has_focus

    panes.run(use, ArmsPane, active(), (132, 50), service=FakeService())


def test_a_choice_is_left_to_the_search_in_its_list(panes):
    session = reducers.select(fakes.loaded(), "arms", "enn")

    async def use(app, pilot):
        choice = next(f for f in app.query(ChoiceField) if f.key.endswith("kind_sel"))
        choice.query_one(Chooser).focus()
        await press(pilot, "enter", "end", "enter")
        posted = app.posted(say.StepParamChanged)[-1]
        assert (posted.param, posted.value) == ("kind_sel", "all/mode")
        draft = changes.change_param(session.draft, "enn", 0, "kind_sel", posted.value)
        app.give(drafted(draft, session))
        await press(pilot)
        assert choice.query_one(Chooser).value == "all/mode"
        assert choice.query_one(Tick).on

    panes.run(use, ArmsPane, session, size=(132, 60))


def test_the_settings_that_no_trial_is_left_for_are_counted():
    session = fakes.loaded()
    draft = session.draft
    for param in ("k_neighbors", "m_neighbors", "ratio"):
        draft = changes.change_param(draft, "svm-smote", 0, param, "tune")
    told = arms_words.tuned(drafted(draft, session), draft.offer("svm-smote").arm)
    assert "3 parameters among 36 settings" in told.plain
    assert "at most 10 of them are tried" in told.plain


def test_an_ensemble_is_searched_but_for_what_is_fixed(panes):
    session = reducers.select(fakes.loaded(), "arms", "rus-boost")

    async def use(app, pilot):
        assert "It is its own model" in screen_text(app)
        field(app, "n_estimators").query_one(Input).focus()
        await press(pilot, "8")
        posted = app.posted(say.StepParamChanged)[-1]
        assert (posted.arm, posted.param, posted.value) == (
            "rus-boost",
            "n_estimators",
            "8",
        )
        draft = changes.change_param(session.draft, "rus-boost", 0, "n_estimators", "0")
        app.give(drafted(draft, session))
        await press(pilot)
        assert "✗ n_estimators of rus-boost is 0" in screen_text(app)

    panes.run(use, ArmsPane, session, size=(132, 60))


def test_the_weight_that_follows_from_the_costs_is_said(panes):
    session = fakes.loaded()
    draft = changes.change_budget(session.draft, "cost_fn", "25")
    session = reducers.select(drafted(draft, session), "arms", "cost-weights")
    panes.look(ArmsPane, session)
    assert "A row of 1 counts 25 times one of 0 (b changes the costs)." in panes.text


def test_what_cannot_be_run_says_why_and_what_would_help(panes, shell):
    def told(text):
        assert "✗ not possible: smoten works on categories only" in text
        assert "→ use smotenc" in text

    async def use(app, pilot):
        app.post_message(say.Selected("arms", "smoten"))
        await press(pilot, "2")
        told(screen_text(app))

    # Where it is narrow, the pane is above its picture: that is the workbench's doing.
    shell.run(use, "sample:stroke", size=(80, 24))
    panes.look(ArmsPane, reducers.select(active(), "arms", "smoten"), (132, 40))
    told(panes.text)


def test_a_repair_is_said_beforehand():
    table = msgspec.structs.replace(fakes.TABLE, train={"0": 90, "1": 6})
    told = arms_words.verdict(fakes.loaded(table), grammar.parse("smote"))
    assert told.plain.startswith("⚠ adjusted")
    assert "k_neighbors 5 → 3: only 4 minority rows" in told.plain


def test_a_method_that_would_not_end_says_so_and_what_helps():
    session = judged("smote-enn", 9_000.0)
    told = arms_words.verdict(session, grammar.parse("smote-enn")).plain
    assert "✗ not possible: smote-enn takes about" in told
    assert "use smote or random-under" in told
    assert "--" not in told


def test_more_than_two_classes_are_shown_and_what_weights_do_with_them(panes):
    train = {"a": 500, "b": 100, "c": 30}
    table = msgspec.structs.replace(fakes.TABLE, classes=train, train=train)
    session = reducers.select(fakes.loaded(table), "arms", "smote")
    words = {
        "weights": (
            "Every class has the same total weight",
            "A row of c counts 16.7 times one of a.",
        ),
        "cost-weights": (
            "A row weighs what it costs to misclassify it.",
            "A row of c counts 16.7 times one of a (b changes the costs).",
        ),
    }

    for arm, said in words.items():
        panes.look(ArmsPane, reducers.select(session, "arms", arm), (132, 50))
        text = " ".join(panes.text.split())
        for one in said:
            assert one in text
    panes.look(ArmsPane, session, (132, 50))
    assert "needs two classes" not in panes.text
    assert "a 500   b 100 → 500   c 30 → 500" in panes.text
    assert "+470 synthetic" in panes.text


def test_what_was_tried_on_the_table_takes_the_place_of_what_is_expected(panes):
    found = Finding(
        arm="enn",
        status="runs",
        before=dict(TRAIN),
        after={"0": 30_000, "1": 622},
        seconds=1.0,
        measured=True,
    )
    session = fakes.loaded()
    lab = msgspec.structs.replace(session.lab, findings={"enn": found})
    session = msgspec.structs.replace(session, lab=lab)
    session = reducers.select(session, "arms", "enn")
    panes.look(ArmsPane, session, (132, 50))
    assert "training rows, as tried" in panes.text
    assert "0 34,098 → 30,000" in panes.text


def test_a_sampler_that_is_not_installed_here_is_said(panes):
    gone = Arm(name="gone", steps=(Step("smote"), Step("of-a-plug-in", {"k": 3})))
    draft = drafts.from_experiment(
        msgspec.structs.replace(drafts.fresh().base, arms=(gone,))
    )
    for base in (fakes.loaded(), Session()):
        session = reducers.select(drafted(draft, base), "arms", "gone")
        app = panes.look(ArmsPane, session, (132, 50))
        assert "A sampler of it is not installed here." in panes.text
        assert "no sampler 'of-a-plug-in'" in panes.text
        assert ("✗ not possible" in panes.text) == (base.load.table is not None)
        forms = [form for form in app.query(MethodForm) if form.display]
        assert [f.key for f in forms[0].query(FormField)][:1] == ["gone/0/ratio"]
    changed = changes.change_param(draft, "gone", 1, "k", "4")
    assert "no sampler 'of-a-plug-in'" in changed.problems["gone/1/k"].message
    assert arm_choices(session)
