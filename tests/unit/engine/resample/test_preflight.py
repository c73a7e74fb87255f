"""What is said of an arm before it is run, and whether it is true."""

import numpy as np
import pytest

from engine.core.errors import ArmError
from engine.core.lab import Preflight
from engine.core.messages import ColumnInfo, Load, TableInfo
from engine.core.methods import grammar, postcheck, registry, repair
from engine.core.methods.grammar import Step
from engine.core.methods.preflight import FitFacts, Probe, examine, facts, fitting
from engine.data import load_table as load
from engine.resample import method
from engine.resample import training_rows as bench
from engine.resample.probe import Probed
from engine.resample.training_rows import forecast
from tests.support.each import for_each

COMMON = {"no": 900, "yes": 90}


def known(counts=COMMON, **more):
    given = {"numbers": 4, "categories": 2, "features": 8}
    return FitFacts(counts, fitting(counts, 5), **given | more)


def told(text, counts=COMMON, seen=None, **more):
    return examine(grammar.parse(text), known(counts, **more), seen)


# --- counts ---------------------------------------------------------------------------


def test_rows_afterwards_are_those_asked_for():
    assert told("smote").after == {"no": 900, "yes": 900}
    assert told("smote:ratio=0.5").after == {"no": 900, "yes": 450}
    assert told("random-under:ratio=0.2").after == {"no": 450, "yes": 90}
    assert told("smote:counts=yes=300").after == {"no": 900, "yes": 300}
    both = told("smote:ratio=0.5+random-under:ratio=0.9")
    assert both.after == {"no": 500, "yes": 450}
    assert not both.open
    assert told("untreated").after == told("weights").after == COMMON


def test_what_a_cleaner_drops_is_left_open():
    assert told("enn").open
    assert told("smote-enn").open
    assert told("smote+tomek-links").open
    assert told("smote-enn").after == {"no": 900, "yes": 900}


def test_a_ratio_that_is_there_already_is_said_to_change_nothing():
    found = told("smote:ratio=0.05")
    assert found.status == "runs"
    assert found.after == COMMON
    assert found.notes == (
        "smote changes nothing: the classes have the asked ratio already",
    )


def test_counts_that_cannot_be_reached_cannot():
    found = told("smote:counts=yes=10")
    assert found.status == "cannot"
    assert "an over-sampler only adds" in found.problem
    assert found.fix
    assert told("random-under:counts=maybe=10").status == "cannot"


def test_counts_are_those_of_all_rows_and_a_fold_has_its_share():
    found = told("random-under:counts=no=880")
    assert (found.status, found.after) == ("runs", {"no": 880, "yes": 90})


def test_weights_are_for_the_positive_class_whichever_is_the_rarer():
    assert told("weights", positive="no").notes == ("each row of 'no' weighs 0.1",)


def test_weights_are_said():
    assert told("weights").notes == ("each row of 'yes' weighs 10",)


# --- several classes ------------------------------------------------------------------

THREE = {"a": 500, "b": 60, "c": 7}


def test_the_smallest_class_that_grows_decides_about_neighbours():
    found = told("smote", THREE)
    assert found.after == {"a": 500, "b": 500, "c": 500}
    assert found.repairs == (
        "k_neighbors 5 → 4: only 5 rows of 'c' to fit on, in the smallest fold",
    )
    assert told("smote:counts=b=100", THREE).repairs == ()


def test_a_class_of_one_row_is_named():
    found = told("smote", {"a": 500, "b": 60, "c": 2})
    assert found.status == "cannot"
    assert "at least 2 rows of 'c' to fit on, there is 1" in found.problem


def test_several_classes_are_treated_as_was_said():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [500, 60, 7])
    X = rng.normal(size=(len(y), 3)).astype(np.float32)
    for name in ("smote", "random-over", "random-under", "near-miss"):
        expected = told(name, THREE, categories=0).after
        treated = method.apply(grammar.parse(name), X, y, seed=0, labels="abc")
        assert dict(zip("abc", np.bincount(treated.y), strict=True)) == expected
        assert treated.notes == ()


