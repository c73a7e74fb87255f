"""Sessions in which a run of more than two classes is done."""

from __future__ import annotations

from typing import Any

from tests.support import fakes, multiclass_samples
from tui.features import reducers
from tui.features.session import Session


def done(view: str = "board", **about: Any) -> Session:
    """Look at a view of such a run's results."""
    session = fakes.followed(multiclass_samples.events(**about), "done")
    return reducers.show(reducers.activate(session, "results"), "results", view)
