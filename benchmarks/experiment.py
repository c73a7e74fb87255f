"""The textbook way against `engine.run`: the same arms, settings, folds and rounds.

Sides, each in a child process of its own, in turn, `--repeats` times:

    textbook   imblearn's Pipeline in scikit-learn's search, one process per core
    memory     the same with Pipeline(memory=…), which keeps what samplers made
    ours       engine.run in threads, its fold cache empty at first
    ours-warm  the same as ours with the folds in the cache already
    boosting   the same boosting rounds on kept matrices and nothing else

OpenMP is pinned to one thread on every side. Every trial trains all rounds of the same
random settings; with `--stop` our side searches by the engine's defaults instead, and
the textbook does not. Where categories are codes to our booster, column sampling below
1 makes it another model than the textbook's: scores differ then, in both directions.

    python benchmarks/experiment.py [DATA --target COL] [--methods A,B] [--cheap]
        [--trials 10] [--rounds 300] [--repeats 3] [--sides A,B] [--stop]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from typing import Any

import common

ARTICLE = "untreated,smote,kmeans-smote,svm-smote,smote-enn"
CHEAP = "untreated,smote,kmeans-smote"
SIDES = "textbook,memory,ours,ours-warm,boosting"
STOPPING = "textbook,ours"

ALIKE = (
    *("sides", "largest score difference", "mean difference"),
    *("confusion matrices that differ", "of"),
)
NAMES = {"cpu": "CPU", "seconds": "wall"}

Found = dict[str, list[dict[str, Any]]]


def _textbook(told: dict[str, Any]) -> dict[str, Any]:
    from textbook import textbook

    return textbook(told)


def _ours(told: dict[str, Any]) -> dict[str, Any]:
    import material

    return material.engine_run(material.experiment(told), told)


def _boosting(told: dict[str, Any]) -> dict[str, Any]:
    from boosting import boosting

    return boosting(told)


def measure(side: str, told: dict[str, Any], stop: dict[str, Any]) -> dict[str, Any]:
    """Run one side once, with folders of its own."""
    with tempfile.TemporaryDirectory(prefix="imbtui-bench-") as folder:
        if side in ("textbook", "memory"):
            told = {**told, "folder": folder, "memory": side == "memory"}
            return common.measured(__file__, "textbook", told)
        if side == "boosting":
            return common.measured(__file__, "boosting", told)
        told = {**told, **stop, "cache": folder}
        if side == "ours-warm":
            common.measured(__file__, "ours", {**told, "trials": 1, "rounds": 1})
        return common.measured(__file__, "ours", told)


def arguments() -> argparse.Namespace:
    parser = common.parser(__doc__)
    parser.add_argument("data", nargs="?", default="sample:stroke")
    parser.add_argument("--target", default=None)
    parser.add_argument("--methods", type=common.names, default=common.names(ARTICLE))
    parser.add_argument("--cheap", action="store_true", help=f"only the arms {CHEAP}")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--space", default="wide")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sides", type=common.names, default=None)
    parser.add_argument(
        "--stop", action="store_true", help="search by the engine's defaults"
    )
    args = parser.parse_args()
    if args.cheap:
        args.methods = common.names(CHEAP)
    if args.sides is None:
        args.sides = common.names(STOPPING if args.stop else SIDES)
    return args


def ratios(found: Found, args: argparse.Namespace) -> dict[str, float]:
    """Return every ratio that both of its sides were measured for."""
    median = {
        (side, what): statistics.median(one[what] for one in all_)
        for side, all_ in found.items()
        for what in ("seconds", "cpu", "peak_bytes")
    }
    made: dict[str, float] = {}
    mine = [side for side in found if side.startswith("ours")]
    for side in mine:
        for what in ("cpu", "seconds"):
            for theirs in ("textbook", "memory"):
                if theirs in found:
                    ratio = median[theirs, what] / median[side, what]
                    made[f"{theirs} ÷ {side}, {NAMES[what]}"] = ratio
            if "boosting" in found:
                bound = median["boosting", "cpu"]
                if what == "seconds":
                    bound /= common.cores()
                made[f"{side} ÷ boosting, {NAMES[what]}"] = median[side, what] / bound
        if "textbook" in found:
            peak = median[side, "peak_bytes"] / median["textbook", "peak_bytes"]
            made[f"peak of {side} ÷ textbook"] = peak
    return made


def agreement(found: Found) -> dict[str, Any]:
    """Compare every score and confusion matrix with those of the first side.

    Boosting alone is compared with our side: it has the same matrices.
    """
    first, *others = found
    made = {}
    for side in others:
        all_ = found[side]
        than = "ours" if side == "boosting" and "ours" in found else first
        base = found[than][0]
        apart = [
            value - base["scores"][key]
            for one in all_
            for key, value in one["scores"].items()
        ]
        matrices = [
            figures["confusion"] != base["arms"][arm]["confusion"]
            for one in all_
            for arm, figures in one.get("arms", {}).items()
        ]
        made[f"{side} and {than}"] = {
            "largest_score_difference": max(map(abs, apart)),
            "mean_score_difference": statistics.mean(apart),
            "matrices_that_differ": sum(matrices),
            "matrices": len(matrices),
        }
    return made


def quality(found: Found) -> tuple[str, list[dict[str, Any]]]:
    """Return the best scores of both sides, by arm and over all of them."""
    theirs, mine = (found[side][0]["arms"] for side in ("textbook", "ours"))
    lines = []
    for arm, figures in mine.items():
        lines.append(
            {
                "arm": arm,
                "noise": figures["noise"],
                "cv": (theirs[arm]["cv"], figures["cv"]),
                "test": (theirs[arm]["test"], figures["test"]),
                "pruned": figures["pruned"],
                "rounds": figures["rounds"],
            }
        )
    best = [max(side, key=lambda a, s=side: s[a]["cv"]) for side in (theirs, mine)]
    lines.append(
        {
            "arm": "best: " + " / ".join(dict.fromkeys(best)),
            "noise": mine[best[1]]["noise"],
            "cv": (theirs[best[0]]["cv"], mine[best[1]]["cv"]),
            "test": (theirs[best[0]]["test"], mine[best[1]]["test"]),
            "pruned": sum(line["pruned"] for line in lines),
            "rounds": sum(line["rounds"] for line in lines),
        }
    )
    head = ("arm", "CV AP, all", "ours", "noise", "test AP, all", "ours", "pruned")
    rows = [
        (one["arm"], *one["cv"], one["noise"], *one["test"], one["pruned"])
        for one in lines
    ]
    return common.table(head, rows), lines


def goals(made: dict[str, float], result: dict[str, Any], args: argparse.Namespace):
    """Return what the issue asks of these figures."""
    cheap = "svm-smote" not in args.methods
    wanted: dict[str, tuple[str, float]] = {
        "textbook ÷ ours": ("≥", 1.25 if cheap else 5),
        "memory ÷ ours": ("≥", 0.0 if cheap else 1.4),
        "ours ÷ boosting": ("≤", 1.15),
        "ours-warm ÷ boosting": ("≤", 1.05),
        "peak of ours ÷ textbook": ("≤", 0.6),
    }
    if args.stop:
        wanted = {"textbook ÷ ours": ("≥", 15)}
    found = [
        common.goal(f"{name}, {args.trials} trials", value, *bound)
        for name, value in made.items()
        if (bound := wanted.get(name.partition(",")[0])) and bound[1]
    ]
    if args.stop and "quality" in result:
        best = result["quality"][-1]
        below = (best["cv"][0] - best["cv"][1]) / best["noise"]
        found.append(common.goal("CV AP below all rounds, in noises", below, "≤", 1))
    elif "boosting and ours" in result.get("agreement", {}):
        same = result["agreement"]["boosting and ours"]["largest_score_difference"]
        what = "score difference of boosting alone and ours"
        found.append(common.goal(what, same, "≤", 1e-6))
    if "ours" in result["sides"]:
        ours = result["sides"]["ours"]
        first = ours["first_score_from_start"]
        beyond = abs(ours["work"]["resamples"] - ours["expected_resamples"])
        found.append(
            common.goal("resamples beyond methods × (folds + 1)", beyond, "≤", 0)
        )
        if "boosting" in result["sides"]:
            rounds = result["sides"]["boosting"]["boosting_rounds"]
            beyond = abs(ours["work"]["boosting_rounds"] - rounds)
            found.append(common.goal("rounds beyond boosting alone", beyond, "≤", 0))
        found.append(common.goal("first score after the start, s", first, "≤", 8))
    return found


def main() -> None:
    args = arguments()
    told = {
        name: getattr(args, name)
        for name in ("data", "target", "methods", "trials", "folds", "rounds", "space")
    }
    stop = {"defaults": True} if args.stop else {}
    result: dict[str, Any] = {"machine": common.machine(), "settings": told | stop}
    found: Found = {side: [] for side in args.sides}
    for repeat in range(args.repeats):
        for side in args.sides:
            found[side].append(measure(side, told, stop))
            one = found[side][-1]
            common.say(f"{repeat + 1}/{args.repeats} {side}: {one['seconds']:.1f} s")
    kept = ("seconds", "cpu", "peak_bytes", "first_score", "first_score_from_start")
    counted = ("sampler_fits", "work", "expected_resamples", "boosting_rounds")
    result["sides"] = {
        side: {
            what: statistics.median(one[what] for one in all_)
            for what in kept
            if what in all_[0]
        }
        | {f"all_{what}": [one[what] for one in all_] for what in NAMES}
        | {name: all_[0].get(name) for name in counted}
        for side, all_ in found.items()
    }
    made = result["ratios"] = ratios(found, args)
    rows = [
        (
            side,
            one["seconds"],
            one["cpu"],
            round(one["peak_bytes"] / 2**20),
            one.get("first_score"),
            one["sampler_fits"] or (one["work"] or {}).get("resamples"),
        )
        for side, one in result["sides"].items()
    ]
    head = ("side", "seconds", "CPU s", "peak MiB", "first score s", "sampler fits")
    text = [common.table(head, rows), common.MEMORY, ""]
    text.append(common.table(("ratio", "measured"), list(made.items())))
    if args.stop and {"textbook", "ours"} <= found.keys():
        shown, result["quality"] = quality(found)
        text += ["", shown]
    elif not args.stop:
        alike = result["agreement"] = agreement(found)
        lines = [(name, *one.values()) for name, one in alike.items()]
        text += ["", common.table(ALIKE, lines)]
    result["goals"] = goals(made, result, args)
    common.finish(result, "\n".join(text), args.json)


if __name__ == "__main__":
    common.main(main, {"textbook": _textbook, "ours": _ours, "boosting": _boosting})
