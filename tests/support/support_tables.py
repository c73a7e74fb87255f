"""Tables whose rare class lies within the margin of a machine, and others."""

import numpy as np

ROUGH = ("overlapping", "rounded", "one-hot", "far outliers")
"""A rough solution settles these."""
CLOSE = ("apart", "not rare")


def support_table(name, seed=0, rows=3_000):
    """Return rows of 32 bits and their classes, 1 the rare one."""
    rng = np.random.default_rng([seed, len(name)])
    share = 0.2 if name == "not rare" else 0.016
    y = np.zeros(rows, dtype=np.int64)
    y[rng.choice(rows, round(share * rows), replace=False)] = 1
    X = rng.normal(size=(rows, 6))
    X[y == 1, :3] += 4.0 if name == "apart" else 0.4
    if name == "rounded":
        X = np.round(X)
    if name == "one-hot":
        X = np.c_[X[:, :2], X[:, 2:5] > 0.5, np.eye(4)[rng.integers(0, 4, rows)]]
    if name == "far outliers":
        X[rng.choice(rows, 5)] *= 100
    return X.astype(np.float32), y
