"""The verdict as text: first and last, with the costs, and the command to use it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core import format as figures
from engine.core.costs import Costs
from engine.core.events import ArmEvaluated, Compared, Event
from engine.core.experiment import DecisionSpec
from engine.core.outcome import Choice, Confusion, Remark, Unseen, Verdict
from tests.support import judged_samples
from tests.support.console_samples import COUNTS, compared, document, events, started
from tui.text.lines import PLAIN, paint
from tui.text.report import board, overview, point_bar, render, sections
from tui.text.tables import best_line

RECOMMENDED = {
    arm: {"recommended": points["cost"], **points} for arm, points in COUNTS.items()
}
CONFUSION = Confusion(tn=8214, fp=305, fn=125, tp=36)
VERDICT = Verdict(
    headline="36 of 161 positives with 305 false alarms.",
    recommendation="Use `untreated`: call a row positive from 0.0892 on.",
    code="VRD002",
    reasons=(
        Remark("VRD112", "It costs less than nobody."),
        Remark("VRD113", "The threshold stays so from 8:1."),
    ),
    doubts=(
        Remark("VRD201", "Few positives."),
        Remark("VRD202", "The costs are assumed."),
    ),
    choice=Choice(
        arm="untreated",
        at="recommended",
        threshold=0.0892,
        confusion=CONFUSION,
        cost=179.0,
    ),
)


def told(verdict: Verdict = VERDICT, **about: Any) -> list[Event]:
    """A run that came to this verdict."""
    said = replace(compared(), verdict=verdict)
    about = {"at": "recommended", "cost_fn": None, **about}
    return [
        said if isinstance(event, Compared) else event
        for event in events(RECOMMENDED, **about)
    ]


def changed(some: list[Event], **changes: Any) -> list[Event]:
    """The same with these fields of every arm's result."""
    return [
        replace(event, **changes) if isinstance(event, ArmEvaluated) else event
        for event in some
    ]


def test_the_verdict_stands_first_and_is_told_in_full_below_the_board() -> None:
    text = render(document(told()), width=100)
    first = text.index("→ Use `untreated`: call a row positive")
    assert text.index(VERDICT.headline) < first < text.index(" operating point ")
    rest = text[text.index("at other thresholds") :]
    order = [
        VERDICT.headline,
        "→ Use `untreated`",
        "The costs are assumed (--cost-fn, --cost-fp).",
        "The threshold stays so from 8:1.",
        " why",
        "It costs less than nobody.",
        " caveats",
        "Few positives.",
        " to use it: imbtui export 20261124-7f --as bundle\n",
        "no leak",
    ]
    places = [rest.index(part) for part in order]
    assert places == sorted(places)
    assert text.count("The costs are assumed") == text.count("stays so") == 1


def test_no_command_where_nothing_is_recommended() -> None:
    untreated = replace(VERDICT, code="VRD009", choice=None, headline="No skill.")
    found = document(told(untreated))
    assert "imbtui export" not in render(found, width=100)
    assert best_line(found) == "no better than chance"


def test_the_section_is_the_verdict_alone() -> None:
    text = sections(document(told()), ["verdict"], width=100)
    assert text.startswith(f" {VERDICT.headline}\n")
    assert text.endswith("--as bundle")
    assert "this run has none" in sections(
        document([started()]), ["verdict"], width=100
    )


def test_a_list_of_runs_names_the_recommended_arm() -> None:
    assert best_line(document(told())) == "untreated misses 125 of 161"


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ({}, "recommended (cost 54.4:1)"),
        ({"cost_fn": 10.0}, "recommended (cost 10:1)"),
        ({"at": "f1"}, "recommended (F1)"),
        ({"at": "f1", "cost_fn": 10.0}, "recommended (cost 10:1)"),
    ],
)
def test_the_recommended_point_is_named_by_what_it_follows(
    about: dict[str, Any], name: str
) -> None:
    counts = {"untreated": {"recommended": (125, 305), "f1": (125, 305)}}
    found = document(events(counts, **{"at": "recommended", "cost_fn": None} | about))
    assert found.point_label("recommended") == name


