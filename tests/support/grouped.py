"""A finished run that compares errors by two columns of people."""

from __future__ import annotations

import numpy as np

from tests.support.experiments import make_table
from tests.support.finished import Finished, finished


def grouped() -> Finished:
    """Two arms; groups by sex, and by age in quarters; neither is a feature."""
    frame = make_table(900, share=0.4)
    rng = np.random.default_rng(0)
    frame["sex"] = rng.choice(["f", "m"], len(frame))
    frame["age"] = rng.uniform(20, 80, len(frame)).round(1)
    return finished(
        frame,
        *("untreated", "weights"),
        data__target="sick",
        data__subgroups=("sex", "age"),
    )
