"""Samplers of other packages: found, checked, used; never the end of the program."""

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
import textwrap
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import SpecError
from engine.core.lazy import import_class
from engine.core.methods import cost, grammar, registry
from engine.core.methods.grammar import Step
from engine.core.seeds import versions
from engine.resample import method
from engine.resample.method import build
from tests.support.paths import ROOT

GOOD = """
    from engine.core.methods.samplers import COUNTS, RATIO, Parameter, Sampler

    TWICE = Sampler(
        name="twice",
        title="twice",
        home="{package}_heavy.Jittered",
        group="over",
        summary="Repeats minority rows and shakes them.",
        parameters=(
            RATIO,
            COUNTS,
            Parameter("shake", "number", 0.5, 0.0, 9.0, "rows move further", sets="by"),
        ),
        {more}
    )
"""
HEAVY = """
    from imblearn.over_sampling import RandomOverSampler

    class Jittered(RandomOverSampler):
        def __init__(self, *, sampling_strategy="auto", random_state=None, by=0.0):
            given = {"sampling_strategy": sampling_strategy}
            super().__init__(random_state=random_state, **given)
            self.by = by

        def _fit_resample(self, X, y):
            X, y = super()._fit_resample(X, y)
            made = len(self.sample_indices_) - len(set(self.sample_indices_))
            X[len(X) - made :] += self.by
            return X, y
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a distribution on the path, and look for entry points anew."""
    made = []

    def install(package, light, entry, heavy=HEAVY, more=""):
        for name, text in ((package, light), (f"{package}_heavy", heavy)):
            text = text.replace("{package}", package).replace("{more}", more)
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
            made.append(name)
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8"
        )
        (folder / "entry_points.txt").write_text(
            f"[{registry.GROUP}]\n{package} = {entry}\n", "utf-8"
        )
        importlib.invalidate_caches()
        registry.forget()

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    for name in made:
        sys.modules.pop(name, None)
    monkeypatch.undo()
    importlib.invalidate_caches()
    registry.forget()


def rows():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [90, 10])
    return rng.normal(size=(100, 3)).astype(np.float32), y


def test_without_other_packages_there_are_none(tmp_path, install):
    assert registry.plugin_samplers() == ()
    assert registry.problems() == ()


@pytest.mark.parametrize("entry", ["a_pack:TWICE", "a_pack:SEVERAL", "a_pack:made"])
def test_a_sampler_of_another_package_is_an_arm_like_any_other(install, entry):
    more = GOOD + "    SEVERAL = (TWICE,)\n\n    def made():\n        return [TWICE]\n"
    install("a_pack", more, entry)
    assert registry.problems() == ()
    assert registry.names().index("twice") == len(registry.names()) - 5
    known = registry.sampler("twice")
    assert known.package == "a_pack"
    arm = grammar.parse("twice:ratio=0.5:shake=3")
    X, y = rows()
    treated = method.apply(arm, X, y, seed=4)
    assert np.bincount(treated.y).tolist() == [90, 45]
    made = treated.X[100:]
    # Each is a real row that was moved by 3, as the class itself does it.
    heavy = importlib.import_module("a_pack_heavy").Jittered
    stock = heavy(sampling_strategy={1: 45}, random_state=4, by=3.0)
    assert np.array_equal(made, stock.fit_resample(X, y)[0][100:])
    assert not np.isin(made, X).any()


@pytest.mark.parametrize("named", [True, False])
def test_what_its_rows_weigh(install, named):
    """As the rows it names; without them nobody knows what it makes rows of."""
    hide = "" if named else "\n            del self.sample_indices_"
    heavy = HEAVY.replace("        return X, y", f"{hide}\n            return X, y")
    install("w_pack", GOOD, "w_pack:TWICE", heavy=heavy)
    X, y = rows()
    own = np.arange(100.0)
    arm = grammar.parse("twice:ratio=0.5:shake=3")
    weights = method.apply(arm, X, y, seed=4, weights=own).weights
    assert weights[:100].tolist() == own.tolist()
    if named:
        made = importlib.import_module("w_pack_heavy").Jittered
        stock = made(sampling_strategy={1: 45}, random_state=4)
        stock.fit_resample(X, y)
        assert weights.tolist() == own[stock.sample_indices_].tolist()
    else:
        assert weights[100:].tolist() == [own[y == 1].mean()] * 35


