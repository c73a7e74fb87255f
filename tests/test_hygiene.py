"""What may import what, and that every documented example runs."""

import doctest
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine
import tui

HEAVY = (
    "pandas",
    "numpy",
    "sklearn",
    "imblearn",
    "xgboost",
    "optuna",
    "scipy",
    "pyarrow",
    "threadpoolctl",
)
SCREEN = ("textual", "rich", "plotext", "textual_plotext", "tui")


def modules_after(code):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{code}\nimport sys, json\nprint(json.dumps(list(sys.modules)))",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import engine, tui.app",
        "import engine.client, engine.presets, engine.document, engine.state",
        "import tui.cli.run, tui.cli.runs, tui.cli.sample, tui.cli.parser",
        "import tui.cli.profile, engine.data.read.open",
        "import tui.cli.generate, tui.screens.generate",
        "from tui.__main__ import main; main(['generate', 'moons'])",
        "from tui.__main__ import main; main(['run', '--help'])",
    ],
)
def test_the_front_end_never_loads_the_science_stack(code):
    assert not modules_after(code) & set(HEAVY)


def test_importing_the_engine_costs_next_to_nothing():
    loaded = modules_after("import engine")
    assert not loaded & {*HEAVY, *SCREEN, "msgspec", "sqlite3", "platformdirs"}


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


def test_public_names_are_what_is_exported():
    for name in engine.__all__:
        assert getattr(engine, name) is not None
    assert dir(engine) == sorted(engine.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = engine.nothing


def all_modules():
    for package in (engine, tui):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield found.name


@pytest.mark.parametrize("name", all_modules())
def test_documented_examples_run(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} does not say what it is for"
    assert doctest.testmod(module).failed == 0


def test_modules_stay_small():
    root = Path(engine.__file__).parents[1]
    for path in [*root.glob("engine/**/*.py"), *root.glob("tui/**/*.py")]:
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= 430, f"{path.relative_to(root)} has {lines} lines"
