"""Sections of the page: the table, the hold-out, its proof, the arms, the search."""

from __future__ import annotations

from typing import Final

from engine.core.events import Advice
from engine.core.views import Look
from engine.core.views.comparisons import QUALITY
from engine.core.views.report import facts as figures
from engine.core.views.report import parts
from engine.core.views.report.facts import WORK, Facts, explain

_ROLES: Final = ("target", "feature", "weight", "id", "group", "time", "ignored")
_MOST_NAMES: Final = 40


def tiles(facts: Facts) -> list[parts.Block]:
    """Return what is to be known of the table at once."""
    of, rarest = facts.dataset, facts.rarest
    if not of:
        return []
    negatives, positives = facts.split_counts(of["classes"])
    shown: list[tuple[str, parts.Span]] = []
    costs = facts.all["costs"] or facts.experiment["decision"]
    if costs["cost_fn"]:
        whose = "assumed" if costs["assumed"].value else "given"
        what = "a miss" if rarest is None else f"a missed row of class {rarest}"
        title = f"costs, {whose}: {what} to a false alarm"
        if costs["column"]:
            title = f"costs by {costs.text('column')}: {what}, on average, to an alarm"
        shown.append((title, figures.cost_ratio(costs)))
    if facts.split["test"]:
        others, rare = facts.split_counts(facts.split["test"])
        what = "test positives" if rarest is None else f"test rows of class {rarest}"
        shown.append(("test rows", figures.count(*others, *rare)))
        shown.append((what, figures.count(*rare)))
    share = figures.percent(*positives, of=(*negatives, *positives))
    shown.append(("rows", figures.count(of["rows"])))
    shown.append((f"of the rows are {facts.positive}", share))
    if len(positives) == 1:
        what = "imbalance" if rarest is None else "the rest to the rarest"
        shown.append((what, figures.to_one(negatives, positives[0])))
    shown.append(("trials", figures.count(facts.all["work"]["trials"])))
    if facts.all["seconds"].value:  # unknown while a run goes on
        shown.append(("time", figures.clock(facts.all["seconds"])))
    return [parts.FactList(tuple((name, (span,)) for name, span in shown), tiles=True)]


def origin(facts: Facts, when: str, author: str) -> list[parts.Block]:
    """Return what the figures are of: the run, who ran it, its rows and their time."""
    run: parts.Spans = (parts.Code(facts.result.run), f", {when}" if when else "")
    about: list[tuple[str, parts.Spans]] = [("run", run)]
    about += [("run by", (author,))] if author else []
    about.append(("imbtui", (parts.Code(facts.all.text("imbtui")),)))
    if of := facts.dataset:
        size = figures.count(of["rows"]), " × ", figures.count(of["columns"])
        sample = of["sampled"]
        more = (", of ", figures.count(sample["of"]), " in the file") if sample else ()
        about.append(("rows × columns", (*size, *more)))
    for side, name in (("train", "training rows"), ("test", "test rows")):
        rows = tuple(at for _, at in facts.split[side].items())
        times = facts.split["times"].of(side).value
        text = f", {times[0]} to {times[1]}" if times else ""
        about += [(name, (figures.count(*rows), text))] if rows else []
    return [parts.FactList(tuple(about))]


def dataset(facts: Facts) -> parts.PageSection | None:
    """Return the table: its classes, the roles of its columns, what was advised."""
    of = facts.dataset
    if not of:
        return None
    size = figures.count(of["rows"]), " × ", figures.count(of["columns"])
    about: list[tuple[str, parts.Spans]] = [
        ("table", (of.text("name"),)),
        ("rows × columns", size),
        ("target", (parts.Code(of.text("target")),)),
    ]
    if of["positive"].value is not None:
        about.append(("positive class", (parts.Code(of.text("positive")),)))
    if weight := facts.experiment["data"].text("weight"):
        fitting = " of each row, when a model is fitted; metrics count rows"
        about.append(("row weights", (parts.Code(weight), fitting)))
    if of["sampled"]:
        whole = figures.count(of["sampled"]["of"])
        about.append(("a sample of", (whole, " rows of the file")))
    if of["fingerprint"]:
        digest = parts.Code(of.text("fingerprint"))
        about.append(("SHA-256 of all cells used", (digest,)))
    advice = tuple(map(_advice, of.value.advice))
    hints = parts.Items(advice, "Advice") if advice else None
    blocks = (parts.FactList(tuple(about)), _classes(facts), _roles(of["roles"]), hints)
    return parts.section("data", "The data", blocks)


def _classes(facts: Facts) -> parts.PageTable:
    rows: list[parts.Row] = []
    known = list(facts.dataset["classes"].items())
    every = tuple(at for _, at in known)
    for name, at in known:
        part = at.value / max(1, sum(each.value for each in every))
        share = parts.PageCell((figures.percent(at, of=every),), bars=(part,))
        sides = (
            figures.count(facts.split[side].of(name)) for side in ("train", "test")
        )
        positive = name == facts.dataset["positive"].value
        title = (parts.Strong(name), " (positive)") if positive else name
        rows.append((title, figures.count(at), share, *sides))
    titles = ("class", "rows", "share", "training rows", "test rows")
    return parts.table("Classes", titles, rows)


def _roles(roles: figures.At) -> parts.Block | None:
    by_role: dict[str, list[str]] = {}
    for name, role in sorted((roles.value or {}).items()):
        by_role.setdefault(str(role), []).append(str(name))
    order = sorted(by_role, key=lambda r: _ROLES.index(r) if r in _ROLES else 9)
    rows = [(role, _code_list(by_role[role])) for role in order]
    if not rows:
        return None
    table = parts.table("Roles", ("role", "columns"), rows, words=2)
    wide = len(roles.value) > _MOST_NAMES
    return parts.Details("Roles of the columns", (table,)) if wide else table


