"""Rate and time left of a pass: never negative, and nothing said before it is known."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.messages import LoadProgress
from engine.core.passes import (
    ENOUGH_SECONDS,
    TASKS,
    amount,
    described,
    is_worth_a_line,
    pace,
    percent,
    rate,
    time_left,
    timed,
)

counts = st.integers(0, 10**12)
passes = st.builds(
    LoadProgress,
    stage=st.sampled_from([*TASKS, "writing REPORT.md"]),
    done=counts,
    total=st.none() | counts,
    seconds=st.floats(0, 1e7),
)
quick = settings(max_examples=200, deadline=None)


@given(passes)
@quick
def test_rate_and_time_left_are_never_negative_nor_said_too_early(now):
    found = pace(now)
    assert (found is None) == (now.seconds < ENOUGH_SECONDS or now.done == 0)
    if found is None:
        assert (rate(now), time_left(now)) == ("", "")
        return
    assert found.rate > 0
    assert (found.left is None) == (not now.total)
    if found.left is not None:
        # Even where more is done than there was to do: a file may grow.
        assert found.left >= 0
        left = max(0, now.total - now.done)
        assert found.left * found.rate == pytest.approx(left)


@given(passes)
@quick
def test_what_is_said_has_no_sign_and_stays_in_its_bounds(now):
    assert "-" not in amount(now) + rate(now) + time_left(now)
    part = percent(now)
    assert part is None or 0 <= part <= 100
    if now.total and now.done >= now.total:
        assert part == 100
        assert time_left(now) == ""
    full, least = described(now), described(now, 0)
    assert full.startswith(least)
    for most in (20, 40, 60, 80):
        text = described(now, most)
        assert len(text) <= max(most, len(least))
        assert text.startswith(least)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.floats(0, 9))))
@quick
def test_the_seconds_of_a_pass_begin_with_it(steps):
    said: list[LoadProgress] = []
    now = 0.0
    make = partial(LoadProgress, id=7)
    tell = timed(said.append, make, clock=lambda: now)
    for stage, done, more in steps:
        now += more
        tell(stage, done, None)
    assert all(one.id == 7 and one.seconds >= 0 for one in said)
    for before, one in zip([None, *said], said, strict=False):
        if before is None or before.stage != one.stage or one.done < before.done:
            assert one.seconds == 0
        else:
            assert one.seconds >= before.seconds


def test_an_estimate_is_marked_and_bytes_have_their_unit():
    known = {"seconds": 4.0, "done": 412_345, "total": 1_003_112}
    for stage, text in (
        ("reading", "412,345 of 1,003,112 rows, 100,000 rows/s, ~6 s left"),
        ("reading text", "~412,000 of ~1,000,000 rows, 100,000 rows/s, ~6 s left"),
        ("checking", "412 kB of 1.0 MB, 103 kB/s, ~6 s left"),
        ("profiling", "412,345 of 1,003,112 columns, ~6 s left"),
    ):
        now = LoadProgress(stage=stage, **known)
        assert described(now) == f"{TASKS[stage].words}: {text}"


def test_a_log_has_ever_fewer_lines_of_a_pass():
    before, said = None, []
    for second in range(100):
        now = LoadProgress(stage="reading", done=second, seconds=float(second))
        if is_worth_a_line(now, before):
            said.append(second)
        before = now
    assert said == [5, 10, 20, 40, 80]
    # The same pass once more, over the rows that were chosen.
    again = LoadProgress(stage="reading", done=1, seconds=5.0)
    assert is_worth_a_line(again, before)
