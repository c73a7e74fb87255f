"""`imbtui run EXPERIMENT.toml`: where its table is looked for, where a mistake is."""

import pytest

from engine.core.errors import SpecError
from engine.core.methods import grammar
from engine.core.presets import preset
from engine.io.toml.writer import dump_toml
from tests.support.commands import play_runs
from tests.support.parsing import parsed
from tui.__main__ import main
from tui.cli.run import experiment


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The folder that the command is called in, and that of the file."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    text = dump_toml(preset("quick", source="rows.csv", target="y"), comments=True)
    (there / "e.toml").write_text(text)
    (there / "rows.csv").write_text("x,y\n1,0\n")
    return here, there


def test_a_table_beside_the_file_is_found_from_anywhere(folders, capsys):
    _, there = folders
    found = experiment(parsed("../there/e.toml"))
    assert found.data.source == "../there/rows.csv"
    assert experiment(parsed(there / "e.toml")).data.source == f"{there}/rows.csv"
    assert capsys.readouterr().err == ""


def test_the_folder_of_the_command_goes_first_and_that_is_said(folders, capsys):
    here, _ = folders
    (here / "rows.csv").write_text("x,y\n2,0\n")
    assert experiment(parsed("../there/e.toml")).data.source == "rows.csv"
    said = capsys.readouterr().err
    assert "'rows.csv' is the one in this folder, not the one beside e.toml" in said


def test_a_mistake_is_one_line_with_its_line(folders, capsys):
    _, there = folders
    text = (there / "e.toml").read_text()
    at = text.index('{ sampler = "smote" }')
    (there / "e.toml").write_text(text[:at] + '{ sampler = "smot" }' + text[at + 21 :])
    line = text[:at].count("\n")  # that of "steps = ["
    with pytest.raises(SystemExit) as caught:
        raise SystemExit(main(["run", "../there/e.toml"]))
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert f"e.toml, line {line}: arms[2].steps[0].sampler: no sampler 'smot'" in said
    assert "did you mean 'smote'" in said.lower()


def test_arms_of_the_command_take_the_place_of_wrong_ones(folders):
    _, there = folders
    text = (there / "e.toml").read_text()
    (there / "e.toml").write_text(text.replace('"smote" }', '"smot" }'))
    found = experiment(parsed("../there/e.toml", "--methods", "untreated,enn"))
    assert found.arms == (grammar.parse("untreated"), grammar.parse("enn"))
    with pytest.raises(SpecError, match="line"):
        experiment(parsed("../there/e.toml", "--trials", "3"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("target", '"z"', "data.target: no column 'z'"),
        ("positive", '"maybe"', "data.positive: target 'y' has no class 'maybe'"),
        ("drop", '["x", "w"]', "data.drop[1]: no column 'w'"),
        ("source", '"gone.csv"', "data.source: cannot read 'gone.csv'"),
    ],
)
def test_what_only_the_table_shows_has_its_line_too(
    folders, capsys, monkeypatch, field, value, said
):
    _, there = folders
    monkeypatch.setenv("IMBTUI_STORE", str(there / "runs.sqlite"))
    play_runs(monkeypatch)
    rows = "".join(f"{n},{n % 7},{int(n % 5 == 0)}\n" for n in range(60))
    (there / "rows.csv").write_text(f"x,v,y\n{rows}")
    fields = {"source": '"rows.csv"', "target": '"y"'} | {field: value}
    lines = ['arms = [{ name = "untreated" }]', "[data]"]
    lines += [f"{name} = {text}" for name, text in fields.items()]
    (there / "bad.toml").write_text("\n".join(lines))
    assert main(["run", str(there / "bad.toml"), "--quiet"]) == 2
    line = 3 + list(fields).index(field)
    told = capsys.readouterr().err
    assert f"bad.toml, line {line}: {said}" in told
    assert told.count("\n") == 1


def test_a_point_and_another_number_of_it_are_refused():
    at = ("sample:moons", "--at", "recall>=0.9")
    assert experiment(parsed(*at)).decision.recall_floor == 0.9
    same = experiment(parsed(*at, "--recall-floor", "0.9")).decision
    assert (same.at, same.recall_floor) == ("recall>=0.9", 0.9)
    with pytest.raises(SpecError, match=r"and --recall-floor 0\.8") as refused:
        experiment(parsed(*at, "--recall-floor", "0.8"))
    assert refused.value.fix == "give one of them"
