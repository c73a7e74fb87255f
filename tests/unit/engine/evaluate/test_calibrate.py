"""Calibration: curve, error and repairs against scikit-learn and by hand."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression

from engine.core.outcome import Calibration, CalibrationMap
from engine.evaluate import metrics
from engine.evaluate.calibrate import (
    METHODS,
    calibrations,
    class_factors,
    curve,
    expected_calibration_error,
    losses,
    maps,
    simplest,
)
from engine.evaluate.probabilities import (
    apply,
    apply_classes,
    correct_priors,
    shift,
)
from tests.support.each import for_each

EQUAL = {"prevalence": 0.1, "trained_prevalence": 0.1}
STROKE = {"prevalence": 783 / 43_400, "trained_prevalence": 0.5}


def best(y, scores, *, prevalence, trained_prevalence):
    return simplest(losses(y, scores, (prevalence, trained_prevalence), seed=0))


def sample(seed, rows=2000, *, shift=0.0, slope=1.0, dtype=np.float32):
    """Return labels, and scores whose log-odds are off by `slope` and `shift`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(-2.5, 1.2, size=rows)
    y = (rng.random(rows) < expit(logits)).astype(np.int64)
    return y, expit(slope * logits + shift).astype(dtype)


def of_two(*rows, prevalence, trained_prevalence, seed):
    (found,), repair = calibrations(
        *rows, shares=[prevalence], seen=[trained_prevalence], seed=seed
    )
    return found, repair


def by_method(y, scores, y_test, test, seed=1, **shares):
    found, repair = of_two(y, scores, y_test, test, seed=seed, **(shares or EQUAL))
    return {one.method: one for one in found}, repair


@st.composite
def labelled_scores(draw, least=1):
    n = draw(st.integers(least, 60))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    most = draw(st.sampled_from([1, 3, 20, 1000]))
    steps = st.integers(0, most)
    if draw(st.booleans()):
        steps = st.integers(1, most)
    scores = draw(st.lists(steps.map(lambda k: k / most), min_size=n, max_size=n))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return np.array(y), np.array(scores, dtype=dtype)


# The curve ---------------------------------------------------------------------------


@given(labelled_scores(), st.integers(1, 15))
def test_a_curve_is_that_of_scikit_learn(case, bins):
    y, scores = case
    found = curve(y, scores, bins)
    if any(k * (len(y) - 1) % bins == 0 for k in range(1, bins)):
        # A quantile that falls on a row: scikit-learn's own rounding decides.
        return
    share, score = calibration_curve(
        y == 1, scores.astype(np.float64), n_bins=bins, strategy="quantile"
    )
    assert [b.positives / b.rows for b in found] == pytest.approx(share, abs=1e-12)
    assert [b.score for b in found] == pytest.approx(score, abs=1e-12)


@given(labelled_scores(), st.integers(1, 15))
def test_bins_hold_every_row_once_and_split_no_tie(case, bins):
    y, scores = case
    found = curve(y, scores, bins)
    assert 1 <= len(found) <= bins
    assert sum(b.rows for b in found) == len(y)
    assert sum(b.positives for b in found) == y.sum()
    assert all(b.rows > 0 for b in found)
    ends = np.cumsum([b.rows for b in found])[:-1]
    ranked = np.sort(scores)
    assert all(ranked[end - 1] < ranked[end] for end in ends)
    # The order of the rows is of no matter.
    turned = curve(y[::-1], scores[::-1], bins)
    assert [(b.rows, b.positives) for b in turned] == [
        (b.rows, b.positives) for b in found
    ]


def test_bins_are_about_equally_full():
    y, scores = sample(0, 2003, dtype=np.float64)
    assert {b.rows for b in curve(y, scores)} <= {200, 201}


