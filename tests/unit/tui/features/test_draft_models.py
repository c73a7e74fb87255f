"""Models beside methods: what is ticked, what is run of it, what is said of a model."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

from engine.core import models as known
from engine.core.errors import SpecError
from engine.core.experiment import DataSpec, Experiment
from engine.core.methods import grammar
from engine.core.models import Needs
from engine.io.toml.reading import load_toml
from engine.io.toml.writer import dump_toml
from tests.support import fakes
from tests.support.arms_samples import active, drafted
from tests.support.fakes import FakeService, press, screen_text
from tui.features import messages as say
from tui.features import reducers
from tui.features.arms import changes, dialogs, models
from tui.features.arms import draft as drafts
from tui.features.arms.method import MethodView
from tui.features.arms.pane import ArmsPane, _foot, _items
from tui.features.session import Session

METHODS = ("untreated", "weights", "smote", "random-under", "rus-boost")


def experiment(*arms: str, **fields: object) -> Experiment:
    parsed = tuple(map(grammar.parse, arms))
    return Experiment(data=DataSpec(source="sample:moons"), arms=parsed, **fields)


def names(draft: drafts.Draft) -> list[str]:
    return [arm.name for arm in draft.arms]


@given(
    st.lists(st.sampled_from(METHODS[1:]), unique=True),
    st.lists(st.sampled_from(known.names()), min_size=1, unique=True),
)
def test_every_ticked_method_goes_with_every_ticked_model(methods, chosen):
    asked = experiment("untreated", *methods, models=tuple(chosen))
    draft = drafts.from_experiment(asked)
    assert draft.models == tuple(chosen)
    assert {o.name for o in draft.offers if o.ticked} == {"untreated", *methods}
    assert not draft.partial
    # As it was, in a file too, and as it is combined anew.
    assert draft.arms == asked.arms
    file = load_toml(dump_toml(msgspec.structs.replace(asked, arms=draft.arms)))
    assert drafts.from_experiment(file).arms == asked.arms
    assert sorted(arm.name for arm in draft.combined) == sorted(names(draft))


def test_models_are_ticked_and_the_last_one_stays():
    draft = drafts.fresh("quick")
    before = names(draft)
    both = changes.toggle_model(draft, "logistic")
    assert both.models == ("xgboost", "logistic")
    assert both.base.preset is None
    assert len(both.arms) == 2 * len(before)
    assert {f"{name}@logistic" for name in before} < {*names(both)}
    other = changes.toggle_model(both, "xgboost")
    assert names(other) == before
    assert {arm.model for arm in other.arms} == {"logistic"}
    assert changes.toggle_model(other, "logistic") == other
    # The methods keep what was given for them.
    tuned = changes.change_param(both, "smote", 0, "ratio", "0.5")
    steps = [arm.steps for arm in tuned.arms if drafts.called(arm) == "smote"]
    assert [step.params for (step,) in steps] == [{"ratio": 0.5}] * 2


def test_what_is_no_full_product_stays_until_ticks_change():
    text = "untreated@xgboost untreated@logistic smote@logistic"
    draft = drafts.from_experiment(experiment(*text.split()))
    assert draft.partial
    assert draft.models == ("xgboost", "logistic")
    assert names(draft) == text.split()
    # The budget is no tick, and neither is a value that is refused or the same.
    draft = changes.change_budget(draft, "trials", "3")
    draft = changes.change_param(draft, "smote", 0, "ratio", "7")
    draft = changes.change_param(draft, "smote", 0, "ratio", "1")
    assert names(draft) == text.split()
    assert _foot(drafted(draft)).plain.startswith("! 3 arms as given; ticks make 4")
    whole = changes.toggle(draft, "weights")
    assert not whole.partial
    assert len(whole.arms) == 6
    assert "as given" not in _foot(drafted(whole)).plain


def test_one_model_that_names_say_is_no_other_experiment():
    draft = drafts.from_experiment(experiment("untreated@logistic", "smote@logistic"))
    assert names(draft) == ["untreated@logistic", "smote@logistic"]
    assert not draft.partial
    assert draft.models == ("logistic",)


def test_settings_of_a_model_stay_with_its_arms():
    arm = grammar.parse("untreated@logistic")
    fixed = msgspec.structs.replace(arm, name="untreated", params={"C": 0.5})
    asked = msgspec.structs.replace(experiment("untreated"), arms=(fixed,))
    draft = changes.toggle(drafts.from_experiment(asked), "smote")
    assert [arm.params for arm in draft.arms] == [{"C": 0.5}, {}]
    # What is asked about the method has no model's settings.
    assert draft.labelled(draft.offers[0]) == grammar.parse("untreated")


def test_a_method_as_text_names_no_model():
    with pytest.raises(SpecError, match="names a model"):
        dialogs._parse("smote@logistic", "", fakes.loaded())


def limited(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    """Have logistic regression take less."""
    made = [
        msgspec.structs.replace(one, **fields) if one.name == "logistic" else one
        for one in known.MODELS
    ]
    monkeypatch.setattr(known, "models", lambda: tuple(made))


def said(session, key: str) -> str:
    """What the list says behind a line."""
    cell = next(item for item in _items(session) if item.key == key).cells[1]
    return cell if isinstance(cell, str) else cell[0]


def test_a_model_says_what_it_cannot_learn_from(monkeypatch):
    key = drafts.model_key("logistic")
    both = changes.toggle_model(fakes.loaded().draft, "logistic")
    both = changes.toggle(both, "weights", True)
    session = drafted(both)
    assert said(session, key) == ""
    assert models.verdict(session, "logistic").plain.startswith("✓ runs")

    limited(monkeypatch, package="not-there", extra="more")
    assert said(session, key) == "✗ missing"
    told = models.verdict(session, "logistic").plain
    assert "not-there" in told
    assert "→ install it: pip install 'imbtui[more]'" in told
    assert said(session, "weights") == ""  # The model says it.
    assert said(Session(draft=both), key) == "✗ missing"

    limited(monkeypatch, needs=Needs(weights=False))
    assert said(session, key) == "⚠ not all"
    assert "⚠ not with weights: logistic takes no weights" in (
        models.verdict(session, "logistic").plain
    )
    assert said(session, "weights") == "⚠ not all"
    (line,) = models.unsuited(session, grammar.parse("weights"))
    assert "not with logistic" in line.plain
    assert models.unsuited(session, grammar.parse("smote")) == []


def test_a_model_is_read_and_ticked_in_the_pane(panes):
    key = drafts.model_key("logistic")
    session = reducers.select(active(MethodView.NAME), "arms", key)

    async def use(app, pilot):
        text = screen_text(app)
        assert "logistic regression" in text
        assert "takes weights; two or more classes" in " ".join(
            str(app.query_one("#method-verdict", Static).visual).split()
        )
        app.query_one("#arms-list").focus()
        await press(pilot, "space")
        assert app.session.draft.models == ("xgboost", "logistic")
        assert "× 2 models" in screen_text(app)
        # No step can follow a model.
        await press(pilot, "plus")
        assert not isinstance(app.screen, dialogs.AddStep)
        await press(pilot, "up", "space")
        assert app.session.draft.models == ("logistic",)
        assert say.Selected("arms", drafts.model_key("xgboost")) in app.posted(
            say.Selected
        )

    panes.run(use, ArmsPane, session, (140, 50), service=FakeService())
