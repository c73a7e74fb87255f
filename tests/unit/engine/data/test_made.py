"""Made-up tables: what a source says, what is drawn, what is shown and written."""

from __future__ import annotations

import hashlib
import stat

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.datasets import make_imbalance
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

from engine.core.errors import DataError, OutputError
from engine.core.messages import (
    Failure,
    Load,
    Reply,
    Request,
    Sketch,
    Sketched,
    TableInfo,
    TableWritten,
    WriteMade,
)
from engine.data import synthetic
from engine.data.synthetic import write
from engine.io.make_spec import KINDS, Make, change, is_made, make, parse
from engine.io.source import check, stamp
from engine.service import RequestHandler
from engine.service import protocol as wire
from tests.support.each import for_each
from tests.support.exact_csv import EXACT


def drawn(source: str) -> pd.DataFrame:
    return synthetic.frame(parse(source))


def digest(table: pd.DataFrame) -> str:
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()


# --- the source ----------------------------------------------------------------------


@st.composite
def tables(draw: st.DrawFn) -> Make:
    kind = draw(st.sampled_from([*KINDS]))
    values = {"rows": draw(st.integers(2_000, 50_000)), "ratio": draw(st.floats(1, 50))}
    for name in ("noise", "overlap", "seed", "classes", "scenario"):
        if (param := KINDS[kind].params.get(name)) is not None:
            high = min(param.high, 4) if name == "classes" else param.high
            numbers = st.integers if param.whole else st.floats
            values[name] = draw(numbers(param.low, high))
    return make(kind, values)


@given(tables())
def test_a_source_says_its_table_exactly(table: Make) -> None:
    assert parse(table.source) == table
    assert parse(table.source).source == table.source
    counts = [*table.counts.values()]
    assert sum(counts) == table.rows
    # Rounding moves half a row at most, so the ratio is as near as it can be.
    assert counts[0] / (counts[-1] + 0.5) <= table.ratio * (1 + 1e-9) + 1
    assert counts[0] / (counts[-1] - 0.5) >= table.ratio * (1 - 1e-9) - 1
    assert sorted(counts[1:], reverse=True) == counts[1:]


def test_what_is_not_said_is_a_default_and_order_is_no_matter() -> None:
    said = parse("make:moons?seed=42&rows=2e3")
    assert said == parse("make:moons") == make("moons")
    assert said.source.startswith("make:moons?rows=2000&ratio=10&")
    assert is_made(said.source)
    assert not is_made("/tmp/make:moons.csv")


def test_classes_between_shrink_by_equal_factors() -> None:
    table = make("blobs", rows=11_100, ratio=100, classes=3)
    assert table.counts == {"0": 10_000, "1": 1_000, "2": 100}


