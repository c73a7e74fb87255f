"""What an arm needs, and what is too much: from counts, and from what was measured."""

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
