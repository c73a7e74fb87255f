"""What it comes to if a person looks at some rows, in tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.core import format as written
from engine.core.costs import error_costs
from engine.core.review import ReviewBand
from engine.core.views import Column
from engine.core.views.report import facts as figures
from engine.core.views.report import parts
from engine.core.views.report.facts import Facts, explain

_ARM: Final = Column("arm", align="left", least=8, most=28)
_BANDS: Final = (
    _ARM,
    Column("scores to a person", "to a person", align="left"),
    Column("calibrated", align="left", drop=5),
    Column("reviewed"),
    Column("95 %", drop=6),
    Column("missed", drop=1),
    Column("false alarms", "alarms", drop=2),
    Column("cost/1,000"),
    Column("95 %", drop=4),
    Column("than alone", "change"),
    Column("95 %", drop=3),
)
_SETS: Final = (
    _ARM,
    Column("positives held (95 %)", "positives held"),
    Column("negatives held (95 %)", "negatives held"),
    Column("only negative", "neg.", drop=2),
    Column("only positive", "pos.", drop=1),
    Column("both"),
    Column("neither", drop=3),
)


def review(facts: Facts) -> parts.PageSection | None:
    """Return who is asked of which scores; None if nobody is."""
    blocks: list[parts.Block] = list(tables(facts))
    return parts.section("review", "Review by a person", blocks)


def tables(facts: Facts) -> Iterator[parts.PageTable]:
    """Yield the bands of scores that go to a person, then the conformal sets."""
    found = facts.result.review
    if not found:
        return
    arms = list(facts.all["review"]["arms"].each())
    bands = [row for arm in arms for row in _rows(arm)]
    yield parts.table("Scores that go to a person", _BANDS, bands, _note(facts))
    sets: list[parts.Row] = [
        (
            arm.text("arm"),
            *(_held(arm["sets"][name]) for name in ("positives", "negatives")),
            *(
                figures.percent(arm["sets"][name]["share"])
                for name in ("only_negative", "only_positive", "both", "neither")
            ),
        )
        for arm in arms
    ]
    level = f"{100 * found.arms[0].sets.level:.3g} %" if found.arms else ""
    title = f"Conformal sets of classes at {level}"
    yield parts.table(title, _SETS, sets, explain("conformal sets", level=level))


def _rows(arm: figures.At) -> Iterator[parts.Row]:
    """Yield an arm with its band, if one pays, then without."""
    name, at = arm.text("arm"), figures.threshold(arm["threshold"])
    if arm["pays"]:
        yield (
            name,
            _band(arm["low"], arm["high"]),
            _band(arm["low_risk"], arm["high_risk"]),
            figures.percent(arm["reviewed"]["share"]),
            _limits(arm["reviewed"]["ci"]),
            figures.count(arm["missed"]),
            figures.count(arm["alarms"]),
            figures.per_mille(arm["cost"]),
            _costs(arm["cost_ci"]),
            parts.PageCell(
                (figures.signed(arm["difference"], 1),),
                "strong" if _is_shown(arm.value) else "",
            ),
            figures.signed_interval(arm["difference_ci"], 1),
        )
        name, about = "", ("alone at ", at)
    else:
        about = ("none pays; at ", at)
    alone = not name
    yield (
        name,
        about,
        "",
        "",
        "",
        figures.count(arm["alone_missed"]),
        figures.count(arm["alone_alarms"]),
        figures.per_mille(arm["alone"]),
        () if alone else _costs(arm["cost_ci"]),
        "",
        "",
    )


def _band(low: figures.At, high: figures.At) -> parts.Spans:
    if high.value is None:
        return ("from ", figures.threshold(low))
    return (figures.threshold(low), " to ", figures.threshold(high))


def _held(at: figures.At) -> parts.Spans:
    return (figures.decimals(at["share"], 2), *figures.interval(at["ci"]))


def _limits(at: figures.At) -> parts.Spans:
    if not at:
        return ()
    return (figures.percent(at[0]), "–", figures.percent(at[1]))


def _costs(at: figures.At) -> parts.Spans:
    if not at:
        return ()
    return (figures.per_mille(at[0]), "–", figures.per_mille(at[1]))


def _is_shown(arm: ReviewBand) -> bool:
    ci = arm.difference_ci
    return ci is not None and not ci[0] <= 0 <= ci[1]


def _note(facts: Facts) -> str:
    """Say what is assumed, and whether a review pays for any arm."""
    found, costs = facts.result.review, facts.result.costs
    assert found
    price, most = written.cost(found.price), written.cost(found.most)
    extra = error_costs(costs)
    miss, alarm = written.cost(extra["cost_fn"]), written.cost(extra["cost_fp"])
    given = "balancing implies" if costs and costs.assumed else "given"
    note = explain("review", price=price, miss=miss, alarm=alarm, given=given)
    if bands := [arm for arm in found.arms if arm.pays]:
        doubtful = ", ".join(arm.arm for arm in bands if not _is_shown(arm))
        return f"{note} Not shown to cost less: {doubtful}." if doubtful else note
    why = f"it can below {most}" if found.price >= found.most else ""
    return f"No review pays at this price{': ' if why else ''}{why}. {note}"