@for_each(
    ("source", "given", "fix"),
    [
        ("make:moon", "no kind of table is named 'moon'", "'moons'"),
        ("make:", "no kind of table", "'moons', 'blobs', 'carriero'"),
        ("make:moons?nois=1", "make:moons has no parameter 'nois'", "'noise'"),
        ("make:moons?classes=3", "no parameter 'classes'", "'rows', 'ratio'"),
        ("make:moons?noise=3", "noise of make:moons is '3'", "noise=0.2"),
        ("make:moons?noise=nan", "numbers from 0 to 1", "noise=0.2"),
        ("make:moons?noise=", "noise of make:moons is ''", "noise=0.2"),
        ("make:moons?rows=99.5", "whole numbers from 20 to 1,000,000", "rows=2000"),
        ("make:moons?rows", "no parameter with its value", "make:moons?rows=2000"),
        ("make:moons?rows=30&rows=40", "gives rows twice", "once"),
        ("make:moons?rows=100&ratio=200", "leave 0 for class 1", "more rows"),
        ("make:circles", "no kind of table is named 'circles'", "'moons', 'blobs'"),
        ("make:carriero?scenario=19", "whole numbers from 1 to 18", "scenario=9"),
        ("make:blobs?features=50&rows=1000000", "40,000,000 numbers", "fewer rows"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(
    source: str, given: str, fix: str
) -> None:
    with pytest.raises(DataError) as caught:
        check(source)
    assert given in caught.value.message
    assert fix in caught.value.fix
    assert "\n" not in str(caught.value)


def test_every_parameter_says_what_it_does() -> None:
    for name, kind in KINDS.items():
        make(name)
        for param in kind.params.values():
            assert param.low <= param.default <= param.high
            assert list(param.stops) == sorted({*param.stops})
            assert all(param.low <= stop <= param.high for stop in param.stops)
            assert param.effect.endswith(".")


def test_changing_keeps_what_still_makes_sense() -> None:
    table = change(make("blobs", rows=900, features=5), "features", "4")
    assert (table.features, table.rows) == (4, 900)
    other = change(table, "kind", "moons")
    assert (other.kind, other.rows, other.noise) == ("moons", 900, 0.2)
    with pytest.raises(DataError, match="takes numbers from 0 to 1"):
        change(other, "overlap", "7")


def test_a_scenario_sets_rows_and_ratio() -> None:
    # Sizes of the paper's repository: half, all and twice what Riley et al. ask for.
    rows = [193, 124, 899, 385, 247, 1797, 770, 494, 3594]
    rows += [193, 247, 1797, 385, 493, 3593, 770, 986, 7186]
    found = [make("carriero", scenario=n) for n in range(1, 19)]
    assert [table.rows for table in found] == rows
    assert [table.features for table in found] == [8] * 9 + [16] * 9
    for table, share in zip(found, [0.5, 0.2, 0.02] * 6, strict=True):
        assert table.counts["1"] == pytest.approx(share * table.rows, abs=0.5)
    given = parse("make:carriero?rows=500&ratio=9&scenario=3&seed=7")
    assert (given.rows, given.counts["1"], given.features) == (500, 50, 8)
    assert parse(given.source, {"rows": "600"}).counts["1"] == 60
    # Another scenario has its own again; another kind has no scenario.
    other = make("carriero", scenario=12, seed=7)
    assert change(given, "scenario", 12) == other
    moons = make("moons", rows=500, ratio=9, seed=7)
    assert change(given, "kind", "moons") == moons
    assert change(moons, "kind", "carriero") == make("carriero", seed=7)


def test_nothing_changes_about_a_made_table() -> None:
    assert stamp("make:moons") == (0, 0)
    assert stamp("sample:moons")[1] > 10_000


# --- the table -----------------------------------------------------------------------


def imbalanced(X: np.ndarray, y: np.ndarray, counts: dict[int, int]) -> pd.DataFrame:
    rows, label = make_imbalance(X, y, sampling_strategy=counts, random_state=42)
    table = pd.DataFrame(rows, columns=[f"feature{n + 1}" for n in range(X.shape[1])])
    return table.assign(label=label)


def test_the_articles_tables_can_be_had() -> None:
    X, y = make_moons(n_samples=5000, shuffle=True, noise=0.5, random_state=42)
    pd.testing.assert_frame_equal(
        drawn("make:moons?rows=2750&noise=0.5"),
        imbalanced(X, y, {0: 2500, 1: 250}),
        check_exact=True,
    )
    X, y = make_blobs(
        n_samples=500,
        centers=2,
        n_features=2,
        cluster_std=3,
        center_box=(-7.0, 7.0),
        random_state=42,
    )
    pd.testing.assert_frame_equal(
        drawn("make:blobs?rows=300&ratio=5&noise=3"),
        imbalanced(X, y, {0: 250, 1: 50}),
        check_exact=True,
    )


@for_each("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(kind: str) -> None:
    first = digest(synthetic.frame(make(kind, rows=300)))
    assert digest(synthetic.frame(make(kind, rows=300))) == first
    assert digest(synthetic.frame(make(kind, rows=300, seed=43))) != first


@for_each(
    "source",
    [
        "make:moons?rows=1000&ratio=500",
        "make:blobs?overlap=1&classes=10&rows=500&ratio=3&features=5",
        "make:blobs?noise=0.1&ratio=7.5",
    ],
)
def test_a_table_has_the_rows_it_says(source: str) -> None:
    table = drawn(source)
    found = {str(k): int(v) for k, v in table["label"].value_counts().items()}
    assert found == parse(source).counts
    assert [*table][:-1] == [*parse(source).columns]
    assert np.isfinite(table.to_numpy()).all()


@for_each("features", [8, 16])
def test_the_two_normal_distributions_have_the_papers_moments(features: int) -> None:
    # Four standard errors of a covariance at 100,000 rows a class are 0.013.
    scenario = 9 if features == 8 else 18
    table = drawn(f"make:carriero?rows=200000&ratio=1&scenario={scenario}&seed=1")
    alike = np.arange(features) < features * 3 // 4
    covariance = np.where(np.outer(alike, alike), 0.2, 0.0)
    np.fill_diagonal(covariance, 1.0)
    mean = {8: 0.6043, 16: 0.4854}[features]
    for label, centre, scale in ((0, 0.0, 1.0), (1, mean, 0.7)):
        rows = table[table["label"] == label].to_numpy()[:, :-1]
        np.testing.assert_allclose(rows.mean(axis=0), centre, atol=0.013)
        found = np.cov(rows, rowvar=False)
        np.testing.assert_allclose(found, scale * covariance, atol=0.02)
    # The best linear score has the AUC that the paper sets: their equation A2.
    best = np.linalg.solve(1.7 * covariance, np.full(features, mean))
    assert roc_auc_score(table["label"], table.to_numpy()[:, :-1] @ best) == (
        pytest.approx(0.85, abs=0.004)
    )


def learnt(table: pd.DataFrame, columns: list[str] | None = None) -> float:
    """How well neighbours tell the classes of rows that they did not see."""
    X = table[columns or [*table][:-1]].to_numpy()
    y = table["label"].to_numpy()
    order = np.random.default_rng(0).permutation(len(y))
    fit, judge = order[::2], order[1::2]
    model = KNeighborsClassifier(15).fit(X[fit], y[fit])
    return balanced_accuracy_score(y[judge], model.predict(X[judge]))


@for_each("kind", ["moons", "blobs"])
@for_each("name", ["noise", "overlap"])
def test_more_noise_and_more_overlap_make_it_harder(kind: str, name: str) -> None:
    param = KINDS[kind].params[name]
    low, high = (
        learnt(synthetic.frame(make(kind, {"rows": 1_000, "ratio": 1, name: value})))
        for value in (param.low, param.high)
    )
    assert low > high + 0.1


# --- points of it --------------------------------------------------------------------


def test_a_sketch_shows_rows_of_the_table() -> None:
    source = "make:moons?rows=1000"
    found = synthetic.sketch(Sketch(id=7, source=source))
    table = drawn(source)
    assert (found.id, found.whole, found.counts) == (7, True, {"0": 909, "1": 91})
    for label, (xs, ys) in found.points.items():
        rows = table[table["label"] == int(label)].round(synthetic.DIGITS)
        seen = {*zip(xs, ys, strict=True)}
        assert seen == {*zip(rows["feature1"], rows["feature2"], strict=True)}
    assert wire.decode_reply(wire.encode(found)) == found


def test_a_sketch_has_so_many_points_and_no_class_goes_short() -> None:
    request = Sketch(id=1, source="make:blobs?rows=20000&ratio=100&classes=4")
    many = {k: len(xs) for k, (xs, _) in synthetic.sketch(request).points.items()}
    assert sum(many.values()) == 1_500
    assert [*many.values()] == sorted(many.values(), reverse=True)
    assert many["3"] >= 1_500 // 16
    assert synthetic.sketch(request) == synthetic.sketch(request)


@for_each("kind", KINDS)
def test_a_sketch_of_a_large_table_is_of_a_smaller_one(kind: str) -> None:
    found = synthetic.sketch(Sketch(id=1, source=f"make:{kind}?rows=1000000&ratio=200"))
    assert not found.whole
    assert sum(found.counts.values()) == 1_000_000
    assert sum(len(xs) for xs, _ in found.points.values()) == 1_500


def test_of_many_features_the_first_two_are_seen() -> None:
    source = "make:blobs?rows=500&features=6"
    xs, ys = synthetic.sketch(Sketch(id=1, source=source)).points["1"]
    rows = drawn(source).query("label == 1").round(synthetic.DIGITS)
    assert {*zip(xs, ys, strict=True)} == {
        *zip(rows["feature1"], rows["feature2"], strict=True)
    }


# --- a file of it --------------------------------------------------------------------


@for_each("name", ["m.csv", "m.csv.gz", "m.parquet"])
def test_a_file_holds_the_table_and_is_its_owners(tmp_path, name: str) -> None:
    table, folder = make("moons", rows=60), tmp_path / name
    folder.mkdir()
    out = write(table, folder / name)
    if name.endswith("parquet"):
        found = pd.read_parquet(out)
    else:
        found = pd.read_csv(out, **EXACT)
    pd.testing.assert_frame_equal(found, synthetic.frame(table), check_exact=True)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [name]


def test_no_file_is_replaced_unless_that_is_said(tmp_path) -> None:
    out = tmp_path / "m.csv"
    out.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write(make("moons", rows=60), out)
    assert out.read_text() == "mine"
    write(make("moons", rows=60), out, overwrite=True)
    assert len(out.read_text().splitlines()) == 61
    with pytest.raises(DataError, match="ends in none of"):
        write(make("moons", rows=60), tmp_path / "m.xlsx")


# --- the service ---------------------------------------------------------------------


def test_the_service_draws_writes_and_loads(tmp_path) -> None:
    desk = RequestHandler(lambda reply: None)

    def ask(request: Request) -> Reply:
        return desk.answer(wire.encode(request))

    source = make("moons", rows=200).source
    sketched = ask(Sketch(id=1, source=source))
    assert isinstance(sketched, Sketched)
    assert sketched.counts == {"0": 182, "1": 18}
    path = str(tmp_path / "m.csv")
    assert ask(WriteMade(id=2, source=source, path=path)) == TableWritten(
        id=2, path=path, rows=200
    )
    refused = ask(WriteMade(id=3, source=source, path=path))
    assert isinstance(refused, Failure)
    assert "exists already" in refused.message
    assert isinstance(
        ask(WriteMade(id=4, source=source, path=path, overwrite=True)), TableWritten
    )
    wrong = ask(Sketch(id=5, source="make:moon"))
    assert isinstance(wrong, Failure)
    assert "'moons'" in wrong.fix
    info = ask(Load(id=6, source=source, target="label", positive="1"))
    assert isinstance(info, TableInfo)
    assert info.labels == sketched.counts
    assert [column.name for column in info.columns] == ["feature1", "feature2", "label"]
