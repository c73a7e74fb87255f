"""Use an exported model: read it, check it, score rows by it.

`manifest` says what a bundle holds and what its columns are. `archive` brings its
bytes, hashes checked, and knows training rows again. `cells` reads new cells as what
the model learned from, whatever the new table looks like. `scorer` turns rows into
scores, `scoring` does it for files of any size, `classifier` for scikit-learn.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "classifier": "load_bundle",
        "manifest": "*",
        "reference": "*",
        "scorer": "Scorer open_scorer",
        "scoring": "predict",
    },
)
