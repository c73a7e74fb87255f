"""The options about a table: from arguments to the parts of an experiment."""

import re

import pytest

from engine.core.errors import SpecError
from engine.core.experiment import DataSpec, ReadSpec, SplitSpec
from engine.core.presets import PRESETS, preset
from engine.io.toml.writer import dump_toml
from tests.support.parsing import WrongError, parsed
from tui.cli.declare import VARIED, specs
from tui.cli.run import experiment
from tui.text import error_text


def test_nothing_said_is_a_table_and_nothing_else():
    assert specs(parsed("a.csv")) == (DataSpec(source="a.csv"), SplitSpec())
    assert experiment(parsed("a.csv")) == preset(None, source="a.csv")


def test_every_option_about_reading_has_its_place():
    data, _ = specs(
        parsed(
            *(
                "a.zip",
                "--format",
                "text",
                "--delimiter",
                "tab",
                "--encoding",
                "cp1252",
            ),
            *("--quote", "none", "--escape", "backslash"),
            *("--decimal", ",", "--header", 2, "--skip", 3),
            *("--missing", "n/k, -", "--ragged", "fill", "--member", "x.csv"),
            *("--columns", 'age,"net, income"', "--rows", 500),
        )
    )
    assert data.read == ReadSpec(
        format="text",
        delimiter="\t",
        encoding="cp1252",
        quote="none",
        escape="\\",
        decimal=",",
        header=2,
        skip=3,
        missing=("n/k", "-"),
        ragged="fill",
        member="x.csv",
        columns=("age", "net, income"),
        rows=500,
    )


def test_every_option_about_columns_and_the_split_has_its_place():
    data, split = specs(
        parsed(
            *(
                "a.csv",
                "--target",
                "y",
                "--positive",
                "1",
                "--drop",
                "a",
                "--keep",
                "b",
            ),
            *("--kinds", "zip=category,a=b=date", "--mute", "IMB018,IMB023:zip"),
            *("--group", "p", "--test", "b.csv"),
        )
    )
    assert data == DataSpec(
        source="a.csv",
        target="y",
        positive="1",
        drop=("a",),
        keep=("b",),
        kinds={"zip": "category", "a=b": "date"},
        mute=("IMB018", "IMB023:zip"),
        test_source="b.csv",
    )
    assert split == SplitSpec(group="p")
    _, split = specs(
        parsed(
            *("a.csv", "--test-size", 0.3, "--no-stratify", "--duplicates", "apart"),
        )
    )
    assert split == SplitSpec(test_size=0.3, stratify=False, duplicates="apart")


@pytest.mark.parametrize(
    ("given", "meant"),
    [("tab", "\t"), ("\\t", "\t"), ("Semicolon", ";"), ("|", "|"), ("::", "::")],
)
def test_a_delimiter_may_be_called_by_its_name(given, meant):
    assert parsed("a.csv", "--delimiter", given).delimiter == meant


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kinds", "zip"), "not like COL=KIND"),
        (("--kinds", "=date"), "not like COL=KIND"),
        (("--missing", ","), "give at least one name"),
        (("--rows", "many"), "not a whole number"),
        (("--delimiter", ""), "give a character"),
    ],
)
def test_what_is_no_value_is_said(options, said):
    with pytest.raises(WrongError, match=said):
        parsed("a.csv", *options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--objective", "f1"), "no objective 'f1'.*one of: average_precision, roc"),
        (("--space", "wid"), "no search space 'wid'.*mean 'wide'"),
        (("--trials", "0"), "trials cannot be 0.*whole number of 1 or more"),
        (("--rope", "1"), "practically equal cannot be 1.*0 or more, below 1"),
    ],
)
def test_a_value_that_a_field_does_not_admit_is_refused(options, said):
    with pytest.raises(SpecError, match=f"(?i){said}"):
        experiment(parsed("a.csv", *options))


