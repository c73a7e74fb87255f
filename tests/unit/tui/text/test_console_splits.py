"""Several splits as text: what they come to, and a run of them at work."""

import msgspec
import pytest

from engine.core.events import RunFinished, SplitEvent, SplitsCompared, Warned
from engine.core.result import build
from engine.core.state import State, reduce
from engine.core.views.progress import time_left
from tests.support import console_samples as samples
from tests.support.several_splits import several
from tui.features.session import CurrentRun
from tui.terminal.safe_text import cells
from tui.text.live import lines, plain
from tui.text.report import render, sections

replace = msgspec.structs.replace
ARMS = ("untreated", "smote")


@pytest.fixture(scope="module")
def state(two_classes):
    return several(two_classes.state())


def at_work(*events, asked=3, finished=1):
    """A run of so many splits of which some are finished; events of the next."""
    counts = {arm: samples.COUNTS[arm] for arm in ARMS}
    whole = [e for e in samples.events(counts) if not isinstance(e, RunFinished)]
    state = samples.state_of(whole)
    state = replace(state, experiment=replace(state.experiment, splits=asked))
    for number in range(2, finished + 1):
        for event in (*whole, RunFinished(status="done", seconds=9.0)):
            state = reduce(state, SplitEvent(split=number, inner=event))
    for event in events:
        state = reduce(state, SplitEvent(split=finished + 1, inner=event))
    return state


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_section_says_how_often_it_stands_and_how_far_figures_spread(state, width):
    text = sections(build(state, run="7f"), ["splits"], width=width)
    assert "15 of 19" in " ".join(text.split())
    assert max(map(cells, text.split("\n"))) <= width
    for row in state.summary.board:
        assert row.arm in text
    for one in state.summary.outcomes:
        assert str(one.seed) in text


def test_the_whole_has_them_and_the_verdict_its_doubt(state, two_classes):
    text = render(build(state, run="7f"), width=100)
    assert "VRD222" in text
    assert "Over 20 splits" in text
    alone = build(two_classes.state(), run="7f")
    assert "this run has none" in sections(alone, ["splits"], width=80)
    assert "splits" not in render(alone, width=100)


def test_a_warning_of_any_split_is_shown_once_with_how_many_have_it():
    state = at_work(Warned(message="only 3 rows", arm="smote"), asked=4, finished=2)
    state = reduce(state, Warned(message="only 2 rows", arm="smote"))
    state = reduce(state, Warned(message="of the first"))
    later = Warned(message="of a later one")
    state = reduce(state, SplitEvent(split=2, inner=later))
    result = build(state, run="7f")
    assert [one for one in result.warnings if "of" in one] == [
        "of the first (in 1 of 3 splits)",
        "of a later one (in 1 of 3 splits)",
        "smote: only 2–3 rows (in 2 of 3 splits)",
    ]
    shown = " ".join(render(result, width=100).split())
    assert "smote: only 2–3 rows (in 2 of 3 splits)" in shown


def test_of_a_cancelled_run_the_trials_that_are_done_are_counted():
    def counted(state, status):
        run = CurrentRun(
            id="7f",
            number=1,
            created=0.0,
            experiment=state.experiment,
            status=status,
            state=state,
        )
        return run.trials

    state = at_work(asked=4, finished=2)
    state = replace(state, compared=state.compared or object())
    done, total = counted(
        reduce(state, RunFinished(status="cancelled", seconds=1)), "cancelled"
    )
    assert (done, total) == (total // 2, counted(state, "done")[0])
    assert counted(state, "running") == (done, total)


def test_a_run_at_work_shows_the_split_that_is():
    begun = samples.started(arms=ARMS, trials=2)
    state = at_work(begun, samples.trial("smote", 0, 0.07))
    shown = lines(state, width=100, elapsed=30.0, jobs=2)
    assert "split 2 of 3, 1 of 4 trials" in shown[-1]
    assert all("missed" not in line for line in shown)


def test_the_time_left_counts_the_splits_to_come():
    begun = samples.started(arms=ARMS, trials=2)
    some = (begun, samples.trial("smote", 0, 0.07), samples.trial("untreated", 0, 0.05))
    known = {"elapsed": 30.0, "jobs": 2}
    one = time_left(samples.state_of(some), **known).run
    assert time_left(at_work(*some, asked=2), **known).run == pytest.approx(one)
    more = time_left(at_work(*some, asked=6), **known).run
    # Four more, each as long as the first two on average.
    assert more == pytest.approx(one + 4 * (30.0 + one) / 2)


def test_a_log_has_a_line_for_each_split_that_ended(state):
    before = at_work(samples.started(arms=ARMS, trials=2), samples.compared())
    over = SplitEvent(split=2, inner=RunFinished(status="done", seconds=5.0))
    (said,) = plain(before, over, elapsed=61.0)
    assert said.startswith("[01:01] split 2 of 3: VRD002, ")
    lost = RunFinished(status="failed", seconds=5.0, error={"message": "no positive"})
    (said,) = plain(at_work(), SplitEvent(split=2, inner=lost), elapsed=61.0)
    assert said == "[01:01] split 2 of 3: no positive"
    inside = SplitEvent(split=2, inner=samples.trial("smote", 1, 0.09))
    assert not [*plain(before, inside, elapsed=61.0)]
    verdict = state.compared.verdict
    told = SplitsCompared(summary=state.summary, verdict=verdict)
    assert [*plain(State(), told, elapsed=61.0)] == [
        "[01:01] 15 of 19 other splits recommend the same"
    ]
