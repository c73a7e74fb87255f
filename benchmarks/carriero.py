"""The published comparison of Carriero et al. (2025), with our models and methods.

Statistics in Medicine, doi 10.1002/sim.10320: which model gains from which correction
of the class imbalance. Each draw has the training rows of a scenario and ten times as
many fresh rows (`make:carriero`), on which every model with every method is evaluated;
the table has medians over the draws, beside those that the authors publish.

They set each model by the deviance in five folds of the *resampled* rows, so that
copies and synthetic rows judge what was fitted to their like. imbtui resamples within a
fold, and judges by the average precision of rows as they are. Both are done here, with
the same candidates, on the first draws (`--search`): "as published", and "untouched".

    python benchmarks/carriero.py [--scenario 9] [--draws 40] [--models …] [--methods …]
        [--search 3] [--fresh 10] [--processes 2] [--json benchmarks/results/…]
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import common
import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(common.ROOT))

from engine.core.errors import ArmError
from engine.core.methods import grammar
from engine.data.synthetic import frame
from engine.evaluate.metrics import ranking_metrics, score
from engine.io.make_spec import TARGET, make
from engine.resample.method import apply
from engine.train.models.port import find

METHODS = "untreated,random-under,random-over,smote,smote-enn"
MODELS = "logistic,random-forest,xgboost,rbf-svm"
ENSEMBLES = "rus-boost,easy-ensemble"
PUBLISHED = Path(__file__).with_suffix(".csv")
"""Their figures: medians that we took of the 2,000 draws whose results they publish at
https://github.com/alexcarriero/class_imbalance_project. None of their code is here."""
WAYS = {"as published": False, "untouched": True}
"""How a setting is chosen, and whether by rows as they are."""
MEASURES = {
    "auc": "roc_auc",
    "brier": "brier",
    "intercept": "calibration_in_the_large",
    "slope": "calibration_slope",
}
FRESH_SEED = 1_000_000
"""What is added to a draw's number for the seed of its fresh rows."""
TREES = 100
"""A fifth of theirs, which would take hours."""
BOUNDS = (
    ("logistic", "auc", 0.005),
    ("logistic", "intercept", 0.15),
    ("logistic", "slope", 0.1),
    ("random-forest", "auc", 0.02),
    ("xgboost", "auc", 0.02),
)
"""How near to the published medians each measure should be."""
OTHER = "smote-enn"
"""It cleans in another way: theirs counts a row among its own neighbours."""


class Setting(NamedTuple):
    """Parameters of a model, and its rounds."""

    params: tuple[tuple[str, float], ...] = ()
    rounds: int = 1


class Pair(NamedTuple):
    """A model with a method; an ensemble balances by itself."""

    model: str
    method: str = "untreated"


def grid(model: str) -> dict[tuple[tuple[str, float], ...], tuple[int, ...]]:
    """Return the settings that are tried: parameters, and the rounds at each.

    Those of the authors, thinned: caret's grid for XGBoost without its least shares of
    rows and columns, and the last C of that for the SVM; ranger's nodes of up to ten
    rows are leaves of three. Logistic regression has no penalty to speak of, ensembles
    have their defaults.
    """
    rounds: tuple[int, ...] = (1,)
    values: dict[str, tuple[float, ...]] = {}
    if model == "logistic":
        values = {"C": (1e6,)}
    elif model == "rbf-svm":
        values = {"C": (1.0,)}
    elif model == "random-forest":
        rounds = (TREES,)
        values = {
            "n_estimators": rounds,
            "max_features": (0.125, 0.25),
            "min_samples_leaf": (1, 3),
        }
    elif model == "xgboost":
        rounds = (50, 100, 150)
        values = {
            "learning_rate": (0.3, 0.4),
            "max_depth": (1, 2, 3),
            "subsample": (0.75, 1.0),
            "colsample_bytree": (0.8,),
        }
    every = product(*values.values())
    return {tuple(zip(values, one, strict=True)): rounds for one in every}


