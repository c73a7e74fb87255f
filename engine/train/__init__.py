"""The tuning job of an arm: what is searched, grown and kept.

`space` says what is searched, `tune` asks and tells, `boost` grows the folds of a
trial together, `worker` prepares the rows and holds what all trials share.
"""

from engine._public import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {"plan": "Plan Unit", "prepare": "row_weights", "space": "SPACES", "tune": "Tuner"},
)
