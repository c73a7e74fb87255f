"""What the arms did to the training rows, and what the search did: two sections."""

from __future__ import annotations

from typing import Final

from engine.export.page import charts, figures
from engine.export.page.at import At
from engine.export.page.facts import Facts
from engine.export.page.figures import clock, count, decimals, number, percent
from engine.export.page.parts import (
    Block,
    Cell,
    Charts,
    Code,
    Column,
    Fold,
    Item,
    Items,
    Section,
    Span,
    Spans,
    Strong,
    Table,
    cell,
)
from engine.export.page.parts import Facts as Named

__all__ = ["arms", "search"]

_METRICS: Final = (
    ("average_precision", "AP"),
    ("roc_auc", "ROC AUC"),
    ("log_loss", "log loss"),
    ("brier", "Brier"),
)
_WHILE: Final = ("prepare", "tune", "fit", "evaluate")


def arms(facts: Facts) -> Section | None:
    """Return what each arm is, and what it did to the training rows."""
    if not facts.arms and not facts.experiment["arms"]:
        return None
    known = tuple(facts.experiment["arms"].each())
    items = tuple(
        Item("·", (Strong(arm.text("name")), ": ", *_steps(arm))) for arm in known
    )
    blocks: list[Block] = [Items(items)] if items else []
    rows = tuple(_treated(facts, arm) for arm in facts.arms if arm["train_before"])
    if rows:
        titles = ["arm", "kind", *_sides(facts, "before"), *_sides(facts, "after")]
        columns = tuple(
            Column(title, number=n > 1)
            for n, title in enumerate([*titles, "synthetic"])
        )
        note = "All training rows; what is done to a fold's rows is done to it alone."
        blocks.append(Table("Training rows before and after", columns, rows, (note,)))
    quality = _quality(facts)
    if quality is not None:
        blocks.append(quality)
    return Section("arms", "The arms", tuple(blocks))


def _steps(arm: At) -> Spans:
    """Say in words what an arm is."""
    if arm["ensemble"]:
        return ("the ensemble ", Code(arm.text("ensemble")), *_settings(arm["params"]))
    out: list[Span] = []
    for n, step in enumerate(arm["steps"].each()):
        out += [", then "] if n else []
        out += [Code(step.text("sampler")), *_settings(step["params"])]
        if step["tune"]:
            out.append(", searched: ")
            out += [Code(", ".join(step["tune"].value))]
    if not out:
        out.append("rows as they are")
    if arm["weights"].value == "cost":
        out.append(", rows weighed by the costs")
    elif arm["weights"]:
        out.append(", positives weighed by the class ratio")
    return tuple(out)


def _settings(params: At) -> Spans:
    if not params:
        return ()
    said = ", ".join(f"{name} = {value}" for name, value in params.value.items())
    return (" (", Code(said), ")")


def _sides(facts: Facts, when: str) -> list[str]:
    return [f"{facts.negative}, {when}", f"{facts.positive}, {when}"]


def _treated(facts: Facts, arm: At) -> tuple[Cell, ...]:
    cells = [cell(*facts.name(arm)), cell(arm.text("kind"))]
    for when in ("train_before", "train_after"):
        negatives, positives = facts.parted(arm[when])
        cells += [cell(count(*negatives)), cell(count(*positives))]
    return (*cells, cell(count(arm["synthetic_rows"])))


def _quality(facts: Facts) -> Table | None:
    rows = tuple(
        (
            cell(arm.text("name")),
            cell(count(arm["quality"]["rows"]), " of ", count(arm["quality"]["of"])),
            cell(percent(arm["quality"]["intruding"])),
            cell(percent(arm["quality"]["outside"])),
            cell(percent(arm["quality"]["duplicates"])),
            cell(decimals(arm["quality"]["separability"], 2)),
        )
        for arm in facts.arms
        if arm["quality"]
    )
    titles = ["arm", "looked at", "near another class", "out of the real ones"]
    titles += ["repeats", "told apart (AUC)"]
    columns = tuple(Column(title, number=n > 0) for n, title in enumerate(titles))
    note = (
        "Near another class: the nearest real row is of another class. Out of the real "
        "ones: no mixture of real rows of its class. Told apart: how well a small "
        "classifier knows synthetic rows from real ones; 0.5 if it cannot."
    )
    if not rows:
        return None
    return Table("Synthetic rows, beside the real ones", columns, rows, (note,))


# The search ---------------------------------------------------------------------------


