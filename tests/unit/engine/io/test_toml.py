"""The experiment as a file for people: what is written, what is said of places."""

import contextlib
import tomllib
from typing import get_args

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.doc import fields_of
from engine.core.errors import SpecError
from engine.core.experiment import (
    OBJECTIVES,
    SECTIONS,
    DataSpec,
    DecisionSpec,
    Experiment,
    FeatureSpec,
    ModelSpec,
    ReadSpec,
    SearchSpec,
    Space,
    SplitSpec,
)
from engine.core.methods import registry
from engine.core.methods.grammar import Arm, Step, method
from engine.core.presets import PRESETS, preset
from engine.core.sections import Format, Kind
from engine.io.toml import loading, places, reading
from engine.io.toml.reading import load_toml
from engine.io.toml.writer import dump_toml, to_toml

PARTS = (Experiment, Step, *SECTIONS.values())
FORMATS, KINDS, SPACES = map(get_args, (Format, Kind, Space))
EVIL = [
    'a"b', "a\nb = 1", "# no", "]\n[data]", "\\", "\u202eevil", "\x7f\x00\x1b[2J",
    "'''", '"""', "患者", "\u2028seed = 1", "🙂", " ", "",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(EVIL), st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(st.integers(-(2**62), 2**62), NUMBERS, st.booleans(), TEXTS)
PARAMS = st.dictionaries(TEXTS, VALUES, max_size=3)
STEPS = st.builds(
    Step,
    sampler=TEXTS,
    params=PARAMS,
    tune=st.dictionaries(TEXTS, st.lists(VALUES, max_size=3).map(tuple), max_size=2),
)


def _arm(**given):
    """Return an arm that is more than a name, and has not that of a method."""
    with contextlib.suppress(SpecError):
        method(given["name"])
        given["name"] += "?"
    if not given["steps"] and given["ensemble"] is None:
        given["weights"] = given["weights"] or True
    return Arm(**given)


ARMS = st.builds(
    _arm,
    name=TEXTS,
    steps=st.lists(STEPS, max_size=3).map(tuple),
    weights=st.sampled_from([True, False, "cost"]),
    ensemble=st.none() | TEXTS,
    params=PARAMS,
)
COLUMNS = st.lists(TEXTS, max_size=4).map(tuple)
READS = st.builds(
    ReadSpec,
    format=st.none() | st.sampled_from(FORMATS),
    delimiter=st.none() | TEXTS,
    quote=st.none() | st.characters(exclude_categories=["Cs"]),
    escape=st.sampled_from([None, "\\", "^"]),
    decimal=st.sampled_from([None, ".", ","]),
    header=st.none() | st.integers(0, 9),
    missing=COLUMNS,
    ragged=st.sampled_from(["refuse", "drop", "fill"]),
    columns=COLUMNS,
    rows=st.none() | st.integers(1, 10**9),
)
DATA = st.builds(
    DataSpec,
    source=TEXTS,
    target=st.none() | TEXTS,
    positive=st.none() | TEXTS,
    drop=COLUMNS,
    kinds=st.dictionaries(TEXTS, st.sampled_from(KINDS), max_size=9),
    mute=st.just(("IMB018", "IMB018:a b")) | st.just(()),
    test_source=st.none() | TEXTS,
    read=READS,
)
EXPERIMENTS = st.builds(
    Experiment,
    data=DATA,
    arms=st.lists(ARMS, min_size=1, max_size=3, unique_by=lambda a: a.name).map(tuple),
    split=st.builds(SplitSpec, test_size=st.floats(0.01, 0.9), stratify=st.booleans()),
    features=st.builds(FeatureSpec, missing=st.sampled_from(["impute", "native"])),
    model=st.builds(
        ModelSpec,
        space=st.sampled_from(SPACES),
        params=PARAMS,
        rounds=st.integers(1, 9999),
    ),
    search=st.builds(
        SearchSpec,
        trials=st.integers(1, 99),
        objective=st.sampled_from(OBJECTIVES),
        time_limit=st.none() | st.floats(1e-9, 1e9),
        patience=st.floats(1e-9, 1e300),
        prune=st.booleans(),
    ),
    decision=st.builds(DecisionSpec, cost_fn=st.floats(1e-3, 1e30)),
    seed=st.integers(0, 2**32 - 1),
    preset=st.none() | TEXTS,
)


# --- what is written -----------------------------------------------------------------


@given(EXPERIMENTS)
def test_what_is_written_is_read_back_equal(experiment):
    assert load_toml(dump_toml(experiment, comments=True)) == experiment
    assert load_toml(dump_toml(experiment)) == experiment


@pytest.mark.parametrize("evil", [f"ZZ{one}ZZ" for one in EVIL])
def test_no_text_of_the_data_is_in_a_comment(evil):
    wide = {f"{evil}{n}": "category" for n in range(30)}
    step = Step(evil, params={evil: evil}, tune={evil: (evil,)})
    read = ReadSpec(delimiter=evil, missing=(evil,), member=evil, columns=tuple(wide))
    data = DataSpec(
        source=evil, target=evil, positive=evil, drop=(evil,), kinds=wide, read=read,
        mute=(f"IMB018:{evil}",),
    )  # fmt: skip
    arms = (Arm(name=evil, steps=(step,)), Arm(name="b", ensemble=evil))
    model = ModelSpec(params={evil: evil})
    split = SplitSpec(group=f"g{evil}")
    experiment = Experiment(data=data, arms=arms, split=split, model=model, preset=evil)
    ours = {doc.comment for part in PARTS for doc in fields_of(part).values()}
    text = dump_toml(experiment, comments=True)
    assert load_toml(text) == experiment
    for line in text.split("\n"):
        assert all(c.isprintable() for c in line), line
        if "ZZ" in line:
            assert not line.startswith("#")
            behind = max(line.rfind(mark) for mark in '"]}')
            said = line[behind + 1 :].strip().removeprefix("# ")
            assert said.removeprefix("not set: ") in {
                *ours,
                ",",
                "",
                "[",
            }


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_commented_out_is_what_happens_anyway(name):
    experiment = preset(name, source="a.csv", target="y")
    found = []
    text = dump_toml(experiment, comments=True).splitlines()
    for line, above in zip(text, ["", *text], strict=False):
        bare = line.removeprefix("# ")
        key = bare.partition(" = ")[0]
        if line.startswith("# ") and " = " in bare and key.isidentifier():
            docs = [docs[key] for p in PARTS if key in (docs := fields_of(p))]
            assert docs, line
            # What has no default shows an example, and several of them go not together.
            if key == "models" or any(doc.default is None for doc in docs):
                tomllib.loads(bare)
                assert "not set: " in line or "not set: " in above, line
                continue
            assert "not set: " not in line
            line = bare
        found.append(line)
    assert load_toml("\n".join(found)) == experiment


def test_costs_that_nobody_gave_are_left_out_and_explained():
    experiment = preset("quick", source="a.csv")
    text = dump_toml(experiment, comments=True)
    assert "# cost_fn = 10.0 " in text
    assert "not set: cost of a miss; default: the class ratio; above 0" in text
    assert not {"cost_fn", "cost_fp"} & set(tomllib.loads(text)["decision"])
    given = msgspec.structs.replace(experiment.decision, cost_fn=7.5)
    changed = msgspec.structs.replace(experiment, decision=given)
    text = dump_toml(changed, comments=True)
    assert tomllib.loads(text)["decision"] == {"cost_fn": 7.5}
    assert load_toml(text) == changed


@pytest.mark.parametrize("part", PARTS)
def test_every_field_is_declared(part):
    docs = fields_of(part)
    own = {f.name: f.type for f in msgspec.structs.fields(part)}
    inside = f"{part.SECTION}.".lstrip(".")
    assert set(docs) == {name for name in own if f"{inside}{name}" not in SECTIONS}
    for name, doc in docs.items():
        assert doc.help
        assert all(choice in doc.comment for choice in doc.choices), name
        if doc.default not in (None, msgspec.NODEFAULT):
            assert doc.admits(doc.default), name
        if doc.example is not None:
            assert doc.admits(msgspec.convert(doc.example, own[name], strict=True))


@given(EXPERIMENTS)
def test_every_field_is_in_every_file(experiment):
    text = dump_toml(experiment, comments=True)
    for part in PARTS:
        for name in fields_of(part):
            assert f"{name} = " in text or f".{name}]" in text, (part, name)


def test_long_things_are_broken_and_wide_ones_get_a_table_of_their_own():
    data = DataSpec(
        source="a.csv",
        drop=tuple(f"column {n}" for n in range(30)),
        kinds={f"column {n}": "category" for n in range(40, 60)},
    )
    experiment = Experiment(data=data, arms=(Arm(name="untreated"),))
    text = to_toml(experiment, ["head"], {"data.source": "A remark."})
    assert text.startswith("# head\n")
    assert max(map(len, text.splitlines())) <= 110
    assert "# A remark.\nsource" in text
    assert load_toml(text) == experiment


# --- what is said of mistakes --------------------------------------------------------

GOOD = """seed = 1
[data]
source = "a.csv"
drop = ["x"]
[[arms]]
name = "untreated"
[[arms]]
name = "mine"
steps = [
  { sampler = "smote", params = { ratio = 0.5 } },
  { sampler = "enn" },
]
[[arms]]
name = "forest"
ensemble = "balanced-random-forest"
[model]
space = "shallow"
[search]
trials = 3
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 1", "seed = ", "line 1, column 8: no valid TOML: invalid value"),
        ("trials = 3", 'trials = "3', "line 19, column 12: no valid TOML"),
        ("trials = 3\n", "trials = [", "line 19: no valid TOML: .* at the file's end"),
        ("seed = 1", "sed = 1", "line 1: unknown field `sed`. Did you mean 'seed'"),
        ("drop", "dorp", "line 4: data: unknown field `dorp`. Did you mean 'drop'"),
        ('source = "a.csv"', "", "line 2: data: missing required field `source`"),
        ("seed = 1", "seed = -1", "line 1: seed: seed cannot be -1. Give a w"),
        ("trials = 3", "trials = 0", "line 19: search.trials: trials cannot be 0"),
        ("trials = 3", "trials = '3'", "line 19: search.trials: expected `int`, got"),
        ("trials = 3", "objective = 'acc'", "line 19: search.objective: .*choose one "
         "of: average_precision, roc_auc"),
        ("trials = 3", "keep = ['x']", "line 19: search: unknown field `keep`"),
        ('["x"]', '["x"]\nkeep = ["y", "x"]', "line 5: data.keep.1.: column 'x'"),
        ('["x"]', '["x"]\nkinds.city = "colour"', "line 5: data.kinds.city: no kind"),
        ('["x"]', '["x"]\nkinds.city = 1', "line 5: data.kinds.city: no kind of c"),
        ('"smote"', '"smot"', "line 9: arms.1..steps.0..sampler: .*mean 'smote'"),
        ("ratio = 0.5", "ratio = 2", "line 9: arms.1..steps.0..params.ratio: "),
        ("ratio = 0.5", "rato = 2", "line 9: .*rato: smote has no parameter"),
        ("ratio = 0.5", "ratio = [1]", "line 9: .*params.ratio: expected .* got `arr"),
        ('"enn" }', '"enn", tune = { x = [] } }', "line 9: .*steps.1..tune.x: enn ha"),
        ('"enn" }', '"enn", param = {} }', "line 9: .*steps.1.: unknown field `param"),
        ('"mine"', '"untreated"', "line 7: arms.1.: arm untreated is listed"),
        ('"untreated"', '"nought"', "line 5: arms.0.: no method 'nought', and it has"),
        ('"mine"', '"adasyn"', "line 9: arms.1..steps: arm 'adasyn' has the name of"),
        ('"untreated"', '"weights"', "line 5: arms: the arms have no untreated"),
        ('"untreated"', '"untreated"\nweights = true', "line 7: arms.0..weights: the"),
        ('"forest"', '"forest"\nsteps = [{sampler="enn"}]',
         "line 15: arms.2..steps.0.: forest has steps and an ensemble"),
        ("balanced-random", "balance-random", "line 15: arms.2..ensemble: .*did you"),
        ('"shallow"', '"shalow"', "line 17: model.space: no search space 'shalow'"),
        ("[search]", "params = {max_dept = 3}\n[search]", "line 18: model.params.max_"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mistake_is_said_with_its_line(old, new, said, end):
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new).replace("\n", end)
    with pytest.raises(SpecError, match=f"(?i)^e.toml, {said}") as caught:
        reading.read(text, name="e.toml")
    assert "\n" not in str(caught.value)


def test_a_file_without_mistakes_is_read_and_a_mark_before_it_is_no_matter():
    experiment = reading.read("\ufeff" + GOOD, name="e.toml")
    assert [arm.name for arm in experiment.arms] == ["untreated", "mine", "forest"]


def test_arms_that_are_not_run_are_not_looked_at():
    text = GOOD.replace('"smote"', '"smot"')
    assert reading.read(text, name="e.toml", arms=False).search.trials == 3


def test_brackets_without_end_are_no_crash():
    with pytest.raises(SpecError, match="nested too deeply"):
        load_toml("a = " + "[" * 100_000)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a" + ".a" * 99_999 + " = 1", 1),
        ("[" + " . ".join(['"a.b"'] * 20_000) + "]", 1),
        ('x = """\n.\n""\\"""""\ny = { \'a\'' + ".'a'" * 20_000 + " = 1 }", 4),
        ('# """\n[[' + "a." * 20_000 + "a]]", 2),
    ],
)
def test_a_key_of_too_many_parts_is_refused_before_it_is_parsed(text, line):
    with pytest.raises(SpecError, match="parts, 32 are allowed") as caught:
        reading.load_toml(text, name="e.toml")
    assert f"e.toml, line {line}: a key of" in str(caught.value)


@pytest.mark.parametrize(
    "value", ['"' + "a." * 500 + '"', "'''" + ".\n" * 500 + "'''", f"[{'0.5, ' * 500}]"]
)
def test_dots_in_values_are_no_parts_of_a_key(value):
    text = f"x = {value} # {'a.' * 500}\n"
    assert loading.parse_toml(text, "e.toml") == tomllib.loads(text)


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path):
    file = tmp_path / "e.toml"
    with file.open("wb") as made:
        made.truncate(3_000_000_000)  # takes no room
    with pytest.raises(SpecError, match=r"e.toml is too large: 3,000,000,000 bytes, 1"):
        loading.read_text(file, "e.toml")
    with pytest.raises(SpecError, match="too large: 1,000,001 characters"):
        load_toml("#" * 1_000_001)


