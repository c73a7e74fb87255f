"""Tables on which neighbours are hard to find, and whether the same were found."""

import numpy as np

ROWS = 3_000


def neighbour_table(name: str, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(ROWS, 18))
    onehot = np.eye(5)[rng.integers(0, 5, size=(ROWS, 3))].reshape(ROWS, -1)
    doubles = normal.copy()
    doubles[::9] = normal[1]
    constant = normal.copy()
    constant[:, :6] = 3.25
    centres = 40 * rng.normal(size=(12, 20))
    tables = {
        "normal": normal,
        "few columns": normal[:, :3],
        "one column": normal[:, :1],
        "clustered": centres[np.arange(ROWS) % 12] + rng.normal(size=(ROWS, 20)),
        "one-hot": onehot,
        "one-hot and numbers": np.hstack([onehot, normal[:, :6]]),
        "whole numbers": np.round(normal[:, :4] * 3),
        "duplicated": doubles,
        "constant columns": constant,
        "all alike": np.ones((ROWS, 17)),
        "far from the origin": normal + 1e6,
        "very far from the origin": normal + 1e12,
        "large": normal * 1e12,
        "beyond": normal * 1e25,
        "one far out": np.vstack([normal[:-1], np.full((1, 18), 1e6)]),
        "heavy tails": rng.standard_t(1.2, size=(ROWS, 18)),
    }
    return tables[name].astype(np.float32)


NAMES = [
    "normal",
    "few columns",
    "one column",
    "clustered",
    "one-hot",
    "one-hot and numbers",
    "whole numbers",
    "duplicated",
    "constant columns",
    "all alike",
    "far from the origin",
    "very far from the origin",
    "large",
    "beyond",
    "one far out",
    "heavy tails",
]


def same(ours: np.ndarray, stock: np.ndarray) -> bool:
    """Whether each first neighbour and each set of neighbours is the same."""
    sets = np.array_equal(np.sort(ours, axis=1), np.sort(stock, axis=1))
    return sets and np.array_equal(ours[:, 0], stock[:, 0])