def search(facts: Facts) -> Section | None:
    """Return the budget, what was found with it, and how it came about."""
    blocks: list[Block] = []
    if facts.experiment["search"]:
        blocks.append(_budget(facts))
    tried = [arm for arm in facts.arms if arm["search"]["trials"]]
    if tried:
        blocks.append(_spent(facts, tried))
        drawn = charts.history(facts)
        blocks += [Charts((drawn,))] if drawn is not None else []
        blocks += _found(facts, tried)
    return Section("search", "The budget", tuple(blocks)) if blocks else None


def _budget(facts: Facts) -> Named:
    given, model = facts.experiment["search"], facts.experiment["model"]
    limit: Spans = ("none",)
    if given["time_limit"].value is not None:
        limit = (number(given["time_limit"]), " s")
    return Named(
        (
            ("trials per arm", (count(given["trials"]),)),
            (
                "folds × repeats",
                (count(given["folds"]), " × ", count(given["repeats"])),
            ),
            ("judged by", (given.text("objective").replace("_", " "),)),
            ("settings by", (given.text("method"),)),
            ("stopped early if behind", ("yes" if given["prune"].value else "no",)),
            ("time limit", limit),
            ("boosting rounds, at most", (count(model["rounds"]),)),
            ("rounds without gain", (count(model["early_stopping"]),)),
            ("search space", (Code(model.text("space")),)),
        )
    )


def _spent(facts: Facts, tried: list[At]) -> Table:
    rows = []
    for arm in tried:
        done, seconds = arm["search"], arm["seconds"]
        best = At(None)
        for trial in done["history"].each():
            if trial["trial"].value == done["best_trial"].value:
                best = trial["score"]
        rows.append(
            (
                cell(*facts.name(arm)),
                *(cell(count(done[key])) for key in ("trials", "pruned", "failed")),
                cell(count(done["best_trial"])),
                cell(decimals(best, 4)),
                cell(count(done["rounds"])),
                *(cell(decimals(seconds[part], 2)) for part in _WHILE),
                cell(clock(*(seconds[part] for part in _WHILE))),
            )
        )
    titles = ["arm", "trials", "stopped early", "failed", "best trial", "its score"]
    titles += ["rounds", *(f"{part}, s" for part in _WHILE), "time"]
    columns = tuple(Column(title, number=n > 0) for n, title in enumerate(titles))
    note = (
        "Every arm had the same budget. Trials are numbered from 0; the score is the "
        "mean over the validation folds. Seconds are of work, so they add up to more "
        "than the run took where arms were worked on side by side."
    )
    return Table("Spent", columns, tuple(rows), (note,))


def _found(facts: Facts, tried: list[At]) -> list[Block]:
    out: list[Block] = []
    chosen = [arm for arm in tried if arm["search"]["best_params"]]
    names = sorted(
        {key for arm in chosen for key in arm["search"]["best_params"].value}
    )
    if names:
        columns = tuple(
            Column(title, number=n > 0) for n, title in enumerate(["arm", *names])
        )
        rows = tuple(
            (
                cell(*facts.name(arm)),
                *(_param(arm["search"]["best_params"], name) for name in names),
            )
            for arm in chosen
        )
        out.append(Table("Best parameters", columns, rows))
    scored = [arm for arm in tried if arm["cv"]]
    if scored:
        titles = ["arm", *(title for _, title in _METRICS)]
        columns = tuple(Column(title, number=n > 0) for n, title in enumerate(titles))
        rows = tuple(
            (
                cell(*facts.name(arm)),
                *(
                    cell(
                        decimals(arm["cv"][key]["mean"], 4),
                        " ± ",
                        decimals(arm["cv"][key]["std"], 4),
                    )
                    for key, _ in _METRICS
                ),
            )
            for arm in scored
        )
        note = "Mean and standard deviation over the validation folds, best trial."
        out.append(Table("In cross-validation", columns, rows, (note,)))
    trials = tuple(
        (
            cell(arm.text("name")),
            cell(count(trial["trial"])),
            cell(decimals(trial["score"], 4)),
            cell(count(trial["rounds"])),
            cell(trial.text("failed") or ("stopped early" if trial["pruned"] else "")),
        )
        for arm in tried
        for trial in arm["search"]["history"].each()
    )
    titles = ["arm", "trial", "score", "rounds", ""]
    columns = tuple(Column(title, number=0 < n < 4) for n, title in enumerate(titles))
    out.append(Fold("Every trial", (Table("", columns, trials),)))
    return out


def _param(params: At, name: str) -> Cell:
    at = next((at for key, at in params.items() if key == name), At(None))
    if at.value is None:
        return cell(figures.NOTHING)
    if isinstance(at.value, bool | str):
        return cell(str(at.value))
    return cell(number(at))
