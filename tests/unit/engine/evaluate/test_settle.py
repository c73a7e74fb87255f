"""How many more positives would settle a verdict."""

import pytest
from scipy.stats import norm

from engine.core.outcome import Detectable, Skill
from engine.evaluate.detectable import paired_power, rows_needed
from tests.support.verdict_samples import (
    COST,
    NEGATIVES,
    POSITIVES,
    RANKING,
    arm,
    change,
    codes,
    full,
    judge,
    over_folds,
    told,
)

BOTH = [arm("untreated"), arm("smote")]
ROWS = NEGATIVES + POSITIVES


def test_a_difference_that_is_not_shown_says_what_would_show_it():
    """The interval narrows with the square root of the rows (Lachin 1981)."""
    seen = change("smote", *COST, "better", size=9.4, p=0.3, ci=(-28.2, 9.4))
    said = judge(
        BOTH, [seen, change("smote", *RANKING, "same")], disagreement={"smote": 0.123}
    )
    found = said.more_positives
    z = norm.isf(0.05 / 2 / 2) + norm.ppf(0.8)  # two metrics decide
    error = 37.6 / (2 * norm.ppf(0.975))
    total = POSITIVES * (z * error / 9.4) ** 2
    assert found.more == pytest.approx(total - POSITIVES, abs=1)
    assert found.rows == pytest.approx(found.more * ROWS / POSITIVES, abs=1)
    assert (found.settled, found.a, found.b) == (False, "smote", "untreated")
    assert (found.power, found.level, found.share) == (0.8, 0.025, 0.123)
    (text,) = told(said, "VRD225")
    assert (
        "differ in cost per 1,000 rows with thresholds of least cost by −9.4." in text
    )
    assert f"About {float(f'{found.more:.2g}'):,.0f} more positives" in text
    assert "if it is real and the two go on deciding 0.12 of the test rows" in text
    assert text.endswith("differently.")
    assert "VRD120" not in codes(said.reasons)


def test_what_is_shown_is_settled():
    for effect, words in {"better": "`smote` is shown to be", "worse": "every"}.items():
        said = judge(BOTH, full("smote", cost=effect))
        (text,) = told(said, "VRD120")
        assert text.startswith("Settled with 161 positives among the test rows: ")
        assert words in text
        assert said.more_positives.settled
        assert "VRD225" not in codes(said.doubts)


def test_no_number_where_no_number_of_rows_would_show_it():
    same = judge(BOTH, full("smote"))
    assert "do not differ in cost" in told(same, "VRD225")[0]
    luck = judge(
        BOTH, full("smote", cost="better"), folds=[over_folds("smote", COST[0], 0.3)]
    )
    assert "the folds do not confirm it" in told(luck, "VRD225")[0]
    chance = judge(
        BOTH, full("smote"), skill=Skill(shown=False, arm="smote", roc_auc=0.48)
    )
    assert "no arm has a ROC AUC above 0.5" in told(chance, "VRD225")[0]
    for said in (same, luck, chance):
        assert (said.more_positives.more, said.more_positives.settled) == (None, False)
    assert judge([arm("untreated")], []).more_positives is None


def test_three_rows_are_no_evidence_of_how_often_arms_disagree():
    rows = {"rows": (97, 3), "recommended": (1, 5, 0.3)}
    few = [arm("untreated", (0, 0), **rows), arm("smote", (1, 4), **rows)]
    seen = Detectable(
        arm="smote", at="fixed", positives=3, discordant=1.0, difference=1.0
    )
    said = judge(few, [change("smote", "recall", "fixed", "same")], detectable=[seen])
    found = said.more_positives
    assert found.share == pytest.approx((3 + 0.3 * 20) / 23)
    assert found.difference == pytest.approx(1 / 3)
    assert found.more + 3 == rows_needed(1 / 3, found.share)
    assert paired_power(found.more + 3, found.share, 1 / 3) >= 0.8
    assert "(the share on these rows, shrunk towards 0.3)" in told(said, "VRD225")[0]
    # However clear it looks: with fewer than 20 nothing is compared.
    all_found = [few[0], arm("smote", (3, 4), **rows)]
    said = judge(all_found, [change("smote", "recall", "fixed", "same")])
    assert said.more_positives.more == 17


def test_how_many_show_that_an_arm_ranks():
    skill = Skill(shown=False, arm="smote", p=0.3, roc_auc=0.53)
    said = judge(BOTH, full("smote"), skill=skill)
    found = said.more_positives
    z = norm.isf(0.01 / 2) + norm.ppf(0.8)
    positives = found.positives + found.more
    negatives = positives * NEGATIVES / POSITIVES
    error = ((positives + negatives) / (12 * positives * negatives)) ** 0.5
    assert z * error == pytest.approx(0.03, rel=0.01)
    assert "0.030 above chance" in told(said, "VRD225")[0]
