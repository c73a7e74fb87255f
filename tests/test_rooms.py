"""Tests hold on to the public names of a room, so that a room can be rebuilt.

A test in ``tests/unit/engine/store`` or ``tests/slow/engine/store`` may use the modules
of `engine.store`; of other rooms, and elsewhere, what their packages lend in
``__all__``. Modules of `engine.core` and `engine.io`, and what the features of the app
share and say (session, states, messages, controllers), are rooms of one file.
"""

from __future__ import annotations

import ast
import functools
import importlib
import re
from collections.abc import Iterator
from inspect import ismodule
from pathlib import Path

from tests.support.paths import ROOT

FAULTS = "a fault is planted where it would happen"
PACE = "a pause of the app is cut short"
MESSAGES = "a module of messages, used as a name space"
LIMITS = "a limit is lowered, so that a table of few rows is a large one"
CALLED = "what is called is of that module; the rest of the test is of another room"

EXCEPTIONS = {
    "conftest": {
        "engine.store.rows": FAULTS,
    },
    "contracts/test_executors": {
        "engine.data.readers.columnar": LIMITS,
        "engine.data.thin": LIMITS,
        "engine.execute.cluster": FAULTS,
        "engine.execute.parts": FAULTS,
        "engine.execute.dask": FAULTS,
        "engine.execute.local": FAULTS,
        "engine.execute.processes": FAULTS,
    },
    "contracts/test_samplers": {
        "engine.resample.conformance": FAULTS,
        "engine.resample.method": FAULTS,
    },
    "contracts/test_models": {
        "engine.train.models.conformance": FAULTS,
        "engine.train.models.port": CALLED,
    },
    "slow/engine/execute/test_cluster_at_length": {
        "engine.data.readers.columnar": LIMITS,
        "engine.data.thin": LIMITS,
    },
    "slow/engine/bundle/test_hostile_bundles": {
        "engine.train.models.port": FAULTS,
    },
    "support/at_start": {
        "engine.service.main": CALLED,
        "engine.service.request_handler": CALLED,
        "engine.service.run_process": CALLED,
    },
    "support/executors": {
        "engine.execute.dask": FAULTS,
    },
    "support/full_disk": {
        "engine.store.usage": CALLED,
    },
    "support/journey": {
        "tui.charts.view": PACE,
        "tui.features.lab.views": PACE,
    },
    "support/odd_tables": {
        "engine.resample.provenance": CALLED,
    },
    "support/reader": {
        "engine.data.load": FAULTS,
    },
    "support/several_splits": {
        "engine.evaluate.across_splits": CALLED,
        "engine.evaluate.verdict.verdict": CALLED,
    },
    "support/warm": {
        "engine.execute.processes": FAULTS,
    },
    "test_pages": {
        "tui.cli.declare": CALLED,
        "tui.cli.parser": CALLED,
    },
    "unit/engine/api/test_methods": {
        "engine.resample.method": CALLED,
        "engine.resample.objects": CALLED,
    },
    "slow/engine/resample/test_samplers_at_length": {
        "engine.service.part_check": CALLED,
    },
    "slow/engine/train/test_models_at_length": {
        "engine.service.part_check": CALLED,
    },
    "unit/engine/bundle/test_bundle_damage": {
        "engine.train.models.port": CALLED,
        "engine.train.models.xgboost_file": CALLED,
    },
    "unit/engine/execute/test_faults_inside": {
        "engine.train.worker": FAULTS,
    },
    "unit/engine/export/test_export_report": {
        "engine.evaluate.verdict.words": CALLED,
    },
    "unit/engine/io/test_files_faults": {
        "engine.data.readers.encoding": CALLED,
        "engine.resample.balance": CALLED,
    },
    "unit/engine/profile/test_advice_rows": {
        "engine.data.load": CALLED,
        "engine.data.roles": CALLED,
    },
    "unit/engine/resample/test_balance": {
        "engine.data.verbatim": CALLED,
    },
    "unit/engine/resample/test_odd_cases": {
        "engine.train.models.ensembles": CALLED,
        "engine.train.models.fitted_trees": CALLED,
    },
    "unit/engine/resample/test_preview": {
        "engine.service.handlers": PACE,
    },
    "unit/engine/resample/test_registry": {
        "engine.train.models.ensembles": CALLED,
        "engine.train.models.fitted_trees": CALLED,
    },
    "unit/engine/service/test_handlers": {
        "engine.data.load": CALLED,
        "engine.data.roles": CALLED,
        "engine.data.thin": LIMITS,
    },
    "unit/engine/service/test_logs": {
        "engine.train.worker": FAULTS,
    },
    "unit/engine/service/test_process_resume": {
        "engine.train.schedule": FAULTS,
    },
    "unit/engine/service/test_profiling": {
        "engine.profile.strength": CALLED,
    },
    "unit/engine/train/test_drawn_run": {
        "engine.data.thin": LIMITS,
    },
    "unit/engine/train/test_leak": {
        "engine.resample.method": CALLED,
    },
    "unit/engine/train/test_thinned_run": {
        "engine.splits.thin": LIMITS,
    },
    "unit/tui/app/test_app_way": {
        "engine.data.readers.magic": CALLED,
    },
    "unit/tui/cli/test_cli_models": {
        "engine.service.client.in_process": FAULTS,
        "engine.service.part_check": FAULTS,
    },
    "unit/tui/cli/test_cli_plugins": {
        "engine.service.client.in_process": FAULTS,
    },
    "unit/tui/cli/test_cli_rerun": {
        "engine.service.client": CALLED,
    },
    "unit/tui/cli/test_cli_runs": {
        "engine.service.client": CALLED,
        "engine.store.opening": FAULTS,
    },
    "unit/tui/features/conftest": {
        "tui.charts.view": PACE,
    },
    "unit/tui/features/test_bench_screen": {
        "tui.charts.view": PACE,
    },
    "unit/tui/features/test_lab_screens": {
        "tui.charts.view": PACE,
    },
}
"""Of a test module: what it reaches for inside other rooms, and why."""

