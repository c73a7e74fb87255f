"""The dialogs that make methods, and the one that ticks many arms."""

from __future__ import annotations

import asyncio

import msgspec
from textual.widgets import Input

from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from tests.support import fakes
from tests.support.arms_samples import judged
from tests.support.fakes import notices, press, screen_text
from tests.support.journey import sizes
from tui.features import ArmsPane
from tui.features import messages as say
from tui.features.arms.dialogs import (
    AddStep,
    Completer,
    TickArms,
    WriteMethod,
    arm_choices,
    help_for,
)
from tui.features.session import Session
from tui.widgets import Rows

SIZES = sizes((80, 24), (140, 40))


def names(app) -> list[str]:
    return [arm.name for arm in app.session.draft.arms]


async def at(app, pilot, arm: str) -> None:
    """Go to the arms, with the cursor on one."""
    app.post_message(say.Selected("arms", arm))
    await press(pilot, "2")


@SIZES
def test_a_sampler_follows_another_and_is_taken_back(shell, size):
    async def use(app, pilot):
        await at(app, pilot, "svm-smote")
        await press(pilot, "plus")
        assert isinstance(app.screen, AddStep)
        text = screen_text(app)
        assert "What follows svm-smote?" in text
        await press(pilot, *"random-u")
        text = screen_text(app)
        assert "▸ random-under" in text
        assert "There are more majority rows than time" in text
        await press(pilot, "enter")
        assert names(app)[-1] == "svm-smote+random-under"
        assert "your methods 1/1" in screen_text(app)
        assert app.session.view.selected["arms"] == "svm-smote+random-under"
        # The list has the focus again, so that the next step is a key away.
        await press(pilot, "plus", *"tomek", "enter")
        assert names(app)[-1] == "svm-smote+random-under+tomek-links"
        await press(pilot, "minus")
        assert names(app)[-1] == "svm-smote+random-under"
        await press(pilot, "delete")
        assert "svm-smote+random-under" in notices(app)
        assert "your methods" not in screen_text(app)
        assert app.session.view.selected["arms"] == "balanced-bagging"

    shell.run(use, "sample:stroke", size=size)


def test_nothing_follows_a_control_with_weights_and_that_is_said(shell):
    async def use(app, pilot):
        for name in ("weights", "rus-boost"):
            await at(app, pilot, name)
            await press(pilot, "plus")
            assert not isinstance(app.screen, AddStep)
            assert f"no step can follow {name}" in notices(app)
        await at(app, pilot, "untreated")
        await press(pilot, "plus")
        assert "What comes first?" in screen_text(app)
        await press(pilot, *"zzz")
        assert "No sampler matches." in screen_text(app)
        await press(pilot, "enter", "escape")
        assert len(app.session.draft.offers) == len(registry.names())

    shell.run(use, "sample:stroke")


def test_an_arm_is_copied_to_be_given_other_parameters(shell):
    async def use(app, pilot):
        await at(app, pilot, "smote")
        await press(pilot, "Y")
        assert names(app)[-1] == "smote-2"
        await at(app, pilot, "weights")
        await press(pilot, "Y")
        assert "weights has no settings" in notices(app)

    shell.run(use, "sample:stroke")


@SIZES
def test_a_method_is_typed_and_shown_while_it_is(shell, size):
    async def use(app, pilot):
        await at(app, pilot, "svm-smote")
        await press(pilot, ":")
        assert isinstance(app.screen, WriteMethod)
        assert app.screen.query_one("#method-text", Input).value == "svm-smote"
        await press(pilot, "end", *":ratio=0.3+ran")
        assert "… random-over, random-under" in screen_text(app)
        await press(pilot, *"dom-under:ratio=2")
        text = screen_text(app)
        assert "✗ ratio of random-under is 2" in text
        assert "random-under has ratio (1), counts, replacement (no)" in text
        await press(pilot, "enter")
        assert isinstance(app.screen, WriteMethod)
        await press(pilot, "backspace", *"0.5")
        text = screen_text(app)
        assert "1. SVM-SMOTE" in text
        assert "0 34,098   1 622 → 10,229" in text
        assert "0 34,098 → 20,458   1 10,229" in text
        assert "✓ runs" in text
        await press(pilot, "enter")
        assert names(app)[-1] == "svm-smote:ratio=0.3+random-under:ratio=0.5"
        assert app.session.draft.arms[-1] == grammar.parse(names(app)[-1])

    shell.run(use, "sample:stroke", size=size)


