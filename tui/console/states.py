"""What the renderers of a run at work read out of its state."""

from __future__ import annotations

from engine.events import ArmEvaluated, DatasetInfo
from engine.state import State
from tui.console import figures
from tui.safe_text import clip

__all__ = ["WORTH_SECONDS", "called", "folds", "outcome", "policy_name", "trials"]

_MOST_LABEL = 16
_OF_CLASSES = ("recommended", "prevalence", "f1", "cost")
"""Operating points that runs of more than two classes have too."""

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
        return "recommended"
    decision, costs = state.experiment.decision, state.costs
    several = state.dataset is not None and state.dataset.positive is None
    if several and decision.policy not in _OF_CLASSES:
        # Further policies are about one class against the rest.
        return "the most probable class"
    return figures.policy_name(
        decision.policy,
        cost_fn=costs.cost_fn - costs.cost_tp if costs else 0.0,
        cost_fp=costs.cost_fp - costs.cost_tn if costs else 0.0,
        aim=decision.aim if not several or decision.aim in _OF_CLASSES else "cost",
    )


def outcome(state: State, evaluated: ArmEvaluated | None) -> tuple[str, str] | None:
    """Return missed positives and false alarms at the experiment's policy, in words.

    None where the arm has no result at it. Of more than two classes the missed rows
    of the rarest, and how many others were called it.
    """
    policy = state.experiment.decision.policy if state.experiment else "recommended"
    rarest = called(state.dataset)[0]
    points = evaluated.class_points if evaluated else ()
    if points and policy not in [one.policy for one in points]:
        policy = points[0].policy
    for one in points:
        table = one.confusion
        if one.policy == policy and rarest in table.labels:
            place = table.labels.index(rarest)
            row, found = table.matrix[place], table.matrix[place][place]
            wrong = sum(line[place] for line in table.matrix) - found
            missed = f"{sum(row) - found:,} of {sum(row):,}"
            return missed, figures.plural(wrong, "false alarm")
    for point in evaluated.operating_points if evaluated else ():
        if point.policy == policy:
            counts = point.confusion
            missed = f"{counts.fn:,} of {counts.fn + counts.tp:,}"
            return missed, figures.plural(counts.fp, "false alarm")
    return None


def called(dataset: DatasetInfo | None) -> tuple[str, str]:
    """Return the class that matters most, and what its rows are called.

    The positive one; of more than two classes, where there is none, the rarest.

    Examples
    --------
    >>> from functools import partial
    >>> made = partial(
    ...     DatasetInfo, name="", rows=9, columns=2, target="y", roles={}
    ... )
    >>> called(made(positive="1", classes={"0": 8, "1": 1}))
    ('1', 'positives')
    >>> called(made(positive=None, classes={"a": 5, "b": 3, "c": 1}))
    ('c', 'rows of c')
    """
    if dataset is None:
        return "", "positives"
    if dataset.positive is not None or not dataset.classes:
        return dataset.positive or "", "positives"
    counts = dataset.classes
    # The last of those that are equally rare, as on the board.
    rarest = sorted(counts, key=lambda label: -counts[label])[-1]
    return rarest, f"rows of {clip(rarest, _MOST_LABEL)}"
