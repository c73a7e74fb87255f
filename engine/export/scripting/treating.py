"""The arm's method: samplers of imbalanced-learn, with what they were settled to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.errors import DataError
from engine.export.scripting.calls import Calls
from engine.export.scripting.words import WIDTH
from engine.resample import ratio, recipe, registry
from engine.resample.build import build

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.rows import EncodingNeeds


OLD = "bring the versions of the libraries back that made the run"


class SamplerCode(NamedTuple):
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

    steps: list[dict[str, object]]
    made: bool
    foreign: tuple[str, ...]

    @property
    def coded(self) -> bool:
        """Whether a step takes categories as codes."""
        return any(step["coded"] for step in self.steps)


def treatment(case: Case, rows: EncodingNeeds, calls: Calls) -> SamplerCode | None:
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
    settled, made = treated.settled, bool((treated.origin < 0).any())
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
        steps.append(
            {
                "call": calls.of(sampler, 0, WIDTH - 10),
                "coded": not kept and rows.levels,
                "widened": not kept or step.dtype != "float32",
            }
        )
    # The script makes all rows legal: what is real must stay as it is.
    if made and not np.array_equal(case.features().legalise(rows.X), rows.X):
        raise DataError("rows of this table change when they are made legal", OLD)
    packages = {registry.sampler(step.sampler).package for step in settled}
    foreign = tuple(sorted(packages - {recipe.OURS}))
    return SamplerCode(steps, made, foreign)
