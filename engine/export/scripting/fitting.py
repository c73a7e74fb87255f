"""The arm's model with the parameters that were found, and its operating point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.export.scripting.calls import Calls
from engine.export.scripting.words import WIDTH
from engine.outcome import ClassPoint
from engine.resample import registry
from engine.resample.build import named
from engine.train.boost import booster_params
from engine.train.finish import costs_of

if TYPE_CHECKING:
    from engine.export.case import Case


def fitted(case: Case, calls: Calls) -> dict[str, Any]:
    """Return what the template is told of the arm's model."""
    chosen, experiment = case.chosen, case.experiment
    arm = chosen.arm
    if arm.ensemble is not None:
        return _ensemble(case, calls)
    return {
        "params": booster_params(
            {**experiment.model.params, **chosen.params},
            seed=experiment.seed,
            classes=len(case.bench.dataset.labels),
        ),
        "rounds": chosen.best.rounds,
        "weights": "classes" if arm.weights and case.multiclass else arm.weights,
        "costs": costs_of(case.plan).tolist() if arm.weights == "cost" else None,
        "ratio": repr(case.bench.plan.costs.ratio),
    }


def _ensemble(case: Case, calls: Calls) -> dict[str, Any]:
    """Return an ensemble, which balances the rows of each of its members."""
    arm, seed = case.chosen.arm, case.experiment.seed
    entry = registry.ensemble(arm.ensemble or "")
    given = registry.check_ensemble(entry.name, {**arm.params, **case.chosen.params})
    member: dict[str, Any] = {}
    for home in reversed(entry.members):
        member = {"estimator": named(home)(**member)}
    model = named(entry.home)(random_state=seed, **member)
    model.set_params(**entry.given(given))
    ratio = float(given["ratio"])
    return {
        "params": None,
        "call": calls.of(model, 0, WIDTH - 8),
        "ratio": repr(ratio),
        "rarest": not case.multiclass and entry.value_of("ratio", ratio).rarest,
    }


def decided(case: Case) -> dict[str, Any]:
    """Return what turns scores into classes."""
    point = case.chosen.point(case.at)
    if isinstance(point, ClassPoint):
        labels = case.bench.dataset.labels
        return {"class_weights": [point.weights[label] for label in labels]}
    return {"threshold": float(point.threshold)}
