"""What loads what, documented examples that run, and modules that stay small."""

import ast
import doctest
import importlib
import json
import pkgutil
import re
import subprocess
import sys

import pytest

import engine
import tui
from engine.core.doc import fields_of
from engine.core.experiment import SECTIONS
from tests.support.at_start import loaded_by
from tests.support.each import each, for_each
from tests.support.imports import HEAVY, modules_after
from tests.support.paths import ROOT
from tui.cli import every_command
from tui.text import option

SCREEN = ("textual", "rich", "plotext", "tui")
NOTHING = {*HEAVY, *SCREEN, "msgspec", "sqlite3", "platformdirs", "zstandard"}
HEAVY_OR_PACKED = {*HEAVY, "zstandard"}

DOTTED = re.compile(r"(data\.read|data|split|search|decision)\.[a-z_]+")
EXPORTED = {
    "bundle-readme.md.j2",
    "experiment-head.txt.j2",
    "first.py.j2",
    "sagemaker-readme.md.j2",
    "script.py.j2",
    "words.txt",
}
"""Templates of documents that tell who has them what to type."""

STEPS = {
    "import imbtui": NOTHING,
    "import engine.io.catalogue as c; c.path(c.find('moons'))": HEAVY_OR_PACKED,
    "from engine.io import source; source.check('dataset:openml/credit-g'); "
    "source.stamp('dataset:openml/31')": HEAVY_OR_PACKED,
    "import tui.cli.parser": {*HEAVY, "sqlite3", "plotext", "textual"},
    "import engine.service.client, engine.core.presets, engine.core.state": set(HEAVY),
    "import engine.service.run_process, engine.service.main": set(HEAVY),
    "import tui.cli.export, tui.cli.run, tui.cli.runs, tui.cli.profile": {
        *HEAVY,
        "textual",
    },
    "import imbtui, tui.app.app": set(HEAVY),
    "import tui.cli.run, tui.cli.runs, tui.cli.parser": set(HEAVY),
    "import tui.cli.profile, engine.data.readers.open": set(HEAVY),
    "import tui.cli.catalogue, tui.features.dataset.generate": set(HEAVY),
    "from tui.__main__ import main; main(['generate', 'moons'])": set(HEAVY),
    "from tui.__main__ import main; main(['run', '--help'])": set(HEAVY),
}
"""From the lightest on, what is not loaded after it in the same process."""


def test_nothing_is_loaded_before_it_is_needed():
    """One process for all: what was loaded by a step is seen right after it."""
    code = "import sys, json\nloaded = {}\n"
    for step in STEPS:
        code += f"{step}\nloaded[{step!r}] = [*sys.modules]\n"
    code += "print('\\n' + json.dumps(loaded))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    with each() as row:
        for step, unwanted in STEPS.items():
            with row(step):
                assert not unwanted & set(loaded[step])


NEVER = {
    *SCREEN,
    *("pytest", "sklearn.datasets", "sklearn.neural_network", "sklearn.mixture"),
    *("sklearn.utils._testing", "sklearn.feature_extraction", "scipy.io"),
    *("matplotlib", "IPython", "dask", "distributed", "mlflow", "jinja2", "sqlalchemy"),
    *("lightgbm", "skl2onnx", "onnx", "shap", "requests"),
    *("engine.api", "engine.bundle", "engine.export", "engine.explain"),
}
"""What neither child needs; rich is scikit-learn's and Optuna's own."""
NEVER_AT_START = {
    "run": {
        *("engine.execute.dask", "engine.execute.processes"),
        *("engine.suite", "engine.train.leak"),
    },
    "service": {
        *("imblearn", "xgboost", "optuna", "sklearn.ensemble", "sklearn.svm"),
        *("engine.steps", "engine.train", "engine.service.handlers"),
    },
}
"""Of each child process, besides: what has not been imported once it has begun."""


@pytest.mark.parametrize("child", ["run", "service"])
def test_a_child_begins_without_what_it_does_not_need(child):
    unwanted = (NEVER | NEVER_AT_START[child]) - {"rich"}
    assert not unwanted & loaded_by(child)


def test_a_whole_run_never_loads_the_front_end():
    code = (
        "import engine\n"
        "e = engine.preset('quick', source='sample:blobs', target='label')\n"
        "from msgspec.structs import replace\n"
        "e = replace(e, arms=e.arms[:1], search=replace(e.search, trials=1))\n"
        "list(engine.run(e))"
    )
    # Optuna itself loads rich.
    assert not modules_after(code) & ({*SCREEN} - {"rich"})


def modules_of(*rooms):
    paths = (path for room in rooms for path in sorted(ROOT.glob(f"{room}/**/*.py")))
    dotted = (p.relative_to(ROOT).with_suffix("").as_posix() for p in paths)
    return [name.replace("/", ".").removesuffix(".__init__") for name in dotted]


def test_core_loads_nothing_but_the_standard_library_and_msgspec():
    loaded = modules_after(f"import {', '.join(modules_of('engine/core'))}")
    tops = {name.partition(".")[0] for name in loaded}
    others = tops - {*sys.stdlib_module_names, "engine", "msgspec", "typing_extensions"}
    assert not {name for name in others if not name.startswith(("_", "sitecustomize"))}


