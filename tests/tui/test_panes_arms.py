"""Pane 2 and its pictures: arms to tick, recipes, the budget, the file."""

from __future__ import annotations

import fakes
import msgspec
import pytest
from fakes import PaneApp, press, run, screen_text
from patience import until
from textual.widgets import Input

from engine.resample import cost, registry
from engine.spec import Arm, Experiment, Step, load_toml
from engine.train.space import SPACES as REAL_SPACES
from tui import draft as drafts
from tui import messages as say
from tui import reducers
from tui.panes import arms_cost
from tui.panes.arms import ArmsPane
from tui.panes.arms_budget import SPACES, BudgetView, TomlView
from tui.panes.arms_recipe import RecipeView
from tui.panes.forecast import forecast, scarce
from tui.session import Session, experiment
from tui.widgets.chooser import Chooser
from tui.widgets.field import Field, TextField
from tui.widgets.prose import Prose
from tui.widgets.rows import Rows

TRAIN = {"0": 34_098, "1": 622}


def pane(session: Session | None = None) -> PaneApp:
    return PaneApp(ArmsPane, session or fakes.loaded())


def drafted(draft: drafts.Draft, session: Session | None = None) -> Session:
    return msgspec.structs.replace(session or fakes.loaded(), draft=draft)


def in_app():
    """The real app with a table open."""
    return fakes.app("sample:stroke")


def field(app, label: str) -> TextField:
    fields = [f for f in app.screen.query(TextField) if f.key.endswith(label)]
    return next(f for f in fields if f.parent.display)


def test_every_arm_of_the_registry_is_offered_in_its_group():
    async def use(app, pilot):
        text = app.query_one(Rows).as_text()
        listed = [line.split("\t")[0][4:] for line in text.split("\n")]
        assert listed == list(registry.names())
        keys = [item.key for item in app.query_one(Rows).items if item.heading]
        assert keys == ["\0control", "\0over", "\0under", "\0combined"]

    run(pane(), use)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_arms_are_ticked_with_space_and_the_control_stays(size):
    async def use(app, pilot):
        await press(pilot, "2")
        assert "10 trials × 5 folds" in screen_text(app)
        await press(pilot, "space")
        ticked = [arm.name for arm in app.session.draft.arms]
        assert "none" in ticked
        await press(pilot, "j", "space", "down", "space")
        ticked = [arm.name for arm in app.session.draft.arms]
        assert "weights" not in ticked
        assert "random-over" in ticked
        text = screen_text(app)
        assert "[ ] weights" in text
        assert "[■] random-over" in text
        assert "[▪] none" in text

    run(in_app(), use, size=size)


def test_all_arms_or_only_the_controls():
    async def use(app, pilot):
        await press(pilot, "2", "a")
        assert len(app.session.draft.arms) == len(registry.names())
        await press(pilot, "a")
        assert [arm.name for arm in app.session.draft.arms] == ["none", "weights"]

    run(in_app(), use)


def test_a_click_on_the_box_ticks_at_once():
    async def use(app, pilot):
        await pilot.click("#arms-list", offset=(3, 2))
        await press(pilot)
        assert [t.arm for t in app.posted(say.ArmToggled)] == ["weights"]
        assert app.posted(say.Selected)[-1].item == "weights"

    run(pane(), use)


@pytest.mark.parametrize("name", registry.names())
def test_each_arm_has_a_form_with_every_parameter(name):
    session = reducers.select(fakes.loaded(), "arms", name)

    async def use(app, pilot):
        text = screen_text(app)
        assert name in text
        fields = list(app.query(Field))
        if name in ("none", "weights"):
            assert fields == []
            return
        entry = registry.sampler(name)
        assert [f.key for f in fields] == [
            drafts.arm_key(name, 0, p.name) for p in entry.parameters
        ]
        for one, parameter in zip(fields, entry.parameters, strict=True):
            if isinstance(one, TextField):
                assert one.text == f"{parameter.default:g}"
            else:
                chooser = one.query_one(Chooser)
                assert chooser.value == parameter.default
                offered = [value for _, value in chooser._options]
                assert offered == list(parameter.choices)
            assert parameter.effect.split(";")[0][:30] in text
        assert "training rows, expected" in text

    run(pane(session), use, size=(140, 60))


def test_the_weights_are_said_and_none_has_nothing_to_set():
    session = fakes.loaded()

    async def use(app, pilot):
        assert "There is nothing to set." in screen_text(app)
        app.give(reducers.select(session, "arms", "weights"))
        await press(pilot)
        assert "Each positive counts 54.8 times" in screen_text(app)

    run(pane(session), use)


