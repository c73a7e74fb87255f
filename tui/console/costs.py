"""Costs: who costs the least at which ratio, what 0.5 implies, what it comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.costs import Costs, read_costs
from engine.curve import implied_at
from engine.export.page.facts import Document, Facts
from engine.format import ratio_text
from tui.console import figures
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, aside, line, stack, wrap
from tui.console.style import Look
from tui.safe_text import clip

CHANCE = "chance alone could explain it"
_TOO_FEW = "too few test rows for an interval"
_BEST = "cost"
_MOST_ARM = 24

_WON = (
    Column("from", align="right"),
    Column("to", align="right"),
    Column("arm", align="left", most=_MOST_ARM),
    Column(
        "cost per 1,000 rows, minus none's (95 %)",
        short="per 1,000 − none's (95 %)",
        align="left",
    ),
    Column("at", drop=1),
    Column("", align="left", drop=2),
)


class CostFacts(NamedTuple):
    """What is told of costs.

    Parameters
    ----------
    arms : sequence of mapping
        As in a result document: ``name``, ``operating_points`` and
        ``implied_cost_ratio``.
    winners : sequence of mapping
        ``cost_winners`` of the document.
    costs : Costs or None
        What each outcome costs, if it is known.
    policy : str
        Operating point that is read, and how it is called.
    called : str
    focused : str, default=""
        The arm that is marked.
    """

    arms: Sequence[Mapping[str, Any]]
    winners: Sequence[Mapping[str, Any]]
    costs: Costs | None
    policy: str
    called: str
    focused: str = ""

    @property
    def ratio(self) -> float:
        """How many false alarms a missed positive is worth in the run."""
        return self.costs.ratio if self.costs else math.inf


def costs(document: Document, *, width: int, klass: str | None = None) -> list[Line]:
    """Lay out the costs of a run.

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
    policy, klass = facts.policy, klass or facts.rarest
    return cost_lines(
        CostFacts(
            arms=scored_arms(facts, klass),
            winners=[
                won
                for won in document.get("cost_winners") or []
                if won.get("klass") == klass
            ],
            costs=read_costs(document, klass),
            policy=policy,
            called=facts.called(policy, klass),
        ),
        width,
    )


def scored_arms(facts: Facts, klass: str | None) -> list[dict[str, Any]]:
    """Return the arms with a result for a class, as two classes have them."""
    return [{**at.value, "name": name} for name, _, at in facts.scored(klass)]


def cost_lines(told: CostFacts, width: int) -> list[Line]:
    """Lay out who costs the least, and what each arm's thresholds imply.

    Parameters
    ----------
    told : CostFacts
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
    """
    if not told.arms:
        return [line(Span(" no arm has a result yet", "dim"))]
    return stack([_winners(told, width), _implied(told, width)])


def _winners(told: CostFacts, width: int) -> list[Line]:
    if not told.winners:
        return []
    title = "who costs the least, where a missed positive costs as many false alarms"
    rows, here, doubtful = [], "", ""
    for won in told.winners:
        low, high = won["ratio"], won["to"]
        yours = low <= told.ratio and (high is None or told.ratio < high)
        look: Look = "bold" if yours else ""
        sure, text = _beside(won)
        doubt = "" if sure else CHANCE if won.get("ci") else _TOO_FEW
        if yours:
            here, doubtful = won["arm"], doubt
        rows.append(
            [
                Span(ratio_text(low), look),
                Span(figures.NOTHING if high is None else ratio_text(high), look),
                Span(_name(won["arm"], told), look),
                Span(text, "bold" if sure else ""),
                Span(
                    "" if text == figures.NOTHING else f"at {ratio_text(won['at'])}",
                    "dim",
                ),
                Span(doubt, "dim"),
            ]
        )
    table, dropped = grid(_WON, rows, width)
    lines = [*aside(title, width), *table]
    if "" in dropped:
        few = any(row[-1].text == _TOO_FEW for row in rows)
        text = _TOO_FEW if few else f"an interval that holds 0: {CHANCE}"
        lines += aside(text, width)
    if here:
        lines += wrap(_yours(told, here, doubtful), width, first=" ")
    return lines


def _yours(told: CostFacts, here: str, doubtful: str) -> str:
    """Say who costs the least at the run's ratio, and what that hides.

    What leads by too little, or over too short a stretch, has no stretch of its own.
    """
    known = {
        arm["name"]: cost
        for arm in told.arms
        if (cost := expected_cost(_point(arm, _BEST), told.costs)) is not None
    }
    begin = f"At the run's ratio of {ratio_text(told.ratio)} "
    least = min(known, key=lambda name: known[name], default=here)
    if here not in known or known[here] <= known[least]:
        text = f"{begin}it is {clip(here, _MOST_ARM)}"
        return f"{text}; {doubtful}." if doubtful else f"{text}."
    return (
        f"{begin}no arm leads by enough to count: {clip(least, _MOST_ARM)} costs "
        f"{per_mille(known[least])} and {clip(here, _MOST_ARM)} "
        f"{per_mille(known[here])} per 1,000 rows, and a lead "
        f"that small, or over so few ratios, is left out of the table."
    )


