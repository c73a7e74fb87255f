"""The splits of a run together: how often its verdict stands, how figures spread.

Section of the page; the other front ends draw the same tables.
"""

from __future__ import annotations

from typing import Final

from engine.core.format import plural
from engine.core.views import Column
from engine.core.views.report import facts as figures
from engine.core.views.report import forest, parts
from engine.core.views.report.facts import At, Facts, explain

_VERDICTS: Final = (
    Column("recommended arm", align="left", least=8, most=32),
    Column("verdict", align="left"),
    Column("splits"),
    Column("share", drop=1),
)
_SPREADS: Final = {
    "missed": ("missed", 0, 0),
    "false_alarms": ("false alarms", 0, 0),
    "recall": ("recall", 2, 3),
    "precision": ("precision", 2, 2),
    "cost_per_1000": ("cost/1,000", 1, 0),
    "average_precision": ("AP", 3, 1),
}
"""Of each figure its title, its decimals, and how soon its column goes."""
_OUTCOMES: Final = (
    Column("split"),
    Column("seed", align="left"),
    Column("verdict", align="left"),
    Column("recommended arm", align="left", most=32),
    Column("", align="left"),
)


def progress(facts: Facts) -> str:
    """Say how many splits there are of those that are wanted; nothing of one."""
    summary = facts.result.splits or None
    if summary is None:
        return ""
    known = plural(summary.done, "split")
    return known if summary.done == summary.asked else f"{known} of {summary.asked}"


def standing(facts: Facts) -> parts.Spans:
    """Say in how many of the other splits the recommendation is found."""
    known = facts.all["splits"]
    if not known["others"]:
        return ()
    return (
        "The verdict and the recommended arm of the first split are found in ",
        figures.count(known["same"]),
        " of ",
        figures.count(known["others"]),
        " other splits: ",
        figures.percent(known["share"]),
        ", 95 % interval ",
        figures.percent(known["ci"][0]),
        " to ",
        figures.percent(known["ci"][1]),
        ".",
    )


def verdicts(facts: Facts) -> parts.PageTable | None:
    """Return what the splits recommend, the most frequent first."""
    known = facts.all["splits"]
    rows: list[parts.Row] = [
        (
            row.text("arm") or "none",
            row.text("code"),
            figures.count(row["splits"]),
            figures.percent(row["splits"], of=(known["done"],)),
        )
        for row in known["verdicts"].each()
    ]
    title = "What the splits recommend"
    return parts.table(title, _VERDICTS, rows) if rows else None


def spreads(facts: Facts, at: str) -> parts.PageTable | None:
    """Return each arm's figures over the splits: mean, standard deviation and range."""
    placed = [row for row in facts.all["splits"]["board"].each() if row.value.at == at]
    known = [name for name in _SPREADS if any(row["figures"][name] for row in placed)]
    if not known:
        return None
    columns = [
        Column("arm", align="left", least=8, most=32),
        *(Column(_SPREADS[name][0], drop=_SPREADS[name][2]) for name in known),
    ]
    rows: list[parts.Row] = [
        (
            row.text("arm"),
            *(_spread(row["figures"][name], _SPREADS[name][1]) for name in known),
        )
        for row in placed
    ]
    title = f"Over {progress(facts)}, {facts.point_label(at)}"
    return parts.table(title, columns, rows, explain("splits"))


def _spread(at: At, digits: int) -> parts.Spans:
    if not at:
        return (figures.NOTHING,)
    # The range of a count is of counts.
    ends = 0 if isinstance(at["least"].value, int) else digits
    low, high = (figures.decimals(at[end], ends) for end in ("least", "most"))
    sd = at["sd"]
    about = (" ± ", figures.decimals(sd, digits)) if sd.value is not None else ()
    return (figures.decimals(at["mean"], digits), *about, " (", low, "–", high, ")")


def tests(facts: Facts) -> tuple[parts.PageTable, ...]:
    """Return how arms differ over the splits, a table for each metric."""
    return forest.folds(facts, facts.all["splits"]["comparisons"], "splits")


def outcomes(facts: Facts) -> parts.PageTable | None:
    """Return the verdict of every split, and the seed that repeats it."""
    rows: list[parts.Row] = [
        (
            figures.count(row["number"]),
            parts.Code(row.text("seed")),
            row.text("code") or "—",
            row.text("arm") or "none",
            row.text("error"),
        )
        for row in facts.all["splits"]["outcomes"].each()
    ]
    return parts.table("Split by split", _OUTCOMES, rows) if rows else None


def section(facts: Facts) -> parts.PageSection | None:
    """Return what several splits come to; None of one."""
    said = standing(facts)
    if not said:
        return None
    tables = (verdicts(facts), spreads(facts, facts.at), *tests(facts))
    each = outcomes(facts)
    blocks: list[parts.Block] = [
        parts.TextBlock(said, ""),
        *(table for table in tables if table is not None),
        parts.TextBlock((explain("split tests"),), "dim"),
    ]
    if each is not None:
        blocks.append(parts.Details("Split by split", (each,)))
    return parts.section("splits", "Does it stand in other splits?", blocks)
