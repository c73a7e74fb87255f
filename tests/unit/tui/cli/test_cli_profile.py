"""`imbtui profile` as a user uses it: one document, or a report, or one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import SpecError
from engine.core.messages import Failure, TableInfo
from tests.support.commands import Said
from tests.support.experiments import make_table
from tests.support.parsing import parsed
from tests.support.profile_samples import table_info
from tui.cli import profile as command
from tui.terminal.safe_text import cells
from tui.text import Style, error_text
from tui.text import render_profile as render

Told = Callable[..., Said]


@pytest.fixture
def told(desk, cli):
    """Call the command; return what it printed."""

    def run(*args: object, code: int = 0, stdin: str = "") -> Said:
        said: Said = cli("profile", *args, code=code, stdin=stdin.encode())
        return said

    return run


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "mixed.csv"
    make_table().to_csv(path, index=False)
    return path


# --- the command ---------------------------------------------------------------------


def test_one_document_on_stdout_and_the_progress_elsewhere(
    told: Told, mixed: Path
) -> None:
    out, err = told(mixed, "--json", "--mute", "IMB008")
    document = json.loads(out)
    assert (document["name"], document["rows"]) == ("mixed.csv", 600)
    assert (document["target"], document["positive"]) == ("sick", "yes")
    assert sum(document["classes"].values()) == 600
    kinds = {c["name"]: (c["kind"], c["role"]) for c in document["columns"]}
    assert kinds["id"] == ("id", "id")
    assert kinds["flag"] == ("boolean", "feature")
    alone = {c["name"]: c["alone"] for c in document["columns"]}
    assert alone["id"] is alone["sick"] is None
    assert alone["risk"]["roc_auc"] > 0.7
    codes = {one["code"] for one in document["advice"]}
    assert "IMB004" in codes
    assert "IMB008" not in codes
    assert document["muted"] == 1
    assert "imbtui: scoring each column alone" in err.splitlines()


def test_standard_input_is_read_and_nothing_is_left_behind(
    told: Told, mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    out, err = told("-", "--quiet", "--target", "flag", stdin=mixed.read_text())
    assert err == ""
    assert out.startswith(" standard input   600 × 7   flag=")
    assert list(tmp_path.iterdir()) == []


def test_test_rows_come_by_standard_input_too(told: Told, mixed: Path) -> None:
    out, _ = told(mixed, "--test", "-", "--json", stdin=mixed.read_text())
    document = json.loads(out)
    assert document["name"] == "mixed.csv + standard input"
    assert document["rows"] == 1200
    assert sum(document["test"].values()) == 600
    assert "imbtui-open" not in out
    _, err = told(mixed, "--test", "-", stdin="a,b\n1,2\n", code=2)
    assert "standard input has no column 'id', which mixed.csv has" in err


def test_standard_input_cannot_be_both_tables() -> None:
    with pytest.raises(SpecError, match="cannot be both the table and its test rows"):
        command.profile(parsed("-", "--test", "-", command="profile"))


def test_a_sample_that_fits_is_named_once() -> None:
    failure = Failure(
        id=1,
        code="too-big",
        message="t.csv has some 90,000 rows",
        fix="read a sample of 4000 of its rows, or some columns",
        field="data.read.rows data.read.columns",
        sample_rows=4000,
    )
    assert error_text(command.error(failure)).endswith("columns (--rows, --columns)")


def test_a_table_without_a_target_still_has_a_document(
    told: Told, tmp_path: Path
) -> None:
    path = tmp_path / "three.csv"
    path.write_text(
        "kind,x\n" + "".join(f"{'abc'[n % 3]},{n % 7}\n" for n in range(60))
    )
    document = json.loads(told(path, "--json", "--quiet")[0])
    assert (document["target"], document["classes"]) == (None, {})
    assert "no target was given" in document["problem"]
    document = json.loads(told(path, "--json", "--quiet", "--target", "kind")[0])
    assert document["classes"] == {"a": 20, "b": 20, "c": 20}
    assert document["positive"] is None


@pytest.mark.parametrize(
    ("labels", "said"),
    [("no", "has one class only: no (60)"), ("yes" + 59 * ",no", "'yes' of 'y' has 1")],
)
def test_a_target_that_no_run_can_use_still_has_a_document(
    told: Told, tmp_path: Path, labels: str, said: str
) -> None:
    path = tmp_path / "t.csv"
    every = labels.split(",") * (60 if "," not in labels else 1)
    path.write_text("x,y\n" + "".join(f"{n % 7},{y}\n" for n, y in enumerate(every)))
    document = json.loads(told(path, "--json", "--quiet", "--target", "y")[0])
    assert said in document["problem"]
    assert len(document["columns"]) == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--target", "sic"), "no column 'sic'. Did you mean 'sick'?"),
        (("--positive", "maybe"), "has no class 'maybe'"),
        (("--drop", "nix"), "no column 'nix'"),
        (("--mute", "IMB018:nix"), "no column 'nix'"),
        (("--test-size", "7"), "test share cannot be 7"),
    ],
)
def test_what_cannot_be_is_one_line(
    told: Told, mixed: Path, args: tuple[str, ...], said: str
) -> None:
    out, err = told(mixed, "--quiet", *args, code=2)
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_no_file_is_one_line_at_once(told: Told, tmp_path: Path) -> None:
    _, err = told(tmp_path / "no.csv", code=2)
    assert err.startswith("imbtui: cannot read '")
    assert len(err.splitlines()) == 1


# --- progress ------------------------------------------------------------------------


# --- the report ----------------------------------------------------------------------


def _report(width: int = 100, color: bool = False, **changes: Any) -> str:
    style = Style(color=color)
    return render(table_info(**changes), seconds=1.5, width=width, style=style)


def test_the_report_shows_classes_columns_and_advice() -> None:
    lines = _report().splitlines()
    assert lines[0].startswith(" t.csv   60 × 2   y=yes   10.0 % (6)   9:1")
    bars = {line.split()[0]: line.count("█") for line in lines if "█" in line}
    assert bars["no"] > bars["yes"] >= 1
    assert any(line.split()[:4] == ["x", "number", "feature", "2"] for line in lines)
    assert any("IMB018" in line and "number" in line for line in lines)
    assert any("→ r (--drop x)" in line for line in lines)
    assert any(line == " · a" for line in lines)


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, color: bool) -> None:
    name = "ein sehr langer Name 表 " * 9
    report = _report(width, color, name=name, problem="what is wrong " * 20)
    plain = report if not color else _report(width, name=name, problem="w " * 90)
    assert max(cells(line) for line in plain.splitlines()) <= width
    assert ("\x1b[" in report) == color


def test_what_comes_from_data_is_harmless() -> None:
    bad = "\x1b[31mred\n‮"
    report = _report(name=bad, target=bad, problem=bad, classes={bad: 9, "yes": 1})
    assert "\x1b" not in report
    assert "‮" not in report
    assert "␛[31mred" in report


def test_values_that_need_it_are_quoted_in_options() -> None:
    from engine.core.events import Advice, FieldChange

    def told(value: str) -> str:
        one = Advice(
            code="IMB008",
            message="m",
            fix="name it",
            cause="c",
            change=FieldChange(field="positive", value=value),
        )
        return _report(advice=(one,))

    assert "(--positive 'not so')" in told("not so")
    assert "(--positive=-1)" in told("-1")


def test_a_sample_and_many_classes_are_said() -> None:
    from engine.core.events import Sampled

    classes = {f"class {n}": 60 - n for n in range(20)}
    report = _report(sampled=Sampled(rows=60, of=9000), classes=classes, positive=None)
    assert "sample 60 of 9,000 rows" in report
    assert "+8 more" in report
    assert isinstance(table_info(), TableInfo)


def test_a_column_of_weights_has_a_role_of_its_own(told: Told, mixed: Path) -> None:
    out, _ = told(mixed, "--weight", "age", "--json")
    columns = {c["name"]: c for c in json.loads(out)["columns"]}
    assert (columns["age"]["role"], columns["age"]["alone"]) == ("weight", None)
    _, err = told(mixed, "--weight", "age", "--group", "age", code=2)
    assert "weighs the rows" in err
    assert "(--weight, --group)" in err