def test_a_class_short_of_its_rows_is_named():
    step = Step("svm-smote")
    notes = postcheck.notes(step, THREE, {"a": 500, "b": 500, "c": 300})
    assert notes[0].startswith("300 rows of 'c', where 500 were asked for: ")
    notes = postcheck.notes(Step("enn"), THREE, {"a": 20, "b": 30, "c": 7})
    assert notes == ("only 20 of 500 rows of 'a' are left",)


# --- what works on what ---------------------------------------------------------------


@for_each(
    ("name", "columns", "fix"),
    [
        ("smotenc", {"categories": 0}, "use smote"),
        ("smotenc", {"numbers": 0}, "use smoten"),
        ("smoten", {}, "use smotenc"),
        ("smoten", {"categories": 0}, "use smote"),
    ],
)
def test_columns_that_a_sampler_does_not_take(name, columns, fix):
    found = told(name, **columns)
    assert (found.status, found.fix) == ("cannot", fix)


def test_every_arm_there_is_can_be_told():
    for name in registry.names():
        for counts in (COMMON, THREE, {"no": 60, "yes": 1}, {"no": 60, "yes": 60}):
            found = told(name, counts)
            assert found.arm == name
            assert (found.status == "cannot") == bool(found.problem)
            assert bool(found.problem) == bool(found.fix)
            assert (found.status == "repaired") <= bool(found.repairs)


@for_each(
    ("name", "yes", "repair"),
    [
        ("smote", 6, "k_neighbors 5 → 3: only 4 minority rows to fit on"),
        ("adasyn", 6, "n_neighbors 5 → 3: only 4 minority rows to fit on"),
        ("near-miss", 2, "n_neighbors 3 → 1: only 1 minority row to fit on"),
        ("instance-hardness", 4, "folds 5 → 3: only 3 minority rows to fit on"),
        ("condensed:n_neighbors=9", 4, "n_neighbors 9 → 4: only 3 minority rows"),
        ("near-miss:version=3", 20, ""),
        ("borderline-smote:kind=borderline-2", 5, ""),
    ],
)
def test_a_repair_for_few_rows_is_said_before(name, yes, repair):
    repairs = told(name, {"no": 100, "yes": yes}).repairs
    assert not repair if not repairs else repair
    assert any(one.startswith(repair) for one in repairs) == bool(repair)


def test_kmeans_smote_is_said_to_lower_its_threshold_where_the_minority_is_rare():
    rare = {"no": 34_094, "yes": 626}
    found = told("kmeans-smote", rare)
    assert found.status == "repaired"
    assert "cluster_balance_threshold 0.5 → 0.009" in found.repairs[0]
    fixed = told("kmeans-smote:cluster_balance_threshold=0.2", rare)
    assert fixed.repairs == ()


def test_fewer_than_two_rows_cannot_and_random_over_would_help():
    found = told("smote", {"no": 60, "yes": 2})
    assert found.status == "cannot"
    assert "use random-over" in found.fix
    assert told("random-over", {"no": 60, "yes": 2}).status == "runs"
    assert told("balanced-bagging", {"no": 60, "yes": 2}).status == "cannot"
    assert told("balanced-random-forest", {"no": 60, "yes": 2}).status == "runs"


def test_a_fold_without_a_class_cannot_whatever_the_arm():
    for name in ("untreated", "random-over", "balanced-random-forest"):
        found = told(name, {"no": 60, "yes": 1})
        assert (found.status, found.problem) == (
            "cannot",
            "a fold has no minority rows to fit on",
        )


# --- time and memory ------------------------------------------------------------------

HUGE = {"no": 982_000, "yes": 18_000}


def test_too_slow_and_too_large_say_what_would_help():
    slow = told("svm-smote", HUGE, Probe(seconds=10_000.0, rows=8_000))
    assert slow.status == "cannot"
    assert "use smote or random-under" in slow.fix
    large = told("smote", HUGE, memory=10**6)
    assert large.status == "cannot"
    assert "of memory" in large.problem


def test_what_was_tried_tells_the_time():
    quick = told("svm-smote", HUGE, Probe(seconds=2.0, rows=8_000))
    assert (quick.status, quick.seconds, quick.measured) == ("runs", 2.0, True)
    unknown = told("svm-smote", HUGE)
    assert (unknown.status, unknown.seconds, unknown.measured) == ("runs", 0.0, False)
    slow = told("smote", COMMON, Probe(seconds=5_000.0, rows=500))
    assert slow.status == "cannot"
    assert "prepare 990 training rows 6 times" in slow.problem
    failed = Probe(seconds=1.0, rows=990, problem=ArmError("no", "use smote"))
    assert told("adasyn", COMMON, failed).fix == "use smote"


