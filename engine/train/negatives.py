"""Whether leaving out negatives did harm: one model more, fitted on twice as many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.core.errors import ArmError
from engine.core.events import ThinCheck, Thinned
from engine.core.result import FEWEST_ROWS
from engine.core.sections import NEGATIVES
from engine.core.seeds import child
from engine.core.state import FINAL_FOLD
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.metrics import ranking_metrics
from engine.splits.thin import thin
from engine.train.plan import Plan, Unit
from engine.train.worker import Worker

if TYPE_CHECKING:
    from engine.core.state import ArmState, State


def check_thinning(
    plan: Plan,
    state: State,
    artifacts: Mapping[str, bytes],
    tick: Callable[[], None],
) -> ThinCheck | None:
    """Fit an arm's best trial on twice the negatives, and compare on the test rows.

    Parameters
    ----------
    plan : Plan
        Whose training rows are thinned.
    state : State
        With every arm evaluated or failed.
    artifacts : mapping of str to bytes
        The arms' scores.
    tick : callable
        Called often; raises to end it.

    Returns
    -------
    ThinCheck or None
        None where nothing is thinned, or the arm cannot be fitted on more rows.
    """
    thinning = plan.split.thinning
    arm = _arm(plan, state)
    if thinning is None or arm is None or arm.best is None:
        return None
    known = plan.arm(arm.name)
    ratio, seed = max(2 * thinning.ratio, NEGATIVES), plan.experiment.seed
    more = thin(plan.dataset, plan.split.train, ratio, seed=seed)
    alone = msgspec.structs.replace(plan.experiment, arms=(known,))
    split = replace(plan.split, thinning=more)
    wider = replace(plan, experiment=alone, split=split)
    final = arm.final
    unit = Unit(
        *("finish", arm.name, FINAL_FOLD),
        best=arm.best,
        oof=artifacts[f"oof/{arm.name}"],
        setting=final.setting if final else {},
    )
    try:
        fitted = Worker(wider, tick=tick).fit(unit)
    except ArmError:
        return None
    rows = fitted.encoding.transform(plan.dataset.frame, plan.split.test)
    scores = fitted.score(rows)
    y, own = plan.dataset.y[plan.split.test], plan.scores(artifacts[f"test/{arm.name}"])
    kept, positives = np.bincount(plan.dataset.y[wider.split.fit], minlength=2).tolist()
    ratio = round(kept / positives)  # there may not be as many as wanted
    if min(np.bincount(y, minlength=2)) < FEWEST_ROWS:
        return ThinCheck(arm.name, ratio, kept, None, None, None)
    (found,) = (
        one
        for one in compare(
            [ArmScores("few", y, own, {}), ArmScores("twice", y, scores, {})],
            control="few",
            costs=plan.costs,
            seed=child(seed, "thin", "check"),
        )
        if one.metric == "average_precision"
    )
    values = ranking_metrics(y, scores)
    slopes = ranking_metrics(y, own)["calibration_slope"], values["calibration_slope"]
    return ThinCheck(
        *(arm.name, ratio, kept, values["average_precision"]),
        *(found.difference, found.ci, slopes),
    )


def _arm(plan: Plan, state: State) -> ArmState | None:
    """Return the arm whose rows differ the most: one that leaves the classes as found.

    The untreated one, if it came to a result.
    """
    done = [arm for arm in state.arms if arm.evaluated and arm.best]
    known = {arm.name: plan.arm(arm.name) for arm in done}
    order = sorted(
        done,
        key=lambda a: (
            not known[a.name].is_untreated,
            plan.odds(known[a.name]) == 1.0,
        ),
    )
    return next(iter(order), None)


def thinned(plan: Plan) -> Thinned | msgspec.UnsetType:
    """Return which training rows models are fitted on, where it is not all of them."""
    split, dataset = plan.split, plan.dataset
    if split.thinning is None:
        return msgspec.UNSET
    return Thinned(
        ratio=split.thinning.ratio,
        kept=int((dataset.y[split.fit] == 0).sum()),
        of=round((dataset.y[split.train] == 0).sum() / dataset.negatives),
        validated=len(plan.validation_rows),
    )
