"""How often a verdict is wrong by chance, and how often it finds what is there.

    trained   null experiments: five arms of really trained XGBoost models that differ
              in nothing but their seed, on small made-up tables
    drawn     the same with drawn scores, by the number of test positives
    power     drawn scores, one of four remedies is better by so much

Every run goes from scores through thresholds (chosen on other rows), the comparison on
the test rows and that over the folds to the verdict, as a real one does. An alarm is
false where the verdict calls an arm better than `none` (VRD001 or VRD003) though none
is.

    python benchmarks/verdict_chance.py [--only trained,drawn,power] [--runs 200]
        [--power-runs 100] [--first-seed 0] [--json PATH]
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import common

sys.path.insert(0, str(common.ROOT))

if TYPE_CHECKING:
    from engine.events import Verdict

PARTS = ("trained", "drawn", "power")
ARMS = ("none", "r1", "r2", "r3", "r4")
KINDS = {"none": "control"} | dict.fromkeys(ARMS[1:], "recipe")
COSTS = {"cost_fn": 10.0, "cost_fp": 1.0}
POSITIVES = (20, 50, 100, 200, 400)
GAINS = (0.1, 0.2, 0.3, 0.5)
NEGATIVES_EACH = 10
"""Negatives to a positive in drawn tables."""
APART, NOISE = 1.6, 0.5
DRAWS, FEWER_DRAWS = 2000, 1000
FOLDS = 5
BETTER = ("VRD001", "VRD003")
CALLS = {
    "VRD001": "use an arm",
    "VRD002": "move the threshold",
    "VRD003": "a gain with a loss",
    "VRD004": "keep none",
    "VRD005": "too few to tell",
}


class Rows(NamedTuple):
    """Labels and every arm's scores: of test rows, and out of fold with the folds."""

    y: Any
    test: dict[str, Any]
    y_oof: Any
    oof: dict[str, Any]
    folds: list[Any]


def judged(rows: Rows, *, seed: int, draws: int) -> tuple[Verdict, Verdict]:
    """Return the verdict on these scores, and that of the test rows alone."""
    from engine.evaluate.compare import ArmScores, compare
    from engine.evaluate.metrics import confusion_at
    from engine.evaluate.objective import score
    from engine.evaluate.repeated import compare_folds
    from engine.evaluate.threshold import choose
    from engine.evaluate.verdict import verdict
    from engine.events import ArmEvaluated, OperatingPoint
    from engine.spec import DecisionSpec

    arms, evaluations, over = [], [], {}
    for name in ARMS:
        thresholds = {
            policy: choose(
                policy,
                rows.y_oof,
                rows.oof[name],
                prevalence=float(rows.y_oof.mean()),
                test_rows=len(rows.y),
                **COSTS,
            ).threshold
            for policy in DecisionSpec().policies
        }
        scores = rows.test[name]
        arms.append(ArmScores(name, KINDS[name], rows.y, scores, thresholds))  # type: ignore[arg-type]
        points = [
            OperatingPoint(
                policy=policy,
                threshold=value,
                confusion=confusion_at(rows.y, scores, value),
                metrics={},
            )
            for policy, value in thresholds.items()
        ]
        evaluations.append(
            ArmEvaluated(arm=name, operating_points=tuple(points), test={})
        )
        over[name] = {
            "average_precision": [
                score("average_precision", rows.y_oof[fold], rows.oof[name][fold])
                for fold in rows.folds
            ]
        }
    comparison = compare(arms, seed=seed, draws=draws, **COSTS)
    told: dict[str, Any] = {
        "kinds": KINDS,
        "policy": "default",
        "positives_test": int(rows.y.sum()),
        **COSTS,
    }
    folds = compare_folds(
        over, control="none", train_share=1 - 1 / FOLDS, repeats=1, rope=0.01
    )
    return (
        verdict(evaluations, comparison, folds=folds, **told),
        verdict(evaluations, comparison, **told),
    )


# Trained models -----------------------------------------------------------------------


def _table(seed: int) -> tuple[Any, Any]:
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


def trained(seed: int) -> tuple[str, str]:
    """Run one null experiment: arms that differ in the seed of their models alone."""
    import numpy as np
    import xgboost
    from sklearn.model_selection import StratifiedKFold, train_test_split

    X, y = _table(seed)
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
    for number, name in enumerate(ARMS):
        found = np.empty(len(y), dtype=np.float32)
        for fitting, judging in folds:
            model = fit(fitting, number)
            found[judging] = model.predict(xgboost.DMatrix(X[judging]))
        oof[name] = found
        whole = fit(np.arange(len(y)), number)
        test[name] = whole.predict(xgboost.DMatrix(X_test))
    rows = Rows(y_test, test, y, oof, [judging for _, judging in folds])
    full, alone = judged(rows, seed=seed, draws=DRAWS)
    return full.call, alone.call


# Drawn scores -------------------------------------------------------------------------