ONE_FILE = re.compile(
    r"engine\.(core|io)\..+|tui\.(app|terminal)\.\w+|tui\.features\.\w+"
    r"|tui\.features\.\w+\.(state|messages|controller|draft|changes|history"
    r"|jobs|follow|lab|explain|words)"
)
TESTS = ROOT / "tests"
PATCH = re.compile(r"(engine|tui)(\.[a-z_]+){2,}\.\w+")


@functools.cache
def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def lends(room: str, name: str) -> bool:
    if not ROOT.joinpath(*room.split("."), "__init__.py").is_file():
        return False
    return name in getattr(importlib.import_module(room), "__all__", ())


def reached(path: Path) -> Iterator[str]:
    """Modules inside a room that a file imports or patches, past what is lent."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.count(".") > 1)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                inside = whole if is_module(whole) else node.module
                if inside.count(".") > 1 and not lends(node.module, alias.name):
                    yield inside
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            inside = node.value
            if PATCH.fullmatch(inside):
                while not is_module(inside):
                    inside = inside.rpartition(".")[0]
                if inside.count(".") > 1:
                    yield inside


def test_tests_reach_only_for_what_a_room_lends():
    found: dict[str, set[str]] = {}
    for path in sorted({*TESTS.rglob("*.py")} - {Path(__file__)}):
        name = path.relative_to(TESTS).with_suffix("").as_posix()
        within = re.match(r"(?:unit|slow)/(engine|tui)/(\w+)/", name)
        own = ".".join(within.groups()) + "." if within else "nothing"
        deep = {
            module
            for module in reached(path)
            if module.split(".")[0] in ("engine", "tui")
            and not ONE_FILE.fullmatch(module)
            and not f"{module}.".startswith(own)
        }
        if deep:
            found[name] = deep
    allowed = {name: set(modules) for name, modules in EXCEPTIONS.items()}
    assert found == allowed


def test_what_a_room_lends_is_there_and_has_a_borrower():
    words: set[str] = set()
    for path in TESTS.rglob("*.py"):
        words.update(re.findall(r"\w+", path.read_text("utf-8")))
    rooms = (p for top in ("engine", "tui") for p in (ROOT / top).glob("*/__init__.py"))
    for path in sorted(rooms):
        room = importlib.import_module(f"{path.parts[-3]}.{path.parent.name}")
        for name in getattr(room, "__all__", ()):
            lent = getattr(room, name)
            # A module that was imported would stand in the place of a name like it.
            assert not is_module(f"{room.__name__}.{name}") or ismodule(lent), name
            assert name in words, f"{room.__name__}.{name}"


SCIENCE = (
    "loads scikit-learn, XGBoost or pandas, which not every use of the module needs"
)
CHOICE = "only what is chosen is loaded: Dask, for one, may not be installed"
START = "the first frame, or a command, does not wait for it"

PUT_OFF = {
    "engine.core.lazy": {"engine.core.errors": START},
    "engine.api.result": {
        "engine.api.model": SCIENCE,
        "engine.api.pipeline": SCIENCE,
        "engine.resample.objects": SCIENCE,
    },
    "engine.data.load": {"engine.data.synthetic": SCIENCE},
    "engine.data.readers.excel": {"engine.data.readers.layout": SCIENCE},
    "engine.data.readers.open": {"engine.data.readers.excel": SCIENCE},
    "engine.execute.local": {
        "engine.execute.dask": CHOICE,
        "engine.execute.parts": CHOICE,
        "engine.execute.processes": CHOICE,
    },
    "engine.service.request_handler": {"engine.service.tables": SCIENCE},
    "engine.service.run_process": {
        "engine.resample.objects": SCIENCE,
        "engine.steps": SCIENCE,
    },
    "engine.service.tables": {
        "engine.data.synthetic": SCIENCE,
        "engine.service.handlers": SCIENCE,
    },
    "engine.store.inputs": {"engine.data.readers.open": SCIENCE},
    "engine.suite.aggregate": {
        "engine.evaluate.bootstrap": SCIENCE,
        "engine.suite.ranks": SCIENCE,
    },
    "tui.__main__": {"tui.cli.complete": START, "tui.cli.parser": START},
    "tui.app.app": {
        "tui.app.dispatch": START,
        "tui.app.help": START,
        "tui.app.jump": START,
        "tui.app.pick_theme": START,
        "tui.app.settings": START,
        "tui.app.workbench": START,
        "tui.features.screen": START,
        "tui.terminal.files": START,
    },
    "tui.app.config": {"tui.terminal.files": START},
    "tui.cli.config": {"tui.app.dispatch": START},
    "tui.cli.export": {"tui.app.settings": START},
    "tui.cli.parser": {"tui.app.app": START, "tui.cli.output": START},
    "tui.features.jobs": {"engine.service.client.service": START},
}
"""Of a module: what of ours it imports inside a function, and why."""


def test_every_import_that_is_put_off_has_a_reason():
    found: dict[str, set[str]] = {}
    for path in sorted(
        p for room in ("engine", "tui") for p in (ROOT / room).rglob("*.py")
    ):
        name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.ImportFrom) and node.module:
                        for alias in node.names:
                            whole = f"{node.module}.{alias.name}"
                            inside = whole if is_module(whole) else node.module
                            if inside.partition(".")[0] in ("engine", "tui"):
                                found.setdefault(name, set()).add(inside)
    assert found == {name: set(modules) for name, modules in PUT_OFF.items()}


def test_no_class_name_is_used_for_two_things():
    homes: dict[str, list[str]] = {}
    for path in sorted(
        p for room in ("engine", "tui") for p in (ROOT / room).rglob("*.py")
    ):
        for name in re.findall(r"^ *class ([A-Z]\w*)", path.read_text("utf-8"), re.M):
            homes.setdefault(name, []).append(str(path.relative_to(ROOT)))
    del homes["Result"]  # the document of a run, and what the library returns of it
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


# Tiers -------------------------------------------------------------------------------


def test_every_module_is_in_one_tier_on_purpose():
    """The folder and the marker say the same, and no single test is marked."""
    for path in sorted({*TESTS.rglob("test_*.py")} - {Path(__file__)}):
        source = path.read_text("utf-8")
        whole = re.search(r"^pytestmark = [^\n]*\n?[^\n]*\bmark\.slow\b", source, re.M)
        slow = path.is_relative_to(TESTS / "slow")
        assert slow == (whole is not None), path
        assert "@pytest.mark.slow" not in source, path