def test_what_is_typed_counts_at_once_and_what_cannot_be_is_refused():
    async def use(app, pilot):
        await press(pilot, "2", "down", "down", "down", "enter")
        ratio = field(app, "ratio")
        await until(pilot, lambda: ratio.query_one(Input).has_focus)
        assert ratio.query_one(Input).has_focus
        await press(pilot, "0", ".", "5")
        assert app.session.draft.param("smote", 0, "ratio") == 0.5
        assert "17,049" in screen_text(app)
        await press(pilot, "down", "9", "9")
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
        await press(pilot, "backspace")
        assert app.session.draft.param("smote", 0, "ratio") == 1.0
        await press(pilot, "escape")
        arms = app.screen.query_one("#arms-list")
        await until(pilot, lambda: arms.has_focus)
        assert arms.has_focus

    run(in_app(), use, size=(140, 40))


def test_every_parameter_of_every_sampler_refuses_what_is_out_of_range():
    for entry in registry.SAMPLERS:
        session = reducers.select(fakes.loaded(), "arms", entry.name)

        async def use(app, pilot, entry=entry):
            for parameter in entry.parameters:
                if parameter.choices:
                    continue
                one = field(app, parameter.name)
                one.query_one(Input).focus()
                await press(pilot, "x")
                posted = app.posted(say.StepParamChanged)[-1]
                assert (posted.param, posted.value) == (parameter.name, "x")
                draft = drafts.change_param(
                    app.session.draft, posted.arm, posted.step, posted.param, "x"
                )
                app.give(drafted(draft, app.session))
                await press(pilot)
                assert one.said.startswith("✗")

        run(pane(session), use, size=(140, 60))


def test_a_recipe_of_several_steps_from_a_file_has_a_form_for_each():
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
        assert "from the experiment file" in text
        assert "1. SMOTE" in text
        assert "2. random undersampling" in text
        assert [f.text for f in app.query(TextField)] == ["0.5", "5", "1"]
        app.query(Input).last().focus()
        await press(pilot, "0")
        posted = app.posted(say.StepParamChanged)[-1]
        assert (posted.arm, posted.step, posted.param) == (arm.name, 1, "ratio")

    run(pane(session), use, size=(140, 60))


def test_rows_after_a_run_are_counted_and_repairs_are_said():
    session = fakes.followed(fakes.events(), "done")
    assert session.run is not None
    base = session.run.experiment
    session = drafted(drafts.from_experiment(base), session)
    session = reducers.select(session, "arms", "smote")
    request = msgspec.structs.replace(session.load.request, source=base.data.source)
    loading = msgspec.structs.replace(session.load, request=request)
    session = msgspec.structs.replace(session, load=loading)

    async def use(app, pilot):
        assert "training rows, counted in run 42" in screen_text(app)

    run(pane(session), use, size=(140, 50))


def test_what_will_become_of_the_rows():
    smote = forecast(registry.arm("smote"), TRAIN, "1")
    assert smote is not None
    assert smote.after == {"0": 34_098, "1": 34_098}
    assert smote.synthetic == 34_098 - 622
    over = forecast(registry.arm("random-over"), TRAIN, "1")
    assert over is not None
    assert over.synthetic == 0
    enn = forecast(registry.arm("smote-enn"), TRAIN, "1")
    assert enn is not None
    assert enn.open_end
    assert forecast(registry.arm("none"), TRAIN, "1") is None
    assert forecast(registry.arm("smote"), {"1": 5}, "1") is None
    half = Arm(name="u", steps=(Step(sampler="random-under", params={"ratio": 0.5}),))
    under = forecast(half, TRAIN, "1")
    assert under is not None
    assert under.after == {"0": 1_244, "1": 622}


def test_what_a_cleaner_drops_is_not_known_beforehand():
    enn = forecast(registry.arm("enn"), TRAIN, "1")
    assert enn is not None
    assert (enn.after, enn.synthetic, enn.open_end) == (TRAIN, 0, True)


def remark(session: Session, arm: str) -> str:
    """What the list says behind an arm."""
    seen = {}

    async def use(app, pilot):
        for line in app.query_one(Rows).as_text().split("\n"):
            name, said = (*line.split("\t"), "")[:2]
            seen[name[4:]] = said

    run(pane(session), use)
    return seen[arm]


def larger(times: int) -> Session:
    train = {label: times * count for label, count in TRAIN.items()}
    return fakes.loaded(msgspec.structs.replace(fakes.TABLE, train=train))


