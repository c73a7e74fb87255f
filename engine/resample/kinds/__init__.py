"""Every sampler of imbalanced-learn as plain data: parameters, bounds, words. Light."""

from engine.resample.kinds.over import COMBINED, OVER
from engine.resample.kinds.under import CLEANING, UNDER
from engine.resample.samplers import Sampler

__all__ = ["SAMPLERS"]

SAMPLERS: tuple[Sampler, ...] = (*OVER, *UNDER, *CLEANING, *COMBINED)
"""What adds, what drops, what cleans, what does both."""
