"""What is told before a run, against what was measured."""

import math

import msgspec
import pytest

from engine.resample import cost, registry
from engine.spec import Arm, DataSpec, Experiment, SearchSpec, Step
from tests.support.each import for_each

SHARE = 0.018
HUGE = {"rows": 1_500_000, "minority": 27_000, "features": 20}


def seconds(step, rows, features=20):
    sizes = {"rows": rows, "minority": round(SHARE * rows), "features": features}
    return cost.step_estimate(step, **sizes).seconds


def experiment(*arms, **search):
    return Experiment(
        data=DataSpec(source="a.csv"),
        arms=(registry.arm("none"), *arms),
        search=SearchSpec(**search),
    )


def named(law):
    """Return the step that a law is about."""
    for entry in registry.SAMPLERS:
        chosen = (p for p in entry.parameters if f"{{{p.name}}}" in entry.law)
        tried = [(p.name, value) for p in chosen for value in p.choices] or [()]
        for pair in tried:
            params = dict([pair]) if pair else {}
            if entry.law_of(params) == law:
                return Step(entry.name, params)
    raise AssertionError(law)


def varied(law, variant):
    step = named(law)
    return Step(step.sampler, {**step.params, "variant": variant})


def test_all_samplers_of_the_registry_have_a_law_and_a_fast_one_if_it_says_so():
    assert len(cost.MODELS) == 24
    for entry in registry.SAMPLERS:
        model = cost.model_of(Step(entry.name))
        assert model is not None
        assert (model.fast is not None) == entry.has_fast


def test_no_law_is_of_no_sampler():
    assert all(cost.model_of(named(law)) is model for law, model in cost.MODELS.items())


def test_dear_are_those_that_take_a_second_for_the_reference_table():
    dear = {s.name for s in registry.SAMPLERS if s.dear}
    assert dear == {
        s.name for s in registry.SAMPLERS if seconds(Step(s.name), 43_000) >= 1
    }


