"""The textbook way against `engine.run`: the same arms, settings, folds and rounds.

The textbook way is an imbalanced-learn Pipeline per setting and fold, fitted from
scratch each time, one process per core with OpenMP pinned. Both sides are run in
turn, `--repeats` times; the ratio is of the medians.

    python benchmarks/experiment.py [DATA --target COL] [--trials 5] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import joblib
import msgspec
import numpy as np
from imblearn import FunctionSampler
from imblearn.pipeline import Pipeline
from sklearn.metrics import average_precision_score
from xgboost import XGBClassifier

from engine.data.load import load
from engine.data.roles import prepare
from engine.execute.threads import cores
from engine.features import Features
from engine.presets import preset
from engine.resample import recipe, registry
from engine.run import run
from engine.split import folds, hold_out
from engine.state import State, reduce
from engine.train import tune

ROUNDS = 100


def experiment(args):
    base = preset("article", source=args.data, target=args.target)
    replace = msgspec.structs.replace
    return replace(
        base,
        arms=tuple(registry.arm(name) for name in args.arms.split(",")),
        model=replace(base.model, rounds=ROUNDS, early_stopping=0),
        search=replace(base.search, trials=args.trials, method="random"),
    )


def one_fit(setting, arm, dataset, fold, seed):
    """What a search over a pipeline does for one setting and one fold."""
    features = Features(dataset.columns)

    def treat(X, y):
        done = recipe.apply(arm, X, y, seed=seed, legalise=features.legalise)
        return done.X, done.y

    y = dataset.y[fold.fit]
    weight = (y == 0).sum() / (y == 1).sum() if arm.weights else 1.0
    model = XGBClassifier(
        n_estimators=ROUNDS,
        n_jobs=1,
        random_state=seed,
        seed_per_iteration=True,
        scale_pos_weight=weight,
        **setting,
    )
    steps = [("features", features)]
    if arm.steps:
        steps.append(("sampler", FunctionSampler(func=treat, validate=False)))
    pipeline = Pipeline([*steps, ("model", model)])
    pipeline.fit(dataset.frame.iloc[fold.fit], y)
    scores = pipeline.predict_proba(dataset.frame.iloc[fold.judge])[:, 1]
    return average_precision_score(dataset.y[fold.judge], scores)


def textbook(wanted):
    dataset = prepare(load(wanted.data.source), wanted.data)
    split = hold_out(dataset.y, wanted.split, seed=wanted.seed)
    cut = folds(dataset.y, split.train, wanted.search, seed=wanted.seed)
    tuner = tune.Tuner(wanted)
    settings = [tuner.ask(n) for n in range(wanted.search.trials)]
    keys = [
        (arm, n, k)
        for arm in wanted.arms
        for n in range(len(settings))
        for k in range(len(cut))
    ]
    scores = joblib.Parallel(n_jobs=cores())(
        joblib.delayed(one_fit)(settings[n], arm, dataset, cut[k], wanted.seed)
        for arm, n, k in keys
    )
    return {(arm.name, n, k): s for (arm, n, k), s in zip(keys, scores, strict=True)}


def ours(wanted):
    state = State()
    for event in run(wanted, executor="local"):
        state = reduce(state, event)
    return {
        (arm.name, t.number, k): s
        for arm in state.arms
        for t in arm.trials
        for k, s in enumerate(t.folds["average_precision"])
    }


def timed(call, wanted):
    started = time.perf_counter()
    scores = call(wanted)
    return time.perf_counter() - started, scores


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="sample:stroke")
    parser.add_argument("--target", default=None)
    parser.add_argument("--arms", default="none,weights,smote,kmeans-smote")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    if args.data == "sample:stroke":
        args.target = "stroke"
    wanted = experiment(args)
    seconds = {"textbook": [], "engine": []}
    worst = 0.0
    for _ in range(args.repeats):
        spent, theirs = timed(textbook, wanted)
        seconds["textbook"].append(spent)
        spent, mine = timed(ours, wanted)
        seconds["engine"].append(spent)
        assert theirs.keys() == mine.keys()
        worst = max(worst, *(abs(theirs[k] - mine[k]) for k in theirs))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    result = {
        "data": args.data,
        "arms": args.arms.split(","),
        "trials": args.trials,
        "folds": wanted.search.folds,
        "rounds": ROUNDS,
        "cores": cores(),
        "repeats": args.repeats,
        "seconds": medians,
        "ratio": medians["textbook"] / medians["engine"],
        "largest_score_difference": float(np.float64(worst)),
    }
    print(f"textbook {medians['textbook']:8.1f} s", file=sys.stderr)
    print(f"engine   {medians['engine']:8.1f} s", file=sys.stderr)
    print(
        f"ratio    {result['ratio']:8.2f}    scores differ by at most {worst:.1e}",
        file=sys.stderr,
    )
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