def test_a_wrong_field_of_many_is_found_by_few_looks(monkeypatch):
    looks = []
    monkeypatch.setattr(places, "_without", lambda *args: looks.append(args) or {})
    kinds = "".join(f'c{i} = "category"\n' for i in range(30_000))
    text = 'arms = [{ name = "untreated" }]\nsearch.folds = 1\n[data]\nsource = "a"\n'
    with pytest.raises(SpecError, match="folds cannot be 1"):
        reading.load_toml(f"{text}[data.kinds]\n{kinds}", name="e.toml")
    assert len(looks) < 100


@given(EXPERIMENTS)
def test_what_the_registry_refuses_is_said_in_a_line_of_the_file(experiment):
    text = dump_toml(experiment, comments=True)
    try:
        registry.check(experiment)
    except SpecError:
        refused = True
    else:
        refused = False
    assume(refused)
    with pytest.raises(SpecError) as caught:
        reading.read(text, name="e.toml")
    assert caught.value.message.startswith("e.toml, line ")


@given(EXPERIMENTS)
def test_each_field_that_is_written_is_found_on_its_line(experiment):
    text = dump_toml(experiment, comments=True)
    at = text.split("\n")
    for section in ("data", "split", "model", "search", "decision"):
        for field in tomllib.loads(text)[section]:
            found = at[places.line_of(text, (section, field)) - 1]
            assert found.startswith((f"{field} =", f"[{section}.{field}]"))
    for number, arm in enumerate(experiment.arms):
        line = places.line_of(text, ("arms", number, "name"))
        assert tomllib.loads(at[line - 1]) == {"name": arm.name}


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("a.b = [\n 1]\nc = 1", ("a", "b", 1), 1),
        ('[ "a" . \'b c\' ] # d\n"e" = 1', ("a", "b c", "e"), 2),
        ("[a]\nb = 1\n[a.c]\nb = 2", ("a", "c", "b"), 4),
        (
            "[[a]]\n[[a.b]]\nc = 1\n[[a]]\n[[a.b]]\n[[a.b]]\nc = 2",
            ("a", 1, "b", 1, "c"),
            7,
        ),
        ("[a.b]\n[a]\nc = 1", ("a", "c"), 3),
        ("a = [\n  ['x'],\n  ['b'],\n]\nb = 1", ("b",), 5),
        ("[a]\n[[a.b]]\n[a.b.c]\nd = 1", ("a", "b", 0, "c", "d"), 4),
        ("a = { b = 1 }", ("a", "b"), 1),
        ("[a]\nb = 1", ("a", "c"), 1),
        ("a = 1", ("b",), None),
        ("a = 1", (), None),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_is_that_of_the_key_or_of_what_it_is_in(text, path, line, end):
    tomllib.loads(text)
    assert places.line_of(text.replace("\n", end), path) == line


