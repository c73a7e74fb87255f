"""A whole run of two classes whose arms have sweeps, as the results' pane shows it."""

from __future__ import annotations

import msgspec

from engine.core.events import ArmEvaluated, Event
from engine.core.outcome import Comparison
from tests.support import fakes
from tests.support.console_samples import NEGATIVES, POSITIVES, compared, events
from tui.features import reducers
from tui.features.session import Session

SWEEP = tuple(
    (0.9 - 0.01 * i, min(NEGATIVES, i * i), min(POSITIVES, 2 * i)) for i in range(81)
)
DIFFERENCE = Comparison(
    a="smote",
    b="untreated",
    at="fixed",
    metric="recall",
    difference=0.5,
    ci=(0.42, 0.57),
    p=1e-9,
    adjusted_p=1e-9,
    method="",
)


def swept() -> list[Event]:
    """A whole run whose arms have sweeps, and some comparisons."""
    out: list[Event] = []
    for event in events():
        if isinstance(event, ArmEvaluated):
            event = msgspec.structs.replace(event, sweep=SWEEP)
        out.append(event)
    chance = msgspec.structs.replace(
        DIFFERENCE, metric="average_precision", at=None, adjusted_p=0.4
    )
    cheap = msgspec.structs.replace(DIFFERENCE, at="cost", metric="cost_per_1000")
    out[-2] = msgspec.structs.replace(
        compared(), comparison=(chance, DIFFERENCE, cheap)
    )
    return out


def ended(some: list[Event] | None = None, view: str | None = None) -> Session:
    """A session in which a run is done and looked at; in one of the views if named."""
    session = fakes.followed(swept() if some is None else some, "done")
    session = reducers.activate(session, "results")
    return reducers.show(session, "results", view) if view else session
