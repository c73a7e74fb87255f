"""How many more positives would settle a verdict, if what was seen is real."""

from __future__ import annotations

import math
from typing import NamedTuple

from msgspec.structs import replace
from scipy.stats import norm

from engine.core.costs import METRICS
from engine.core.format import signed
from engine.core.outcome import Comparison, MorePositives, Remark, Skill
from engine.evaluate.board import TOO_FEW, Board, ClassBoard, Scarce, compared_classes
from engine.evaluate.detectable import LEVEL, POWER, SKILL_LEVEL, rows_needed
from engine.evaluate.verdict import rules
from engine.evaluate.verdict.words import say

# How often two arms may disagree on a positive where little is known, and how many
# positives that assumption is worth.
_DISCORDANT, _WORTH = 0.3, 20
_NOTHING_COMPARED = ("VRD006", "VRD007", "VRD008")


class Settled(NamedTuple):
    """What it would take, as figures and as a reason or a doubt."""

    figures: MorePositives
    remark: Remark


def settle(board: Board, code: str, arm: str | None) -> Settled | None:
    """Say how many more positives would show the difference that was seen.

    Parameters
    ----------
    board : Board
    code : str
        That of the recommendation.
    arm : str or None
        What is recommended.

    Returns
    -------
    Settled or None
        None where nothing was compared.

    Notes
    -----
    A difference that decides has an interval of the bootstrap. Its width goes with
    the square root of the number of rows as long as arms disagree as they do here, so
    that n positives become n ((z₁₋α⸝₂ + z₁₋β) s / d)², with the standard error s [1]_.
    The level is that of the smallest p of Holm's family. Of a class with fewer than 20
    rows it is the exact McNemar test of the rates at 0.5
    (`engine.evaluate.detectable.rows_needed`), with a shrunk share of disagreement.
    Of a ranking it is the rank test, with the variance that holds for no difference
    [2]_.

    References
    ----------
    .. [1] Lachin, J. M. (1981). Introduction to sample size determination and power
       analysis for clinical trials. Controlled Clinical Trials 2(2), 93-113.
    .. [2] Noether, G. E. (1987). Sample size determination for some common
       nonparametric tests. JASA 82(398), 645-647.
    """
    if code in _NOTHING_COMPARED:
        return None
    if code == "VRD009":
        return _of_ranking(board, board.skill or Skill(shown=False))
    if code == "VRD005":
        return _of_few_rows(board)
    gained = rules.gains(board, arm) if arm in board.others() else []
    return _shown(board, gained[0], "better") if gained else _of_aim(board)


def disagreement(board: Board, rows: int, arm: str | None = None) -> float:
    """Return the share of rows on which arms disagree, shrunk to the usual share.

    Three rows give little evidence: the observed share counts by its rows, and
    `_DISCORDANT` as `_WORTH` rows more. The largest of all arms if none is given.
    """
    seen = [
        d.discordant
        for d in board.detectable
        if arm is None or (d.arm, d.at) == (arm, "fixed")
    ]
    observed = max(seen, default=_DISCORDANT)
    return (observed * rows + _DISCORDANT * _WORTH) / (rows + _WORTH)


# What was seen ----------------------------------------------------------------------


def _of_aim(board: Board) -> Settled | None:
    """Take what is aimed at, and the best arm not shown to differ in it."""
    what = board.deciding_metrics()[0]
    known = [c for a in board.others() if (c := board.difference(a, *what)) is not None]
    if not known:
        return None
    unseen = [
        c for c in known if not (rules.is_supported(c) and rules.is_confirmed(board, c))
    ]
    if not unseen:
        return _shown(board, rules.best(board, known), "worse")
    c = rules.best(board, unseen)
    level = LEVEL / (len(board.others()) * len(board.deciding_metrics()))
    figures = _figures(board, c, level)
    named = {
        **board.describe(c),
        "size": signed(c.difference, METRICS[c.metric].digits),
    }
    if rules.is_supported(c):
        return Settled(figures, say("VRD225", "folds", **named))
    if not c.difference:
        return Settled(figures, say("VRD225", "same", **named))
    error = (c.ci[1] - c.ci[0]) / (2 * float(norm.ppf(0.975)))
    share = board.disagreement.get(c.a)
    rows = "as many" if share is None else f"{share:.2g}"
    assumed = f"the two go on deciding {rows} of the test rows differently"
    times = ((_z(level / 2)) * error / c.difference) ** 2
    return _more(board, figures, times, named, assumed, share)