def test_a_method_is_given_a_name_of_its_own(shell):
    async def use(app, pilot):
        await at(app, pilot, "untreated")
        await press(pilot, ":", *"smote+enn", "tab", *"smote")
        assert "✗ there is an arm 'smote' already" in screen_text(app)
        await press(pilot, "enter", "backspace", *"-mine", "enter")
        assert names(app)[-1] == "smot-mine"

    shell.run(use, "sample:stroke")


def test_a_method_that_cannot_be_is_not_taken(shell):
    cases = (
        ("untreated", "untreated is a control"),
        ("smote+rus-boost", "is an ensemble"),
        ("smote:k=3", "has no parameter 'k'"),
        ("smote:counts=x=900", "a class 'x' that is not there"),
        ("smote++enn", "a step without a name"),
        ("\x1b[31m", "no method"),
    )

    async def use(app, pilot):
        failures = []
        await at(app, pilot, "untreated")
        await press(pilot, ":")
        for text, said in cases:
            app.screen.query_one("#method-text", Input).value = text
            await press(pilot, "enter")
            assert isinstance(app.screen, WriteMethod), text
            if said not in screen_text(app):
                failures.append(text)
        assert not failures

    shell.run(use, "sample:stroke")


def test_words_are_completed():
    def suggested(text):
        return asyncio.run(Completer().get_suggestion(text))

    assert suggested("svm") == "svm-smote"
    assert suggested("smote+rand") == "smote+random-over"
    assert suggested("svm-smote:m") == "svm-smote:m_neighbors="
    assert suggested("enn:kind_sel=m") == "enn:kind_sel=mode"
    assert suggested("smote:ratio=t") == "smote:ratio=tune"
    assert suggested("bal") == "balanced-random-forest"
    assert suggested("smote+bal") is None
    assert suggested("smote:") is None
    assert suggested("nothing:x") is None
    assert "+ joins steps" in help_for("nothing").plain


@SIZES
def test_many_arms_are_ticked_by_what_they_take(shell, size):
    async def use(app, pilot):
        await press(pilot, "2", "A")
        assert isinstance(app.screen, TickArms)
        text = screen_text(app)
        assert "within 1 min each" in text
        assert "within 1 h each" in text
        await press(pilot, "enter")
        quick = names(app)
        assert "smote" in quick
        assert not {"condensed", "smoten", "rus-boost"} & {*quick}
        await press(pilot, "A", "p")
        assert {"condensed", "rus-boost"} <= {*names(app)}
        assert "smoten" not in names(app)
        await press(pilot, "A", "c")
        assert names(app) == ["untreated", "weights", "cost-weights"]
        await press(pilot, "A", "a")
        assert len(names(app)) == 6
        await press(pilot, "A", "escape")
        assert len(names(app)) == 6

    shell.run(use, "sample:stroke", size=size)


def test_what_would_take_too_long_is_not_ticked():
    session = judged("condensed", 4_000.0)
    by_name = {one.name: one.arms for one in arm_choices(session)}
    assert "smote" in by_name["patient"]
    assert "condensed" not in by_name["patient"]
    assert {*by_name["quick"]} < {*by_name["patient"]}
    # Without a table only what is known to be slow is left out.
    by_name = {one.name: one.arms for one in arm_choices(Session())}
    assert "condensed" not in by_name["quick"]
    assert "condensed" in by_name["patient"]


def test_hostile_names_do_nothing_in_the_dialogs(shell):
    evil = fakes.EVIL
    steps = grammar.parse("smote+enn").steps

    async def use(app, pilot):
        from tui.features.arms import messages

        app.post_message(messages.ArmAdded(Arm(name=evil, steps=steps)))
        await press(pilot, "2", "plus")
        assert isinstance(app.screen, AddStep)
        await press(pilot, "escape", ":", "escape", "delete")
        assert "Method removed" in notices(app)
        assert app.screen.query_one(ArmsPane).query_one(Rows).highlighted

    table = fakes.hostile_table()
    service = fakes.FakeService(msgspec.structs.replace(table, problem=""))
    shell.run(use, "x.csv", service)
