"""Several models: the best one without a method, and whether a method is worth more."""

from itertools import permutations, product

import msgspec
import pytest

from engine.core.events import ArmFailed
from engine.core.outcome import Skill
from engine.evaluate import Board, Context
from engine.evaluate.verdict import across, rules
from engine.evaluate.verdict.across import Family
from tests.support.each import for_each
from tests.support.verdict_samples import (
    COST,
    COSTS,
    RANKING,
    arm,
    change,
    codes,
    everything,
    full,
    over_folds,
    told,
)

EFFECTS = ("better", "same", "worse")
A, B = "untreated@a", "untreated@b"
KINDS = {A: "control", B: "control", "smote@a": "sampler", "smote@b": "sampler"}
COSTS_OF = {A: [30.0, 32.0], B: [34.0, 36.0]}
CONTEXT = Context()


def family(model, *, few=False, skill=None, **effect):
    """Return a model's two arms, of which the second differs as given."""
    control, name = f"untreated@{model}", f"smote@{model}"
    rows = (8519, 15) if few else (8519, 161)
    board = Board(
        [
            arm(one, recommended=(10, 959, 0.047), half=(5, 0), rows=rows)
            for one in (control, name)
        ],
        full(name, control=control, **effect),
        KINDS,
        costs=COSTS,
        control=control,
        skill=skill,
    )
    return Family.of(model, board, CONTEXT)


def over_models(families, *comparison, values=COSTS_OF, folds=(), skilled=(), **more):
    """Return the verdict on all models, and the board that it is of."""
    names = across.compared_arms(families)
    control = across.baseline(values, metric="cost_per_1000", skilled=skilled)
    known = {e.arm: e for one in families for e in one.board.evaluations}
    board = Board(
        [known[name] for name in names],
        [c for c in comparison if c.a in names and c.b == control],
        KINDS,
        costs=COSTS,
        control=control,
        folds=folds,
        **more,
    )
    return across.verdict_across(families, board, CONTEXT, values)


def against(name, control=A, **effect):
    """Return how an arm differs from the baseline in what decides."""
    return full(name, control=control, **effect)[1:]


# The baseline -------------------------------------------------------------------------


@for_each(
    ("values", "metric", "wanted"),
    [
        ({A: [3.0, 5.0], B: [2.0, 4.0]}, "cost_per_1000", B),
        ({A: [3.0, 5.0], B: [2.0, 4.0]}, "recall", A),
        ({A: [3.0, 5.0], B: [5.0, 3.0]}, "cost_per_1000", A),
        ({B: [3.0, 5.0], A: [5.0, 3.0]}, "cost_per_1000", B),
        ({A: [float("nan"), 5.0], B: [2.0, 6.0]}, "cost_per_1000", B),
        ({A: [float("nan")], B: [2.0]}, "recall", B),
    ],
)
def test_the_baseline_is_best_over_folds_and_of_equal_ones_the_first(
    values, metric, wanted
):
    assert across.baseline(values, metric=metric) == wanted


def test_a_model_without_skill_is_the_baseline_only_if_none_has_any():
    values = {A: [3.0], B: [2.0]}
    found = [
        across.baseline(values, metric="cost_per_1000", skilled=skilled)
        for skilled in ((), (A,), (A, B), ("smote@a",))
    ]
    assert found == [B, A, B, B]


def test_each_control_is_compared_and_what_is_adopted():
    families = [family("a"), family("b", cost="better")]
    assert across.compared_arms(families) == (A, B, "smote@b")


# What is recommended ------------------------------------------------------------------


@for_each(("own", "cost", "ranking"), product(("better", "same"), EFFECTS, EFFECTS))
def test_a_method_is_used_only_if_it_is_better_than_the_best_plain_model(
    own, cost, ranking
):
    """The truth table: adopted within its model, and better than the baseline."""
    families = [family("a"), family("b", cost=own)]
    found = over_models(
        families,
        *against("smote@b", cost=cost, ranking=ranking),
        *against(B),
    )
    better = cost == "better" or (ranking == "better" and cost == "same")
    adopted = own == "better" and better
    assert found.code == ("VRD010" if adopted else "VRD011")
    assert found.choice.arm == ("smote@b" if adopted else A)
    assert bool(told(found, "VRD118")) == (own == "better" and not adopted)


def test_folds_have_to_confirm_what_is_found_across_models():
    families = [family("a"), family("b", cost="better")]
    more = (*against("smote@b", cost="better"), *against(B))
    for likely, code in ((0.79, "VRD011"), (0.81, "VRD010")):
        folds = [over_folds("smote@b", COST[0], likely, control=A)]
        found = over_models(families, *more, folds=folds)
        assert found.code == code
        assert bool(told(found, "VRD213")) == (code == "VRD011")


def test_more_models_need_surer_folds():
    change_of = change("smote@a", *COST, "better", control=A)
    for models, bound in ((1, 0.8), (2, 0.9), (4, 0.95)):
        for likely in (bound - 0.01, bound + 0.01):
            folds = [over_folds("smote@a", COST[0], likely, control=A)]
            one = Board(
                [arm(A), arm("smote@a")], [change_of], KINDS,
                folds=folds, control=A, models=models,
            )  # fmt: skip
            assert (rules.candidates(one) == ["smote@a"]) == (likely > bound)


