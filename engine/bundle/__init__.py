"""Use an exported model: read it, check it, score rows by it.

`manifest` says what a bundle holds and what its columns are, `archive` brings
its bytes, hashes checked, and `trees` refuses a model that would read beside its rows.
`cells` reads new cells as what the model learned from, whatever the new table looks
like, `fit` collects what is to be said about them, and `known` knows training rows
again. `scorer` turns rows into scores,
`blocks` and `scoring` do it for files of any size, `classifier` for scikit-learn.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "classifier": "load_bundle",
        "scoring": "predict",
    },
)
