import numpy as np
import pytest
from imblearn.over_sampling import ADASYN
from sklearn.neighbors import NearestNeighbors

from engine.resample import provenance
from tests.support.each import for_each


def neighbours(rows, count=4):
    search = NearestNeighbors(n_neighbors=count + 1).fit(rows)
    return search.kneighbors(rows, return_distance=False)[:, 1:]


def by_hand(point, rows, near):
    """The least distance to any segment, one after the other."""
    least = np.inf
    for first, row in enumerate(near):
        for second in row:
            start, along = rows[first], rows[second] - rows[first]
            share = np.clip((point - start) @ along / max(along @ along, 1e-300), 0, 1)
            least = min(least, np.linalg.norm(point - start - share * along))
    return least


@for_each("width", [1, 2, 6])
def test_no_segment_is_nearer_than_the_one_found(width):
    rng = np.random.default_rng(width)
    rows = rng.normal(size=(40, width))
    points = np.vstack([rng.normal(size=(30, width)), rows[:5], rows[:5] * 3])
    near = neighbours(rows)
    found = provenance.nearest_segments(points, rows, near)
    for number, point in enumerate(points):
        assert found.distance[number] == pytest.approx(
            by_hand(point, rows, near), abs=1e-9
        )
    assert ((found.weight >= 0) & (found.weight <= 1)).all()
    start, end = rows[found.first], rows[found.second]
    on_it = start + found.weight[:, None] * (end - start)
    np.testing.assert_allclose(
        np.linalg.norm(points - on_it, axis=1), found.distance, atol=1e-12
    )


@for_each("dtype", [np.float32, np.float64])
def test_a_row_between_two_others_is_found_there(dtype):
    rng = np.random.default_rng(0)
    rows = (100 + rng.normal(size=(300, 5))).astype(dtype)
    near = neighbours(rows)
    first = rng.integers(300, size=2_000)
    second = near[first, rng.integers(4, size=2_000)]
    weight = rng.uniform(0.05, 0.95, size=(2_000, 1))
    points = (rows[first] + weight * (rows[second] - rows[first])).astype(dtype)
    found = provenance.nearest_segments(points, rows, near)
    assert found.distance.max() <= provenance.rounding(points, rows)
    pairs = {tuple(sorted(pair)) for pair in zip(first, second, strict=True)}
    assert {
        tuple(sorted(pair)) for pair in zip(found.first, found.second, strict=True)
    } == pairs
    same_way = found.first == first
    expected = np.where(same_way, weight[:, 0], 1 - weight[:, 0])
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(found.weight, expected, atol=tolerance)


def test_all_of_adasyns_rows_are_found_on_a_segment():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 3)).astype(np.float32)
    y = np.repeat([0, 1], [340, 60])
    sampler = ADASYN(random_state=0)
    made = sampler.fit_resample(X, y)[0][len(X) :]
    own = X[y == 1]
    found = provenance.nearest_segments(made, own, neighbours(own, 5))
    assert found.distance.max() <= provenance.rounding(made, own)


def test_rows_that_are_alike_have_one_place_between_them():
    rows = np.ones((4, 2))
    near = np.array([[1], [0], [3], [2]])
    found = provenance.nearest_segments(np.array([[1.0, 1.0], [1.0, 3.0]]), rows, near)
    assert found.first.tolist() == [0, 0]
    assert found.distance.tolist() == [0, 2]
    assert found.weight.tolist() == [0, 0]


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    rows, points = rng.normal(size=(50, 3)), rng.normal(size=(80, 3))
    points[::2] = (rows[:40] + rows[neighbours(rows)[:40, 0]]) / 2
    whole = provenance.nearest_segments(points, rows, neighbours(rows))
    monkeypatch.setattr(provenance, "PAIRS", 500)
    monkeypatch.setattr(provenance, "GATHERED", 7)
    parts = provenance.nearest_segments(points, rows, neighbours(rows))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_nearest_levels_are_those_that_differ_least(monkeypatch):
    rng = np.random.default_rng(3)
    rows, points = rng.integers(4, size=(60, 5)), rng.integers(4, size=(90, 5))
    differing = (points[:, None, :] != rows[None, :, :]).sum(axis=2)
    found = provenance.nearest_levels(points, rows)
    np.testing.assert_array_equal(found, differing.argmin(axis=1))
    monkeypatch.setattr(provenance, "PAIRS", 100)
    np.testing.assert_array_equal(provenance.nearest_levels(points, rows), found)


def test_a_place_is_measured_where_it_is_not_the_one_said():
    start, end = np.zeros((3, 2)), np.full((3, 2), 2.0)
    rows = np.array([[1.0, 1.0], [-0.5, -0.5], [1.0, 1.1]])
    on, weight = provenance.place(start, end, rows, np.array([0.5, 0.9, 0.5]))
    assert on.tolist() == [True, True, False]
    assert weight[:2].tolist() == [0.5, -0.25]