def _of_few_rows(board: Board) -> Settled:
    """Take the rate at 0.5 in the class that has too few rows."""
    scarce = board.scarce()
    assert scarce is not None
    base = _rate(board, board.control, scarce)
    changes = {arm: _rate(board, arm, scarce) - base for arm in board.others()}
    arm = max(changes, key=lambda name: abs(changes[name]))
    change, level = changes[arm], LEVEL / len(changes)
    metric = "false_positive_rate" if scarce.name == "negatives" else "recall"
    figures = MorePositives(
        settled=False,
        a=arm,
        b=board.control,
        metric=metric,
        at="fixed",
        klass=scarce.klass,
        difference=change,
        positives=scarce.rows,
        level=level,
        power=POWER,
    )
    what = f"{METRICS[metric].title} {board.at('fixed')}"
    named = {"arm": arm, "what": what, "size": signed(change, 2)}
    if not change:
        return Settled(figures, say("VRD225", "same", **named))
    # What is known is how often arms disagree on positives.
    seen = scarce.rows if metric == "recall" else 0
    share = max(disagreement(board, seen, arm), abs(change))
    needed = max(TOO_FEW, rows_needed(abs(change), share, level=level))
    assumed = (
        f"the two disagree on {share:.2g} of them (the share on these rows, shrunk "
        f"towards {_DISCORDANT:g})"
    )
    return _more(board, figures, needed / scarce.rows, named, assumed, share)


def _rate(board: Board, arm: str, scarce: Scarce) -> float:
    """Return the share of the scarce class's rows that are predicted at 0.5."""
    if isinstance(board, ClassBoard):
        return board.class_point(arm, "fixed").recall[scarce.klass or ""] or 0.0
    counts = board.point(arm, "fixed").confusion
    hits = counts.fp if scarce.name == "negatives" else counts.tp
    return hits / scarce.rows


def _of_ranking(board: Board, skill: Skill) -> Settled:
    """Take the ROC AUC of the arm that ranks best."""
    rows, klass = board.rows(), skill.klass or _rarest(board)
    positives, total = rows[klass or "positives"], sum(rows.values())
    above = (skill.roc_auc or 0.5) - 0.5
    level = SKILL_LEVEL / (len(board.evaluations) * (len(rows) if klass else 1))
    figures = MorePositives(
        settled=False,
        a=skill.arm,
        b=None,
        metric="roc_auc",
        at=None,
        klass=klass,
        difference=above,
        positives=positives,
        level=level,
        power=POWER,
    )
    if above <= 0:
        return Settled(figures, say("VRD225", "chance"))
    times = total * (_z(level) / above) ** 2 / (12 * positives * (total - positives))
    named = {"arm": skill.arm, "what": "ROC AUC", "size": signed(above, 3)}
    return _more(board, figures, times, named, "it is real", None, which="ranking")


# Figures and words ------------------------------------------------------------------


def _z(level: float) -> float:
    """Return how many standard errors are found with the chance `POWER`."""
    return float(norm.isf(level) + norm.ppf(POWER))


def _rarest(board: Board) -> str | None:
    """Return the class whose rows count, of more than two."""
    rows = board.rows()
    inside = compared_classes(rows) if board.MULTICLASS else ()
    return min(inside, key=lambda name: (rows[name], name), default=None)


def _figures(board: Board, c: Comparison, level: float) -> MorePositives:
    """Return what was seen."""
    rows, klass = board.rows(), _rarest(board)
    return MorePositives(
        settled=False,
        a=c.a,
        b=c.b,
        metric=c.metric,
        at=c.at,
        klass=klass,
        difference=c.difference,
        positives=rows[klass or "positives"],
        level=level,
        power=POWER,
    )


def _shown(board: Board, c: Comparison, which: str) -> Settled:
    """Say that it is settled, and by how many rows."""
    figures = replace(_figures(board, c, LEVEL), settled=True, more=0, rows=0)
    values = {"rows": figures.positives, "noun": _noun(figures)}
    return Settled(figures, say("VRD120", which, **board.describe(c), **values))


def _more(
    board: Board,
    figures: MorePositives,
    times: float,
    named: dict[str, str],
    assumed: str,
    share: float | None,
    which: str = "text",
) -> Settled:
    """Say what it takes: so many times the rows that there are."""
    more = max(1, math.ceil(figures.positives * (times - 1) - 1e-9))
    rows = math.ceil(more * sum(board.rows().values()) / figures.positives)
    made = replace(figures, more=more, rows=rows, share=share, assumption=assumed)
    values = {
        "more": _about(more),
        "rows": _about(rows),
        "noun": _noun(figures),
        "assumed": assumed,
        "level": figures.level,
    }
    return Settled(made, say("VRD225", which, **named, **values))


def _noun(figures: MorePositives) -> str:
    if figures.klass is not None:
        return f"rows of class `{figures.klass}`"
    return "negatives" if figures.metric == "false_positive_rate" else "positives"


def _about(count: int) -> str:
    """Write a number with two digits that count."""
    return f"{float(f'{count:.2g}'):,.0f}"
