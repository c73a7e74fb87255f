"""How errors fall on groups of people, in tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.core.costs import metric
from engine.core.result import FEWEST_ROWS
from engine.core.views import Column
from engine.core.views.comparisons import LEVEL
from engine.core.views.report import facts as figures
from engine.core.views.report import parts
from engine.core.views.report.facts import Facts, explain

_ARM: Final = Column("arm", align="left", least=8, most=28)
_GROUP: Final = Column("group", align="left", least=6, most=24)
_BY_GROUP: Final = (
    _ARM,
    _GROUP,
    Column("positives", "pos."),
    Column("recall (95 %)"),
    Column("false positive rate (95 %)", "FPR (95 %)"),
    Column("alerts (95 %)", drop=2),
    Column("observed (95 %)", drop=1),
    Column("expected", drop=1),
)
_GAPS: Final = (
    _ARM,
    Column("lowest in", align="left", most=16, drop=2),
    Column("highest in", align="left", most=16, drop=2),
    Column("gap"),
    Column("95 % interval"),
    Column("adjusted p", "p"),
    Column("than untreated", "change"),
    Column("95 % interval", "95 %", drop=1),
    Column("", align="left"),
)
_TITLES: Final = {"alert_share": "share of alerts", "calibration": "calibration"}
_WORDS: Final = {
    "wider": ("wider", "bad"),
    "narrower": ("narrower", "good"),
    "not shown": ("not shown", "dim"),
}


def subgroups(facts: Facts) -> parts.PageSection | None:
    """Return what each arm does on each group, and the gaps; None if none was named."""
    blocks: list[parts.Block] = list(tables(facts))
    if blocks:
        blocks.append(parts.TextBlock((explain("subgroups"),), "dim"))
    return parts.section("subgroups", "Errors by group", blocks)


def tables(facts: Facts) -> Iterator[parts.PageTable]:
    """Yield the groups of each column, then the gap of each metric."""
    for column in facts.all["subgroups"].each():
        yield _groups(column)
        by_metric: dict[str, list[figures.At]] = {}
        for gap in column["gaps"].each():
            by_metric.setdefault(gap.text("metric"), []).append(gap)
        for name, gaps in by_metric.items():
            yield _gaps(column.text("column"), name, gaps)


def _groups(column: figures.At) -> parts.PageTable:
    body: list[parts.Row] = [
        (
            arm.text("arm"),
            group.text("level"),
            figures.count(group["positives"]),
            *(
                _rate(group, name)
                for name in ("recall", "false_positive_rate", "alert_share", "observed")
            ),
            figures.decimals(group["expected"], 3),
        )
        for arm in column["arms"].each()
        for group in arm["groups"].each()
    ]
    name, cut, learned = (column[key].value for key in ("column", "cut", "learned"))
    about = [cut] if cut else []
    about.append("learned from" if learned else "not learned from")
    notes = [f"{'; '.join(about).capitalize()}."]
    if few := column["few"].value:
        listed = ", ".join(few)
        notes.append(
            f"Fewer than {FEWEST_ROWS} positives: {listed}. Whether recall differs "
            "there cannot be told."
        )
    return parts.table(f"By {name}", _BY_GROUP, body, " ".join(notes), words=2)


def _rate(group: figures.At, name: str) -> parts.Spans:
    digits = 3 if name == "observed" else 2
    rate = figures.decimals(group[name], digits)
    return (rate, *figures.interval(group[f"{name}_ci"], digits))


def _gaps(column: str, name: str, gaps: list[figures.At]) -> parts.PageTable:
    title = _TITLES.get(name) or metric(name).title
    digits = 3 if name == "calibration" else 2
    body: list[parts.Row] = []
    for gap in gaps:
        look = "strong" if gap["adjusted_p"].value < LEVEL else ""
        change = gap["change"]
        compared: tuple[parts.Spans | parts.PageCell, ...] = ((), (), ())
        if change:
            word, tone = _WORDS[change.text("effect")]
            compared = (
                (figures.signed(change["difference"], digits),),
                figures.signed_interval(change["ci"], digits),
                parts.PageCell((word,), tone),
            )
        body.append(
            (
                gap.text("arm"),
                gap.text("low"),
                gap.text("high"),
                parts.PageCell((figures.decimals(gap["gap"], digits),), look),
                _interval(gap["ci"], digits),
                parts.PageCell((figures.p_value(gap["adjusted_p"]),), look),
                *compared,
            )
        )
    return parts.table(f"Gap in {title} by {column}", _GAPS, body)


def _interval(at: figures.At, digits: int) -> parts.Spans:
    return (figures.decimals(at[0], digits), " to ", figures.decimals(at[1], digits))