@for_each("variant", ["exact", "fast"])
@for_each("name", cost.MODELS)
def test_more_rows_never_take_less(name, variant):
    step = varied(name, variant)
    sizes = [100, 1_000, 5_000, 43_000, 200_000, 1_000_000]
    took = [seconds(step, rows) for rows in sizes]
    assert took == sorted(took)
    found = [
        cost.step_estimate(step, rows=rows, minority=rows // 50, features=20).bytes
        for rows in sizes
    ]
    assert found == sorted(found)
    assert seconds(step, 43_000, 60) > seconds(step, 43_000, 20)


POINTS = [
    (name, variant, rows, took)
    for name, model in cost.MODELS.items()
    for variant, points in (
        ("exact", model.ours or model.stock),
        ("fast", model.faster),
    )
    for rows, took in points
]


@for_each(("name", "variant", "rows", "took"), POINTS)
def test_the_estimate_is_within_a_factor_of_three(name, variant, rows, took):
    told = seconds(varied(name, variant), rows)
    if math.isinf(took):
        assert told > 90  # It was given up then.
    else:
        assert took / 3 <= told <= took * 3


@for_each("name", [n for n, m in cost.MODELS.items() if m.own])
def test_stock_samplers_laws_are_kept_for_comparison(name):
    model = cost.MODELS[name]
    for rows, took in model.stock:
        told = model.own.seconds(rows, round(SHARE * rows), 20)
        assert took / 3 <= told <= took * 3
    assert model.law.seconds(43_000, 774, 20) < model.own.seconds(43_000, 774, 20)


@for_each(
    ("steps", "rows", "minority"),
    [
        ((Step("smote"),), 1_800, 900),
        ((Step("smote", {"ratio": 0.5}),), 1_350, 450),
        ((Step("random-under"),), 200, 100),
        ((Step("random-under", {"ratio": 0.2}),), 600, 100),
        ((Step("random-under", {"ratio": 0.01}),), 1_000, 100),
        ((Step("enn"),), 1_000, 100),
        ((Step("smote-enn"),), 1_800, 900),
        ((Step("random-under", {"ratio": 0.2}), Step("smote")), 1_000, 500),
        ((), 1_000, 100),
    ],
)
def test_rows_are_carried_from_step_to_step(steps, rows, minority):
    arm = Arm(name="a" if steps else "none", steps=steps)
    found = cost.arm_estimate(arm, rows=1_000, minority=100, features=5)
    assert (found.rows_after, found.minority_after) == (rows, minority)


def test_a_cleaner_behind_an_over_sampler_takes_what_the_sampler_of_both_takes():
    sizes = {"rows": 43_000, "minority": 774, "features": 20}
    steps = (Step("smote"), Step("enn"))
    both = cost.arm_estimate(Arm(name="a", steps=steps), **sizes)
    one = cost.arm_estimate(Arm(name="b", steps=(Step("smote-enn"),)), **sizes)
    assert both.seconds == pytest.approx(one.seconds, rel=0.3)
    half = Step("smote-enn", {"ratio": 0.2})
    less = cost.arm_estimate(Arm(name="b", steps=(half,)), **sizes)
    assert less.seconds < 0.6 * one.seconds


def test_every_preparation_counts():
    arm = Arm(name="a", steps=(Step("smote-enn"),))
    sizes = {"rows": 43_000, "minority": 774, "features": 20}
    once = cost.arm_estimate(arm, **sizes)
    five = cost.preparation(arm, folds=5, **sizes)
    ten = cost.preparation(arm, folds=5, repeats=2, **sizes)
    assert once.seconds < five.seconds < 6 * once.seconds
    assert ten.seconds - once.seconds == pytest.approx(
        2 * (five.seconds - once.seconds)
    )
    assert five.bytes == once.bytes


def test_a_control_takes_nothing():
    for name in ("none", "weights"):
        found = cost.preparation(registry.arm(name), folds=5, **HUGE)
        assert (found.seconds, found.bytes, found.rows_after) == (0, 0, 1_500_000)


@for_each(
    ("name", "code", "remedies"),
    [
        ("none", None, ()),
        ("weights", None, ()),
        ("random-under", None, ()),
        ("smote", None, ()),
        (
            "enn",
            "too-slow",
            ("use enn-fast", "random-under with ratio", "use smote or random-under"),
        ),
        (
            "repeated-enn",
            "too-slow",
            ("random-under with ratio", "use smote or random-under"),
        ),
        ("svm-smote", "too-slow", ("use svm-smote-fast", "random-under", "use smote")),
    ],
)
def test_what_would_not_end_is_said_with_what_helps_in_order(name, code, remedies):
    asked = experiment() if name == "none" else experiment(registry.arm(name))
    found = cost.objections(asked, memory=None, **HUGE)
    if code is None:
        assert found == ()
        return
    assert [(one.arm, one.code) for one in found] == [(name, code)]
    assert found[0].message.startswith(f"{name} takes about ")
    assert found[0].message.endswith("to prepare 1,500,000 training rows 6 times")
    where = [found[0].remedy.index(text) for text in remedies]
    assert where == sorted(where)
    assert ("fast" in found[0].remedy) == ("fast" in "".join(remedies))


def test_a_fast_variant_that_would_not_end_either_is_no_remedy():
    found = cost.objections(
        experiment(registry.arm("enn")), memory=None, patience=12, **HUGE
    )
    assert "fast" not in found[0].remedy
    assert found[0].remedy == (
        "put random-under with ratio 1 before it (a cap of 27,000 majority rows), or "
        "use random-under, or give it the time (--patience)"
    )


def test_what_would_not_fit_is_said_with_what_there_is():
    arms = (registry.arm("smote"), registry.arm("random-under"))
    found = cost.objections(
        experiment(*arms), memory=400_000_000, patience=math.inf, **HUGE
    )
    assert [(one.arm, one.code) for one in found] == [("smote", "too-large")]
    assert "takes about 530 MB of memory" in found[0].message
    assert found[0].message.endswith("there are 400 MB")
    assert found[0].remedy.startswith("put random-under with ratio 0.05 before it")
    nothing = cost.objections(experiment(*arms), memory=1, **HUGE)
    assert nothing[0].remedy == "take a sample of the rows"


def test_patience_and_folds_count():
    arm = registry.arm("smote-enn")
    sizes = {"rows": 43_000, "minority": 774, "features": 20}
    assert cost.objections(experiment(arm), memory=None, **sizes) == ()
    few = cost.objections(experiment(arm), memory=None, patience=5, **sizes)
    assert [one.arm for one in few] == ["smote-enn"]
    once = cost.preparation(arm, folds=5, **sizes).seconds
    many = experiment(arm, folds=5, repeats=10)
    assert cost.objections(many, memory=None, patience=2 * once, **sizes)
    assert not cost.objections(experiment(arm), memory=None, patience=2 * once, **sizes)


def test_an_arm_with_more_steps_is_told_to_set_the_variant():
    steps = (Step("smote"), Step("enn"))
    found = cost.objections(
        experiment(Arm(name="both", steps=steps)),
        memory=None,
        patience=15_000,
        **HUGE,
    )
    assert found[0].remedy.startswith('set variant = "fast"')


def test_a_sampler_nobody_knows_is_told_so_and_not_judged_by_its_time():
    arm = Arm(name="a", steps=(Step("unheard-of"),))
    assert cost.objections(experiment(arm), memory=None, **HUGE) == ()
    found = cost.arm_estimate(arm, **HUGE)
    assert (found.known, found.seconds) == (False, 0)
    assert found.bytes > 0
    # What is known of its other steps still counts.
    slow = Arm(name="b", steps=(Step("unheard-of"), Step("repeated-enn")))
    assert not cost.preparation(slow, folds=5, **HUGE).known
    found = cost.objections(experiment(slow), memory=None, **HUGE)
    assert [one.code for one in found] == ["too-slow"]


@for_each(
    ("step", "rows", "minority"),
    [
        (Step("smote", {"counts": "yes=300"}), 1_200, 300),
        (Step("smote", {"counts": "yes=300/no=900"}), 1_200, 300),
        (Step("smote", {"counts": "yes=10"}), 1_000, 100),
        (Step("random-under", {"counts": "no=150"}), 250, 100),
        (Step("random-under", {"counts": "no=150/yes=50"}), 200, 50),
        (Step("smote", {"counts": "nonsense"}), 1_000, 100),
    ],
)
def test_rows_per_class_are_counted(step, rows, minority):
    found = cost.step_estimate(step, rows=1_000, minority=100, features=5)
    assert (found.rows_after, found.minority_after) == (rows, minority)


def test_objections_are_plain_data():
    found = cost.objections(experiment(registry.arm("enn")), memory=None, **HUGE)
    assert msgspec.json.decode(msgspec.json.encode(found))[0][0] == "enn"


@for_each(
    ("given", "said"),
    [
        (0, "<1 s"),
        (4.6, "~5 s"),
        (12, "~10 s"),
        (57, "~55 s"),
        (58, "~1 min"),
        (3_400, "~1 h"),
        (7_200, "~2 h"),
        (131_000, "~2 days"),
        (1e9, "over a year"),
    ],
)
def test_durations_are_said_as_people_say_them(given, said):
    assert cost.spoken(given) == said


def test_what_a_search_chooses_of_the_samplers_is_prepared_for_each_setting() -> None:
    sizes = {"rows": 40_000, "minority": 700, "features": 20}
    plain = cost.preparation(registry.arm("smote-enn"), folds=5, **sizes).seconds
    searched = registry.arm("smote-enn:k_neighbors=3/5/10")
    for trials, times in ((2, 2), (40, 3)):
        found = cost.preparation(searched, folds=5, trials=trials, **sizes).seconds
        once = cost.arm_estimate(searched, **sizes).seconds
        assert found - once == pytest.approx(times * (plain - once))
