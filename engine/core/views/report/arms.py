"""What the arms did to the training rows, and what the search did: two sections."""

from __future__ import annotations

from typing import Final

from engine.core.views.comparisons import QUALITY
from engine.core.views.report import figures, parts
from engine.core.views.report.facts import WORK, Facts, explain

_METRICS: Final = (
    ("average_precision", "AP"),
    ("roc_auc", "ROC AUC"),
    ("log_loss", "log loss"),
    ("brier", "Brier"),
)


def arms(facts: Facts) -> parts.PageSection | None:
    """Return what each arm is, and what it did to the training rows."""
    items = tuple(
        parts.ListItem("·", (parts.Strong(arm.text("name")), ": ", *_steps(arm)))
        for arm in facts.experiment["arms"].each()
    )
    blocks = (
        parts.Items(items) if items else None,
        _training_rows(facts),
        quality(facts),
    )
    return parts.section("arms", "The arms", blocks)


def _steps(arm: figures.At) -> parts.Spans:
    """Say in words what an arm is."""
    if arm["ensemble"]:
        name = parts.Code(arm.text("ensemble"))
        return ("the ensemble ", name, *_settings(arm["params"]))
    out: list[parts.Span] = []
    for n, step in enumerate(arm["steps"].each()):
        out += [", then "] if n else []
        out += [parts.Code(step.text("sampler")), *_settings(step["params"])]
        if step["tune"]:
            out += [", searched: ", parts.Code(", ".join(step["tune"].value))]
    if not out:
        out.append("rows as they are")
    if arm["weights"].value == "cost":
        out.append(", rows weighed by the costs")
    elif arm["weights"]:
        out.append(", positives weighed by the class ratio")
    return tuple(out)


def _settings(params: figures.At) -> parts.Spans:
    if not params:
        return ()
    text = ", ".join(f"{name} = {value}" for name, value in params.value.items())
    return (" (", parts.Code(text), ")")


def _training_rows(facts: Facts) -> parts.PageTable | None:
    sides = ("before", "after")
    rows: list[parts.Row] = []
    for arm in facts.arms:
        if arm["train_before"]:
            pairs = [facts.split_counts(arm[f"train_{when}"]) for when in sides]
            counts = (figures.count(*ats) for both in pairs for ats in both)
            synthetic = figures.count(arm["synthetic_rows"])
            rows.append((facts.name(arm), arm.text("kind"), *counts, synthetic))
    classes = facts.negative, facts.positive
    titles = [f"{klass}, {when}" for when in sides for klass in classes]
    titles = ["arm", "kind", *titles, "synthetic"]
    note = "All training rows; what is done to a fold's rows is done to it alone."
    title = "Training rows before and after"
    return parts.table(title, titles, rows, note, words=2) if rows else None


def quality(facts: Facts) -> parts.PageTable | None:
    """Return what synthetic rows look like."""
    rows: list[parts.Row] = []
    for arm in facts.arms:
        if at := arm["quality"]:
            sample = (figures.count(at["rows"]), " of ", figures.count(at["of"]))
            shares = (at[key] for key in ("intruding", "outside", "duplicates"))
            auc = figures.decimals(at["separability"], 2)
            rows.append((arm.text("name"), sample, *map(figures.percent, shares), auc))
    note = explain("quality")
    title = "Synthetic rows, beside the real ones"
    return parts.table(title, QUALITY, rows, note) if rows else None


# The search ---------------------------------------------------------------------------


def search(facts: Facts) -> parts.PageSection | None:
    """Return the budget, what was found with it, and how it came about."""
    blocks: list[parts.Block] = []
    if facts.experiment["search"]:
        blocks.append(_budget(facts))
    tried = [arm for arm in facts.arms if arm["search"]["trials"]]
    if tried:
        blocks += [_spent(facts, tried), *_search_results(facts, tried)]
    return parts.section("search", "The budget", blocks)


def _budget(facts: Facts) -> parts.FactList:
    search, model = facts.experiment["search"], facts.experiment["model"]
    limit: parts.Spans = ("none",)
    if search["time_limit"].value is not None:
        limit = (figures.number(search["time_limit"]), " s")
    folds = figures.count(search["folds"]), " × ", figures.count(search["repeats"])
    return parts.FactList(
        (
            ("trials per arm", (figures.count(search["trials"]),)),
            ("folds × repeats", folds),
            ("judged by", (search.text("objective").replace("_", " "),)),
            ("settings by", (search.text("method"),)),
            ("pruning", ("yes" if search["prune"].value else "no",)),
            ("time limit", limit),
            ("boosting rounds, at most", (figures.count(model["rounds"]),)),
            ("rounds without gain", (figures.count(model["early_stopping"]),)),
            ("search space", (parts.Code(model.text("space")),)),
        )
    )


def _spent(facts: Facts, tried: list[figures.At]) -> parts.PageTable:
    rows: list[parts.Row] = []
    for arm in tried:
        done, seconds = arm["search"], facts.spent(arm)
        counts = (done[k] for k in ("trials", "pruned", "failed", "best_trial"))
        rows.append(
            (
                facts.name(arm),
                *map(figures.count, counts),
                figures.decimals(facts.best(arm), 4),
                figures.count(done["rounds"]),
                *(figures.decimals(taken, 2) for taken in seconds),
                figures.clock(*seconds),
            )
        )
    titles = ["arm", "trials", "stopped early", "failed", "best trial", "its score"]
    titles += ["rounds", *(f"{part}, s" for part in WORK), "time"]
    note = explain("spent")
    return parts.table("Spent", titles, rows, note)


def _search_results(facts: Facts, tried: list[figures.At]) -> list[parts.Block]:
    out: list[parts.Block] = []
    by_arm = {facts.name(arm): arm["search"]["best_params"] for arm in tried}
    chosen = {name: params for name, params in by_arm.items() if params}
    names = sorted({key for params in chosen.values() for key in params.value})
    if names:
        rows: list[parts.Row] = [
            (name, *(_param(params, key) for key in names))
            for name, params in chosen.items()
        ]
        out.append(parts.table("Best parameters", ("arm", *names), rows))
    scored = [arm for arm in tried if arm["cv"]]
    if scored:
        rows = [
            (facts.name(arm), *(_spread(arm["cv"][key]) for key, _ in _METRICS))
            for arm in scored
        ]
        titles = ("arm", *(title for _, title in _METRICS))
        note = "Mean and standard deviation over the validation folds, best trial."
        out.append(parts.table("In cross-validation", titles, rows, note))
    trials = [
        (
            arm.text("name"),
            figures.count(trial["trial"]),
            figures.decimals(trial["score"], 4),
            figures.count(trial["rounds"]),
            trial.text("failed") or ("stopped early" if trial["pruned"] else ""),
        )
        for arm in tried
        for trial in arm["search"]["history"].each()
    ]
    every = parts.table("", ("arm", "trial", "score", "rounds", ""), trials)
    return [*out, parts.Details("Every trial", (every,))]


def _spread(of: figures.At) -> parts.Spans:
    return (figures.decimals(of["mean"], 4), " ± ", figures.decimals(of["std"], 4))


def _param(params: figures.At, name: str) -> parts.Span:
    at = params.of(name)
    if at.value is None:
        return figures.NOTHING
    return str(at.value) if isinstance(at.value, bool | str) else figures.number(at)
