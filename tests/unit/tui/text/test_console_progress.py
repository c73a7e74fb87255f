"""A run at work: the lines of a live display, the estimate, the lines of a log."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import (
    ArmCost,
    Event,
    Expected,
    Progress,
    RunFinished,
    RunStarted,
    SetupProgress,
    Thinned,
    Warned,
)
from engine.core.state import FINAL_FOLD, State, reduce
from engine.core.views.progress import count_text, expected_seconds, steps, time_left
from tests.support.console_samples import (
    COUNTS,
    compared,
    document,
    evaluated,
    events,
    failed,
    prepared,
    started,
    state_of,
    trial,
)
from tui.text.live import lines, plain


def shown(some: list[Event], width: int = 100, **about: object) -> list[str]:
    settings = {"elapsed": 70.0, "jobs": 2} | about
    return lines(state_of(some), width=width, **settings)  # type: ignore[arg-type]


def test_one_line_per_arm_and_one_at_the_bottom() -> None:
    out = [
        started(trials=10),
        *(prepared("smote", f) for f in (0, 1)),
        trial("smote", 0, 0.07),
        trial("smote", 1, 0.06),
        evaluated("untreated", COUNTS["untreated"]),
        prepared("kmeans-smote", 0, repairs=("k 5 → 3",)),
        failed("smote-enn", "no room"),
    ]
    text = shown(out)
    assert [line.split()[:2] for line in text[:4]] == [
        ["untreated", "done"],
        ["smote", "tuning"],
        ["smote-enn", "✗"],
        ["kmeans-smote", "preparing"],
    ]
    assert text[0].endswith("  0 trials  missed 161 of 161, 0 false alarms")
    assert "░" not in text[0]
    assert text[1].endswith("  2/10 trials  best 0.070")
    assert text[2] == " smote-enn     ✗ failed   no room"
    assert text[3].endswith("   1/3 folds  ⚠ adjusted")
    assert text[4] == " elapsed 01:10   remaining ~00:23   2 of 20 trials"


def test_the_bar_of_an_arm_never_goes_back() -> None:
    some = [
        Progress(arm="smote", stage="prepare", done=1, total=3),
        *(prepared("smote", fold) for fold in (0, 1)),
        *(trial("smote", number, 0.1) for number in range(2)),
        Progress(arm="smote", stage="tune", done=2, total=2),
        prepared("smote", FINAL_FOLD),
        Progress(arm="smote", stage="fit", done=0, total=1),
        evaluated("smote", COUNTS["smote"]),
    ]
    state, shares, counts = state_of([started()]), [0.0], []
    for event in some:
        state = reduce(state, event)
        arm = state.arm("smote")
        done, total = steps(state, arm, arm.stage)
        shares.append(done / total)
        counts.append(count_text(state, arm, arm.stage))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0 > shares[-2]
    assert counts[0] == "1/3 folds"
    assert counts[3:6] == ["1/2 trials", "2/2 trials", "2/2 trials"]
    assert counts[-2:] == ["last fit", "2 trials"]


def test_before_the_run_has_begun() -> None:
    assert shown([]) == [" elapsed 01:10   reading the table"]


def test_reading_has_a_bar_rows_rate_and_time_left() -> None:
    """Before the run has begun, and when one that is resumed reads its table again."""
    now = SetupProgress(stage="reading", done=250_000, total=1_000_000, seconds=5.0)
    said = "25 %  reading the file: 250,000 of 1,000,000 rows, 50,000 rows/s, ~15 s"
    for before in ([], [started(trials=2)]):
        (*_, bottom) = shown([*before, now], width=120)
        assert bottom == f" elapsed 01:10   █████░░░░░░░░░░░░░░░  {said} left …"
        over = shown([*before, now, SetupProgress()])
        assert over == shown(before)
    assert shown([now], 64) == [
        " elapsed 01:10   ██░░░░░░  25 %  reading the file, ~15 s left …"
    ]
    # What is packed, or comes by standard input, has no known end.
    unknown = msgspec.structs.replace(now, stage="reading text", total=None)
    assert shown([unknown]) == [
        " elapsed 01:10   reading the file: ~250,000 rows, 50,000 rows/s …"
    ]
    assert "25 %" not in shown([now, RunFinished(status="failed", seconds=1.0)])[-1]


def test_a_log_has_few_lines_of_reading() -> None:
    passes = [
        SetupProgress(stage="reading", done=1_000 * second, seconds=float(second))
        for second in range(30)
    ]
    assert log([*passes, SetupProgress(), started(trials=2)])[:-1] == [
        f"[01:12] reading the file: {second},000 rows, 1,000 rows/s"
        for second in (5, 10, 20)
    ]


def test_preparation_counts_folds() -> None:
    fresh = [started(), Progress(arm="untreated", stage="prepare", done=2, total=3)]
    assert " 2/3" in shown(fresh)[0]
    replayed = [started(), prepared("untreated", 0)]
    assert " 1/3" in shown(replayed)[0]


def test_a_run_that_is_over_says_so() -> None:
    text = shown([started(), RunFinished(status="cancelled", seconds=1.0)])
    assert "stopped" in text[0]
    assert text[-1] == " elapsed 00:01   cancelled   0 of 0 trials"
    assert "remaining" not in "\n".join(shown(events()))


def test_remaining_is_unknown_until_there_is_a_trial_to_go_by() -> None:
    some: list[Event] = [started(arms=("a", "b"), trials=3)]
    assert time_left(State(), elapsed=0, jobs=1) is None
    assert time_left(state_of(some), elapsed=0, jobs=1) is None
    assert "remaining ?" in shown(some)[-1]
    some.append(trial("a", 0, 0.1, seconds=10.0))
    left = time_left(state_of(some), elapsed=0, jobs=2)
    # b has none yet: it is taken to need as long as a, and has all three to come.
    assert left is not None
    assert left.arms == {"a": 3 * 10 + 10, "b": 3 * 10 + 10}
    assert "%" not in "".join(shown(some))


@pytest.mark.parametrize(
    ("jobs", "limit", "seconds", "a"),
    [
        # a: 2 × 10, then a fit and its evaluation of 4 + 2; b: 2 × 20 and 6.
        (1, None, 72.0, 72.0),
        (2, None, 46.0, 46.0),
        (8, None, 46.0, 46.0),
        # Trials start for 30 - 20 seconds more, then come the fits.
        (1, 30.0, 22.0, 22.0),
        (1, 10.0, 12.0, 12.0),
        (1, 900.0, 72.0, 72.0),
    ],
)
def test_time_left(jobs: int, limit: float | None, seconds: float, a: float) -> None:
    done = evaluated("c", {})
    done = msgspec.structs.replace(done, fit_seconds=4.0, evaluate_seconds=2.0)
    some = [
        started(arms=("a", "b", "c", "d"), trials=3, time_limit=limit),
        trial("a", 0, 0.1, seconds=10.0),
        trial("b", 0, 0.1, seconds=20.0),
        done,
        failed("d"),
    ]
    left = time_left(state_of(some), elapsed=20.0, jobs=jobs)
    assert left is not None
    # The comparison takes an evaluation's time for each of four arms.
    assert left.run == pytest.approx(seconds + 4 * 2)
    assert left.arms == {"a": pytest.approx(a), "b": pytest.approx(seconds)}


def expecting(jobs: int = 2) -> RunStarted:
    """Return the start of a run of which it is known what it takes."""
    cost = ArmCost(fold=1.0, trials=(20.0, 4.0), whole=2.0, fit=3.0, evaluate=5.0)
    told = {"a": cost, "b": msgspec.structs.replace(cost, fold=0.0, whole=0.0)}
    expected = Expected(told, jobs=jobs, bytes=1_200_000_000)
    return msgspec.structs.replace(
        started(arms=("a", "b"), trials=3), expected=expected
    )


def test_what_a_run_takes_is_told_before_it_begins() -> None:
    # Three trials of 20, 4 and 12, two folds, all rows, a fit, an evaluation; of b
    # nothing is prepared. Two evaluations for the comparison.
    a, b, compare = 36 + 2 * 1 + 2 + 3 + 5, 36 + 3 + 5, 2 * 5
    left = time_left(state_of([expecting()]), elapsed=0, jobs=2)
    assert left == (max(a, (a + b) / 2) + compare, {"a": a, "b": a})
    one = time_left(state_of([expecting()]), elapsed=0, jobs=1)
    assert one is not None
    assert one.run == a + b + compare
    (said,) = plain(State(), expecting(), elapsed=1.0)
    assert said.endswith("3 trials each; takes ~1 min on 2 cores, up to 1.2 GB")
    (said,) = plain(State(), expecting(1), elapsed=1.0)
    assert "takes ~1.5 min on 1 core" in said
    assert shown([expecting()])[-1].split("   ")[1] == "remaining ~00:58"


def test_arms_that_are_refused_do_not_count() -> None:
    both = expecting()
    assert both.expected is not msgspec.UNSET
    known = {"a": both.expected.arms["a"]}
    alone = msgspec.structs.replace(both.expected, arms=known)
    less, all_of_it = (expected_seconds(both, one) for one in (alone, both.expected))
    assert less
    assert all_of_it
    assert less < all_of_it


def test_what_is_left_is_what_was_expected_at_the_pace_of_what_is_done() -> None:
    some = [
        expecting(),
        *(prepared("a", fold) for fold in (0, 1, -1)),
        *(prepared("b", fold) for fold in (0, 1, -1)),
        trial("a", 0, 0.1, seconds=10.0),  # half of what was expected
    ]
    left = time_left(state_of(some), elapsed=0, jobs=1)
    assert left is not None
    each = 3 / 2 + 5 / 2
    assert left.run == 16 / 2 + 36 / 2 + 2 * each + 2 * 5 / 2


def test_the_check_of_thinned_rows_is_a_fit_more() -> None:
    before = expecting()
    thinned = Thinned(ratio=10, kept=6_220, of=34_098, validated=34_720)
    after = msgspec.structs.replace(
        before, split=msgspec.structs.replace(before.split, thinned=thinned)
    )
    runs = [time_left(state_of([one]), elapsed=0, jobs=1) for one in (before, after)]
    assert runs[0] is not None
    assert runs[1] is not None
    assert runs[1].run - runs[0].run == 2 * (2 + 3) + 5


def test_the_last_fits_take_time_when_all_trials_are_done() -> None:
    some = [started(arms=("a",), trials=1), trial("a", 0, 0.1, seconds=10.0)]
    left = time_left(state_of(some), elapsed=5, jobs=2)
    # A last fit as long as a trial, and a comparison of an evaluation of half of it.
    assert left is not None
    assert (left.arms["a"], left.run) == (10.0, 15.0)
    assert "remaining ~00:15" in shown(some)[-1]


def test_rows_are_prepared_again_for_each_setting_that_is_searched() -> None:
    fold = msgspec.structs.replace(prepared("a", 0), seconds=3.0, setting={"k": 3})
    some = [started(arms=("a",), trials=3), fold, trial("a", 0, 0.1, seconds=10.0)]
    left = time_left(state_of(some), elapsed=5, jobs=1)
    # Two trials of 10 with rows of 3 each; all rows once more, a fit.
    assert left is not None
    assert left.arms["a"] == 2 * 13 + 3 + 10


@given(
    seconds=st.lists(
        st.lists(st.floats(0, 1e4), min_size=1, max_size=4), min_size=1, max_size=5
    ),
    jobs=st.integers(1, 8),
    over=st.sets(st.integers(0, 4)),
    limit=st.none() | st.floats(1, 1e5),
)
def test_no_arm_ends_after_the_run(seconds, jobs, over, limit) -> None:
    names = tuple(f"arm{n}" for n in range(len(seconds)))
    some: list[Event] = [started(arms=names, trials=4, time_limit=limit)]
    for number, (name, own) in enumerate(zip(names, seconds, strict=True)):
        some += [trial(name, k, 0.1, seconds=one) for k, one in enumerate(own)]
        some += [evaluated(name, {})] if number in over else []
    left = time_left(state_of(some), elapsed=3.0, jobs=jobs)
    assert left is not None
    assert left.run >= max(left.arms.values(), default=0.0)
    assert set(left.arms) == {n for k, n in enumerate(names) if k not in over}


def test_nothing_remains_when_every_arm_is_over() -> None:
    some = [started(arms=("a", "b")), evaluated("a", {}), failed("b")]
    assert time_left(state_of(some), elapsed=5, jobs=2) == (0.0, {})


@pytest.mark.parametrize("height", range(1, 8))
def test_a_low_screen_keeps_arms_at_work_and_the_bottom(height: int) -> None:
    out = [
        started(),
        evaluated("untreated", COUNTS["untreated"]),
        trial("smote-enn", 0, 0.1),
    ]
    text = shown(out, height=height)
    assert len(text) == min(height, 5)
    assert text[-1].startswith(" elapsed")
    if 2 < height < 5:
        assert any("smote-enn" in line for line in text)
        assert not any(" none " in line for line in text)
        assert text[-2] == f" and {6 - height} more arm{'s' if height < 5 else ''}"
    if height == 2:
        assert text[0] == " and 4 more arms"


def log(some: list[Event]) -> list[str]:
    state, out = State(), []
    for event in some:
        out += plain(state, event, elapsed=72.0)
        state = reduce(state, event)
    return out


def test_a_log_has_a_line_for_what_matters() -> None:
    some = [
        started(trials=3, arms=("smote", "untreated")),
        Progress(arm="smote", stage="prepare", done=0, total=3),
        prepared("smote", 0, repairs=("k 5 → 3",)),
        prepared("smote", 1, repairs=("k 5 → 2",)),
        prepared("smote", -1),
        trial("smote", 0, 0.05),
        trial("smote", 1, 0.04),
        trial("smote", 2, 0.03),
        evaluated("smote", COUNTS["smote"]),
        failed("untreated", "no room.", "use a bigger machine"),
        Warned(message="odd", arm="smote"),
        compared(),
        RunFinished(status="done", seconds=72.0),
    ]
    assert log(some) == [
        "[01:12] stroke.csv: 43,400 rows, stroke=1 in 783; 2 arms, 3 trials each",
        "[01:12] smote: 2 folds prepared, 17,360 → 34,098 rows each "
        "(311 → 17,049 positives); adjusted: k 5 → 2–3",
        "[01:12] smote: trial 1/3, average precision 0.050, best so far",
        "[01:12] smote: trial 3/3, average precision 0.030, best 0.050",
        "[01:12] smote: missed 81 of 161 positives, 1,320 false alarms at fixed 0.5",
        "[01:12] untreated: failed: no room. use a bigger machine",
        "[01:12] smote: warning: odd",
        "[01:12] done in 01:12",
    ]


def test_a_log_says_why_a_run_ended() -> None:
    error = {"code": "cancelled", "message": "cancelled: ctrl+c", "fix": ""}
    last = RunFinished(status="cancelled", seconds=5.0, error=error)
    assert log([last]) == ["[01:12] cancelled in 00:05: cancelled: ctrl+c"]


def test_an_evaluation_is_told_at_the_point_of_the_experiment() -> None:
    some = [started(at="cost"), evaluated("smote", COUNTS["smote"])]
    assert log(some)[-1].endswith("missed 130 of 161 positives, 323 false alarms "
                                  "at cost 10:1")  # fmt: skip
    assert "missed 130 of 161" in shown(some)[1]


def test_state_and_document_agree() -> None:
    whole = events()
    assert document(whole).status == state_of(whole).status == "done"


def test_what_takes_a_while_to_prepare_is_said_beforehand() -> None:
    import msgspec

    opening = msgspec.structs.replace(
        started(trials=10), estimates={"smote": 0.4, "smote-enn": 130.0}
    )
    out = shown([opening, prepared("smote-enn", 0)])
    (slow,) = (text for text in out if "smote-enn" in text)
    assert slow.endswith("takes ~2 min")
    assert sum("takes" in text for text in out) == 1
    (said,) = plain(State(), opening, elapsed=1.0)
    assert said.endswith("preparing takes smote-enn ~2 min on one core")
    tuned = shown([opening, prepared("smote-enn", 0), trial("smote-enn", 0, 0.07)])
    assert not any("takes" in text for text in tuned)