def test_the_board_is_at_the_recommended_point_unless_another_is_named() -> None:
    found = document(told())
    assert found.select_point(None) == "recommended"
    bar = paint(point_bar(found, width=140), PLAIN, 140)
    assert bar.startswith(" operating point  ▸recommended (cost 54.4:1)   fixed 0.5")
    heads = paint(overview(found, width=140, at="cost"), PLAIN, 140).split("\n")[1]
    assert heads.split() == ["arm", "recommended", "fixed", "0.5"]


def test_costs_are_known_before_the_table_only_if_they_are_given() -> None:
    decision = DecisionSpec(cost_fn=10.0, cost_fp=2.0, cost_tp=1.0)
    wanted = replace(started().experiment, decision=decision)
    given = replace(document([]), experiment=wanted)
    assert given.costs_of() == Costs(cost_fn=10.0, cost_fp=2.0, cost_tp=1.0)
    assert given.error_costs() == {"cost_fn": 9.0, "cost_fp": 2.0}
    assert set(document([]).error_costs().values()) == {0.0}
    assert document([]).point_label("cost") == "cost"


def test_costs_of_one_class_against_the_rest() -> None:
    dataset = started().dataset
    found = replace(
        document([]),
        costs=Costs(cost_fn=9.0, cost_fp=1.0, assumed=True),
        dataset=replace(dataset, classes={"a": 60, "b": 30, "c": 10}),
    )
    assert found.error_costs("b")["cost_fn"] == pytest.approx(70 / 30)
    found = replace(found, costs=Costs(cost_fn=9.0, cost_fp=1.0))
    assert found.error_costs("b")["cost_fn"] == 9


def test_a_cost_is_written_with_three_digits() -> None:
    assert figures.point_name("cost", cost_fn=54.4278, cost_fp=1) == "cost 54.4:1"
    assert figures.point_name("cost", cost_fn=2197.3, cost_fp=1) == "cost 2,197:1"


def test_what_is_known_of_a_threshold_stands_below_the_board() -> None:
    some = told()
    note = "asked for alerts on 5 % of the rows; on the test rows it is 0 %"
    for n, event in enumerate(some):
        if isinstance(event, ArmEvaluated) and event.arm == "smote":
            points = [
                replace(p, note=note if p.name == "recommended" else "")
                for p in event.operating_points
            ]
            some[n] = replace(event, operating_points=tuple(points))
    found = document(some)
    text = paint(board(found, width=140), PLAIN, 140)
    assert text.count(f" ! smote: {note}") == text.count(note) == 1
    assert note not in paint(board(found, width=140, at="cost"), PLAIN, 140)


def test_figures_without_rows_that_have_an_equal_in_training() -> None:
    unseen = Unseen(rows=8_000, positives=150, average_precision=0.0512)
    found = document(changed(told(), unseen=unseen))
    text = paint(board(found, width=140), PLAIN, 140)
    assert (
        " · Test rows without a duplicate among the training rows: 8,000. Average "
        "precision on those: untreated 0.051, "
    ) in text
    assert "equal among" not in paint(board(document(told()), width=140), PLAIN, 140)


@pytest.mark.parametrize("width", [60, 140])
def test_costs_without_an_interval_say_why(width: int) -> None:
    found = document(list(judged_samples.events()))
    unsure = tuple(replace(won, ci=None) for won in found.cost_winners)
    text = sections(replace(found, cost_winners=unsure), ["costs"], width=width)
    assert "too few test rows for an interval" in " ".join(text.split())
    assert "chance alone" not in text


def test_a_run_of_the_engine_tells_what_it_recommends() -> None:
    found = document(list(judged_samples.events()))
    choice = found.choice
    assert choice.at == "recommended"
    text = render(found, width=100, at="recommended")
    assert "▸recommended (cost 10:1)" in text
    assert f"{choice.confusion.fp:,}" in text