def _beside(won: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether a difference is sure, and the difference with its interval."""
    if won.get("difference") is None:
        return True, figures.NOTHING
    if not won.get("ci"):
        return False, signed(won["difference"])
    low, high = won["ci"]
    text = f"{signed(won['difference'])} ({signed(low)} to {signed(high)})"
    return not low <= 0 <= high, text


def _implied(told: CostFacts, width: int) -> list[Line]:
    """Say for which ratio each arm's thresholds are the right ones, and the costs."""
    halved = told.policy == "default"
    best = told.policy == _BEST
    columns = [Column("arm", align="left", most=_MOST_ARM), Column("0.5 acts as")]
    if not halved:
        columns += [
            Column("threshold", short="thresh.", drop=1),
            Column("acts as", drop=1),
        ]
    columns.append(Column("cost/1,000"))
    if not best:
        columns.append(Column("at least cost", short="at least", drop=2))
    rows = []
    for arm in told.arms:
        at_half, point = arm.get("implied_cost_ratio"), _point(arm, told.policy)
        row = [Span(_name(arm["name"], told)), Span(_to_one(at_half), "bold")]
        if not halved:
            at = point["threshold"] if point else None
            implied = None
            if at is not None and at_half is not None:
                implied = implied_at(at, at_half)
            row += [Span(figures.threshold(at)), Span(_to_one(implied))]
        row.append(Span(per_mille(expected_cost(point, told.costs))))
        if not best:
            least = expected_cost(_point(arm, _BEST), told.costs)
            row.append(Span(per_mille(least)))
        rows.append(row)
    table, _ = grid(columns, rows, width)
    text = (
        "how many false alarms a missed positive must be worth for a threshold; read "
        f"at {told.called}"
    )
    lines = [*aside(text, width), *table]
    return [*lines, *_acts_as(told, width)]


def _acts_as(told: CostFacts, width: int) -> list[Line]:
    """Say what the arm that is furthest from no change implies."""
    known = [
        arm for arm in told.arms if (arm.get("implied_cost_ratio") or 1.0) not in (0, 1)
    ]
    if not known:
        return []
    far = max(known, key=lambda arm: abs(math.log(arm["implied_cost_ratio"])))
    text = (
        f"{clip(far['name'], _MOST_ARM)} at 0.5 acts as if a missed positive cost "
        f"{ratio_text(far['implied_cost_ratio'])} false alarms; in this run it costs "
        f"{ratio_text(told.ratio)}."
    )
    return wrap(text, width, first=" ")


def _name(arm: str, told: CostFacts) -> str:
    mark = "▸" if arm == told.focused else ""
    return mark + clip(arm, _MOST_ARM - len(mark))


def _point(arm: Mapping[str, Any], policy: str) -> Mapping[str, Any] | None:
    points: Sequence[Mapping[str, Any]] = arm.get("operating_points") or ()
    return next((point for point in points if point["policy"] == policy), None)


def expected_cost(point: Mapping[str, Any] | None, costs: Costs | None) -> float | None:
    """Return the cost per 1,000 rows of an operating point, as far as it is known.

    Examples
    --------
    >>> counts = {"tn": 89, "fp": 1, "fn": 4, "tp": 6}
    >>> expected_cost({"confusion": counts}, Costs(cost_fn=10.0, cost_fp=1.0))
    410.0
    """
    counts = point["confusion"] if point else {}
    if costs is None or not any(counts.values()):
        return None
    return costs.per_1000(**{kind: counts[kind] for kind in ("tn", "fp", "fn", "tp")})


def per_mille(value: float | None) -> str:
    """Write a cost per 1,000 rows, without a decimal from 1,000 on.

    Examples
    --------
    >>> per_mille(123.42), per_mille(1234.5), per_mille(None)
    ('123.4', '1,234', '—')
    """
    if value is None:
        return figures.NOTHING
    return f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def signed(value: float, digits: int = 1) -> str:
    """Write a difference with its sign; a 0 has none.

    Examples
    --------
    >>> signed(-3.307), signed(0.1345), signed(-1234.5), signed(0.0), signed(12.4, 0)
    ('−3.3', '+0.13', '−1,234', '0', '+12')
    """
    if digits and value:
        digits += abs(value) < 1
        digits = 0 if abs(value) >= 1000 else digits
    text = f"{abs(value):,.{digits}f}"
    if not float(text.replace(",", "")):
        return "0"
    return f"{'−' if value < 0 else '+'}{text}"


def _to_one(ratio: float | None) -> str:
    return figures.NOTHING if ratio is None else f"{ratio_text(ratio)}:1"
