"""The arm's method and model, as they were settled and found, and where it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.errors import DataError
from engine.export.scripting.calls import Calls
from engine.export.scripting.words import WIDTH
from engine.outcome import ClassPoint
from engine.resample import method, ratio, registry
from engine.resample.build import build
from engine.train.boost import booster_params
from engine.train.ensemble import make_model
from engine.train.finish import costs_of

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.rows import EncodingNeeds

OLD = "bring the versions of the libraries back that made the run"


class Treatment(NamedTuple):
    """What the template is told of the samplers.

    Attributes
    ----------
    steps : list of dict
        Each one's ``call``, whether it takes categories as codes (``coded``), and
        whether it returns wider numbers (``widened``).
    made : bool
        Whether there are synthetic rows.
    foreign : tuple of str
        Packages besides imbalanced-learn.
    """

    steps: list[dict[str, Any]]
    made: bool
    foreign: tuple[str, ...]

    @property
    def coded(self) -> bool:
        """Whether a step takes categories as codes."""
        return any(step["coded"] for step in self.steps)


def method_values(case: Case, rows: EncodingNeeds, calls: Calls) -> Treatment | None:
    """Return an arm's method; None if it treats no rows.

    The rows are treated again: what each sampler is settled to depends on them.

    Raises
    ------
    SpecError
        If a step is of no library.
    DataError
        If other rows come of it than in the run.
    """
    if not case.chosen.arm.steps:
        return None
    treated = case.treated()
    settled, made = treated.steps, bool((treated.origin < 0).any())
    y = case.bench.dataset.y[case.bench.split.train]
    between = ratio.ends(dict(enumerate(np.bincount(y).tolist())))
    steps = []
    for step in settled:
        sampler = build(
            step.sampler,
            step.params,
            step.counts,
            seed=case.experiment.seed,
            between=between,
            labels=case.bench.dataset.labels,
            layout=case.features().layout_,
        )
        kept = registry.sampler(step.sampler).columns == "any"
        coded, widened = not kept and rows.levels, not kept or step.dtype != "float32"
        call = calls.of(sampler, 0, WIDTH - 10)
        steps.append({"call": call, "coded": coded, "widened": widened})
    # The script makes all rows legal: what is real must stay as it is.
    if made and not np.array_equal(case.features().legalise(rows.X), rows.X):
        raise DataError("rows of this table change when they are made legal", OLD)
    packages = {registry.sampler(step.sampler).package for step in settled}
    foreign = tuple(sorted(packages - {method.OURS}))
    return Treatment(steps, made, foreign)


def model_values(case: Case, calls: Calls) -> dict[str, Any]:
    """Return what the template is told of the arm's model."""
    chosen, experiment = case.chosen, case.experiment
    arm, many = chosen.arm, len(case.bench.dataset.labels)
    if arm.ensemble is not None:
        return _ensemble(case, calls)
    params = {**experiment.model.params, **chosen.params}
    return {
        "params": booster_params(params, seed=experiment.seed, classes=many),
        "rounds": chosen.best.rounds,
        "weights": "classes" if arm.weights and case.multiclass else arm.weights,
        "costs": costs_of(case.plan).tolist() if arm.weights == "cost" else None,
        "ratio": repr(case.bench.plan.costs.ratio),
    }


def _ensemble(case: Case, calls: Calls) -> dict[str, Any]:
    """Return an ensemble, which balances the rows of each of its members."""
    arm, seed = case.chosen.arm, case.experiment.seed
    entry = registry.ensemble(arm.ensemble or "")
    params = {**arm.params, **case.chosen.params}
    share = float(registry.check_ensemble(entry.name, params)["ratio"])
    model = make_model(entry.name, params, seed=seed)
    return {
        "params": None,
        "call": calls.of(model, 0, WIDTH - 8),
        "ratio": repr(share),
        "rarest": not case.multiclass and entry.value_of("ratio", share).rarest,
    }


def decision_values(case: Case) -> dict[str, Any]:
    """Return what turns scores into classes."""
    point = case.chosen.point(case.at)
    if isinstance(point, ClassPoint):
        labels = case.bench.dataset.labels
        return {"class_weights": [point.weights[label] for label in labels]}
    return {"threshold": float(point.threshold)}
