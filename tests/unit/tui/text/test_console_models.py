"""Several models as text: comparisons under their model, and the verdict of each."""

import functools

from engine.core.result import Result, build
from engine.core.views.comparisons import models_of
from engine.core.views.verdict import lead
from tests.support import finished
from tests.support.console_samples import events, state_of
from tui.text import scores
from tui.text.lines import PLAIN, paint
from tui.text.report import render, sections

WIDTH = 110


@functools.cache
def two() -> Result:
    run = finished.two_models()
    return build(run.state(), run=run.run)


def test_the_models_are_those_of_the_arms_compared_with():
    assert models_of(two()) == {
        "untreated@logistic": "logistic",
        "untreated@xgboost": "xgboost",
    }
    assert models_of(build(state_of(events()), run="x")) == {}


def test_the_verdict_has_a_line_for_each_model():
    text = sections(two(), ["verdict"], width=WIDTH)
    whole, _, rest = text.partition(" by model\n")
    assert two().verdict.code in whole
    for one in two().verdict.by_model:
        assert f" · {one.model}: " in rest
        assert one.code in rest


def test_one_model_needs_no_line():
    assert "by model" not in render(build(state_of(events()), run="x"), width=WIDTH)


def test_differences_stand_under_their_model():
    text = paint(scores.differences(two(), width=WIDTH, at="recommended"), PLAIN, WIDTH)
    places = [text.index(f"Average precision, {of}\n") for of in (
        "across models", "logistic", "xgboost",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "smote@xgboost" in text[places[2] :]
    assert "smote@xgboost" not in text[places[1] : places[2]].partition("Cost")[0]


def test_folds_and_costs_have_a_table_for_each_model():
    folds = paint(scores.folds(two(), width=WIDTH), PLAIN, WIDTH)
    costs = paint(scores.costs(two(), width=WIDTH), PLAIN, WIDTH)
    for model in ("logistic", "xgboost"):
        assert f"Average precision over 2 folds, minus untreated@{model}" in folds
        assert f"The cheapest arm by cost ratio, {model}\n" in costs


def test_the_title_names_the_arm():
    choice = two().verdict.choice
    assert choice.arm.upper() in lead(two()).title
