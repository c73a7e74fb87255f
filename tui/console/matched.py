"""Arms at matched operating points: at equal recall, at equal alerts, at their best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from engine.costs import Costs, read_costs
from engine.export.page.facts import FEWEST_ROWS, Document, Facts
from tui.console import figures
from tui.console.costs import CHANCE, expected_cost, per_mille, scored_arms, signed
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, aside, line, stack, wrap
from tui.safe_text import clip

_MOST_ARM = 22
_SURE = 0.05
_MAYBE = "~"


class Match(NamedTuple):
    """A policy at which arms are matched.

    Parameters
    ----------
    policy : str
    title : str
        What is made equal.
    metric : str
        What then differs, as a comparison names it.
    """

    policy: str
    title: str
    metric: str


_KINDS: Final = (
    ("recall>=", "at equal recall", "false_positive_rate"),
    ("alerts<=", "at equal alerts", "recall"),
    ("precision>=", "at equal precision", "recall"),
    ("cost", "at the least cost of each", "cost_per_1000"),
    ("f1", "at the best F1 of each", "recall"),
)
_DIFFERS: Final = {
    "false_positive_rate": "false alarms",
    "recall": "found",
    "cost_per_1000": "cost/1,000",
}
_EXACT: Final = {
    "recall>=": ("at", "reaches the recall"),
    "alerts<=": ("within", "keeps to the alerts"),
}
"""What comparisons put all arms to on the test rows themselves, by how a policy begins:
every arm at a threshold of its own that just does so."""
_OWN: Final = {"cost": "cost/1,000", "f1": "F1"}


class MatchFacts(NamedTuple):
    """What is told of matched arms.

    Parameters
    ----------
    arms : sequence of mapping
        As in a result document: ``name`` and ``operating_points``.
    comparison : sequence of mapping
        That of the document; what is not there is not told.
    costs : Costs or None
        What each outcome costs, if it is known.
    focused : str, default=""
        The arm that is marked.
    scarce : str, default=""
        Why there is nothing beside `none`, where that is for want of test rows.
    """

    arms: Sequence[Mapping[str, Any]]
    comparison: Sequence[Mapping[str, Any]]
    costs: Costs | None
    focused: str = ""
    scarce: str = ""


def matched(document: Document, *, width: int, klass: str | None = None) -> list[Line]:
    """Lay out the arms of a run at matched operating points.

    Parameters
    ----------
    document : mapping
        A result document, finished or not.
    width : int
        Cells that a line takes at most.
    klass : str or None, default=None
        The class that is told from all others, of more than two; the rarest if None.

    Returns
    -------
    list of Line
    """
    facts = Facts(document)
    klass = klass or facts.rarest
    told = MatchFacts(
        arms=scored_arms(facts, klass),
        # Of more than two classes the comparisons are not about one of them.
        comparison=(document.get("comparison") or []) if klass is None else [],
        costs=read_costs(document, klass),
        scarce=_scarce(facts) if klass is None else "",
    )
    return matched_lines(told, matches(told.arms), width)


def matches(arms: Sequence[Mapping[str, Any]]) -> list[Match]:
    """Return the policies at which arms are matched, of those that they have."""
    known = dict.fromkeys(
        point["policy"] for arm in arms for point in arm.get("operating_points") or ()
    )
    return [
        Match(policy, title, metric)
        for begin, title, metric in _KINDS
        for policy in known
        if policy == begin or (begin.endswith("=") and policy.startswith(begin))
    ]


def matched_lines(told: MatchFacts, chosen: Sequence[Match], width: int) -> list[Line]:
    """Lay out a table per match.

    Parameters
    ----------
    told : MatchFacts
    chosen : sequence of Match
        In the order shown.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
    """
    if not told.arms:
        return [line(Span(" no arm has a result yet", "dim"))]
    text = (
        "Thresholds were chosen out of fold, on the training rows: on the test rows "
        "what is equal comes out about equal."
    )
    if told.scarce:
        text = f"{text} {told.scarce}"
    tables = (_match(told, match, width) for match in chosen)
    return [*stack(tables), (), *aside(text, width)]


def _scarce(facts: Facts) -> str:
    """Say that a class has too few test rows for any comparison here."""
    if facts.scarce is None or not facts.all["verdict"]:
        return ""
    few, rows = facts.scarce
    return (
        f"Arms are not compared with none here: there are {rows:,} test rows of "
        f"{clip(few, _MOST_ARM)}, and {FEWEST_ROWS} are needed."
    )


def _match(told: MatchFacts, match: Match, width: int) -> list[Line]:
    """Lay out the arms at one policy, the best first."""
    points = [
        (arm["name"], point)
        for arm in told.arms
        for point in arm["operating_points"]
        if point["policy"] == match.policy
    ]
    points.sort(key=lambda one: _order(match, one[1], told.costs))
    beside = {
        row["a"]: row
        for row in told.comparison
        if (row["policy"], row["metric"]) == (match.policy, match.metric)
        and row.get("klass") is None
    }
    rows = [
        _row(told, match, name, point, beside if beside else None)
        for name, point in points
    ]
    paid = told.costs
    called = figures.policy_name(
        match.policy,
        cost_fn=paid.cost_fn - paid.cost_tp if paid else 0.0,
        cost_fp=paid.cost_fp - paid.cost_tn if paid else 0.0,
    )
    title = _beside_title(match, called) if beside else None
    table, _ = grid(_columns(match, title), rows, width)
    lines = [line(Span(f" {match.title}", "bold"), Span(f"   {called}", "dim")), *table]
    exact = _exact(match)
    notes = []
    if beside and exact:
        notes.append(
            f"beside none: each arm at its own threshold that just {exact[1]} on the "
            "test rows, not the one of this table"
        )
    if any(row["adjusted_p"] >= _SURE for row in beside.values()):
        notes.append(f"{_MAYBE} {CHANCE}")
    if notes:
        lines += aside("; ".join(notes), width)
    for name, point in points:
        if point.get("note"):
            text = f"{clip(name, _MOST_ARM)}: {point['note']}"
            lines += wrap(text, width, first=Span(" ! ", "warn"))
    return lines


def _exact(match: Match) -> tuple[str, str] | None:
    """Return the words for where a comparison puts all arms; None if it leaves them."""
    return next((v for k, v in _EXACT.items() if match.policy.startswith(k)), None)


def _beside_title(match: Match, called: str) -> tuple[str, str]:
    """Return what the differences from the control are of, and that in short."""
    begin, exact = f"{_DIFFERS[match.metric]} beside none", _exact(match)
    if exact is None:
        return f"{begin} (95 %)", "beside none (95 %)"
    where = f"each just {exact[0]} {called}"
    return f"{begin}, {where} (95 %)", where


def _columns(match: Match, beside: tuple[str, str] | None) -> list[Column]:
    columns = [
        Column("arm", align="left", most=_MOST_ARM),
        Column("missed"),
        Column("recall", drop=3),
        Column("false alarms", short="alarms"),
        Column("precision", short="prec.", drop=2),
    ]
    if match.policy in _OWN:
        columns.append(Column(_OWN[match.policy], drop=1))
    columns.append(Column("threshold", short="thresh.", drop=4))
    if beside is not None:
        title, short = beside
        columns.append(Column(title, short=short, align="left"))
    return columns


def _row(
    told: MatchFacts,
    match: Match,
    name: str,
    point: Mapping[str, Any],
    beside: Mapping[str, Mapping[str, Any]] | None,
) -> list[Span]:
    counts, metrics = point["confusion"], point.get("metrics") or {}
    mark, noted = "▸" if name == told.focused else "", " !" if point.get("note") else ""
    row = [
        Span(mark + clip(name, _MOST_ARM - len(mark + noted)) + noted),
        Span(figures.count(counts["fn"]), "bold"),
        Span(figures.decimals(metrics.get("recall"), 2)),
        Span(figures.count(counts["fp"])),
        Span(figures.decimals(metrics.get("precision"), 2)),
    ]
    if match.policy == "cost":
        row.append(Span(per_mille(expected_cost(point, told.costs))))
    elif match.policy == "f1":
        row.append(Span(figures.decimals(_f1(counts), 3)))
    row.append(Span(figures.threshold(point["threshold"])))
    if beside is not None:
        row.append(_beside(beside.get(name), match.metric, counts))
    return row


def _order(
    match: Match, point: Mapping[str, Any], costs: Costs | None
) -> tuple[float, float]:
    """Return what arms are sorted by: what the match leaves to differ."""
    counts = point["confusion"]
    if match.metric == "false_positive_rate":
        return counts["fp"], counts["fn"]
    if match.policy == "cost":
        return expected_cost(point, costs) or 0.0, counts["fn"]
    if match.policy == "f1":
        return -(_f1(counts) or 0.0), counts["fn"]
    return counts["fn"], counts["fp"]


def _beside(
    row: Mapping[str, Any] | None, metric: str, counts: Mapping[str, int]
) -> Span:
    """Write a difference from the control, in rows, and whether chance explains it."""
    if row is None:
        return Span(figures.NOTHING)
    rows = {
        "false_positive_rate": counts["tn"] + counts["fp"],
        "recall": counts["fn"] + counts["tp"],
    }.get(metric)
    difference, low, high = (
        signed(value) if rows is None else signed(rows * value, 0)
        for value in (row["difference"], *row["ci"])
    )
    sure = row["adjusted_p"] < _SURE
    text = f"{difference} ({low} to {high}){'' if sure else f' {_MAYBE}'}"
    return Span(text, "bold" if sure else "")


def _f1(counts: Mapping[str, int]) -> float | None:
    whole = 2 * counts["tp"] + counts["fp"] + counts["fn"]
    return 2 * counts["tp"] / whole if whole else None
