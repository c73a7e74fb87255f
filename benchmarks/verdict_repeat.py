"""Whether a verdict was right: the same training on many fresh tables.

Each case is a generated table and the arms of two models. First the engine is run on
it, and its verdict is one of two claims: use the method, or use a model without one.
Then, independently of the engine, both are trained anew with scikit-learn and
imbalanced-learn on every one of many fresh tables of the same kind, their thresholds
of least cost chosen on out-of-fold scores, and counted on fresh test rows. The mean
differences, method minus model without one, have 95 % intervals over the tables: the
claim was right if that of the cost leaves out 0 on its side.

    use     two moons apart: use balanced-random-forest
    do-not  two moons that overlap: balanced-random-forest is better than the forest,
            but a plain logistic regression with its threshold moved does as well

    python benchmarks/verdict_repeat.py [--only use,do-not] [--draws 200]
        [--first-seed 1000] [--json PATH]
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import common

sys.path.insert(0, str(common.ROOT))


class Case(NamedTuple):
    """A table without its seed, what the verdict claims, and what proves it wrong."""

    source: str
    method: str
    plain: str
    use: bool


CASES = {
    "use": Case(
        "make:moons?rows=20000&ratio=50&noise=0.3",
        "balanced-random-forest",
        "untreated@random-forest",
        True,
    ),
    "do-not": Case(
        "make:moons?rows=20000&ratio=30&noise=0.6",
        "balanced-random-forest",
        "untreated@logistic",
        False,
    ),
}
METHODS = "untreated", "random-under", "balanced-random-forest"
MODELS = "logistic", "random-forest"
FOLDS = 2


def claim(case: Case) -> dict[str, Any]:
    """Run the engine on the table of seed 1, and return its verdict."""
    import msgspec

    import engine
    from engine.core.events import Compared
    from engine.core.experiment import ModelSpec, SearchSpec
    from engine.core.methods import grammar

    made = engine.preset("quick", source=f"{case.source}&seed=1")
    arms = grammar.combine(tuple(map(grammar.parse, METHODS)), MODELS)
    made = msgspec.structs.replace(
        made,
        arms=arms,
        model=ModelSpec(space="fixed"),
        search=SearchSpec(trials=1, folds=5),
        split=msgspec.structs.replace(made.split, test_size=0.5),
    )
    verdict = next(e.verdict for e in engine.run(made) if isinstance(e, Compared))
    return {
        "code": verdict.code,
        "arm": verdict.choice.arm if verdict.choice else None,
        "text": verdict.recommendation,
        "moved": [r.text for r in verdict.reasons if r.code == "VRD118"],
    }


def fitted(name: str, X: Any, y: Any, seed: int) -> Any:
    """Train an arm by the libraries alone."""
    from imblearn.ensemble import BalancedRandomForestClassifier
    from imblearn.under_sampling import RandomUnderSampler
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(X)
    rows = scaler.transform(X)
    if name.startswith("random-under"):
        rows, y = RandomUnderSampler(random_state=seed).fit_resample(rows, y)
    if name == "balanced-random-forest":
        model = BalancedRandomForestClassifier(random_state=seed, n_jobs=1)
    elif name.endswith("@random-forest"):
        model = RandomForestClassifier(random_state=seed, n_jobs=1)
    else:
        model = LogisticRegression()
    model.fit(rows, y)
    return lambda new: model.predict_proba(scaler.transform(new))[:, 1]


def drawn(case: Case, seed: int) -> tuple[float, float]:
    """Return the difference in cost per 1,000 rows, and in average precision."""
    import numpy as np
    from sklearn.metrics import average_precision_score
    from sklearn.model_selection import StratifiedKFold, train_test_split

    from engine.core.costs import Costs
    from engine.data.synthetic import frame
    from engine.evaluate.threshold import choose
    from engine.io.make_spec import parse

    table = frame(parse(f"{case.source}&seed={seed}"))
    y = table.pop("label").to_numpy().astype(np.int64)
    X, X_test, y, y_test = train_test_split(
        table.to_numpy(), y, test_size=0.5, random_state=seed, stratify=y
    )
    share = float(y.mean())
    costs = Costs(cost_fn=(1 - share) / share, cost_fp=1.0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    found = []
    for name in (case.method, case.plain):
        oof = np.empty(len(y))
        for fitting, judging in folds.split(X, y):
            oof[judging] = fitted(name, X[fitting], y[fitting], seed)(X[judging])
        threshold = choose("cost", y, oof, prevalence=share, costs=costs).threshold
        scores = fitted(name, X, y, seed)(X_test)
        called = scores >= threshold
        missed = int(np.sum(~called & (y_test == 1)))
        alarms = int(np.sum(called & (y_test == 0)))
        cost = 1000 * (costs.cost_fn * missed + costs.cost_fp * alarms) / len(y_test)
        found.append((cost, float(average_precision_score(y_test, scores))))
    (own, ranks), (base, ranked) = found
    return own - base, ranks - ranked


def measure(told: dict[str, Any]) -> dict[str, Any]:
    """Claim, and repeat."""
    out = {}
    for name in told["only"]:
        case = CASES[name]
        common.say(f"{name}: the verdict")
        said = claim(case)
        common.say(f"{name}: {said['code']}, {told['draws']} fresh tables")
        seeds = range(told["first_seed"], told["first_seed"] + told["draws"])
        out[name] = {"claim": said, "draws": [drawn(case, seed) for seed in seeds]}
    return out


def interval(values: list[float]) -> tuple[float, float, float]:
    """Return a mean and its 95 % interval, by Student's t."""
    from statistics import fmean, stdev

    from scipy.stats import t

    mean, error = fmean(values), stdev(values) / len(values) ** 0.5
    half = float(t.ppf(0.975, len(values) - 1)) * error
    return mean, mean - half, mean + half


