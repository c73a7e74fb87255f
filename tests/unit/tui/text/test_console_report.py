"""The report: what it says in every state of a run, its width, its harmlessness."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.events import Advice, RunFinished, Warned
from tests.support.console_samples import (
    COUNTS,
    document,
    evaluated,
    events,
    failed,
    harmful,
    hostile_document,
    started,
    trial,
    without_looks,
)
from tests.support.documents import plain, typed
from tests.support.finished import weighed_rows
from tests.support.paths import ROOT
from tui.terminal.safe_text import cells
from tui.text.lines import MOST_LINES, PLAIN, Style, paint, style_for, wrap
from tui.text.report import MOST_ADVICE, render


def test_a_whole_report_tells_everything_in_order() -> None:
    text = render(document(), width=120)
    told = [
        "stroke.csv   43,400 × 12   stroke=1   1.8 % (783)   54:1",
        "run 20261124-7f  done  03:12",
        "test 8,680 rows, 161 positives   train 34,720 rows, 622 positives",
        "test rows SHA-256 ff6cfe5bd165",
        "Chance alone could explain it.",
        "→ Do not resample: move the threshold of `untreated`.",
        "operating point  ▸fixed 0.5   cost 10:1",
        "161 positives in 8,680 test rows",
        "smote-enn                63 ",
        "▶",
        "at other thresholds: missed / false alarms",
        "· It costs less.",
        "? Few positives.",
        "no leak found: test rows unchanged: yes",
        "work: 8 trials   4,800 boosting rounds   0 resamples   0 matrices",
    ]
    assert [part for part in told if part not in text] == []
    places = [text.index(part) for part in told]
    assert places == sorted(places)


@given(text=st.text(st.characters(), max_size=80), width=st.integers(60, 200))
def test_no_text_breaks_the_width_or_the_gate(text: str, width: int) -> None:
    lines = render(hostile_document(text), width=width).split("\n")
    assert not any(harmful(shown) for shown in lines)
    assert all(cells(shown) <= width for shown in lines)


def test_no_line_is_wider_than_asked() -> None:
    wrong = [
        (width, text)
        for made in (document(), document([]))
        for width in range(60, 201)
        for text in render(made, width=width).split("\n")
        if cells(text) > width or text.endswith(" ")
    ]
    assert not wrong


def test_looks_change_no_text() -> None:
    colored = render(document(), width=90, style=Style(color=True))
    assert without_looks(colored) == render(document(), width=90)
    assert colored != render(document(), width=90)


def test_another_point() -> None:
    text = render(document(), width=100, at="cost")
    assert "▸cost 10:1" in text
    assert text.index(" untreated") < text.index(" smote-enn")


def test_a_failed_run_says_why_and_what_to_do() -> None:
    error = {"code": "run-failed", "message": "every arm failed (…)", "fix": ""}
    out = [
        started(),
        *(failed(a, "too few positives", "give fewer folds") for a in COUNTS),
        RunFinished(status="failed", seconds=1.0, error=error),
    ]
    text = render(document(out), width=100)
    assert " ✗ failed: every arm failed\n" in text
    assert text.count("too few positives") == 1
    assert "→ give fewer folds" in text
    assert "operating point" not in text


def test_a_run_that_failed_before_it_had_a_table() -> None:
    error = {"code": "data", "message": "no file x.csv", "fix": "give a path"}
    out = [RunFinished(status="failed", seconds=0.0, error=error)]
    text = render(document(out), width=80)
    assert "✗ failed: no file x.csv" in text
    assert "→ give a path" in text


def test_a_cancelled_run_is_partial_and_can_go_on() -> None:
    error = {"code": "cancelled", "message": "cancelled: ctrl+c", "fix": ""}
    out = [
        started(),
        evaluated("untreated", COUNTS["untreated"]),
        trial("smote", 0, 0.1),
        RunFinished(status="cancelled", seconds=5.0, error=error),
    ]
    text = render(document(out), width=100)
    assert "! cancelled: ctrl+c" in text
    assert "→ go on with: imbtui resume 20261124-7f" in text
    assert "partial: 1 of 4 arms have a result" in text
    assert "stopped before its result" in text
    assert "▶" in text


def test_a_run_at_work_is_partial_and_has_no_duration() -> None:
    text = render(
        document([started(), evaluated("untreated", COUNTS["untreated"])]), width=100
    )
    first = text.split("\n")[0]
    assert first.endswith("run 20261124-7f  running")
    assert "partial: 1 of 4 arms have a result, still running" in text


def test_a_run_whose_process_is_gone_is_interrupted_and_not_at_work() -> None:
    found = document([started(), evaluated("untreated", COUNTS["untreated"])])
    text = render(replace(found, status="interrupted"), width=100)
    assert text.split("\n")[0].endswith("run 20261124-7f  interrupted")
    assert "! interrupted: its process is gone" in text
    assert "→ go on with: imbtui resume 20261124-7f" in text
    assert "stopped before its result" in text
    assert "still" not in text


def test_a_broken_proof_is_a_leak() -> None:
    found = document()
    proof = replace(
        found.proof, synthetic_rows_in_validation=3, test_fingerprint_after="other"
    )
    text = render(replace(found, proof=proof), width=120)
    assert "LEAK: test rows unchanged: no; synthetic rows in validation: 3" in text
    assert "no leak" not in text


def test_advice_and_warnings_are_clipped_lists() -> None:
    advice = tuple(
        Advice(code=f"IMB00{n}", message=f"thing {n}", fix="nothing to do")
        for n in range(MOST_ADVICE + 2)
    )
    out = events(advice=advice)
    out[-1:-1] = [Warned(message=f"odd {n}", arm="smote") for n in range(7)]
    text = render(document(out), width=100)
    assert " ! IMB000  thing 0\n" in text
    assert "and 2 more: see --json" in text
    assert "warning: smote: odd 4" in text
    assert "odd 5" not in text
    assert "and 2 more warnings" in text


def test_figures_and_their_signs_stay_on_one_line() -> None:
    said = "It is (recall +0.12, 95 % interval −0.24, p = 1.00) ± 0.28, 5 → 3."
    wrong = []
    for width in range(10, 50):
        lines = paint(wrap(said, width), PLAIN, width).split("\n")
        parted = [
            text
            for text in lines
            if text.startswith("%") or text.endswith((" p", "=", "±", "→"))
        ]
        if " ".join(lines) != said or parted:
            wrong.append((width, lines))
    assert not wrong


def test_prose_is_indented_and_its_white_space_no_matter() -> None:
    lines = wrap("one\n two\u2028three\tfour", 12, first=" · ")
    assert paint(lines, PLAIN, 12).split("\n") == [" · one two", "   three", "   four"]
    assert paint(wrap("", 12, first=" · "), PLAIN, 12) == " ·"


def test_prose_ends_somewhere() -> None:
    for text in ("word " * 1000, "x" * 100_000):
        lines = paint(wrap(text, 40), PLAIN, 40).split("\n")
        assert len(lines) == MOST_LINES
        assert lines[-1].endswith("…")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "color"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour_only_on_a_terminal_that_wants_it(
    stream: io.StringIO, environ: dict[str, str], color: bool
) -> None:
    assert style_for(stream, environ).color is color


def test_rendering_loads_no_science_stack() -> None:
    modules = ("live", "report", "tables")
    code = (
        "import sys\n"
        + "".join(f"import tui.text.{name}\n" for name in modules)
        + "heavy = {'pandas', 'numpy', 'sklearn', 'imblearn', 'xgboost', 'optuna',"
        " 'scipy', 'pyarrow', 'textual', 'plotext'}\n"
        "sys.exit(str(heavy & set(sys.modules) or ''))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == ""


def test_trials_that_were_stopped_early_are_counted() -> None:
    whole = plain(document())
    whole["arms"][0]["search"]["pruned"] = 3
    text = render(typed(whole), width=100)
    assert "trials (3 stopped early)" in text
    assert "stopped early" not in render(document(), width=100)


def test_a_column_of_weights_is_named() -> None:
    text = render(typed(weighed_rows().document()), width=100)
    assert "rows weighed by heavy" in text
    assert "rows weighed" not in render(document(), width=100)