def test_the_expected_calibration_error_by_hand():
    y = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    scores = np.array([0.1, 0.1, 0.2, 0.2, 0.6, 0.6, 0.9, 0.9])

    def error(bins):
        return expected_calibration_error(curve(y, scores, bins))

    # Two bins of four: |1/4 - 0.15| and |3/4 - 0.75|.
    assert error(2) == pytest.approx(0.05, abs=1e-12)
    # Four of two: 0.1, 0.3, 0.1, 0.1.
    assert error(4) == pytest.approx(0.15, abs=1e-12)
    assert error(1) == pytest.approx(0.05, abs=1e-12)


def test_perfect_probabilities_have_no_error_and_wrong_ones_all_of_it():
    y = np.array([0, 1, 1, 0])
    assert expected_calibration_error(curve(y, y.astype(float), 2)) == 0
    assert expected_calibration_error(curve(y, 1.0 - y, 2)) == 1


# The maps ----------------------------------------------------------------------------


def test_the_prior_shift_of_the_stroke_table_is_the_published_one():
    y, scores = sample(0)
    found = maps(y, scores, **STROKE)["prior"]
    assert found.slope == 1
    assert round(found.intercept, 3) == -3.997
    assert found.intercept == pytest.approx(-math.log(42_617 / 783), abs=1e-12)
    # A coin's score is the prevalence then, exactly Elkan's and Saerens' formula.
    assert apply(found, np.array([0.5]))[0] == pytest.approx(783 / 43_400, abs=1e-12)
    p, pi = 0.8, 783 / 43_400
    saerens = p * pi / 0.5 / (p * pi / 0.5 + (1 - p) * (1 - pi) / 0.5)
    assert apply(found, np.array([p]))[0] == pytest.approx(saerens, abs=1e-12)


def test_a_model_that_saw_the_prevalence_has_no_prior_repair():
    y, scores = sample(0)
    assert "prior" not in maps(y, scores, **EQUAL)
    assert "prior" not in maps(y, scores, prevalence=0.0, trained_prevalence=0.5)
    assert "prior" not in maps(y, scores, prevalence=0.1, trained_prevalence=1.0)


@for_each("dtype", [np.float32, np.float64])
def test_platt_is_the_unpenalised_logistic_regression_on_log_odds(dtype):
    y, scores = sample(3, shift=1.5, slope=0.7, dtype=dtype)
    found = maps(y, scores, **EQUAL)["platt"]
    logits = logit(np.clip(scores.astype(float), 1e-7, 1 - 1e-7))

    def loss(ab):
        raw = ab[0] + ab[1] * logits
        return np.mean(np.logaddexp(0, raw) - y * raw)

    fit = minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-10})
    assert (found.intercept, found.slope) == pytest.approx(tuple(fit.x), abs=1e-5)
    # At the maximum of the likelihood both scores equations are 0.
    said = apply(found, scores)
    assert abs(np.mean(said - y)) < 1e-9
    assert abs(np.mean((said - y) * logits)) < 1e-8


def test_isotonic_is_scikit_learns_with_a_row_more_at_each_end():
    y, scores = sample(4, shift=2)
    found = maps(y, scores, **EQUAL)["isotonic"]
    wide = scores.astype(float)
    x = np.concatenate([wide, [wide.min(), wide.max()]])
    risks = IsotonicRegression().fit_transform(x, np.concatenate([y, [1, 0]]))
    blocks = np.split(np.sort(x), np.flatnonzero(np.diff(np.sort(risks)) > 1e-12) + 1)
    assert found.scores == pytest.approx([block.mean() for block in blocks], abs=1e-9)
    assert np.all(np.diff(found.scores) > 0)
    assert np.all(np.diff(found.probabilities) > 0)
    at_centres = apply(found, np.array(found.scores))
    assert at_centres == pytest.approx(np.unique(risks.round(12)), abs=1e-9)