def drawn(scenario: int, seed: int, times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of a scenario, so many times as it has."""
    rows = make("carriero", scenario=scenario).rows * times
    table = frame(make("carriero", scenario=scenario, seed=seed, rows=rows))
    X = table.drop(columns=TARGET).to_numpy(np.float32)
    return X, table[TARGET].to_numpy(np.int8)


def resampled(method: str, X: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """Return rows and classes after a method."""
    rows = apply(grammar.parse(method), X, y, seed=seed)
    return rows.X, rows.y


def scores(
    model: str,
    params: tuple[tuple[str, float], ...],
    rounds: tuple[int, ...],
    X: np.ndarray,
    y: np.ndarray,
    other: np.ndarray,
    seed: int,
) -> Iterator[tuple[Setting, np.ndarray]]:
    """Fit a model, and score other rows after so many rounds."""
    learner = find(model)
    fit = learner.matrix(X, y)
    judged = learner.matrix(other, like=fit)
    growing = learner.start(fit, dict(params), seed=seed, tick=lambda: None)
    done = 0
    for many in rounds:
        growing.advance(many - done)
        done = many
        yield Setting(params, many), growing.scores(judged)


def losses(pair: Pair, untouched: bool, scenario: int, seed: int) -> Counter[Setting]:
    """Return what each setting loses in five folds of a draw."""
    X, y = drawn(scenario, seed)
    loss = _not_found if untouched else partial(log_loss, normalize=False)
    if not untouched:
        X, y = resampled(pair.method, X, y, seed)
    found: Counter[Setting] = Counter()
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    for fit, judged in folds.split(X, y):
        rows = X[fit], y[fit]
        if untouched:
            rows = resampled(pair.method, *rows, seed)
        for params, rounds in grid(pair.model).items():
            for setting, risks in scores(
                pair.model, params, rounds, *rows, X[judged], seed
            ):
                found[setting] += loss(y[judged], risks.astype(np.float64))
    return found


def _not_found(y: np.ndarray, risks: np.ndarray) -> float:
    return 1 - score("average_precision", y, risks)


def chosen(scenario: int, searched: int, pair: Pair) -> dict[str, Setting]:
    """Return the setting of the least loss over the first draws, by each way."""
    few = grid(pair.model)
    (params, rounds), *more = few.items()
    if not more and len(rounds) == 1:
        return dict.fromkeys(WAYS, Setting(params, *rounds))
    found = {}
    for way, untouched in WAYS.items():
        sums: Counter[Setting] = Counter()
        for seed in range(searched):
            sums.update(losses(pair, untouched, scenario, seed))
        found[way] = min(sums, key=sums.__getitem__)
    common.say(f"{pair.model}, {pair.method}: {found}")
    return found


def evaluated(
    scenario: int, settings: dict[Pair, dict[str, Setting]], fresh: int, seed: int
) -> dict[tuple[Pair, Setting], dict[str, float | None]]:
    """Return the measures of every pair with its settings, on fresh rows of a draw."""
    X, y = drawn(scenario, seed)
    Z, z = drawn(scenario, FRESH_SEED + seed, fresh)
    found = {}
    for pair, by_way in settings.items():
        rows = resampled(pair.method, X, y, seed)
        for setting in dict.fromkeys(by_way.values()):
            how = (pair.model, setting.params, (setting.rounds,))
            try:
                ((_, risks),) = scores(*how, *rows, Z, seed)
            except ArmError:  # it cannot learn from so few rows; theirs fail there too
                continue
            measured = ranking_metrics(z, risks)
            found[pair, setting] = {k: measured[of] for k, of in MEASURES.items()}
    common.say(f"draw {seed}")
    return found


def published(scenario: int) -> dict[Pair, dict[str, float]]:
    """Return the medians that the authors publish, where they are in the file."""
    with PUBLISHED.open() as file:
        rows = [row for row in csv.DictReader(file) if row["scenario"] == str(scenario)]
    return {
        Pair(row["model"], row["method"]): {k: float(row[k]) for k in MEASURES}
        for row in rows
    }


def goals(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how far the medians are from those of the authors, model by model."""
    found = []
    for model, measure, bound in BOUNDS:
        apart = [
            abs(line["as published"][measure] - line["published"][measure])
            for line in lines
            if line["model"] == model and line["published"] and line["method"] != OTHER
        ]
        if apart:
            what = f"{model}: {measure}, largest distance from the published"
            found.append(common.goal(what, max(apart), "≤", bound))
    return found


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--scenario", type=int, default=9)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--models", type=common.names, default=common.names(MODELS))
    parser.add_argument("--methods", type=common.names, default=common.names(METHODS))
    parser.add_argument("--search", type=int, default=3)
    parser.add_argument("--fresh", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    pairs = [
        Pair(model, method)
        for model in args.models
        for method in (args.methods if model not in ENSEMBLES else ["untreated"])
    ]
    with ProcessPoolExecutor(args.processes) as pool:
        by_way = pool.map(partial(chosen, args.scenario, args.search), pairs)
        settings = dict(zip(pairs, by_way, strict=True))
        measure = partial(evaluated, args.scenario, settings, args.fresh)
        draws = list(pool.map(measure, range(args.draws)))
    known = published(args.scenario)
    lines = []
    for pair, found in settings.items():
        line: dict[str, Any] = {**pair._asdict(), "published": known.get(pair)}
        for way, setting in found.items():
            several = [draw[pair, setting] for draw in draws if (pair, setting) in draw]
            line[way] = {
                **{k: float(np.median([d[k] for d in several])) for k in MEASURES},
                "setting": dict(setting.params),
                "rounds": setting.rounds,
                "draws": len(several),
            }
        lines.append(line)
    told = {k: v for k, v in vars(args).items() if k != "json"}
    result = {"machine": common.machine(), "settings": told, "lines": lines}
    result["goals"] = goals(lines)
    first, second = WAYS
    head = ("model", "method", *(f"{k}, published" for k in MEASURES))
    rows = [
        (
            line["model"],
            line["method"],
            *(
                f"{_cell(line[first], k)}, {_cell(line['published'], k)}"
                for k in MEASURES
            ),
            _cell(line[second], "auc"),
            _cell(line[second], "slope"),
        )
        for line in lines
    ]
    head = (*head, "auc, untouched", "slope, untouched")
    common.finish(result, common.table(head, rows), args.json)


def _cell(found: dict[str, Any] | None, measure: str) -> str:
    if found is None:
        return "–"
    return f"{found[measure]:.{3 if measure in ('auc', 'brier') else 2}f}"


if __name__ == "__main__":
    main()
