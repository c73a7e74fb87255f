"""The tuning job of an arm: what is searched, grown and kept.

`tune` asks and tells, `boost` grows the folds of a
trial together, `worker` prepares the rows and holds what all trials share.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "plan": "Plan Unit",
        "prepare": "row_weights",
        "tune": "Tuner",
    },
)
