"""A frozen model on new labelled rows: whether it still does what its run promised.

`drift` compares counts of columns and scores, `measure` works out the figures with
their intervals, `decide` makes a verdict of them, `rows` reads the rows and does all
of it.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "drift": "column_drifts score_drift",
        "rows": "ScoredRows conclude validate",
    },
)
