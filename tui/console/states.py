"""What the renderers of a run at work read out of its state."""

from __future__ import annotations

from engine.events import ArmEvaluated
from engine.state import State
from tui.console import figures

__all__ = ["WORTH_SECONDS", "folds", "outcome", "policy_name", "trials"]

WORTH_SECONDS = 5.0
"""What takes less to prepare is not worth a word."""


def trials(state: State) -> int:
    """Return how many trials an arm gets."""
    return state.experiment.search.trials if state.experiment else 0


def folds(state: State) -> int:
    """Return how many folds a trial is scored over."""
    if state.experiment is None:
        return 1
    return state.experiment.search.folds * state.experiment.search.repeats


def policy_name(state: State) -> str:
    """Return the experiment's policy as a board heads it."""
    if state.experiment is None:
        return "default 0.5"
    decision = state.experiment.decision
    return figures.policy_name(
        decision.policy, cost_fn=decision.cost_fn, cost_fp=decision.cost_fp
    )


def outcome(state: State, evaluated: ArmEvaluated | None) -> tuple[str, str] | None:
    """Return missed positives and false alarms at the experiment's policy, in words.

    None where the arm has no result at it.
    """
    policy = state.experiment.decision.policy if state.experiment else "default"
    for point in evaluated.operating_points if evaluated else ():
        if point.policy == policy:
            counts = point.confusion
            missed = f"{counts.fn:,} of {counts.fn + counts.tp:,}"
            return missed, figures.plural(counts.fp, "false alarm")
    return None