def test_it_says_that_a_plain_model_does_as_well():
    families = [family("a"), family("b", cost="better")]
    found = over_models(families, *against("smote@b"), *against(B, cost="worse"))
    (text,) = told(found, "VRD118")
    assert f"`{A}` with its threshold moved does as well as `smote@b`" in text
    assert f"better than `{B}`" in text
    (plain,) = told(found, "VRD117")
    assert "31.0" in plain
    assert f"`{B}` 35.0" in plain
    assert plain.endswith(f"That it is better than `{B}` is shown.")


def test_the_choice_of_a_plain_model_claims_nothing_that_is_not_shown():
    found = over_models([family("a"), family("b")], *against(B))
    assert found.code == "VRD011"
    (plain,) = told(found, "VRD117")
    assert plain.endswith(f"That it is better than `{B}` is not shown.")


def test_a_choice_of_the_baselines_own_model_may_be_lost_by_the_adjustment():
    families = [family("a", cost="better"), family("b")]
    found = over_models(families, *against("smote@a"), *against(B))
    assert (found.code, found.choice.arm) == ("VRD011", A)
    (text,) = told(found, "VRD118")
    assert "adjusted for all comparisons across models" in text


def test_another_plain_model_that_is_better_is_preferred_to_a_sampler():
    families = [family("a"), family("b", cost="better")]
    more = (*against("smote@b", cost="better"), *against(B, cost="better"))
    assert over_models(families, *more).choice.arm == B


def test_every_model_has_its_verdict():
    families = [family("a"), family("b", cost="better")]
    found = over_models(families, *against("smote@b"), *against(B))
    assert [(one.model, one.code) for one in found.by_model] == [
        ("a", "VRD004"),
        ("b", "VRD001"),
    ]
    for one, own in zip(found.by_model, families, strict=True):
        assert one.choice == own.verdict.choice
        assert one.reasons == own.verdict.reasons


def test_texts_name_the_control_of_their_model():
    families = [family("a", half="better"), family("b", cost="better")]
    found = over_models(families, *against("smote@b", cost="better"), *against(B))
    for one in (found, *found.by_model):
        assert "`untreated`" not in everything(one)
    assert f"better than `{B}`" in found.by_model[1].recommendation


# Where there is little to compare -----------------------------------------------------


def test_nothing_is_recommended_without_skill():
    families = [family(m, skill=Skill(shown=False, arm=A)) for m in "ab"]
    found = over_models(families, *against(B), skill=Skill(shown=False, arm=A))
    assert (found.code, found.choice) == ("VRD009", None)
    assert {one.code for one in found.by_model} == {"VRD009"}


def test_too_few_rows_leave_the_baseline():
    families = [family(m, few=True) for m in "ab"]
    found = over_models(families)
    assert (found.code, found.choice.arm) == ("VRD005", A)
    assert codes(found.reasons)[-2:] == ["VRD117", "VRD108"]


def test_with_one_model_left_its_own_verdict_holds():
    lost = Family.of(
        "b",
        Board([], [], KINDS, costs=COSTS, control=B),
        Context(failed=[ArmFailed(arm=B, message="no memory", fix="", code="x")]),
    )
    own = family("a", cost="better")
    found = over_models([own, lost], values={A: [30.0]})
    assert (found.code, found.choice) == ("VRD001", own.verdict.choice)
    assert [one.code for one in found.by_model] == ["VRD001", "VRD007"]


def test_a_model_whose_control_failed_has_no_say():
    bare = Board([arm("smote@b")], [], KINDS, costs=COSTS, control=B)
    families = [family("a"), Family.of("b", bare, CONTEXT)]
    assert across.compared_arms(families) == (A,)
    found = over_models(families, values={A: [30.0]})
    assert (found.code, found.choice.arm) == ("VRD011", A)
    assert not told(found, "VRD117")


# Order --------------------------------------------------------------------------------


@pytest.mark.parametrize("cost", EFFECTS)
def test_the_order_of_arms_and_models_does_not_matter(cost):
    """But for ties of the models without a method, of which the first is taken."""
    families = [family("a", cost="better"), family("b", cost="better")]
    comparison = (
        *against("smote@b", cost=cost, ranking="better"),
        *against("smote@a", ranking="better"),
        *against(B, cost="worse"),
    )
    seen = set()
    for order in permutations(families):
        for rows in (comparison, comparison[::-1], comparison[1::2] + comparison[::2]):
            values = {one.control: COSTS_OF[one.control] for one in order}
            found = over_models(order, *rows, values=values)
            by_model = tuple(sorted(found.by_model, key=lambda one: one.model))
            found = msgspec.structs.replace(found, by_model=by_model)
            seen.add(msgspec.json.encode(found))
    assert len(seen) == 1


def test_candidates_across_models_follow_the_rule_within_one():
    """What is asked of an arm is the same: `rules.candidates` of another control."""
    board = Board(
        [arm(A), arm("smote@b")],
        [
            change("smote@b", *COST, "better", control=A),
            change("smote@b", *RANKING, "same", control=A),
        ],
        KINDS,
        control=A,
    )
    assert rules.candidates(board) == ["smote@b"]
