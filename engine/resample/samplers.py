"""Every sampler there is, as plain data: parameters, bounds, plain words. Light.

What belongs to one of them is in `engine.resample.kinds`, by what it does; third-party
ones come from `engine.resample.plugins`, and are described by what is in here.
"""

from __future__ import annotations

from engine.resample.kinds.cleaning import CLEANING
from engine.resample.kinds.combined import COMBINED
from engine.resample.kinds.over import OVER
from engine.resample.kinds.parts import (
    FAST,
    NO_YES,
    Columns,
    Group,
    Kind,
    Parameter,
    Sampler,
)
from engine.resample.kinds.shared import COUNTS, NEIGHBORS, RATIO, RATIO_UNDER
from engine.resample.kinds.under import UNDER

__all__ = [
    "COUNTS",
    "FAST",
    "NEIGHBORS",
    "NO_YES",
    "RATIO",
    "RATIO_UNDER",
    "SAMPLERS",
    "Columns",
    "Group",
    "Kind",
    "Parameter",
    "Sampler",
]

SAMPLERS: tuple[Sampler, ...] = (*OVER, *UNDER, *CLEANING, *COMBINED)
"""All of imbalanced-learn's: what adds, what drops, what cleans, what does both."""