def test_a_path_is_written_without_doubt():
    assert places.path_text(("a b", 0, "c")) == "'a b'[0].c"
    assert places.path_text(("\u202e\n",)) == r"'\u202e\n'"


# --- where its table is --------------------------------------------------------------


@pytest.mark.parametrize("source", ["sample:moons", "make:moons", "-", "~/a", "/no/a"])
def test_what_is_no_relative_path_stays(source, tmp_path):
    experiment = preset("quick", source=source)
    assert reading.resolve_beside(experiment, str(tmp_path)) == experiment


def test_the_working_folder_goes_first_and_a_twin_is_told(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "both.csv").touch()
    (there / "one.csv").touch()
    (there / "rows").mkdir()
    (there / "rows" / "part-1.parquet").touch()
    monkeypatch.chdir(here)
    for source, found, twins in (
        ("both.csv", "both.csv", ("both.csv",)),
        ("one.csv", f"{there}/one.csv", ()),
        ("none.csv", "none.csv", ()),
        ("rows", f"{there}/rows", ()),
        ("rows/part-*.parquet", f"{there}/rows/part-*.parquet", ()),
        ("rows/part-*.csv", "rows/part-*.csv", ()),
    ):
        experiment = preset("quick", source=source)
        assert reading.resolve_beside(experiment, str(there)).data.source == found
        assert reading.shadowed_tables(experiment, str(there)) == twins
    assert reading.shadowed_tables(preset("quick", source="both.csv"), str(here)) == ()
