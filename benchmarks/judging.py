"""Scores to judge, trained and drawn, and the verdicts on them.

Each goes from scores through thresholds (chosen on other rows), the comparison on the
test rows and that over the folds to the verdict, as in a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.core.outcome import ModelVerdict, Verdict

ARMS = ("untreated", "r1", "r2", "r3", "r4")
MODELS = ("a", "b")
KINDS = {"untreated": "control"} | dict.fromkeys(ARMS[1:], "sampler")
RATIO = 10.0
NEGATIVES_EACH = 10
"""Negatives to a positive in drawn tables."""
APART, NOISE = 1.6, 0.5
FOLDS = 5
BETTER = ("VRD001", "VRD003")


class Rows(NamedTuple):
    """Labels and every arm's scores: of test rows, and out of fold with the folds."""

    y: Any
    test: dict[str, Any]
    y_oof: Any
    oof: dict[str, Any]
    folds: list[Any]


class Held(NamedTuple):
    """What is compared of every arm, by its name."""

    scores: dict[str, Any]
    evaluations: dict[str, Any]
    over: dict[str, Any]
    rows: Rows
    costs: Any


def held(rows: Rows, *, seed: int, ratio: float) -> Held:
    """Choose thresholds and count, as a run does."""
    from engine.core.costs import Costs
    from engine.core.events import ArmEvaluated
    from engine.core.experiment import DecisionSpec
    from engine.evaluate.board import cross_fit
    from engine.evaluate.compare import ArmScores
    from engine.evaluate.costs import least_cost_thresholds
    from engine.evaluate.metrics import score
    from engine.evaluate.threshold import choose, operating_point

    costs = Costs(cost_fn=ratio, cost_fp=1.0)
    prevalence = float(rows.y_oof.mean())
    made = Held({}, {}, {}, rows, costs)
    for name, scores in rows.test.items():
        chosen = {
            at: choose(
                "cost" if at == "recommended" else at,
                rows.y_oof,
                rows.oof[name],
                prevalence=prevalence,
                test_rows=len(rows.y),
                costs=costs,
            )
            for at in DecisionSpec().points
        }
        thresholds = {at: one.threshold for at, one in chosen.items()}
        redrawn = least_cost_thresholds(
            rows.y_oof, rows.oof[name], cost_fn=ratio, cost_fp=1.0, seed=seed
        )
        made.scores[name] = ArmScores(name, rows.y, scores, thresholds, redrawn)
        points = [
            operating_point(
                at,
                one,
                before=rows.oof[name],
                y=rows.y,
                scores=scores,
                costs=costs,
                aim="cost" if at == "recommended" else None,
            )
            for at, one in chosen.items()
        ]
        made.evaluations[name] = ArmEvaluated(
            arm=name, operating_points=tuple(points), test={}
        )
        made.over[name] = {
            "average_precision": [
                score("average_precision", rows.y_oof[fold], rows.oof[name][fold])
                for fold in rows.folds
            ],
            "cost_per_1000": cross_fit(
                "cost",
                rows.y_oof,
                rows.oof[name],
                rows.folds,
                costs=costs,
                prevalence=prevalence,
            ),
        }
    return made


def board(
    made: Held, names: Any, control: str, *, seed: int, draws: int, models: int = 1
) -> Any:
    """Compare some arms with one of them."""
    from engine.evaluate.board import Board
    from engine.evaluate.compare import compare
    from engine.evaluate.detectable import skill
    from engine.evaluate.repeated import compare_folds

    arms = [made.scores[name] for name in names]
    folds = compare_folds(
        {name: made.over[name] for name in names},
        control=control,
        metrics=("average_precision", "cost_per_1000"),
        train_share=1 - 1 / FOLDS,
        repeats=1,
        rope=0.01,
    )
    labelled = {(name, None): (made.rows.y, made.rows.test[name]) for name in names}
    return Board(
        [made.evaluations[name] for name in names],
        compare(arms, control=control, seed=seed, draws=draws, costs=made.costs),
        kinds={name: KINDS[name.partition("@")[0]] for name in names},
        costs=made.costs,
        folds=folds,
        skill=skill(labelled, tests=len(made.rows.test)),
        control=control,
        models=models,
    )


def judged(
    rows: Rows, *, seed: int, draws: int, ratio: float = RATIO
) -> tuple[Verdict, Verdict, Any]:
    """Return the verdict, that of the test rows alone, and the comparisons."""
    from engine.evaluate.verdict.verdict import verdict

    made = held(rows, seed=seed, ratio=ratio)
    whole = board(made, rows.test, "untreated", seed=seed, draws=draws)
    return verdict(whole), verdict(replace(whole, folds=())), whole.comparison


class Claimed(NamedTuple):
    """What a null experiment of several models claims.

    Attributes
    ----------
    within : list of bool
        Per model, whether an arm is called better than its control.
    across : bool
        Whether an arm or another model is recommended as better than the baseline.
    plain : bool
        Whether one model without a method is called better than another.
    worse : bool
        Whether any arm is called worse.
    """

    within: list[bool]
    across: bool
    plain: bool
    worse: bool

    @property
    def better(self) -> bool:
        """Whether anything is called better."""
        return any(self.within) or self.across or self.plain


