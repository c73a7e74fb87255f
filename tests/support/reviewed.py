"""A finished run in which a person may look at rows, at a price."""

from __future__ import annotations

from tests.support.experiments import make_table
from tests.support.finished import Finished, finished


def reviewed() -> Finished:
    """Two arms; a miss costs 20, a false alarm 1, a review 0.3."""
    return finished(
        make_table(rows=900, share=0.15, seed=3),
        *("untreated", "weights"),
        data__target="sick",
        decision__cost_fn=20.0,
        decision__cost_review=0.3,
    )
