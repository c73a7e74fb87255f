"""How often a verdict is wrong by chance, and how often it finds what is there.

    trained   null experiments: five arms of really trained XGBoost models that differ
              in nothing but their seed, on small made-up tables
    engine    null experiments end to end (`engine.run`): samplers that add or drop a
              row or two
    permuted  end to end, with labels that mean nothing: is a threshold recommended?
    drawn     null experiments with drawn scores, by the number of test positives
    power     drawn scores, one of four arms ranks better by so much
    costs     drawn scores, one arm costs less by a third, with a lower or a higher
              average precision
    models    null experiments with two models that differ in nothing, trained and
              drawn, five arms each: within each model, and across both

Every run goes from scores through thresholds (chosen on other rows), the comparison on
the test rows and that over the folds to the verdict, as a real one does. It is wrong
where the verdict calls an arm better than `untreated` (VRD001 or VRD003), or worse
(VRD102), though none is.

    python benchmarks/verdict_chance.py [--only trained,engine,…] [--runs 200]
        [--permuted-runs 40] [--power-runs 100] [--first-seed 0] [--json PATH]
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import common
from judging import (
    ARMS,
    BETTER,
    FOLDS,
    MODELS,
    NEGATIVES_EACH,
    RATIO,
    Claimed,
    Rows,
    calls_worse,
    claimed,
    draw,
    draw_scores,
    generate_table,
    judged,
    trained,
)

sys.path.insert(0, str(common.ROOT))

if TYPE_CHECKING:
    from engine.core.outcome import Verdict

PARTS = ("trained", "engine", "permuted", "drawn", "power", "costs", "models")
POSITIVES = (20, 50, 100, 200, 400)
GAINS = (0.1, 0.2, 0.3, 0.5)
DRAWS, FEWER_DRAWS = 2000, 1000
LUCK = 0.08
"""Of a trained model, in log-odds: what the test rows alone err by is about as much."""
CALLS = {
    "VRD001": "use an arm",
    "VRD002": "do not resample",
    "VRD003": "better ranking only",
    "VRD004": "keep none",
    "VRD005": "too few to compare",
    "VRD009": "no better than chance",
}
SHAPES = {
    # Shift of the easy and of the hard positives, the share of the hard ones, and the
    # share of negatives that stand at the top.
    "untreated": (2.3, 0.95, 0.3, 0.0),
    "cheaper, ranks worse": (2.2, 2.2, 0.3, 0.02),
    "cheaper, ranks better": (2.15, 2.15, 0.3, 0.004),
}
SHAPE_RATIO = 50.0


class Called(NamedTuple):
    """What a null experiment ended with, and whether an arm was called worse."""

    call: str
    alone: str
    worse: bool
    chosen: bool = True


# End to end ---------------------------------------------------------------------------


def ended(seed: int, *, permute: bool) -> Called:
    """Run one null experiment through the engine, from a table to its verdict."""
    import tempfile
    from pathlib import Path

    import msgspec
    import numpy as np
    import pandas as pd

    import engine
    from engine.core.events import Compared
    from engine.core.experiment import SearchSpec

    X, y = generate_table(seed)
    if permute:
        y = np.random.default_rng(seed).permutation(y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        table = pd.DataFrame(X[:1600], columns=[f"x{k}" for k in range(X.shape[1])])
        table.assign(label=y[:1600]).to_csv(path, index=False)
        positives = int(y[:1600].sum())
        ratio = 1.03 * positives / (1600 - positives)
        arms = ("untreated", "weights", "smote", "random-under", "random-over")
        if not permute:
            samplers = ("random-over", "smote", "random-under")
            arms = ("untreated", *(f"{one}:ratio={ratio:.4f}" for one in samplers))
        from engine.core.methods import grammar

        made = engine.preset("quick", source=str(path), target="label", positive="1")
        made = msgspec.structs.replace(
            made,
            arms=tuple(grammar.parse(one) for one in arms),
            search=SearchSpec(trials=3, folds=5),
            model=msgspec.structs.replace(made.model, rounds=60),
            split=msgspec.structs.replace(made.split, test_size=0.4),
            seed=seed,
        )
        verdict = None
        for event in engine.run(made):
            if isinstance(event, Compared):
                verdict = event.verdict
    assert verdict is not None
    return Called(
        verdict.code, verdict.code, calls_worse(verdict), verdict.choice is not None
    )


# Drawn scores -------------------------------------------------------------------------


def drawn(seed: int, positives: int, gain: float) -> tuple[Called, bool]:
    """Return what was called, and whether the better arm was the one recommended."""
    rows = draw(seed, positives, gain)
    full, alone, _ = judged(rows, seed=seed, draws=FEWER_DRAWS)
    found = Called(full.code, alone.code, calls_worse(full))
    return found, _is_r1(full)


def _is_r1(verdict: Verdict) -> bool:
    return verdict.choice is not None and verdict.choice.arm == "r1"


def _shaped(generator: Any, positives: int, shape: str) -> tuple[Any, dict[str, Any]]:
    """Draw scores of `untreated` and of r1, which differ in shape."""
    import numpy as np
    from scipy.special import expit

    y = np.zeros(positives * (NEGATIVES_EACH + 1), dtype=np.int64)
    y[:positives] = 1
    seen, at_top = generator.normal(size=len(y)), generator.random(len(y))
    hard = generator.random(len(y))

    def scores(name: str) -> Any:
        easy, low, share, top = SHAPES[name]
        shift = np.where(y == 1, np.where(hard < share, low, easy), 0.0)
        shift += np.where((y == 0) & (at_top < top), 3.0, 0.0)
        noise = 0.1 * generator.normal(size=len(y))
        return expit(seen + noise + shift - 3)

    return y, {"untreated": scores("untreated"), "r1": scores(shape)}


def shaped(seed: int, positives: int, shape: str) -> tuple[bool, bool]:
    """Return whether r1 is supported as cheaper on test, and if it is recommended."""
    import numpy as np

    from engine.evaluate.verdict.rules import is_better

    generator = np.random.default_rng((seed, positives, len(shape)))
    y, test = _shaped(generator, positives, shape)
    y_oof, oof = _shaped(generator, 4 * positives, shape)
    folds = [np.arange(k, len(y_oof), FOLDS) for k in range(FOLDS)]
    full, _, comparison = judged(
        Rows(y, test, y_oof, oof, folds),
        seed=seed,
        draws=FEWER_DRAWS,
        ratio=SHAPE_RATIO,
    )
    supported = any(is_better(c) for c in comparison if (c.metric, c.at) == _CHEAPER)
    return supported, _is_r1(full)


_CHEAPER = ("cost_per_1000", "cost")


def shape_truth(shape: str) -> tuple[float, float, float]:
    """Return the true difference in average precision, and both least costs."""
    import numpy as np

    y, scores = _shaped(np.random.default_rng(0), 40_000, shape)
    return _differences(y, scores, SHAPE_RATIO)


def _differences(
    y: Any, scores: dict[str, Any], ratio: float
) -> tuple[float, float, float]:
    import numpy as np
    from sklearn.metrics import average_precision_score, confusion_matrix_at_thresholds

    def least(values: Any) -> float:
        _, fp, fn, _, _ = confusion_matrix_at_thresholds(y, values)
        return float(1000 * np.min(ratio * fn + fp) / len(y))

    one, base = scores["r1"], scores["untreated"]
    gained = average_precision_score(y, one) - average_precision_score(y, base)
    return gained, least(one), least(base)


def truth(gain: float) -> tuple[float, float]:
    """Return the true difference in average precision and in least cost per 1,000."""
    import numpy as np

    y, scores = draw_scores(np.random.default_rng(0), 40_000, gain)
    gained, one, base = _differences(y, scores, RATIO)
    return gained, one - base


# Tables -------------------------------------------------------------------------------


def _share(count: int, runs: int) -> str:
    """Write a share of runs with its interval."""
    from engine.core.costs import wilson

    low, high = wilson(count, runs)
    return f"{100 * count / runs:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def null_row(what: str, calls: list[Called]) -> tuple[str, ...]:
    full = Counter(one.call for one in calls)
    return (
        what,
        str(len(calls)),
        _share(sum(one.call in BETTER for one in calls), len(calls)),
        _share(sum(one.alone in BETTER for one in calls), len(calls)),
        _share(sum(one.worse for one in calls), len(calls)),
        *(str(full[call]) for call in CALLS),
    )


def models_row(what: str, claims: list[Claimed]) -> tuple[str, ...]:
    counts = (
        *(sum(one.within[k] for one in claims) for k in range(len(MODELS))),
        sum(any(one.within) for one in claims),
        sum(one.across for one in claims),
        sum(one.plain for one in claims),
        sum(one.better for one in claims),
        sum(one.worse for one in claims),
    )
    shares = (_share(count, len(claims)) for count in counts)
    return what, str(len(claims)), *shares


def measure(told: dict[str, Any]) -> dict[str, Any]:
    """Run what was asked for."""
    first, only = told["first_seed"], told["only"]
    seeds = range(first, first + told["runs"])
    nulls: dict[str, list[Called]] = {}
    if "trained" in only:
        common.say(f"trained: {len(seeds)} null experiments")
        nulls["trained models, 90 positives"] = []
        for seed in seeds:
            full, alone, _ = judged(trained(seed, ARMS), seed=seed, draws=DRAWS)
            call = Called(full.code, alone.code, calls_worse(full))
            nulls["trained models, 90 positives"].append(call)
    if "engine" in only:
        common.say(f"engine: {len(seeds)} null experiments end to end")
        nulls["end to end, about 40 positives"] = [
            ended(seed, permute=False) for seed in seeds
        ]
    if "drawn" in only:
        for positives in POSITIVES:
            common.say(f"drawn: {len(seeds)} null experiments, {positives} positives")
            nulls[f"drawn scores, {positives} positives"] = [
                drawn(seed, positives, 0.0)[0] for seed in seeds
            ]
    out: dict[str, Any] = {"nulls": nulls, "models": {}}
    if "models" in only:
        names = tuple(f"{arm}@{model}" for model in MODELS for arm in ARMS)
        common.say(f"models: {len(seeds)} null experiments, trained")
        out["models"]["trained models, 90 positives"] = [
            claimed(trained(seed, names), seed=seed, draws=DRAWS) for seed in seeds
        ]
        for positives, luck in ((50, 0.0), (100, LUCK), (200, 0.0)):
            what = f"drawn scores, {positives} positives, luck {luck:g}"
            common.say(f"models: {len(seeds)} null experiments, {what}")
            out["models"][what] = [
                claimed(
                    draw(seed, positives, 0.0, names, luck=luck),
                    seed=seed,
                    draws=FEWER_DRAWS,
                )
                for seed in seeds
            ]
    if "permuted" in only:
        common.say(f"permuted: {told['permuted_runs']} runs end to end")
        out["permuted"] = [
            ended(seed, permute=True)
            for seed in range(first, first + told["permuted_runs"])
        ]
    runs = told["power_runs"]
    if "power" in only:
        out["power"] = [_power(gain, runs) for gain in GAINS]
    if "costs" in only:
        out["costs"] = [
            _cost_power(shape, n, runs)
            for shape in list(SHAPES)[1:]
            for n in POSITIVES[2:]
        ]
    return out


def _power(gain: float, runs: int) -> dict[str, Any]:
    """Count how often the better arm is recommended, by the number of positives."""
    ranking, cost = truth(gain)
    found = []
    for positives in POSITIVES:
        common.say(f"power: gain {gain}, {positives} positives")
        found.append(sum(drawn(seed, positives, gain)[1] for seed in range(runs)))
    return {"ranking": ranking, "cost": cost, "found": found}


def _cost_power(shape: str, positives: int, runs: int) -> dict[str, Any]:
    """Count how often the cheaper arm is supported on test, and recommended."""
    common.say(f"costs: {shape}, {positives} positives")
    ranking, cost, base = shape_truth(shape)
    found = [shaped(seed, positives, shape) for seed in range(runs)]
    return {
        "shape": shape,
        "positives": positives,
        "ranking": ranking,
        "cost": cost / base - 1,
        "supported": sum(supported for supported, _ in found),
        "recommended": sum(taken for _, taken in found),
        "both": sum(supported and taken for supported, taken in found),
    }


def tables(found: dict[str, Any], power_runs: int) -> str:
    parts = []
    if found["nulls"]:
        head = (
            "null experiments",
            "runs",
            "called better (95 %)",
            "by the test rows alone",
            "called worse",
            *CALLS.values(),
        )
        rows = [
            null_row(what, [Called(*one) for one in calls])
            for what, calls in found["nulls"].items()
        ]
        parts.append(common.table(head, rows))
    if found["models"]:
        head = (
            "null experiments of two models",
            "runs",
            *(f"called better within {model} (95 %)" for model in MODELS),
            "within either",
            "an arm or a model recommended as better",
            "a model called better without a method",
            "anything called better",
            "called worse",
        )
        rows = [
            models_row(what, [Claimed(*one) for one in claims])
            for what, claims in found["models"].items()
        ]
        parts.append(common.table(head, rows))
    if found.get("permuted"):
        calls = [Called(*one) for one in found["permuted"]]
        free = sum(not one.chosen for one in calls)
        head = ("permuted labels", "runs", "no threshold recommended")
        parts.append(
            common.table(
                head, [("end to end", str(len(calls)), _share(free, len(calls)))]
            )
        )
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
    if found.get("costs"):
        head = (
            "true difference: cost",
            "average precision",
            "positives",
            "supported on test",
            "recommended",
            "of those supported",
        )
        rows = [
            (
                f"{100 * row['cost']:+.0f} %",
                f"{row['ranking']:+.3f}",
                str(row["positives"]),
                f"{row['supported']} of {power_runs}",
                f"{row['recommended']} of {power_runs}",
                f"{row['both']} of {row['supported']}",
            )
            for row in found["costs"]
        ]
        parts.append(common.table(head, rows))
    return "\n\n".join(parts)


def goals(found: dict[str, Any]) -> list[Any]:
    """Hold what was found against what is allowed."""
    reached = []
    for what, told in found["nulls"].items():
        calls = [Called(*one) for one in told]
        better = sum(one.call in BETTER for one in calls) / len(calls)
        worse = sum(one.worse for one in calls) / len(calls)
        reached.append(common.goal(f"{what}: called better", better, "≤", 0.05))
        reached.append(common.goal(f"{what}: called worse", worse, "≤", 0.05))
    for what, told in found["models"].items():
        claims = [Claimed(*one) for one in told]
        better = sum(one.better for one in claims) / len(claims)
        worse = sum(one.worse for one in claims) / len(claims)
        what = f"two models, {what}"
        reached.append(common.goal(f"{what}: called better", better, "≤", 0.05))
        reached.append(common.goal(f"{what}: called worse", worse, "≤", 0.05))
    if calls := [Called(*one) for one in found.get("permuted", ())]:
        free = sum(not one.chosen for one in calls) / len(calls)
        reached.append(common.goal("permuted: no threshold", free, "≥", 0.95))
    for row in found.get("costs", ()):
        share = row["both"] / max(1, row["supported"])
        what = f"{row['shape']}, {row['positives']} positives"
        reached.append(
            common.goal(f"{what}: recommended if supported", share, "≥", 0.9)
        )
    return reached


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--only", type=common.names, default=list(PARTS))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--permuted-runs", type=int, default=40)
    parser.add_argument("--power-runs", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    args = parser.parse_args()
    told = {
        "only": args.only,
        "runs": args.runs,
        "permuted_runs": args.permuted_runs,
        "power_runs": args.power_runs,
        "first_seed": args.first_seed,
    }
    found = common.measured(__file__, "measure", told)
    result = {
        "machine": common.machine(),
        "settings": told,
        **found,
        "goals": goals(found),
    }
    common.finish(result, tables(found, args.power_runs), args.json)


if __name__ == "__main__":
    common.main(main, {"measure": measure})