def test_a_default_is_shown_where_no_preset_changes_it():
    first, *others = (preset(name, source="") for name in PRESETS)
    varied = {
        name
        for section in ("model", "search", "decision", "features")
        for name in getattr(first, section).__struct_fields__
        if any(
            getattr(getattr(one, section), name)
            != getattr(getattr(first, section), name)
            for one in others
        )
    }
    assert set(VARIED) == varied - {"rounds", "early_stopping"}  # no options


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kinds", "zip=postcode"), "no kind of column 'postcode'"),
        (("--format", "csv"), "no format 'csv'"),
        (("--time", "t", "--group", "g"), r"one of them \(--group, --time\)"),
        (("--by", "t", "--test", "b.csv"), r"one of them \(--by, --test\)"),
        (("--duplicates", "untreated"), "together, apart"),
        (("--drop", "a", "--keep", "a"), "'a' is both dropped and kept"),
        (("--drop", "p", "--group", "p"), r"'p' defines the split.*--drop, --group"),
        (("--keep", "t", "--time", "t"), r"'t' defines the split.*--keep, --time"),
        (("--kinds", "b=id", "--by", "b"), r"'b' defines the split.*--kinds, --by"),
        (("--mute", "IMB999"), "no advice 'IMB999'"),
        (("--mute", "imb018"), "no advice 'imb018'"),
        (("--mute", "IMB018:"), "no advice 'IMB018:'"),
    ],
)
def test_what_cannot_be_is_refused_by_every_command(options, said):
    with pytest.raises(SpecError) as refused:
        specs(parsed("a.csv", *options))
    assert re.search(said, error_text(refused.value))


IDLE = {
    "--test-size": ("--test-size", "0.3"),
    "--no-stratify": ("--no-stratify",),
    "--duplicates": ("--duplicates", "apart"),
}
WAYS = {
    "--by": ("--by", "part"),
    "--test": ("--test", "b.csv"),
    "--time": ("--time", "day"),
    "--group": ("--group", "p"),
}


EFFECT = [
    ("--test-size", "--by", True),
    ("--test-size", "--test", True),
    ("--test-size", "--time", False),
    ("--test-size", "--group", False),
    ("--no-stratify", "--by", True),
    ("--no-stratify", "--test", True),
    ("--no-stratify", "--time", True),
    ("--no-stratify", "--group", False),
    # Equal rows stay together in the folds, or not.
    ("--duplicates", "--by", False),
    ("--duplicates", "--test", False),
    ("--duplicates", "--time", True),
    ("--duplicates", "--group", True),
]


@pytest.mark.parametrize("command", ["run", "profile"])
def test_an_option_without_an_effect_is_refused(command):
    wrong = []
    for option, way, idle in EFFECT:
        args = parsed("a.csv", *WAYS[way], *IDLE[option], command=command)
        try:
            specs(args)
            said = ""
        except SpecError as error:
            said = str(error)
        refused = re.search(rf"{option} has no effect.*\({way}\)", said)
        if bool(refused) != idle or (said and not idle):
            wrong.append((option, way, said))
        specs(parsed("a.csv", *WAYS[way], command=command))
    assert not wrong


@pytest.fixture
def file(tmp_path):
    """An experiment that splits by time and reads in its own way."""
    text = dump_toml(preset("quick", source="a.csv", target="y"))
    text = text.replace("[split]", '[split]\ntime = "day"')
    text = text.replace("[data.read]", '[data.read]\ndecimal = ","')
    path = tmp_path / "e.toml"
    path.write_text(text)
    return path


def test_what_a_file_says_makes_an_option_idle_too(file):
    with pytest.raises(SpecError, match=r"--no-stratify has no effect.*'day'"):
        experiment(parsed(file, "--no-stratify"))


def test_options_are_said_on_top_of_a_file(file):
    plain = experiment(parsed(file))
    assert (plain.data.read.decimal, plain.split.time) == (",", "day")
    more = experiment(parsed(file, "--skip", 2, "--keep", "id"))
    assert more.data.read == ReadSpec(decimal=",", skip=2)
    assert (more.data.target, more.data.keep, more.split.time) == ("y", ("id",), "day")


@pytest.mark.parametrize(
    ("options", "split"),
    [
        (("--group", "p"), SplitSpec(group="p")),
        (("--by", "part"), SplitSpec(by="part")),
        (("--test", "b.csv"), SplitSpec()),
        (("--test-size", "0.3"), SplitSpec(time="day", test_size=0.3)),
    ],
)
def test_a_way_to_split_takes_the_place_of_that_of_the_file(file, options, split):
    assert experiment(parsed(file, *options)).split == split


def test_a_split_takes_the_place_of_a_test_file_of_the_file(tmp_path):
    path = tmp_path / "e.toml"
    path.write_text(
        'arms = [{name = "untreated"}]\n[data]\nsource = "a.csv"\n'
        'test_source = "b.csv"\n'
    )
    assert experiment(parsed(path, "--time", "t")).data.test_source is None
    assert experiment(parsed(path, "--group", "p")).data.test_source == "b.csv"
