"""A trial's folds grown in lock-step, against the same folds as units of their own.

The same boosters with the same rounds on kept matrices of one arm:

    lock-step, 1 thread     a trial's K boosters take turns, round by round
    in turn, 1 thread       one booster after the other
    lock-step, all threads  a trial per thread, its boosters taking turns
    units, all threads      a fold per thread, side by side

    python benchmarks/folds.py [DATA --target COL] [--method smote] [--trials 4]
        [--rounds 200] [--repeats 3]
"""

from __future__ import annotations

import statistics
from typing import Any

import common

LAYOUTS = ("lock-step, 1", "in turn, 1", "lock-step, all", "units, all")


def _grow(told: dict[str, Any]) -> dict[str, Any]:
    import hashlib
    from concurrent.futures import ThreadPoolExecutor

    import boosting
    import material
    import numpy as np

    from engine.evaluate.metrics import score
    from engine.train.prepare import Preparer

    wanted = material.experiment(told)
    plan = material.plan(wanted, material.rows(wanted))
    asked, model, count = material.settings(wanted), wanted.model, len(plan.folds)
    preparer, (arm,) = Preparer(plan, None), wanted.arms
    folds = [boosting.prepared(preparer, plan, arm, k) for k in range(count)]

    def together(setting: dict[str, Any]) -> list[np.ndarray]:
        """Grow a trial's boosters round by round, as a trial of one thread would."""
        growing = [boosting.start(fold, setting, wanted) for fold in folds]
        scores: list[np.ndarray] = []
        for done in range(1, model.rounds + 1):
            for one in growing:
                one.advance(1)
            if done % model.evaluate_every == 0 or done == model.rounds:
                scores = [
                    one.scores(fold.made.validation)
                    for one, fold in zip(growing, folds, strict=True)
                ]
                for fold, found in zip(folds, scores, strict=True):
                    score(material.OBJECTIVE, fold.y_validation, found)
        return scores

    def apart(unit: tuple[int, int]) -> np.ndarray:
        return boosting.grow_one(folds[unit[1]], asked[unit[0]], wanted)[0]

    units = [(n, k) for n in range(len(asked)) for k in range(count)]
    found: dict[str, list[dict[str, Any]]] = {layout: [] for layout in LAYOUTS}
    for _ in range(told["repeats"]):
        for layout in LAYOUTS:
            threads = 1 if layout.endswith("1") else common.cores()
            with ThreadPoolExecutor(threads) as pool, common.watch() as spent:
                if layout.startswith("lock"):
                    scores = [s for all_ in pool.map(together, asked) for s in all_]
                else:
                    scores = list(pool.map(apart, units))
            text = hashlib.sha256(b"".join(s.tobytes() for s in scores)).hexdigest()
            found[layout].append(
                {"seconds": spent.seconds, "cpu": spent.cpu, "digest": text}
            )
    return {"layouts": found}


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("data", nargs="?", default="sample:stroke")
    parser.add_argument("--target", default=None)
    parser.add_argument("--method", default="smote")
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--space", default="wide")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    told = {
        name: getattr(args, name)
        for name in ("data", "target", "trials", "folds", "rounds", "space", "repeats")
    }
    told["methods"] = [args.method]
    layouts = common.measured(__file__, "grow", told)["layouts"]
    digests = {one["digest"] for all_ in layouts.values() for one in all_}
    medians = {
        name: {
            what: statistics.median(one[what] for one in all_)
            for what in ("seconds", "cpu")
        }
        for name, all_ in layouts.items()
    }
    base = medians["units, all"]["seconds"]
    rows = [
        (name, one["seconds"], one["cpu"], one["seconds"] / base)
        for name, one in medians.items()
    ]
    result = {
        "machine": common.machine(),
        "settings": told,
        "layouts": medians,
        "predictions_equal": len(digests) == 1,
    }
    text = common.table(("layout, threads", "seconds", "CPU s", "÷ units, all"), rows)
    equal = "equal" if result["predictions_equal"] else "DIFFERENT"
    text += f"\npredictions of all layouts: {equal}"
    common.finish(result, text, args.json)


if __name__ == "__main__":
    common.main(main, {"grow": _grow})