def _scores(generator: Any, positives: int, gain: float) -> tuple[Any, dict[str, Any]]:
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
        for name in ARMS
    }


def drawn(seed: int, positives: int, gain: float) -> tuple[str, str, bool]:
    """Return both calls, and whether the better arm was the one recommended."""
    import numpy as np

    generator = np.random.default_rng((seed, positives, int(100 * gain)))
    y, test = _scores(generator, positives, gain)
    y_oof, oof = _scores(generator, 4 * positives, gain)
    # Positives come first, so every fold has its share of them.
    folds = [np.arange(k, len(y_oof), FOLDS) for k in range(FOLDS)]
    rows = Rows(y, test, y_oof, oof, folds)
    full, alone = judged(rows, seed=seed, draws=FEWER_DRAWS)
    return full.call, alone.call, full.recommendation.startswith("Use `r1`:")


def truth(gain: float) -> tuple[float, float]:
    """Return the true difference in average precision and in least cost per 1,000."""
    import numpy as np
    from sklearn.metrics import average_precision_score, confusion_matrix_at_thresholds

    generator = np.random.default_rng(0)
    y, scores = _scores(generator, 40_000, gain)

    def least(values: Any) -> float:
        _, fp, fn, _, _ = confusion_matrix_at_thresholds(y, values)
        return float(1000 * np.min(10 * fn + fp) / len(y))

    one, base = scores["r1"], scores["none"]
    return (
        average_precision_score(y, one) - average_precision_score(y, base),
        least(one) - least(base),
    )


# Tables -------------------------------------------------------------------------------


def _share(count: int, runs: int) -> str:
    """Write a share of runs with its interval."""
    from engine.evaluate.words import wilson

    low, high = wilson(count, runs)
    return f"{100 * count / runs:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def null_row(what: str, calls: list[list[str]]) -> tuple[str, ...]:
    full = Counter(call for call, _ in calls)
    alone = sum(call in BETTER for _, call in calls)
    false = sum(full[call] for call in BETTER)
    return (
        what,
        str(len(calls)),
        _share(false, len(calls)),
        _share(alone, len(calls)),
        *(str(full[call]) for call in CALLS),
    )


def measure(told: dict[str, Any]) -> dict[str, Any]:
    """Run what was asked for."""
    first, out = told["first_seed"], {}
    seeds = range(first, first + told["runs"])
    nulls: dict[str, list[Any]] = {}
    if "trained" in told["only"]:
        common.say(f"trained: {len(seeds)} null experiments")
        nulls["trained models, 90 positives"] = [trained(seed) for seed in seeds]
    if "drawn" in told["only"]:
        for positives in POSITIVES:
            common.say(f"drawn: {len(seeds)} null experiments, {positives} positives")
            nulls[f"drawn scores, {positives} positives"] = [
                drawn(seed, positives, 0.0)[:2] for seed in seeds
            ]
    out["nulls"] = nulls
    if "power" in told["only"]:
        out["power"] = [_power(gain, told["power_runs"]) for gain in GAINS]
    return out


def _power(gain: float, runs: int) -> dict[str, Any]:
    """Count how often the better arm is recommended, by the number of positives."""
    ranking, cost = truth(gain)
    found = []
    for positives in POSITIVES:
        common.say(f"power: gain {gain}, {positives} positives")
        found.append(sum(drawn(seed, positives, gain)[2] for seed in range(runs)))
    return {"ranking": ranking, "cost": cost, "found": found}


def tables(found: dict[str, Any], power_runs: int) -> str:
    parts = []
    if found["nulls"]:
        head = (
            "null experiments",
            "runs",
            "called better (95 %)",
            "by the test rows alone",
            *CALLS.values(),
        )
        rows = [null_row(what, calls) for what, calls in found["nulls"].items()]
        parts.append(common.table(head, rows))
    if found.get("power"):
        head = (
            "true difference: average precision",
            "cost per 1,000",
            *(f"{n} positives" for n in POSITIVES),
        )
        rows = [
            (
                f"{row['ranking']:+.3f}",
                f"{row['cost']:+.1f}",
                *(f"{100 * hits / power_runs:.0f} %" for hits in row["found"]),
            )
            for row in found["power"]
        ]
        parts.append(common.table(head, rows))
    return "\n\n".join(parts)


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--only", type=common.names, default=list(PARTS))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--power-runs", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    args = parser.parse_args()
    told = {
        "only": args.only,
        "runs": args.runs,
        "power_runs": args.power_runs,
        "first_seed": args.first_seed,
    }
    found = common.measured(__file__, "measure", told)
    goals = []
    for what, calls in found["nulls"].items():
        false = sum(call in BETTER for call, _ in calls)
        goals.append(
            common.goal(f"{what}: called better", false / args.runs, "≤", 0.05)
        )
    result = {"machine": common.machine(), "settings": told, **found, "goals": goals}
    common.finish(result, tables(found, args.power_runs), args.json)


if __name__ == "__main__":
    common.main(main, {"measure": measure})