def tables(found: dict[str, Any]) -> str:
    head = (
        "case",
        "verdict",
        "method minus model without one",
        "draws",
        "cost per 1,000 (95 %)",
        "average precision (95 %)",
        "draws in which it costs less",
    )
    rows = []
    for name, one in found.items():
        case, (costs, ranks) = CASES[name], zip(*one["draws"], strict=True)
        cost, rank = interval(list(costs)), interval(list(ranks))
        less = sum(value < 0 for value in costs)
        rows.append(
            (
                name,
                f"{one['claim']['code']}: {one['claim']['arm']}",
                f"{case.method} − {case.plain}",
                str(len(costs)),
                "{:+.1f} ({:+.1f} to {:+.1f})".format(*cost),
                "{:+.3f} ({:+.3f} to {:+.3f})".format(*rank),
                f"{less} of {len(costs)}",
            )
        )
    return common.table(head, rows)


def goals(found: dict[str, Any]) -> list[Any]:
    """Hold each claim against its proof."""
    reached = []
    for name, one in found.items():
        case, costs = CASES[name], [cost for cost, _ in one["draws"]]
        right = one["claim"]["arm"] == (case.method if case.use else case.plain)
        _, low, high = interval(costs)
        proved = high < 0 if case.use else low > 0
        reached.append(common.goal(f"{name}: as claimed", float(right), "≥", 1))
        reached.append(common.goal(f"{name}: proved", float(proved), "≥", 1))
    return reached


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--only", type=common.names, default=list(CASES))
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1000)
    args = parser.parse_args()
    told = {"only": args.only, "draws": args.draws, "first_seed": args.first_seed}
    found = common.measured(__file__, "measure", told)
    del found["peak_bytes"]  # the rest is by case
    result = {
        "machine": common.machine(),
        "settings": told,
        "cases": found,
        "goals": goals(found),
    }
    common.finish(result, tables(found), args.json)


if __name__ == "__main__":
    common.main(main, {"measure": measure})
