"""What an arm needs, and what is too much: from counts, and from what was measured."""

import tracemalloc

import numpy as np
from imblearn.over_sampling import SMOTEN

from engine.core.experiment import SearchSpec
from engine.core.methods import cost, grammar, registry
from tests.support.each import for_each

COUNTS = {"no": 900, "yes": 100}
HUGE = {"no": 982_000, "yes": 18_000}


def refused(text, counts=HUGE, *, seconds=None, memory=None, **search):
    arm = grammar.parse(text)
    return cost.refusal(
        arm,
        counts,
        SearchSpec(**search),
        seconds=seconds,
        size=cost.estimate_memory(arm, counts, 20)[1],
        memory=memory,
    )


@for_each(
    ("text", "rows"),
    [
        ("smote", 1_800),
        ("smote:ratio=0.5", 1_350),
        ("smote:counts=yes=300", 1_200),
        ("random-under:ratio=0.2", 600),
        ("random-under:counts=no=5000", 1_000),  # more than there are
        ("enn", 1_000),
        ("smote-enn", 1_800),
        ("random-under:ratio=0.2+smote", 1_000),
        ("untreated", 1_000),
        ("rus-boost", 1_000),
    ],
)
def test_rows_are_carried_from_step_to_step(text, rows):
    assert cost.estimate_memory(grammar.parse(text), COUNTS, 5)[0] == rows


def test_bytes_are_those_of_what_is_allocated():
    def size(text, features=10):
        return cost.estimate_memory(grammar.parse(text), HUGE, features)[1]

    assert size("untreated") == 0
    assert size("smote") == 12 * 2 * 982_000 * 10
    assert size("smote", 20) == 2 * size("smote")
    assert size("random-under+smote") == size("random-under")
    assert size("smote-enn") > size("enn") > size("random-under")
    # A distance and a row number for each pair of a row and a minority row.
    assert size("near-miss:version=2") > 16 * 1_000_000 * 18_000


def test_the_distances_of_smoten_are_counted():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, size=(1_900, 2)), np.repeat([0, 1], [1_000, 900])
    tracemalloc.start()
    SMOTEN(random_state=0).fit_resample(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = cost.estimate_memory(grammar.parse("smoten"), {"no": 1_000, "yes": 900}, 2)
    assert 0.9 * size[1] < peak < 1.3 * size[1]


def test_dear_are_those_that_compare_rows_with_each_other():
    assert {s.name for s in registry.SAMPLERS if not s.slow} == {
        *("random-over", "smote", "smoten", "borderline-smote", "kmeans-smote"),
        *("adasyn", "random-under", "near-miss"),
    }


def test_every_preparation_counts():
    arm = grammar.parse("enn")
    assert cost.preparations(arm, 10.0, SearchSpec(folds=5)) == 50
    assert cost.preparations(arm, 10.0, SearchSpec(folds=5, repeats=2)) == 90
    tuned = grammar.parse("enn:n_neighbors=3/5/10")
    assert cost.preparations(tuned, 10.0, SearchSpec(folds=5, trials=20)) == 130
    assert cost.preparations(tuned, 10.0, SearchSpec(folds=5, trials=2)) == 90


def test_what_was_not_measured_is_not_too_slow():
    assert refused("condensed") is None
    assert refused("enn", seconds=700.0) is None


def test_what_is_too_slow_names_what_would_help():
    found = refused("enn", seconds=2_000.0)
    assert found.code == "too-slow"
    assert "enn takes about 3 h to prepare 1,000,000 training rows 6 times" in (
        found.message
    )
    for text in ("random-under with ratio 0.06", "use smote", "give it the time"):
        assert text in found.fix
    assert refused("enn", seconds=2_000.0, patience=20_000.0) is None
    # Of a thousandth of the rows the minority alone is too much.
    never = refused("enn", seconds=2e6)
    assert "take a sample of the rows" in never.fix


def test_a_cap_that_is_told_fits():
    found = refused("enn", seconds=1_000.0, patience=2_000.0)
    share = float(found.fix.split("ratio ")[1].split(" ")[0])
    capped = {"no": round(18_000 / share), "yes": 18_000}
    fewer = 1_000.0 * sum(capped.values()) / 1_000_000
    assert refused("enn", capped, seconds=fewer, patience=2_000.0) is None


def test_what_does_not_fit_into_memory_is_refused_first():
    found = refused("near-miss:version=2", memory=10**9, seconds=1e6)
    assert found.code == "too-large"
    assert "of memory for 1,000,000 training rows, there are 1.0 GB" in found.message
    assert "random-under" in found.fix


@for_each(
    ("text", "counts", "given"),
    [
        ("smote", {"no": 9_000_000, "yes": 500_001}, "500,001 rows of 'yes'"),
        ("smote:counts=b=700000", {"a": 800_000, "b": 600_000, "c": 9}, "600,000 rows"),
        ("borderline-smote", {"no": 1_999_000, "yes": 1_001}, "2,000,001 rows"),
        ("enn", {"no": 1_999_000, "yes": 1_001}, "2,000,001 rows"),
        # Rows that are added are cleaned, too.
        ("smote-enn", {"no": 1_000_001, "yes": 1_000}, "2,000,002 rows"),
        ("random-under:ratio=0.1+near-miss", {"no": 9**8, "yes": 200_000}, "2,200,000"),
    ],
)
def test_more_rows_than_a_search_comes_to_an_end_with_are_refused(text, counts, given):
    found = refused(text, counts, seconds=0.0)
    assert found.code == "too-many-rows"
    assert given in found.message
    assert found.fix


@for_each(
    ("text", "counts"),
    [
        ("smote", {"no": 9_000_000, "yes": 500_000}),  # of negatives it needs none
        ("smote", {"no": 600_000, "yes": 600_000}),  # nothing to add
        ("enn", {"no": 1_999_000, "yes": 1_000}),
        ("smote-enn", {"no": 1_000_000, "yes": 1_000}),
        ("random-under:ratio=0.01+enn", {"no": 10**8, "yes": 10_000}),
        ("random-over", {"no": 10**8, "yes": 10**7}),
        ("instance-hardness", {"no": 10**8, "yes": 10**7}),
        ("weights", {"no": 10**8, "yes": 10**7}),
    ],
)
def test_as_many_as_are_allowed_are_not(text, counts):
    assert refused(text, counts) is None


def test_what_is_named_against_too_many_rows_helps():
    rows = {"no": 9_000_000, "yes": 250_000}
    found = refused("enn", rows)
    assert "7 negatives per positive" in found.fix
    assert refused("enn", {"no": 7 * 250_000, "yes": 250_000}) is None
    cap = found.fix.split("ratio ")[1].split(" ")[0]
    assert refused(f"random-under:ratio={cap}+enn", rows) is None
    # No share of the negatives is small enough.
    assert "per positive" not in refused("enn", {"no": 3_000_000, "yes": 2_000_000}).fix
