"""Every sampler on tiny and odd tables: what happened is said truly, or why it cannot.

The table of samplers and cases is the one that was drawn up before anything was built:
nine of 24 samplers had a case there that goes wrong without any error.
"""

import re
import warnings

import numpy as np
import pytest

from engine.core.errors import ArmError
from engine.core.methods import grammar, ratio, registry
from engine.core.methods.repair import target_counts
from engine.features import Layout
from engine.resample import method
from engine.resample.provenance import SYNTHETIC

MAJORITY = 60
WORDED = re.compile(r"^[^\n]{10,300}$")

SAMPLERS = (
    *(sampler.name for sampler in registry.SAMPLERS),
    "borderline-smote:kind=borderline-2",
    "near-miss:version=2",
    "near-miss:version=3",
    "smote-enn:kind_sel=mode",
    "random-over:shrinkage=0.5",
    "cluster-centroids:voting=hard",
)
DEAR = "instance-hardness"
"""It trains a forest on each of its folds."""

MADE = (
    *("smote", "smotenc", "smoten", "borderline-smote", "svm-smote", "kmeans-smote"),
    *("adasyn", "smote-enn", "smote-tomek", "borderline-smote:kind=borderline-2"),
    "smote-enn:kind_sel=mode",
)
"""Samplers that make rows between two of the minority."""
CLEANED = (
    *("enn", "repeated-enn", "all-knn", "neighbourhood-cleaning", "smote-enn"),
    "smote-enn:kind_sel=mode",
)
"""Samplers that drop every row whose neighbours are of another class."""
REFUSED = {
    "1 positive": dict.fromkeys(MADE, "too-few-positives"),
    "20 positives, classes far apart": {"adasyn": "sampler"},
    "duplicate minority": {"adasyn": "sampler"},
    "all rows alike": dict.fromkeys(CLEANED, "one-class"),
    "balanced": {"repeated-enn": "one-class"},
    "one column": {"smotenc": "columns"},
    "largest numbers": {
        "smotenc": "sampler",
        "random-over:shrinkage=0.5": "not-finite",
    },
    "missing": dict.fromkeys(SAMPLERS, "not-finite"),
    "infinite": dict.fromkeys(SAMPLERS, "not-finite"),
    "no class": dict.fromkeys(SAMPLERS, "no-class"),
    "one class": dict.fromkeys(SAMPLERS, "one-class"),
    "more neighbours than rows": {
        "adasyn": "sampler",
        "all-knn": "one-class",
        "one-sided-selection": "one-class",
    },
}
"""What no sampler can do, with the code of the refusal; everything else must work."""


def table(positives, *, negatives=MAJORITY, columns=4, apart=1.0, seed=0):
    """Two clouds, with two flags behind them for those that want categories."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [negatives, positives])
    X = rng.normal(size=(len(y), columns)) + apart * y[:, None]
    order = rng.permutation(len(y))
    return X[order].astype(np.float32), y[order]


def of_minority(y):
    return np.flatnonzero(y == 1)


def duplicates():
    X, y = table(10)
    X[of_minority(y)] = X[of_minority(y)[0]]
    return X, y


def holding(value):
    X, y = table(10)
    X[of_minority(y)[0], 0] = value
    return X, y


def no_class():
    X, y = table(10)
    y = y.astype(np.float64)
    y[3] = np.nan
    return X, y


def alike():
    X, y = table(10)
    return np.ones_like(X), y


def constant_column():
    X, y = table(10)
    X[:, 1:] = 3.0
    return X, y


def alone():
    """Three clouds of the majority, far apart, with a positive in each."""
    X, y = table(3, apart=0.0)
    X[y == 0] += 50.0 * np.repeat([0, 1, 2], 20)[:, None]
    X[y == 1] = 50.0 * np.arange(3)[:, None]
    return X, y


CASES = {
    "1 positive": lambda: table(1),
    "2 positives": lambda: table(2),
    "5 positives": lambda: table(5),
    "6 positives": lambda: table(6),
    "7 positives": lambda: table(7),
    "20 positives, classes far apart": lambda: table(20, apart=60.0),
    "duplicate minority": duplicates,
    "constant columns": constant_column,
    "all rows alike": alike,
    "balanced": lambda: table(60, apart=0.3),
    "each positive alone": alone,
    "one column": lambda: table(10, columns=1),
    "largest numbers": lambda: holding(1e30),  # what Features makes of 1e300
    "missing": lambda: holding(np.nan),
    "infinite": lambda: holding(np.inf),
    "no class": no_class,
    "one class": lambda: table(0),
    "more neighbours than rows": lambda: table(3, negatives=4),
}


def layout_of(name, columns):
    """Let the columns be what the sampler takes: one number at most, for some."""
    kind = registry.sampler(grammar.parse(name).steps[0].sampler).columns
    numbers = {"any": columns, "mixed": 1, "categories": 0}[kind]
    return Layout(
        names=tuple(f"c{i}" for i in range(columns)),
        flat=columns,
        flags=tuple(range(numbers, columns)),
        levels=(),
    )


def given(name, case):
    X, y = CASES[case]()
    layout = layout_of(name, X.shape[1])
    flags = list(layout.flags)
    if flags and np.isfinite(X).all():
        X[:, flags] = X[:, flags] > 0
    return X, y, layout


def treat(name, case):
    X, y, layout = given(name, case)
    arm = grammar.parse(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's, of what is repaired here
        return X, y, method.apply(arm, X, y, seed=0, layout=layout)


def counts(y):
    return {str(c): int(n) for c, n in enumerate(np.bincount(y, minlength=2))}


def said(treated, *words):
    return any(word in note for note in treated.notes for word in words)


def in_words(error):
    """Check that an error says what is wrong and what would help, in a line each."""
    assert WORDED.match(error.message)
    assert error.fix
    assert error.code != "arm"


def check(name, case):
    """Check that what a sampler did is said, or why it cannot."""
    code = REFUSED.get(case, {}).get(name)
    if code is not None:
        with pytest.raises(ArmError) as caught:
            treat(name, case)
        in_words(caught.value)
        assert caught.value.code == code
        return
    X, y, treated = treat(name, case)
    step = grammar.parse(name).steps[0]
    entry = registry.sampler(step.sampler)
    before, after = counts(y), counts(treated.y)
    assert np.isfinite(treated.X).all()
    assert min(after.values()) > 0, "one class was let by"
    real = treated.origin != SYNTHETIC
    np.testing.assert_array_equal(treated.X[real], X[treated.origin[real]])
    np.testing.assert_array_equal(treated.y[real], y[treated.origin[real]])
    rare, many = ratio.ends(before)
    unchanged = before == after and real.all()
    assert unchanged == said(treated, "changed nothing: ")
    if after[rare] < before[rare]:
        assert said(treated, "fewer minority rows than before")
    asked = target_counts(step, before)
    if asked is not None and entry.group != "combined" and not unchanged:
        short = any(abs(after[c] - asked[c]) > 0.01 * asked[c] for c in asked)
        assert short == said(treated, "of the asked ratio")
    if asked is not None and entry.group == "combined" and not unchanged:
        short = after[rare] / after[many] < 0.99
        assert short == said(treated, "of the asked ratio")
    if after[many] < 0.1 * before[many] and after[many] < (asked or before)[many]:
        assert said(treated, "majority rows are left", "majority rows is left")
    for repair in treated.repairs:
        assert re.match(r"^\w+ \S+ → \S+: .+", repair), repair