def test_preparations_that_take_a_while_are_told_in_the_list():
    told = arms_cost.preparation(fakes.loaded(), registry.arm("smote-enn"))
    assert told is not None
    assert told.seconds > arms_cost.WORTH
    assert remark(fakes.loaded(), "smote-enn") == cost.spoken(told.seconds)
    assert remark(fakes.loaded(), "smote") == ""
    assert remark(fakes.loaded(), "none") == "always"
    assert remark(Session(), "smote-enn") == "slow"


def test_more_folds_take_longer():
    session = fakes.loaded()
    draft = drafts.change_budget(session.draft, "repeats", "3")
    arm = registry.arm("smote-enn")
    once = arms_cost.preparation(session, arm)
    often = arms_cost.preparation(drafted(draft, session), arm)
    assert once is not None
    assert often is not None
    assert often.seconds > 2 * once.seconds


def test_columns_are_counted_as_a_sampler_sees_them():
    # gender 3; age 1; bmi and whether it is missing 2; smoking 3 and missing 1.
    assert arms_cost.sizes(fakes.loaded()) == (34_720, 622, 10)
    draft = drafts.change_budget(drafts.fresh(), "max_categories", "2")
    assert arms_cost.sizes(drafted(draft)) == (34_720, 622, 7)
    assert arms_cost.sizes(Session()) is None


@pytest.mark.parametrize("size", [(110, 40), (140, 60)])
def test_a_recipe_that_would_not_end_says_so_and_what_helps(size):
    session = larger(100)
    assert remark(session, "smote-enn") == "⚠ too slow"

    async def use(app, pilot):
        text = " ".join(app.query_one("#recipe-remarks").visual.plain.split())
        assert "prepared 6 times: ~" in text
        assert "on one core" in text
        assert "smote-enn takes about" in text
        assert "use smote or random-under" in text

    run(pane(reducers.select(session, "arms", "smote-enn")), use, size=size)


def test_a_recipe_that_does_not_fit_says_so(monkeypatch):
    monkeypatch.setattr(arms_cost, "_memory", lambda: 1_000_000)
    assert remark(fakes.loaded(), "smote") == "⚠ too large"
    monkeypatch.setattr(arms_cost, "_memory", lambda: None)
    assert remark(fakes.loaded(), "smote") == ""


def test_the_fast_variant_is_chosen_in_the_form_and_said_in_the_name():
    session = reducers.select(fakes.loaded(), "arms", "smote-enn")

    async def use(app, pilot):
        app.query_one(Chooser).focus()
        await press(pilot, "enter", "down", "enter")
        posted = app.posted(say.StepParamChanged)[-1]
        assert (posted.arm, posted.step, posted.param) == ("smote-enn", 0, "variant")
        assert posted.value == "fast"
        draft = drafts.change_param(
            app.session.draft, "smote-enn", 0, "variant", "fast"
        )
        app.give(drafted(draft, app.session))
        await press(pilot)
        text = screen_text(app)
        assert "[■] smote-enn-fast" in text
        assert "SMOTE-ENN, fast variant" in text
        assert app.query_one(Rows).highlighted == "smote-enn"
        assert app.query_one(Chooser).value == "fast"

    run(pane(session), use, size=(140, 60))


def test_a_fast_variant_runs_under_its_own_name_and_is_found_again():
    draft = drafts.change_param(drafts.fresh(), "smote-enn", 0, "variant", "fast")
    assert registry.arm("smote-enn-fast") in draft.arms
    assert "smote-enn" not in [arm.name for arm in draft.arms]
    base = msgspec.structs.replace(draft.base, arms=draft.arms)
    again = drafts.from_experiment(base)
    assert again.arms == draft.arms
    assert again.param("smote-enn", 0, "variant") == "fast"
    assert [o.group for o in again.offers].count("file") == 0
    back = drafts.change_param(again, "smote-enn", 0, "variant", None)
    assert registry.arm("smote-enn") in back.arms


def test_both_variants_can_be_compared_by_a_file():
    base = drafts.fresh().base
    arms = tuple(registry.arm(n) for n in ("none", "enn", "enn-fast"))
    draft = drafts.from_experiment(msgspec.structs.replace(base, arms=arms))
    assert draft.arms == arms
    assert draft.offer("enn-fast").group == "file"
    # A third that would be called like the second keeps its own name.
    twice = drafts.change_param(draft, "enn", 0, "variant", "fast")
    assert [arm.name for arm in twice.arms] == ["none", "enn", "enn-fast"]