def claimed(rows: Rows, *, seed: int, draws: int) -> Claimed:
    """Return what the verdict on all models claims: arms are METHOD@MODEL."""
    from engine.evaluate.verdict import across, rules
    from engine.evaluate.verdict.verdict import Context

    made = held(rows, seed=seed, ratio=RATIO)
    settings = {"seed": seed, "draws": draws, "models": len(MODELS)}
    families = []
    for model in MODELS:
        names = [name for name in rows.test if name.endswith(f"@{model}")]
        one = board(made, names, f"untreated@{model}", **settings)
        families.append(across.Family.of(model, one, Context()))
    metric = "cost_per_1000"
    values = {f"untreated@{m}": made.over[f"untreated@{m}"][metric] for m in MODELS}
    base = across.baseline(values, metric=metric)
    compared = across.compared_arms(families)
    whole = board(made, compared, base, **settings)
    told = across.verdict_across(families, whole, Context(), values)
    return Claimed(
        [one.code in BETTER for one in told.by_model],
        told.code == "VRD010",
        any(rules.losses(whole, name) for name in values),
        any(map(calls_worse, (told, *told.by_model))),
    )


def calls_worse(verdict: Verdict | ModelVerdict) -> bool:
    return any(remark.code == "VRD102" for remark in verdict.reasons)


# Trained models -----------------------------------------------------------------------


def generate_table(seed: int) -> tuple[Any, Any]:
    """Make a table of 3,000 rows: eight columns, five of them a hint, 6 % positive."""
    import numpy as np
    from sklearn.datasets import make_classification

    X, y = make_classification(
        n_samples=3000,
        n_features=8,
        n_informative=5,
        n_redundant=1,
        weights=[0.94],
        class_sep=0.8,
        flip_y=0.02,
        random_state=seed,
    )
    return X.astype(np.float32), y.astype(np.int64)


def trained(seed: int, names: Sequence[str]) -> Rows:
    """Return scores of arms that differ in the seed of their models alone."""
    import numpy as np
    import xgboost
    from sklearn.model_selection import StratifiedKFold, train_test_split

    X, y = generate_table(seed)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.5, random_state=seed, stratify=y
    )
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, y))

    def fit(rows: Any, number: int) -> Any:
        told = {
            "objective": "binary:logistic", "max_depth": 3, "eta": 0.1,
            "subsample": 0.7, "colsample_bytree": 0.7, "nthread": 1,
            "seed": 1000 * seed + number,
        }  # fmt: skip
        return xgboost.train(told, xgboost.DMatrix(X[rows], y[rows]), 60)

    test, oof = {}, {}
    for number, name in enumerate(names):
        found = np.empty(len(y), dtype=np.float32)
        for fitting, judging in folds:
            model = fit(fitting, number)
            found[judging] = model.predict(xgboost.DMatrix(X[judging]))
        oof[name] = found
        whole = fit(np.arange(len(y)), number)
        test[name] = whole.predict(xgboost.DMatrix(X_test))
    return Rows(y_test, test, y, oof, [judging for _, judging in folds])


# Drawn scores -------------------------------------------------------------------------


def draw_scores(
    generator: Any, positives: int, gain: float, names: Sequence[str] = ARMS
) -> tuple[Any, dict[str, Any]]:
    """Draw labels and every arm's scores of one set of rows."""
    import numpy as np
    from scipy.special import expit

    y = np.zeros(positives * (NEGATIVES_EACH + 1), dtype=np.int64)
    y[:positives] = 1
    # What a row looks like to every arm, and what each makes of it.
    seen = generator.normal(size=len(y)) + APART * y - 3
    return y, {
        name: expit(
            seen
            + NOISE * generator.normal(size=len(y))
            + (gain * y if name == "r1" else 0.0)
        )
        for name in names
    }


def draw(
    seed: int,
    positives: int,
    gain: float,
    names: Sequence[str] = ARMS,
    *,
    luck: float = 0.0,
) -> Rows:
    """Draw what an experiment has; each model that is fitted is better by some `luck`.

    That is the standard deviation of what it adds to the log-odds of the positives: an
    arm's final model and those of its folds are not equally good.
    """
    import numpy as np
    from scipy.special import expit, logit

    generator = np.random.default_rng((seed, positives, int(100 * gain)))
    y, test = draw_scores(generator, positives, gain, names)
    y_oof, oof = draw_scores(generator, 4 * positives, gain, names)
    # Positives come first, so every fold has its share of them.
    folds = [np.arange(k, len(y_oof), FOLDS) for k in range(FOLDS)]
    for name in names if luck else ():
        final, *each = luck * generator.normal(size=1 + FOLDS)
        test[name] = expit(logit(test[name]) + final * y)
        fold = np.arange(len(y_oof)) % FOLDS
        oof[name] = expit(logit(oof[name]) + np.array(each)[fold] * y_oof)
    return Rows(y, test, y_oof, oof, folds)
