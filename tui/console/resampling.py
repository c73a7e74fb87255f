"""What the methods made, and what the search chose of them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core import format as figures
from engine.core.result import Result
from engine.export.page.arms import quality
from engine.export.page.facts import Facts
from engine.resample import tuning
from engine.resample.grammar import Arm
from engine.resample.samplers import ParamValue
from tui.console.grid import draw_page
from tui.console.lines import Line, wrap
from tui.safe_text import clip

_MOST_NAME = 40


def resampling(result: Result, *, width: int) -> list[Line]:
    """Return what synthetic rows look like, and what was searched of the samplers.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        None if no arm made a row, and none was searched.
    """
    table = quality(Facts(result))
    lines = draw_page(table, width) if table else []
    equal = len({arm.search.trials for arm in result.arms}) <= 1
    known = result.experiment.arms if result.experiment else ()
    for arm, declared in zip(result.arms, known, strict=False):
        if text := choice(declared, arm.search.best_params, equal=equal):
            lines += wrap(f"{clip(arm.name, _MOST_NAME)}: {text}", width, first=" ")
    return lines


def choice(arm: Arm, params: Mapping[str, ParamValue] | None, *, equal: bool) -> str:
    """Say what the search chose of an arm's samplers; nothing if that was not asked.

    Parameters
    ----------
    arm : Arm
    params : mapping or None
        Those of its best trial; None if there is none yet.
    equal : bool
        Whether every arm had as many trials.

    Examples
    --------
    >>> from engine.resample.grammar import Step
    >>> arm = Arm(name="a", steps=(Step("smote", tune={"ratio": (0.5, 1.0)}),))
    >>> choice(arm, {"max_depth": 3, "smote.ratio": 0.5}, equal=True)
    'the search chose smote.ratio 0.5, of 2 settings, in as many trials as any arm'
    """
    if not arm.tuned or not params:
        return ""
    setting = tuning.setting(arm, params)
    values = ", ".join(
        f"{name} {figures.plain(value)}" for name, value in setting.items()
    )
    settings = figures.plural(tuning.settings(arm), "setting")
    fair = ", in as many trials as any arm" if equal else ""
    return f"the search chose {values}, of {settings}{fair}"