def test_facts_come_from_a_table_s_description():
    columns = (
        ColumnInfo(name="age", kind="number", role="feature", missing=3, levels=50),
        ColumnInfo(name="sex", kind="category", role="feature", missing=0, levels=3),
        ColumnInfo(name="ok", kind="boolean", role="feature", missing=0, levels=2),
        ColumnInfo(name="id", kind="id", role="id", missing=0, levels=99),
    )
    table = TableInfo(
        source="a.csv", name="a", bytes=None, rows=99, columns=columns, train=COMMON
    )
    found = facts(table)
    assert found is not None
    assert (found.numbers, found.categories, found.features) == (1, 3, 6)
    assert facts(TableInfo(source="", name="", bytes=None, rows=0, columns=())) is None


# --- with the rows --------------------------------------------------------------------


@pytest.fixture(scope="module")
def moons():
    request = Load(id=1, source="sample:moons")
    return bench.prepare_rows(load("sample:moons"), request)


def test_the_service_judges_all_arms_by_trying_them(moons):
    arms = tuple(grammar.parse(n) for n in registry.names() if n != "instance-hardness")
    answer = forecast(moons, Preflight(id=7, arms=arms), budget=1.5)
    assert answer.id == 7
    assert [one.arm for one in answer.findings] == [arm.name for arm in arms]
    found = {one.arm: one for one in answer.findings}
    assert found["smotenc"].status == "cannot"
    assert found["smote"].measured
    assert found["untreated"].before == moons.counts(moons.y)
    X = moons.rows(np.arange(len(moons.y)))
    for name in ("smote", "adasyn", "random-under", "tomek-links"):
        treated = method.apply(
            grammar.parse(name),
            X,
            moons.y,
            seed=moons.seed,
            layout=moons.features.layout_,
            labels=moons.labels,
        )
        expected = moons.counts(treated.y)
        for label, count in found[name].after.items():
            assert count == pytest.approx(expected[label], rel=0.05)


def test_no_more_rows_are_expected_of_a_part_than_are_asked_for(moons):
    """Of a part whose minority is short of its share, all would have more."""
    majority = np.flatnonzero(moons.y == 0)[:190]
    places = np.sort(np.concatenate([majority, np.flatnonzero(moons.y == 1)[:17]]))
    arm = grammar.parse("smote-tomek")
    X, y = moons.rows(places), moons.y[places]
    treated = method.apply(arm, X, y, seed=0, labels=moons.labels)
    found = Probed(1.0, 1.0, len(moons.y), rows=len(y), treated=treated, given=y)
    after, notes = bench._expect(arm, found, moons)
    assert after["1"] == moons.counts(moons.y)["0"]
    assert notes[0] == "rows afterwards as of 207 rows that were tried"


def test_rows_that_no_folds_can_be_cut_of_are_refused_as_a_run_would(moons):
    answer = forecast(
        moons, Preflight(id=1, arms=(grammar.parse("untreated"),), folds=2_000)
    )
    (found,) = answer.findings
    assert found.status == "cannot"
    assert "cannot fill 2000 folds" in found.problem


def test_growing_is_empty_where_the_ratio_is_there():
    assert repair.classes_to_grow(Step("smote"), {"a": 5, "b": 5}) == ()
    assert repair.classes_to_grow(Step("enn"), {"a": 5, "b": 2}) == ()


def test_an_ensemble_that_takes_no_weights_cannot_run_on_rows_that_have_some():
    for name in ("easy-ensemble", "balanced-bagging"):
        assert told(name).status == "runs"
        found = told(name, weighted=True)
        assert (found.status, found.field) == ("cannot", "data.weight")
        assert "takes no weights of rows" in found.problem
    for name in ("balanced-random-forest", "rus-boost", "smote", "weights"):
        assert told(name, weighted=True).status != "cannot"
    # What a positive row weighs depends on the others' weights.
    assert any("weighs" in note for note in told("weights").notes)
    assert not any("weighs" in note for note in told("weights", weighted=True).notes)