def test_isotonic_by_hand():
    y, scores = np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.6, 0.6])
    found = maps(y, scores, **EQUAL)["isotonic"]
    # A positive more at 0.1: 1 of 4; a negative more at 0.6: 2 of 3.
    assert found.scores == pytest.approx([(0.1 + 0.1 + 0.2 + 0.3) / 4, 0.6])
    assert found.probabilities == pytest.approx([1 / 4, 2 / 3])
    # One block is Laplace's rule of succession.
    found = maps(1 - y, scores, **EQUAL)["isotonic"]
    assert found.probabilities == pytest.approx([4 / 7])


def test_isotonic_is_not_too_extreme_on_new_rows():
    ours, plain, slopes = [], [], []
    for seed in range(20):
        y, scores = sample(seed, 800, shift=2, dtype=np.float64)
        new, test = sample(100 + seed, 8000, shift=2, dtype=np.float64)
        risks = apply(maps(y, scores, **EQUAL)["isotonic"], test)
        # Rows between the ends keep their order.
        assert len(np.unique(risks)) > 0.7 * len(np.unique(test))
        slopes.append(metrics.ranking_metrics(new, risks)["calibration_slope"])
        fit = IsotonicRegression(out_of_bounds="clip").fit(scores, y)
        least = 1 / (len(y) + 2)
        steps = np.clip(fit.predict(test), least, 1 - least)
        ours.append(reference.log_loss(new, risks))
        plain.append(reference.log_loss(new, steps))
    assert np.mean(ours) < 0.99 * np.mean(plain)
    assert np.mean(slopes) > 0.9


@for_each(
    ("y", "scores", "slope", "said"),
    [
        # Parted: the slope stays 1, the mean becomes right.
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], 1.0, None),
        # Constant: the share of positives.
        ([0, 0, 0, 1], [0.7, 0.7, 0.7, 0.7], None, 0.25),
        # The wrong way round, overlapping and parted: constant too.
        ([1, 0, 1, 0, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.35], 0.0, 0.5),
        ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], 0.0, 0.5),
    ],
)
def test_platt_where_no_rising_fit_exists(y, scores, slope, said):
    y, scores = np.array(y), np.array(scores)
    found = maps(y, scores, **EQUAL)["platt"]
    if slope is not None:
        assert found.slope == slope
    repaired = apply(found, scores)
    assert repaired.mean() == pytest.approx(y.mean(), abs=1e-9)
    if said is not None:
        assert repaired == pytest.approx(np.full(len(y), said), abs=1e-9)


@given(
    labelled_scores(),
    st.floats(0.001, 0.999),
    st.floats(0.001, 0.999),
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
)
def test_every_repair_rises_and_stays_a_probability(case, prevalence, trained, new):
    y, scores = case
    found = maps(y, scores, prevalence=prevalence, trained_prevalence=trained)
    assert list(found) == [m for m in METHODS if m in found]
    new = np.sort(np.array(new))
    for map in found.values():
        said = apply(map, new)
        assert np.all((said >= 0) & (said <= 1))
        assert np.all(np.diff(said) >= -1e-15)
        assert np.array_equal(apply(map, new[::-1]), said[::-1])
    if "isotonic" in found:
        said = apply(found["isotonic"], new)
        assert np.all((said >= 1 / (len(y) + 2)) & (said <= 1 - 1 / (len(y) + 2)))


@given(st.lists(st.floats(0, 1, width=32), max_size=20))
def test_what_changes_nothing_returns_the_bits(values):
    for dtype in (np.float32, np.float64):
        scores = np.array(values, dtype=dtype)
        said = apply(CalibrationMap(), scores)
        assert said.dtype == dtype
        assert said.tobytes() == scores.tobytes()


# Which one ---------------------------------------------------------------------------


def test_the_simplest_that_does_it_is_chosen():
    good = sample(1, 4000)
    assert best(*good, **EQUAL) == "none"
    shifted = sample(1, 4000, shift=math.log(9))
    shares = {"prevalence": 0.1, "trained_prevalence": 0.5}
    assert best(*shifted, **shares) == "prior"
    # The same scores of a model that says it saw no other share.
    assert best(*shifted, **EQUAL) == "platt"
    bent = sample(1, 4000, shift=2, slope=3)
    assert best(*bent, **shares) == "platt"