def test_what_the_app_may_see_of_the_engine_loads_no_science_stack():
    rooms = ("engine/io", "engine/store", "engine/suite", "engine/service/client")
    names = [n for n in modules_of(*rooms) if n != "engine.suite.ranks"]
    assert not modules_after(f"import {', '.join(names)}") & {*HEAVY}


def test_the_engine_names_no_option_and_no_command():
    """The field is carried beside a text; the front end says what it calls it."""
    names = "|".join(command.name for command in every_command())
    typed = re.compile(rf"(?<![\w-])--[a-z{{]|\bimbtui ({names})\b")
    found = []
    for path in sorted(ROOT.glob("engine/**/*")):
        if path.suffix == ".py":
            tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            texts = [str(x.value) for x in tree if isinstance(x, ast.Constant)]
        elif path.suffix in (".md", ".toml", ".txt", ".j2"):
            texts = path.read_text(encoding="utf-8").splitlines()
        else:
            continue
        if path.name not in EXPORTED:
            found += [f"{path.name}: {text}" for text in texts if typed.search(text)]
    assert not found


def test_every_field_that_an_error_is_about_is_one():
    """So that no front end looks for one in vain."""
    known, named = {"data.read"}, set[str]()
    for part in SECTIONS.values():
        known |= {doc.field for doc in fields_of(part).values()}
    for path in ROOT.glob("engine/**/*.py"):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        # Names of modules that are loaded on first use.
        tables = [
            x
            for x in nodes
            if isinstance(x, ast.Call) and ast.unparse(x.func) == "public"
        ]
        lent = {id(x) for table in tables for x in ast.walk(table)}
        for node in nodes:
            text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if text and id(node) not in lent:
                named.update(filter(DOTTED.fullmatch, node.value.split()))
    assert named <= known
    set_so = {field for field in named if field.startswith(("data.read.", "split."))}
    assert len(set_so) > 10
    declared = {
        name.strip(",")
        for one in every_command()
        for known_option in one.options
        if not isinstance(known_option, str)
        for name in known_option.name.split()
    }
    assert {option(field) for field in set_so} <= declared
    others = ("arm", "jobs", "kind", "class", "overwrite", "path", "store")
    assert {option(field) for field in others} <= declared


def test_public_names_are_what_is_exported():
    for name in engine.__all__:
        assert getattr(engine, name) is not None
    assert dir(engine) == sorted(engine.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = engine.nothing


# Documented examples -----------------------------------------------------------------


def modules_by_package():
    """Return the names of all modules, by the package below `engine` or `tui`."""
    found = {}
    for package in (engine, tui):
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not one.name.endswith("__main__"):
                parts = one.name.split(".")
                room = len(parts) > 2 or one.ispkg
                name = ".".join(parts[:2]) if room else package.__name__
                found.setdefault(name, []).append(one.name)
    return found


PACKAGES = modules_by_package()


@pytest.mark.parametrize("package", PACKAGES)
def test_documented_examples_run(package):
    with each() as row:
        for name in PACKAGES[package]:
            with row(name):
                module = importlib.import_module(name)
                assert module.__doc__, "it does not say what it is for"
                assert doctest.testmod(module).failed == 0


# Ways that were found not to work ----------------------------------------------------


def test_nothing_waits_for_a_screen_that_may_go():
    """What waits for a refresh is given to the screen on top, and lost with it."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted(ROOT.glob("tui/**/*.py"))
        if ".call_after_refresh" in path.read_text(encoding="utf-8")
    ]
    # Before there is any other screen.
    assert set(found) == {"tui/app/app.py"}


def test_nothing_private_of_textual_is_imported():
    private = re.compile(r"^from textual\.(\w+\.)*_", re.M)
    paths = ROOT.glob("tui/**/*.py")
    assert not [p.name for p in paths if private.search(p.read_text("utf-8"))]


# Length ------------------------------------------------------------------------------


def too_long(paths, most):
    counts = {p: p.read_text(encoding="utf-8").count("\n") for p in paths}
    return {str(p.relative_to(ROOT)): n for p, n in counts.items() if n > most}


def test_modules_stay_small():
    assert not too_long([*ROOT.glob("engine/**/*.py"), *ROOT.glob("tui/**/*.py")], 600)


def test_test_modules_stay_small():
    assert not too_long(ROOT.glob("tests/**/*.py"), 600)


# The tests' own tables ---------------------------------------------------------------


def test_every_row_of_a_table_is_tried_and_every_one_that_fails_is_named():
    tried = []

    @for_each("place", ("left", "right"))
    @for_each(("number", "square"), [(1, 1), (2, 5), (3, 10)])
    def check(fixture, number, square, place):
        tried.append((fixture, place, number))
        assert number**2 == square

    with pytest.raises(pytest.fail.Exception, match="4 of 6 rows fail") as caught:
        check(fixture="made")
    assert len(set(tried)) == 6
    said = str(caught.value).splitlines()
    assert (
        sum(line.startswith(("left, 2, 5: ", "right, 3, 10: ")) for line in said) == 2
    )
    assert "test_hygiene.py" in said[-1]


def test_a_table_without_rows_is_no_test():
    with pytest.raises(AssertionError, match="the table is empty"), each():
        pass


def test_what_does_not_fail_where_it_should_is_a_row_that_fails():
    @for_each("what", ["nothing"])
    def check(what):
        with pytest.raises(ValueError, match=what):
            pass

    with pytest.raises(pytest.fail.Exception, match="nothing: Failed: DID NOT RAISE"):
        check()