def _code_list(names: list[str]) -> parts.Spans:
    return tuple(part for name in names for part in (", ", parts.Code(name)))[1:]


def _advice(advice: Advice) -> parts.ListItem:
    cause = f" Why it matters: {advice.cause}." if advice.cause else ""
    return parts.ListItem(
        "!", (f"{advice.message}.{cause}",), advice.code, "warn", (advice.fix,)
    )


# The hold-out and the proof -----------------------------------------------------------


def proof(facts: Facts) -> parts.PageSection | None:
    """Return how rows were held out, and what shows that none was learned from."""
    split = facts.split
    if not split:
        return None
    train, test = (
        tuple(at for _, at in split[side].items()) for side in ("train", "test")
    )
    about: list[tuple[str, parts.Spans]] = []
    for name, rows in (("training rows", train), ("test rows", test)):
        share = figures.percent(*rows, of=(*train, *test))
        about.append((name, (figures.count(*rows), ", ", share)))
    if thinned := split["thinned"]:
        some = figures.count(thinned["kept"]), " of ", figures.count(thinned["of"])
        about.append(("fitted on", (*some, " negatives, and all positives")))
    digest = parts.Code(split.text("test_fingerprint"))
    about += [("drawn", split_text(facts)), ("SHA-256 of the test rows", (digest,))]
    text = parts.TextBlock((explain("proof"),), "dim")
    blocks = text, parts.FactList(tuple(about)), _checks(facts)
    return parts.section("proof", "Held out, and not leaked", blocks)


def _checks(facts: Facts) -> parts.Block:
    proof = facts.all["proof"]
    if not proof:
        text = "The proof is written once all arms are through; this run is not."
        return parts.TextBlock((text,), "warn")
    digests = [proof.text(f"test_fingerprint_{when}") for when in ("before", "after")]
    before, after = map(parts.Code, digests)
    same, *others = checks(facts)
    spans = (*same.spans, ", SHA-256 before ", before, " and after ", after)
    return parts.Items((same._replace(spans=spans), *others), "Proof")


def checks(facts: Facts) -> list[parts.ListItem]:
    """Return what was checked for leaks, with its value; a failure looks bad."""
    proof, digest = facts.all["proof"], "test_fingerprint"
    known = {proof.text(f"{digest}_{when}") for when in ("before", "after")}
    same = known == {facts.split.text(digest)}
    items = [_check(same, "test rows unchanged")]
    for key, expected, text in _PROOF:
        at = proof[key]
        value = None if expected is True else figures.count(at)
        items.append(_check(at.value == expected, text, value))
    return items


def _check(holds: bool, text: str, value: parts.Span | None = None) -> parts.ListItem:
    look: Look = "good" if holds else "bad"
    shown = value or parts.Strong("yes" if holds else "no")
    return parts.ListItem("✓" if holds else "✗", (text, ": ", shown), "", look)


_PROOF: Final = (
    ("test_counts_unchanged", True, "class counts of the test rows unchanged"),
    ("synthetic_rows_in_validation", 0, "synthetic rows in validation"),
    (
        "validation_rows_equal_across_arms",
        True,
        "every arm was validated on the same rows",
    ),
    (
        "held_out_rows_learned_from",
        0,
        "test or validation rows that an encoding or a sampler saw",
    ),
)
"""Values of the proof, what they must be, and what they say."""


def split_text(facts: Facts) -> parts.Spans:
    """Say in words how the test rows were chosen."""
    split, data = facts.experiment["split"], facts.experiment["data"]
    if data["test_source"]:
        return ("a second table: ", parts.Code(data.text("test_source")))
    column = parts.Code(split.text("by") or split.text("time") or split.text("group"))
    if split["by"]:
        return ("by the column ", column, ", which names the test rows")
    share: parts.Spans = (figures.percent(split["test_size"]), " of the rows")
    if split["time"]:
        return ("the latest ", *share, ", by the column ", column)
    sampling = "stratified" if split["stratify"].value else "not stratified"
    seed = parts.Code(facts.experiment.text("seed"))
    text: parts.Spans = (*share, f", {sampling}, seed ", seed)
    if split["group"]:
        return (*text, "; groups of the column ", column, " stay on one side")
    if split.text("duplicates") == "together":
        text = (*text, "; equal rows stay on one side, unless too many to be copies")
    return text


# The arms -----------------------------------------------------------------------------

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
            ("rounds of a trial, at most", (figures.count(model["rounds"]),)),
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
                figures.count(done["rounds_grown"]),
                *(figures.decimals(taken, 2) for taken in seconds),
                figures.clock(*seconds),
            )
        )
    titles = ["arm", "trials", "stopped early", "failed", "best trial", "its score"]
    titles += ["its rounds", "rounds of all", *(f"{part}, s" for part in WORK), "time"]
    note = explain("spent")
    return parts.table("Spent", titles, rows, note)


def _search_results(facts: Facts, tried: list[figures.At]) -> list[parts.Block]:
    out: list[parts.Block] = []
    by_model: dict[str, dict[parts.Spans, figures.At]] = {}
    for arm in tried:
        if params := arm["search"]["best_params"]:
            by_model.setdefault(arm.text("model"), {})[facts.name(arm)] = params
    # A table a model: their parameters side by side are too wide for a sheet of paper.
    for model, chosen in by_model.items():
        names = sorted({key for params in chosen.values() for key in params.value})
        rows: list[parts.Row] = [
            (name, *(_param(params, key) for key in names))
            for name, params in chosen.items()
        ]
        title = "Best parameters" + (f" of {model}" if len(by_model) > 1 else "")
        out.append(parts.table(title, ("arm", *names), rows))
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