def test_its_parameters_are_checked_and_its_rows_are_known(install):
    install("b_pack", GOOD, "b_pack:TWICE")
    with pytest.raises(SpecError, match="shake of twice is 10"):
        registry.check_step(Step("twice", {"shake": 10}))
    counts = {"no": 900, "yes": 100}
    found = cost.rows_left(Step("twice", {"ratio": 0.5}), counts)
    assert found == {"no": 900, "yes": 450}


BROKEN = {
    "raises": ("1 / 0", "x:A", "ZeroDivisionError: division by zero"),
    "exits": ("raise SystemExit('bye')", "x:A", "SystemExit: bye"),
    "missing": ("", "x:A", "AttributeError"),
    "no module": ("", "not_there:A", "ModuleNotFoundError"),
    "calls": (
        "def A():\n    raise OSError('disk\\ngone')",
        "x:A",
        "OSError: disk gone",
    ),
    "number": ("A = 3", "x:A", "it leads to a value of type int. Give a Sampler"),
    "text": ("A = 'smote'", "x:A", "it leads to a value of type str"),
    "other": ("A = [3]", "x:A", "it holds a value of type int"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_told_and_the_others_are_there(install, name):
    text, entry, said = BROKEN[name]
    install("good", GOOD, "good:TWICE")
    install("x", text, entry)
    assert [s.name for s in registry.plugin_samplers()] == ["twice"]
    (problem,) = registry.problems()
    assert (problem.package, problem.entry, problem.used) == ("x", "x", False)
    assert problem.message.startswith(said)
    assert "\n" not in problem.message


WRONG = {
    "name='smote'": "the name 'smote' is taken",
    "name='untreated'": "the name 'untreated' is taken",
    "name='rus-boost'": "is taken",
    "name='Twice'": "is called 'Twice'",
    "name='a:b'": "is called 'a:b'",
    "name=3": "a sampler 3 is described wrongly: Expected `str`, got `int` - at `name`",
    "home='Jittered'": "Give package.module.Class",
    "group='sideways'": "Invalid enum value 'sideways' - at `group`",
    "columns='some'": "Invalid enum value 'some' - at `columns`",
    "summary=None": "Expected `str`, got `null` - at `summary`",
    "neighbors='k'": "twice has no 'k'",
    "parameters=(RATIO,)": "twice has one ratio",
    "parameters=()": "twice has no ratio",
    "parameters=(RATIO, RATIO, COUNTS)": "two parameters alike",
    "parameters=(RATIO, COUNTS, 3)": "Expected `array`, got `int` - at `parameters[2]`",
    "parameters=(RATIO, COUNTS, RATIO._replace(name='-'))": "'counts', '-')",
    "parameters=(RATIO, COUNTS, RATIO._replace(kind='?'))": "- at `parameters[2][1]`",
    "parameters=(RATIO._replace(default=3), COUNTS)": "ratio of twice is 3",
}


@pytest.mark.parametrize("change", WRONG)
def test_one_that_cannot_be_used_is_left_out(install, change):
    text = (
        GOOD
        + f"""
    import msgspec
    TWICE = msgspec.structs.replace(TWICE, {change})
"""
    )
    install("d_pack", text, "d_pack:TWICE")
    assert registry.plugin_samplers() == ()
    (problem,) = registry.problems()
    assert WRONG[change] in problem.message


def test_the_same_name_twice_is_the_first_ones(install):
    install("e_pack", GOOD, "e_pack:TWICE")
    install("f_pack", GOOD, "f_pack:TWICE")
    assert [s.package for s in registry.plugin_samplers()] == ["e_pack"]
    assert [p.package for p in registry.problems()] == ["f_pack"]


def test_one_that_loads_the_science_stack_to_be_listed_is_used_and_told(
    tmp_path, install
):
    install("g_pack", "    import numpy\n" + GOOD, "g_pack:TWICE")
    code = (
        "from engine.core.methods import registry\n"
        "import sys\n"
        "assert 'numpy' not in sys.modules\n"
        "assert 'twice' in registry.names()\n"
        "(problem,) = registry.problems()\n"
        "assert problem.used and problem.message.startswith('loads numpy')\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr


class Slow(importlib.machinery.SourceFileLoader):
    """Takes its time before a package begins to be there, as a slow disk does."""

    def create_module(self, spec):
        time.sleep(0.2)


class Slowly:
    def __init__(self, folder):
        self.file = str(folder / "ring" / "__init__.py")

    def find_spec(self, name, path=None, target=None):
        if name != "ring":
            return None
        return importlib.util.spec_from_file_location(
            name,
            self.file,
            loader=Slow(name, self.file),
            submodule_search_locations=[str(Path(self.file).parent)],
        )


def test_threads_that_want_classes_of_one_package_do_not_lock_each_other_up(
    tmp_path, monkeypatch
):
    """One begins at the package, one at its part: Python would end one of them."""
    (tmp_path / "ring").mkdir()
    (tmp_path / "ring" / "part.py").write_text("class A: pass\n", "utf-8")
    (tmp_path / "ring" / "__init__.py").write_text("from ring.part import A\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [Slowly(tmp_path), *sys.meta_path])
    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(import_class, "ring.A")
        time.sleep(0.05)
        part = pool.submit(import_class, "ring.part.A")
        assert whole.result() is part.result()
    for name in ("ring", "ring.part"):
        del sys.modules[name]


def test_a_function_may_make_the_sampler(install):
    text = GOOD.replace("{package}_heavy.Jittered", "{package}_heavy.made")
    heavy = HEAVY + (
        "\n    def made(sampling_strategy, random_state, by):"
        "\n        return Jittered(sampling_strategy=sampling_strategy, by=by)"
    )
    install("i_pack", text, "i_pack:TWICE", heavy=heavy)
    X, y = rows()
    for trace in (False, True):
        step = registry.check_step(Step("twice", {"shake": 2}))
        sampler = build("twice", step, {0: 90, 1: 10}, seed=0, trace=trace)
        assert np.bincount(sampler.fit_resample(X, y)[1]).tolist() == [90, 90]


def test_what_is_named_and_not_there_is_an_arm_that_fails(install):
    from engine.core.errors import ArmError

    install("h_pack", GOOD, "h_pack:TWICE", heavy="raise ImportError('no lib')")
    X, y = rows()
    with pytest.raises(ArmError, match=r"h_pack_heavy\.Jittered is not installed"):
        method.apply(grammar.parse("twice"), X, y, seed=0)


def test_the_example_in_the_docs_is_one_that_can_be_used(install):
    page = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    page = page.partition("## A working example")[2].partition("## Models")[0]
    (project,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    light, made = re.findall(r"```python\n(.*?)```", page, re.S)
    (entry,) = tomllib.loads(project)["project"]["entry-points"][
        registry.GROUP
    ].values()
    compile(made, "made", "exec")
    install("imbtui_geometric", light, entry)
    assert registry.problems() == ()
    assert [s.name for s in registry.plugin_samplers()] == [
        "geometric-smote",
        "cluster-smote",
    ]
    for arm in re.findall(r"--methods (\S+)", page)[0].split(","):
        registry.check_arm(grammar.parse(arm))


def test_its_version_is_one_that_numbers_rest_on(install):
    install("j_pack", GOOD, "j_pack:TWICE")
    arms = [grammar.parse("smote"), grammar.parse("enn+twice")]
    assert registry.packages(arms) == ("imbalanced-learn", "j_pack", "xgboost")
    assert versions(registry.packages(arms))["j_pack"] == "1.0"
    assert "j_pack" not in versions()


def test_it_may_write_into_what_it_gets(install):
    heavy = HEAVY.replace("X, y = super()", "X += 1; X, y = super()")
    install("k_pack", GOOD, "k_pack:TWICE", heavy=heavy)
    X, y = rows()
    before = X.copy()
    method.apply(grammar.parse("twice"), X, y, seed=0)
    assert np.array_equal(X, before)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("{}['x']", "KeyError in l_pack: 'x'"),
        ("X[:-1], y", "99 rows and 100 classes"),
        ("X[:, :1], y", "where 3 columns were given"),
        ("X, y + 1", "classes that it was not given"),
        ("X, y.astype(float)", "classes that it was not given"),
    ],
)
def test_its_mistakes_are_its_own_and_cost_its_arm_only(install, answer, said):
    from engine.core.errors import ArmError

    heavy = f"""
        class Jittered:
            def __init__(self, sampling_strategy, random_state, by):
                pass

            def fit_resample(self, X, y):
                return {answer}
    """
    install("l_pack", GOOD, "l_pack:TWICE", heavy=heavy)
    X, y = rows()
    with pytest.raises(ArmError, match=re.escape(said)) as caught:
        method.apply(grammar.parse("twice"), X, y, seed=0)
    assert caught.value.fix