def test_a_variant_that_does_not_exist_is_refused():
    draft = drafts.change_param(drafts.fresh(), "enn", 0, "variant", "quick")
    key = drafts.arm_key("enn", 0, "variant")
    assert "choose one of: exact, fast" in draft.problems[key].remedy
    assert draft.param("enn", 0, "variant") == "exact"


def test_too_few_positives_are_said_before_a_run():
    table = msgspec.structs.replace(fakes.TABLE, train={"0": 90, "1": 6})
    session = fakes.loaded(table)
    assert "about 4 positives" in scarce(session, registry.arm("smote"))
    assert scarce(session, registry.arm("random-over")) == ""
    assert scarce(fakes.loaded(), registry.arm("smote")) == ""


def test_the_budget_is_walked_changed_and_refused():
    async def use(app, pilot):
        app.post_message(say.PresetChosen("article"))
        await press(pilot, "2", "b")
        assert "6 arms × 10 trials × 5 folds = 300 fits" in screen_text(app)
        await press(pilot, "down", "3")
        assert app.session.draft.base.search.trials == 3
        assert "= 90 fits" in screen_text(app)
        assert app.session.draft.base.preset is None
        await press(pilot, "down", "1")
        assert "✗ 1 folds: give at least 2 folds" in screen_text(app)
        await press(pilot, "up")
        assert app.session.draft.base.search.folds == 5
        assert "back to 5" in screen_text(app)
        # A choice: the objective, three fields further down.
        await press(pilot, "down", "down", "down", "enter", "down", "enter")
        assert app.session.draft.base.search.objective == "roc_auc"

    run(in_app(), use, size=(140, 50))


def test_a_preset_sets_everything_up():
    async def use(app, pilot):
        await press(pilot, "2", "b")
        await press(pilot, "enter", "down", "down", "enter")
        assert app.session.draft.base.preset == "quick"
        assert "quick: 5 trials × 3 folds" in screen_text(app)

    run(in_app(), use, size=(140, 50))


def test_seed_and_test_share_belong_to_the_split_and_count_when_entered():
    async def use(app, pilot):
        await press(pilot, "2", "b")
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
        assert "back to 0.2" in share.said
        assert "test_size" in app.session.draft.problems
        await press(pilot, "down")
        assert "back to 0.2" not in share.said
        assert app.session.draft.problems == {}
        assert share.text == "0.2"

    run(in_app(), use, size=(140, 60))


def test_nothing_is_sent_by_going_from_arm_to_arm():
    async def use(app, pilot):
        draft = app.session.draft
        await press(pilot, "2", *["down"] * 7, "b")
        await press(pilot, "tab", "tab", "escape")
        assert app.session.draft is draft
        assert app.session.draft.problems == {}

    run(in_app(), use, size=(140, 40))


def test_nothing_is_sent_by_merely_looking():
    for view in (RecipeView, BudgetView, TomlView):
        session = reducers.show(fakes.loaded(), "arms", view.NAME)

        async def use(app, pilot):
            app.give(msgspec.structs.replace(app.session, jobs=9))
            await press(pilot, "tab", "tab", "tab", "shift+tab")
            wanted = {say.PaneActivated}
            assert {type(i) for i in app.intents} <= wanted

        run(pane(session), use, size=(140, 60))


def test_the_budget_form_knows_every_field_and_every_search_space():
    assert set(SPACES) == set(REAL_SPACES)

    async def use(app, pilot):
        keys = {one.key for one in app.query(Field)}
        # Everything but what makes no sense to change by itself.
        assert keys == {*drafts.BUDGET, "preset", "test_size", "seed"}
        assert "trials\t10" in app.query_one(BudgetView).copied().text

    session = reducers.show(fakes.loaded(), "arms", BudgetView.NAME)
    run(pane(session), use)


def test_the_file_is_what_would_run():
    session = reducers.show(fakes.loaded(), "arms", TomlView.NAME)

    async def use(app, pilot):
        text = app.query_one(TomlView).copied().text
        assert load_toml(text) == experiment(session)
        assert "[search]" in app.query_one(Prose).plain
        await app.query_one(TomlView).run_action("open_file")
        await press(pilot)
        assert len(app.posted(say.OpenExperimentRequested)) == 1
        app.give(reducers.show(Session(), "arms", TomlView.NAME))
        await press(pilot)
        assert "No dataset is open" in screen_text(app)

    run(pane(session), use)


def test_the_folded_pane_says_the_essence():
    session = fakes.loaded()
    assert ArmsPane().summary(session).plain == "6 arms × 10 trials × 5 folds"
    assert ArmsPane().subtitle(session).plain == f"6 of {len(registry.names())}"
    assert isinstance(experiment(session), Experiment)