def test_what_no_straight_line_repairs_is_left_to_isotonic():
    rng = np.random.default_rng(5)
    scores = rng.random(6000)
    risk = np.where(scores < 0.5, 0.02, 0.6)
    y = (rng.random(6000) < risk).astype(int)
    assert best(y, scores, **EQUAL) == "isotonic"


def test_the_choice_is_of_the_seed_and_the_out_of_fold_rows_alone():
    y, scores = sample(2, 1000, shift=2, slope=0.6)
    y_test, test = sample(9, 500)
    one = of_two(y, scores, y_test, test, **STROKE, seed=7)
    assert one == of_two(y, scores, y_test, test, **STROKE, seed=7)
    _, repair = of_two(y, scores, 1 - y_test, test, **STROKE, seed=7)
    assert repair == one[1]


def test_a_row_is_in_the_same_fold_in_every_repeat():
    # Four copies of the same rows then say what one says: none is judged by a fit
    # that has seen it in another repeat.
    y, scores = sample(3, 300, shift=1, dtype=np.float64)
    once = losses(y, scores, (0.1, 0.5), seed=0, repeats=1)
    pooled = losses(np.tile(y, 4), np.tile(scores, 4), (0.1, 0.5), seed=0, repeats=4)
    for method in METHODS:
        assert pooled[method] == pytest.approx(once[method], abs=1e-6)


def test_too_few_positives_to_judge_what_is_fitted():
    scores = np.linspace(0.3, 0.9, 40)
    y = np.zeros(40, dtype=int)
    assert best(y, scores, **EQUAL) == "none"
    assert best(y, scores, **STROKE) == "prior"
    y[-1] = 1
    assert best(y, scores, **EQUAL) == "none"
    assert best(y, scores, **STROKE) == "prior"


# All of it ---------------------------------------------------------------------------


def test_each_method_is_judged_on_the_test_rows_as_scikit_learn_does():
    y, scores = sample(1, 3000, shift=2.5)
    y_test, test = sample(2, 1500, shift=2.5)
    found, _ = by_method(y, scores, y_test, test, **STROKE)
    assert list(found) == list(METHODS)
    fitted = maps(y, scores, **STROKE)
    for method, one in found.items():
        assert one.map == fitted[method]
        said = apply(one.map, test)
        assert one.brier == pytest.approx(
            reference.brier_score_loss(y_test, said), abs=1e-9
        )
        assert one.log_loss == pytest.approx(reference.log_loss(y_test, said), abs=1e-9)
        assert one.bins == curve(y_test, said)
        assert one.expected_calibration_error == expected_calibration_error(one.bins)
        assert (one.slope, one.intercept) == (
            metrics.ranking_metrics(y_test, said)["calibration_slope"],
            metrics.ranking_metrics(y_test, said)["calibration_intercept"],
        )
    raw = metrics.ranking_metrics(y_test, test)
    assert (found["none"].brier, found["none"].log_loss) == (
        raw["brier"],
        raw["log_loss"],
    )


def test_repairs_bring_probabilities_back():
    y, scores = sample(11, 6000, shift=2.5, slope=1.4)
    y_test, test = sample(12, 6000, shift=2.5, slope=1.4)
    found, repair = by_method(y, scores, y_test, test, **EQUAL)
    assert repair == "platt"
    before, after = found["none"], found["platt"]
    assert before.in_the_large < -1
    assert abs(after.in_the_large) < 0.25
    assert after.slope == pytest.approx(1, abs=0.1)
    assert after.brier < before.brier
    assert after.expected_calibration_error < before.expected_calibration_error / 5


