"""The number of positives that a verdict states has the power that it states."""

import math

import numpy as np
import pytest
from scipy.special import expit

from engine.core.costs import Costs
from engine.core.outcome import Skill
from engine.evaluate.bootstrap import mcnemar
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.detectable import detectable, skill
from engine.evaluate.verdict import rules
from tests.support.verdict_samples import COST, arm, judge

pytestmark = pytest.mark.slow

COSTS = Costs(cost_fn=8, cost_fp=1)
RATIO = 8
RUNS = 400
# Two standard errors of a share of 0.8 among so many.
ERROR = 2 * math.sqrt(0.8 * 0.2 / RUNS)


def scored(positives, rng, effect):
    """Return two arms on rows of a population: the second separates them better."""
    y = np.repeat([1, 0], [positives, RATIO * positives])
    common, own = rng.normal(size=(2, len(y)))
    thresholds = {"fixed": 0.5, "cost": 1 / 9, "recommended": 1 / 9}
    base = expit(-2.6 + 1.2 * y + common)
    other = expit(-2.6 + (1.2 + effect) * y + 0.8 * common + 0.6 * own)
    return [
        ArmScores("untreated", y, base, thresholds),
        ArmScores("smote", y, other, thresholds),
    ]


def differences(arms, seed):
    return compare(arms, costs=COSTS, seed=seed, draws=500)


def cost_of(comparison):
    (c,) = [c for c in comparison if (c.metric, c.at) == COST]
    return c


def test_the_cost_is_shown_as_often_as_is_said():
    """At the number that a sample of the true difference asks for."""
    effect, now = 0.27, 150
    truth = cost_of(differences(scored(40_000, np.random.default_rng(1), effect), 0))
    # The interval of a sample of the size that a user has, around what is true.
    width = np.mean(
        [
            np.subtract(*cost_of(differences(scored(now, rng, effect), k)).ci)
            for k, rng in enumerate(np.random.default_rng(2).spawn(20))
        ]
    )
    half = abs(float(width)) / 2
    rows = {"rows": (RATIO * now, now), "recommended": (100, 300, 1 / 9)}
    arms = [arm("untreated", **rows), arm("smote", **rows)]
    ci = (truth.difference - half, truth.difference + half)
    seen = type(truth)(
        "smote", "untreated", COST[1], COST[0], truth.difference, ci, 0.3, 0.3, ""
    )
    said = judge(arms, [seen], costs=COSTS)
    needed = now + said.more_positives.more
    found = [
        cost_of(differences(scored(needed, rng, effect), k))
        for k, rng in enumerate(np.random.default_rng(3).spawn(RUNS))
    ]
    at_level = [c.p < said.more_positives.level and c.difference < 0 for c in found]
    assert np.mean(at_level) == pytest.approx(0.8, abs=ERROR + 0.02)
    # Holm is kinder than the level of its smallest p where the ranking is shown too.
    shown = np.mean([rules.is_better(c) for c in found])
    assert np.mean(at_level) <= shown <= 0.9 + ERROR


def test_the_recall_of_few_rows_is_shown_as_often_as_is_said():
    """Where arms disagree as often as is assumed."""
    rows = {"rows": (200, 12), "recommended": (4, 20, 0.3)}
    few = [arm("untreated", (4, 10), **rows), arm("smote", (7, 20), **rows)]
    y = np.repeat([1, 0], [12, 200])
    low = np.repeat([0.9, 0.1], [4, 208])
    high = np.repeat([0.9, 0.1], [7, 205])
    seen = detectable(
        [
            ArmScores(n, y, s, {"fixed": 0.5})
            for n, s in (("untreated", low), ("smote", high))
        ]
    )
    found = judge(few, [], detectable=seen).more_positives
    needed = found.positives + found.more
    rng = np.random.default_rng(4)
    chances = [(found.share + s * found.difference) / 2 for s in (1, -1)]
    tables = rng.multinomial(needed, [*chances, 1 - found.share], size=4000)
    shown = np.mean([mcnemar(a, b) < found.level for a, b, _ in tables])
    assert shown == pytest.approx(0.8, abs=0.03)


def test_the_ranking_is_shown_as_often_as_is_said():
    rng = np.random.default_rng(5)
    shift = 0.2
    auc = float(np.mean(rng.normal(size=400_000) + shift > rng.normal(size=400_000)))
    found = judge(
        [arm("untreated"), arm("smote")],
        [],
        skill=Skill(shown=False, arm="smote", p=0.3, roc_auc=auc),
    ).more_positives
    needed = found.positives + found.more
    y = np.repeat([1, 0], [needed, round(found.rows / found.more * needed) - needed])
    shown = [
        skill(
            {("smote", None): (y, rng.normal(size=len(y)) + shift * y)}, tests=2
        ).shown
        for _ in range(RUNS)
    ]
    assert np.mean(shown) == pytest.approx(0.8, abs=ERROR + 0.02)
