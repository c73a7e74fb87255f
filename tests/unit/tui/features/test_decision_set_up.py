"""What is set up of decisions: fields of the budget, classes, and run options."""

from __future__ import annotations

import argparse

import pytest

from engine.core.experiment import DecisionSpec
from tests.support.each import each
from tui.cli import experiment_of as experiment
from tui.cli import find_command as find
from tui.features.arms import changes
from tui.features.arms import draft as drafts


def test_new_fields_of_the_decision_take_what_can_be():
    with each() as failing:
        for field, bad, good, read in (
            ("precision_floor", "1.5", "0,3", 0.3),
            ("alerts", "1.5", "200", 200.0),
            ("alerts", "120 %", "5 %", 0.05),
            ("alerts", "some", "0.1", 0.1),
            ("cost_tp", "-1", "2", 2.0),
            ("cost_tn", "-1", "0.5", 0.5),
            ("rope", "1", "0.02", 0.02),
        ):
            with failing(field, bad, good):
                draft = changes.change_budget(drafts.fresh(), field, bad)
                assert draft.problems[field].message
                assert draft.problems[field].fix
                assert draft.base.decision == drafts.fresh().base.decision
                draft = changes.change_budget(draft, field, good)
                assert draft.problems == {}
                assert getattr(draft.base.decision, field) == pytest.approx(read)
                draft = changes.change_budget(draft, field, None)
                at = draft.base.decision.at
                assert draft.base.decision == DecisionSpec(at=at)


def test_what_cannot_be_is_told_by_the_name_in_the_form():
    told = 0
    for name, doc in changes.FIELDS.items():
        if name in ("preset", *changes.SPLIT):
            continue
        if doc.kind in (int, float):
            draft = changes.change_budget(drafts.fresh(), name, "?")
            assert draft.problems[name].message == f"{doc.label} is '?'"
            told += 1
        elif name == "method":
            draft = changes.change_budget(drafts.fresh(), "method", "?")
            assert draft.problems["method"].message == "no search method '?'"
            told += 1
    assert told > 10


def test_another_number_keeps_the_point_of_its_name():
    for at, field, value, after in (
        ("alerts<=5%", "alerts", "200", "alerts<=200"),
        ("precision>=0.2", "precision_floor", "0.5", "precision>=0.5"),
        ("cost", "cost_tp", "1", "cost"),
    ):
        draft = changes.change_budget(drafts.fresh(), "at", at)
        draft = changes.change_budget(draft, field, value)
        assert draft.base.decision.at == after


def test_run_options_of_the_decision_reach_the_experiment():
    command, parser = find("run"), argparse.ArgumentParser()
    assert command is not None
    command.arguments(parser)
    args = parser.parse_args(["sample:moons", "--cost-fn", "20"])
    args.precision_floor, args.alerts, args.cost_tn = 0.4, 50.0, 0.25
    decision = experiment(args).decision
    assert decision.points[-2:] == ("precision>=0.4", "alerts<=50")
    assert (decision.cost_fn, decision.cost_tn) == (20, 0.25)