@given(labelled_scores(), labelled_scores(), st.floats(0, 1), st.floats(0, 1))
def test_nothing_is_too_odd(oof, test, prevalence, trained):
    found, repair = of_two(
        *oof, *test, prevalence=prevalence, trained_prevalence=trained, seed=3
    )
    assert repair in [one.method for one in found]
    for one in found:
        assert isinstance(one, Calibration)
        numbers = (one.brier, one.log_loss, one.expected_calibration_error)
        assert all(math.isfinite(number) for number in numbers)
        assert one.log_loss < 37
        for number in (one.slope, one.intercept, one.in_the_large):
            assert number is None or math.isfinite(number)


# More than two classes ---------------------------------------------------------------


@st.composite
def class_scores(draw):
    """Return probabilities of rows, shares of the classes, and those that were seen."""
    k, rows = draw(st.integers(2, 6)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharp = draw(st.sampled_from([0.05, 1.0, 20.0]))
    shares, seen = (0.98 * rng.dirichlet(np.ones(k)) + 0.02 / k for _ in range(2))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return rng.dirichlet(np.full(k, sharp), rows).astype(dtype), shares, seen


@given(class_scores())
def test_the_joint_correction_is_bayes_theorem(case):
    scores, shares, seen = case
    factors = class_factors(shares, seen)
    said = correct_priors(scores, factors)
    assert said.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert np.all((said >= 0) & (said <= 1))
    # From posterior to likelihood, and by the theorem back, a row and class at a time.
    for row, found in zip(scores.astype(float), said, strict=True):
        likelihood = [q / trained for q, trained in zip(row, seen, strict=True)]
        evidence = sum(p * like for p, like in zip(shares, likelihood, strict=True))
        for k, share in enumerate(shares):
            assert found[k] == pytest.approx(
                share * likelihood[k] / evidence, rel=1e-9, abs=1e-15
            )
    assert np.array_equal(
        apply_classes([CalibrationMap(factor=f) for f in factors], scores), said
    )
    # And what the model saw is had back.
    back = correct_priors(said, class_factors(seen, shares))
    assert back == pytest.approx(
        scores / scores.sum(axis=1, dtype=float, keepdims=True), abs=1e-9
    )


@given(class_scores())
def test_of_two_classes_it_is_the_shift_of_the_odds(case):
    scores, shares, seen = case
    pair = scores[:, :2].astype(float) + 1e-3
    pair /= pair.sum(axis=1, keepdims=True)
    shares, seen = (one[:2] / one[:2].sum() for one in (shares, seen))
    one = maps(
        np.array([]),
        np.array([]),
        prevalence=shares[1],
        trained_prevalence=seen[1],
    )
    assert correct_priors(pair, class_factors(shares, seen))[:, 1] == pytest.approx(
        apply(one["prior"], pair[:, 1]), abs=1e-9
    )


def test_the_third_class_of_the_review():
    """One against the rest gives 0.024, where 0.05 is true."""
    true, shares, seen = np.array([0.05, 0.9, 0.05]), (0.7, 0.2, 0.1), [1 / 3] * 3
    likely = true / shares
    scores = np.tile(likely / likely.sum(), (4, 1))
    y = np.array([0, 1, 2, 1])
    found, _ = calibrations(y, scores, y, scores, shares=shares, seen=seen, seed=0)
    for k, share in enumerate(true):
        (prior,) = (one for one in found[k] if one.method == "prior")
        (bin,) = prior.bins
        assert bin.score == pytest.approx(share, abs=1e-12)


def classes_sample(seed, rows, *, seen=None):
    """Return classes and the probabilities of a model that saw other shares."""
    rng = np.random.default_rng(seed)
    logits = rng.normal([2.0, 0.3, -1.5], 1.2, size=(rows, 3))
    risks = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (rng.random((rows, 1)) > risks.cumsum(axis=1)).sum(axis=1)
    shares = np.bincount(y, minlength=3) / rows
    said = risks if seen is None else correct_priors(risks, np.asarray(seen) / shares)
    return y, said.astype(np.float32), shares


def test_the_figures_of_several_classes_are_those_of_the_joint_correction():
    seen = [1 / 3] * 3
    y, scores, shares = classes_sample(1, 3000, seen=seen)
    y_test, test, _ = classes_sample(2, 2000, seen=seen)
    given = {"shares": shares, "seen": seen, "seed": 1}
    found, repair = calibrations(y, scores, y_test, test, **given)
    assert repair == "prior"
    said = correct_priors(test, class_factors(shares, seen))
    apart = []
    for k, each in enumerate(found):
        assert [one.method for one in each] == list(METHODS)
        prior = each[1]
        assert prior.map.factor == pytest.approx(3 * shares[k], abs=1e-12)
        assert prior.brier == pytest.approx(
            reference.brier_score_loss(y_test == k, said[:, k]), abs=1e-9
        )
        assert prior.bins == curve((y_test == k).astype(int), said[:, k])
        # One against the rest, as for two classes, is another thing.
        shift = CalibrationMap(intercept=prior.map.intercept)
        alone = reference.brier_score_loss(y_test == k, apply(shift, test[:, k]))
        apart.append(alone - prior.brier)
        # The others are fitted class by class.
        of_k = maps(
            (y == k).astype(int),
            scores[:, k],
            prevalence=shares[k],
            trained_prevalence=seen[k],
        )
        assert [each[n].map for n in (2, 3)] == [of_k["platt"], of_k["isotonic"]]
    assert sum(apart) > 0.001


def test_one_repair_is_chosen_for_all_classes_without_the_test_rows():
    seen = [1 / 3] * 3
    y, scores, shares = classes_sample(3, 1200, seen=seen)
    y_test, test, _ = classes_sample(4, 300, seen=seen)
    given = {"seed": 2, "repeats": 2}
    twice = np.tile(y, 2), np.tile(scores, (2, 1))
    _, repair = calibrations(*twice, y_test, test, shares=shares, seen=seen, **given)
    _, again = calibrations(*twice, 2 - y_test, test, shares=shares, seen=seen, **given)
    assert repair == again == "prior"
    raw, said, _ = classes_sample(3, 1200)
    _, repair = calibrations(
        raw, said, y_test, test, shares=shares, seen=shares, seed=2
    )
    assert repair == "none"


def test_a_class_without_a_row_has_no_joint_correction():
    assert class_factors((0.5, 0.3, 0.2), (0.5, 0.5, 0.0)) is None
    assert class_factors((0.5, 0.5, 0.0), (0.5, 0.3, 0.2)) is None
    assert class_factors((0.5, 0.3, 0.2), (0.5, 0.3, 0.2)) is None
    y, scores, shares = classes_sample(5, 400)
    y[y == 2] = 1
    found, repair = calibrations(
        y, scores, y, scores, shares=shares, seen=(0.5, 0.5, 0.0), seed=0
    )
    assert all("prior" not in [one.method for one in each] for each in found)
    assert repair == "none"  # nothing can be fitted to the third class


def test_a_map_of_two_classes_is_written_as_ever():
    text = msgspec.json.encode(CalibrationMap(intercept=-1.0))
    assert text == b'{"slope":1.0,"intercept":-1.0,"scores":[],"probabilities":[]}'
    assert msgspec.json.decode(text, type=CalibrationMap).factor is msgspec.UNSET


@pytest.mark.parametrize("negative", [0.2, 1.0, 40.0])
def test_odds_are_divided_for_another_prevalence(negative):
    scores = np.linspace(0.001, 0.999, 25)
    for one in (CalibrationMap(), CalibrationMap(slope=0.7, intercept=-1.0)):
        moved = logit(apply(shift(one, negative), scores))
        wanted = logit(apply(one, scores)) - math.log(negative)
        assert moved == pytest.approx(wanted, abs=1e-9)
    points = CalibrationMap(scores=(0.0, 0.4, 1.0), probabilities=(0.0, 0.3, 1.0))
    low, middle, high = shift(points, negative).probabilities
    assert (low, high) == (0.0, 1.0)
    assert middle == pytest.approx(expit(logit(0.3) - math.log(negative)))
