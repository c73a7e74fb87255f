import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from msgspec import UNSET
from scipy.optimize import linprog
from scipy.spatial import Delaunay

from engine.core.seeds import child
from engine.resample import quality
from tests.support.each import for_each

SHARES = ("intruding", "duplicates", "outside", "separability")


def classes(n=300, width=3, seed=0):
    """A wide class and one of a fifth of its rows, which overlap."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [n, n // 5])
    X = rng.normal(size=(len(y), width)) + y[:, None]
    return X.astype(np.float32), y


def made(X, y, seed=0):
    after, labels = SMOTE(random_state=seed).fit_resample(X, y)
    return after[len(X) :], labels[len(X) :]


@for_each("rows", [20, 200, 1_500])
@for_each("width", [2, 3, 4])
def test_the_hull_is_that_of_a_triangulation(width, rows):
    rng = np.random.default_rng(rows + width)
    corners, points = (rng.normal(size=(n, width)) for n in (rows, 150))
    points *= 1.5
    outside = Delaunay(corners).find_simplex(points) < 0
    assert outside.any()
    np.testing.assert_array_equal(quality.side(points, corners), outside)


def test_the_hull_is_that_of_a_linear_programme_in_many_columns():
    rng = np.random.default_rng(0)
    levels = np.eye(4)[rng.integers(4, size=120)]
    rows = np.hstack([rng.normal(size=(120, 4)), levels, np.ones((120, 1))])
    mixed = (rows[:40] + rows[40:80]) / 2
    points = np.vstack([mixed, mixed[:30] + 0.4 * np.eye(9)[0], rows[:20] * 1.3])
    system = np.vstack([rows.T, np.ones(len(rows))])
    expected = [
        linprog(np.zeros(len(rows)), A_eq=system, b_eq=np.append(point, 1.0)).status
        for point in points
    ]
    found = quality.side(points, rows)
    assert 0 < found[40:70].sum() < 30
    # 0: there is a mixture, 2: there is none.
    np.testing.assert_array_equal(found * 2, expected)


@for_each("rows", [50, 2_000])
def test_mixtures_are_inside_and_a_step_out_is_outside(rows):
    rng = np.random.default_rng(rows)
    members = (1_000 + rng.normal(size=(rows, 12))).astype(np.float32)
    shares = rng.dirichlet(np.full(8, 0.5), size=60)
    some = members[rng.integers(rows, size=(60, 8))]
    mixed = np.einsum("ij,ijk->ik", shares, some).astype(np.float32)
    assert (quality.side(mixed, members) == quality.INSIDE).all()
    assert (quality.side(members[:40], members) == quality.INSIDE).all()
    # Where a direction is largest nothing is further out.
    directions = rng.normal(size=(60, 12))
    centre = members.mean(axis=0)
    furthest = members[(members @ directions.T).argmax(axis=0)]
    beyond = (centre + 1.05 * (furthest - centre)).astype(np.float32)
    assert (quality.side(beyond, members) == quality.OUTSIDE).all()


def test_a_flat_hull_and_a_hull_of_one_row():
    one = np.array([[1.0, 2.0]])
    assert quality.side(np.array([[1.0, 2.0], [1.0, 2.1]]), one).tolist() == [0, 1]
    line = np.array([[0.0, 0.0, 5.0], [1.0, 1.0, 5.0]])
    points = np.array([[0.3, 0.3, 5.0], [0.3, 0.4, 5.0], [0.3, 0.3, 5.1]])
    assert quality.side(points, line).tolist() == [0, 1, 1]


def test_what_is_not_decided_is_said(monkeypatch):
    def gives_up(*_):
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(quality, "nnls", gives_up)
    X, y = classes()
    rows, labels = made(X, y)
    assert (quality.side(rows[:5], X[y == 1]) == quality.UNDECIDED).all()
    assert quality.measure(X, y, rows, labels, seed=0).outside is None


def test_a_solver_that_stops_short_decides_nothing(monkeypatch):
    def stops_short(columns, aim):
        return np.full(columns.shape[1], 1 / columns.shape[1]), 0.0

    monkeypatch.setattr(quality, "nnls", stops_short)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    points = np.array([[0.5, 0.5], [0.7, 0.9], [2.0, 0.5]])
    found = quality.side(points, corners)
    assert found.tolist() == [quality.INSIDE, quality.UNDECIDED, quality.OUTSIDE]


def test_no_synthetic_rows_have_no_figures():
    X, y = classes()
    assert quality.measure(X, y, X[:0], y[:0], seed=0) is None


def test_rows_between_real_rows_are_inside_with_parents_or_without():
    X, y = classes()
    rows, labels = made(X, y)
    alone = quality.measure(X, y, rows, labels, seed=0)
    assert (alone.rows, alone.of, alone.outside) == (240, 240, 0.0)
    nearest = np.linalg.norm(rows[:, None] - X[None], axis=2)
    assert alone.intruding == pytest.approx((y[nearest.argmin(axis=1)] != 1).mean())
    wrong = np.column_stack([np.zeros(240, int), np.ones(240, int)])
    for parents in (wrong, np.full((240, 2), -1)):
        assert quality.measure(X, y, rows, labels, seed=0, parents=parents) == alone


def test_parents_save_the_proof_but_do_not_replace_it(monkeypatch):
    X, y = classes()
    own = np.flatnonzero(y == 1)
    parents = np.column_stack([own, np.roll(own, 1)])
    rows = (X[parents[:, 0]] + X[parents[:, 1]]) / 2
    rows[:15] = 2 * X[parents[:15, 0]] - X[parents[:15, 1]]
    asked = []

    def side(points, members):
        asked.append(len(points))
        return ask(points, members)

    ask = quality.side
    monkeypatch.setattr(quality, "side", side)
    found = quality.measure(X, y, rows, y[own], seed=0, parents=parents)
    assert sum(asked) < 15
    expected = (ask(rows, X[own]) == quality.OUTSIDE).mean()
    assert found.outside == pytest.approx(expected)
    assert expected > 0


def test_a_mixture_with_the_other_class_may_be_out_of_its_own():
    X = np.array([[0, 0], [1, 0], [0, 1], [2, 2]], dtype=np.float32)
    y = np.array([1, 1, 1, 0])
    row = np.array([[0.9, 0.9]], dtype=np.float32)
    found = quality.measure(
        X, y, row, np.array([1]), seed=0, parents=np.array([[0, 3]])
    )
    assert found.outside == 1.0


def test_a_sample_of_the_undecided_stands_for_all_of_them(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = classes(width=4)
    rows = (X[y == 1].mean(axis=0) + rng.normal(size=(1_500, 4))).astype(np.float32)
    labels = np.ones(1_500, dtype=int)
    exact = (quality.side(rows, X[y == 1]) == quality.OUTSIDE).mean()
    found = quality.measure(X, y, rows, labels, seed=0)
    assert found.outside == pytest.approx(exact, abs=0.07)
    monkeypatch.setattr(quality, "SOLVED", 2_000)
    assert quality.measure(X, y, rows, labels, seed=0).outside == pytest.approx(exact)


def test_copies_are_duplicates_only_in_their_own_class():
    X, y = classes()
    rows = np.vstack([X[y == 1][:20], X[y == 0][:30], X[y == 1][:50] + 0.01])
    found = quality.measure(X, y, rows, np.ones(100, dtype=int), seed=0)
    assert found.duplicates == 0.2


def test_of_rows_as_near_one_of_the_own_class_counts():
    X = np.array([[0.0], [0.0], [2.0], [4.0]], dtype=np.float32)
    y = np.array([0, 1, 0, 1])
    rows = np.array([[0.0], [3.0], [2.5], [3.5]], dtype=np.float32)
    found = quality.measure(X, y, rows, np.ones(4, dtype=int), seed=0)
    assert found.intruding == 0.25
    assert found.duplicates == 0.25
    assert found.separability is None


def test_separability_says_whether_rows_give_themselves_away():
    rng = np.random.default_rng(0)
    X, y = classes(1_500)
    labels = np.ones(600, dtype=int)
    centre = X[y == 1].mean(axis=0)
    alike = (1 + rng.normal(size=(600, 3))).astype(np.float32)
    shifted = alike + 20
    squeezed = centre + 0.2 * (alike - centre)
    found = {
        name: quality.measure(X, y, rows, labels, seed=0).separability
        for name, rows in (
            ("alike", alike),
            ("shifted", shifted),
            ("squeezed", squeezed),
            ("copies", X[y == 1][rng.integers(300, size=600)]),
        )
    }
    assert found["alike"] == pytest.approx(0.5, abs=0.08)
    assert found["shifted"] > 0.99
    assert found["squeezed"] > 0.75
    assert found["copies"] < 0.5


def test_of_many_columns_trees_see_some_and_it_is_said(monkeypatch):
    X, y = classes(width=6)
    rows, labels = made(X, y)
    assert quality.measure(X, y, rows, labels, seed=0).columns is UNSET
    whole = quality.measure(X, y, rows + 20, labels, seed=0)
    monkeypatch.setattr(quality, "TREE_COLUMNS", 2)
    part = quality.measure(X, y, rows + 20, labels, seed=0)
    assert part.columns == 2
    assert (part.intruding, part.outside) == (whole.intruding, whole.outside)
    assert part.separability > 0.99
    # Another column that gives a row away is not seen.
    seen = np.random.default_rng(child(0, "quality", "columns")).choice(6, 2, False)
    rows[:, np.setdiff1d(np.arange(6), seen)] += 20
    assert quality.measure(X, y, rows, labels, seed=0).separability < 0.9


def test_the_figures_of_several_classes_are_of_all_their_rows():
    X, y = classes(width=2)
    X = np.vstack([X, X[y == 1] + 20])
    y = np.r_[y, np.full(60, 2)]
    ones, twos = X[y == 1][:20], X[y == 2] + np.float32(0.5)
    labels = np.repeat([1, 2], [20, 60])
    both = quality.measure(X, y, np.vstack([ones, twos]), labels, seed=0)
    parts = [
        quality.measure(X, y, rows, np.full(len(rows), label), seed=0)
        for label, rows in ((1, ones), (2, twos))
    ]
    for name in SHARES:
        one, two = (getattr(part, name) for part in parts)
        mean = (20 * one + 60 * two) / 80
        assert getattr(both, name) == pytest.approx(mean, abs=1e-9), name


def test_the_same_seed_gives_the_same_figures_of_a_sample():
    X, y = classes(2_000)
    rows, labels = made(X, y)
    found = [
        quality.measure(X, y, rows, labels, seed=seed, most=500) for seed in (1, 1, 2)
    ]
    assert (found[0].rows, found[0].of) == (500, 1_600)
    assert found[0] == found[1] != found[2]
    assert found[0].intruding == pytest.approx(found[2].intruding, abs=0.1)


def test_values_that_are_no_numbers_have_no_figures():
    X, y = classes()
    rows, labels = made(X, y)
    X[3, 1] = np.nan
    found = quality.measure(X, y, rows, labels, seed=0)
    assert (found.rows, found.of) == (240, 240)
    assert [getattr(found, name) for name in SHARES] == [None] * 4
