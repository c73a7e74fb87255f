"""`imbtui preflight` as a user uses it: one document, or a line or a few per arm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.errors import SpecError
from engine.core.lab import Finding, PreflightReport
from engine.core.messages import TableInfo
from tests.support.commands import Said
from tui.cli import profile as command
from tui.terminal.safe_text import cells
from tui.text import Style
from tui.text import render_preflight as render

Told = Callable[..., Said]

TRAIN = {"no": 34_094, "yes": 626}
TABLE = TableInfo(
    source="a.csv",
    name="a.csv",
    bytes=None,
    rows=43_400,
    columns=(),
    target="stroke",
    train=TRAIN,
)


def _finding(arm: str = "smote", **more: object) -> Finding:
    given: dict[str, object] = {
        "status": "runs",
        "before": TRAIN,
        "after": {"no": 34_094, "yes": 34_094},
        "seconds": 8.2,
        "bytes": 13_000_000,
        "measured": True,
    }
    return Finding(arm=arm, **{**given, **more})  # type: ignore[arg-type]


def _text(*findings: Finding, width: int = 80, table: TableInfo = TABLE) -> str:
    return render(table, PreflightReport(findings=findings), folds=5, width=width)


@pytest.fixture
def told(desk, cli):
    """Call the command; return what it printed."""

    def run(*args: object, code: int = 0, stdin: str = "") -> Said:
        said: Said = cli("preflight", *args, code=code, stdin=stdin.encode())
        return said

    return run


# --- the command ----------------------------------------------------------------------


def test_one_document_on_stdout_and_the_progress_elsewhere(told: Told) -> None:
    arms = "untreated,smote,smotenc,smote:ratio=0.5+enn,balanced-bagging"
    out, err = told("sample:moons", "--json", "--methods", arms)
    document = json.loads(out)
    assert [one["arm"] for one in document["arms"]] == [
        "untreated",
        "smote",
        "smotenc",
        "smote:ratio=0.5+enn",
        "balanced-bagging",
    ]
    status = {one["arm"]: one["status"] for one in document["arms"]}
    assert status["smotenc"] == "cannot"
    smote = document["arms"][1]
    assert smote["measured"]
    assert len(set(smote["after"].values())) == 1
    assert document["folds"] == 5
    assert "trying each method on a part of the rows" in err


def test_what_a_run_of_them_takes_is_told_last(told: Told, tmp_path: Path) -> None:
    path, few = tmp_path / "rows.csv", ("--methods", "weights", "--folds", "2")
    path.write_text(
        "x,y\n" + "".join(f"{i % 83},{int(i % 9 == 0)}\n" for i in range(9000))
    )
    out, _ = told(path, "--json", "--target", "y", *few)
    run = json.loads(out)["run"]
    assert (run["trials"], run["refused"]) == (10, [])
    assert 0 < run["seconds"] < 600
    assert run["bytes"] > 10_000_000
    out, _ = told("sample:moons", "--json", *few)
    assert json.loads(out)["run"] is None
    out, _ = told("sample:moons", *few)
    last = " ".join(out.split())[-150:]
    assert "10 trials × 2 folds: not told below 5,000 training rows" in last


def test_a_table_of_standard_input_and_of_several_classes(
    told: Told, tmp_path: Path
) -> None:
    rows = [
        f"{i % 7},{i % 11},{'abc'[(i % 10 > 6) + (i % 10 > 8)]}" for i in range(300)
    ]
    text = "x,z,kind\n" + "\n".join(rows)
    out, err = told(
        "-", "--methods", "smote", "--quiet", "--target", "kind", stdin=text
    )
    assert out.startswith(" standard input   target 'kind'")
    assert "b: 48 → 168, c: 24 → 168" in out
    assert err == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("sample:moons", "--methods", "smoot"), "did you mean 'smote'"),
        (("sample:moons", "--folds", "1"), "give 2 or more"),
        (("no-such.csv",), "no-such.csv"),
        (("sample:moons", "--target", "nothing"), "nothing"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(
    told: Told, options: tuple[str, ...], said: str
) -> None:
    out, err = told(*options, "--quiet", code=2)
    assert out == ""
    assert said in err.replace("Give", "give").replace("Did", "did")
    assert len(err.splitlines()) <= 2


def test_all_arms_once_in_the_order_asked_for() -> None:
    found = [arm.name for arm in command._arms("adasyn,all,adasyn")]
    assert found[0] == "adasyn"
    assert len(found) == len(set(found)) == len(command._arms(None))
    assert {"untreated", "smote", "condensed", "rus-boost"} < set(found)
    with pytest.raises(SpecError, match="names no arm"):
        command._arms(" , ")


# --- the text -------------------------------------------------------------------------


def test_a_line_says_what_becomes_of_the_rows_and_what_it_takes() -> None:
    line = _text(_finding()).splitlines()[4]
    assert line.split("  ")[0].strip() == "smote"
    for part in ("runs", "yes: 626 → 34,094", "~8 s", "13.0 MB"):
        assert part in line


def test_repairs_reasons_and_fixes_are_below_and_no_colour_is_needed() -> None:
    text = _text(
        _finding("kmeans-smote", status="repaired", repairs=("k 5 → 3: few rows",)),
        _finding(
            "smoten",
            status="cannot",
            problem="smoten works on categories only",
            fix="use smotenc",
            after=TRAIN,
            bytes=0,
        ),
        _finding("svm-smote", notes=("reached 0.60 of the asked ratio 1",)),
    )
    assert "! adjusted" in text
    assert "! k 5 → 3: few rows" in text
    assert "✗ not possible" in text
    assert "     smoten works on categories only\n" in text
    assert "→ use smotenc" in text
    assert "· reached 0.60" in text


def test_controls_and_cleaners_and_what_was_not_measured() -> None:
    text = _text(
        _finding("untreated", after=TRAIN, seconds=0.0, bytes=0, measured=False),
        _finding("enn", after=TRAIN, open=True),
        _finding("smote-enn", open=True, measured=False),
    )
    assert "as they are" in text
    assert "no: 34,094 → fewer" in text
    assert "yes: 626 → 34,094, then cleaned" in text
    assert text.count("~8 s") == 1  # of enn alone


def test_many_classes_are_not_named_one_by_one() -> None:
    many = {f"c{i}": 10 + i for i in range(40)}
    table = TableInfo(
        source="", name="a", bytes=None, rows=1, columns=(), target="t", train=many
    )
    after = dict.fromkeys(many, 49)
    text = _text(_finding(before=many, after=after), table=table)
    assert "40 classes of 10 to 49 rows" in text
    assert "39 classes: 1,180 → 1,960 rows" in text


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal_and_no_name_gets_through(
    width: int,
) -> None:
    hostile = "\x1b[31m[b]" + "x" * 90
    text = render(
        TABLE,
        PreflightReport(
            findings=(
                _finding(
                    hostile, before={hostile: 9, "b": 2}, after={hostile: 2, "b": 2}
                ),
                _finding("a", status="cannot", problem=hostile, fix=hostile),
            )
        ),
        folds=3,
        width=width,
        style=Style(),
    )
    assert "\x1b" not in text
    assert all(cells(line) <= width for line in text.splitlines())
