"""What the tests cost by module: cases, processor seconds, boots, processes.

    python benchmarks/suite.py -o costs.json -- tests -n 2 …    # run and measure
    python benchmarks/suite.py costs.json                       # the table

Processor seconds are those of the test's own process and of the children it has waited
for, in all three phases: a fixture's time is with the test that asked for it first.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OURS = ("engine" + os.sep, "tui" + os.sep)
MEASURES = ("cases", "seconds", "self", "children", "boots", "processes")


class _Reach:
    """Which functions of the product a test enters, itself or by a fixture of its own.

    The sources are compiled with a call more at the head of every function, in this
    process only: Python 3.11 has no cheaper way.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: list[str] = []
        self.entered: set[int] = set()
        self.fixtures: dict[object, set[int]] = {}
        self.tests: dict[str, list[int]] = {}

    def install(self) -> None:
        from importlib.machinery import SourceFileLoader

        compiled = SourceFileLoader.source_to_code
        builtins.__entered__ = self.entered.add  # type: ignore[attr-defined]

        def source_to_code(loader, data, path, *, _optimize=-1):
            relative = os.path.relpath(str(path), self.root)
            if not relative.startswith(OURS):
                return compiled(loader, data, path, _optimize=_optimize)
            return compiled(loader, self._marked(data, relative), path)

        def get_code(loader, fullname):
            path = loader.get_filename(fullname)
            relative = os.path.relpath(path, self.root)
            if not relative.startswith(OURS):
                return plain(loader, fullname)
            return loader.source_to_code(loader.get_data(path), path)

        plain = SourceFileLoader.get_code
        SourceFileLoader.source_to_code = source_to_code  # type: ignore[method-assign]
        SourceFileLoader.get_code = get_code  # type: ignore[method-assign]

    def _marked(self, data: bytes, relative: str) -> ast.Module:
        tree = ast.parse(data)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                number = len(self.names)
                self.names.append(f"{relative}:{node.lineno}")
                call = ast.parse(f"__entered__({number})").body[0]
                at = 1 if ast.get_docstring(node, clean=False) is not None else 0
                near = node.body[min(at, len(node.body) - 1)]
                for part in ast.walk(call):
                    ast.copy_location(part, near)
                node.body.insert(at, call)
        return tree

    @contextmanager
    def fixture(self, definition: object) -> Iterator[None]:
        """What is entered while a fixture is made belongs to all who use it."""
        before = set(self.entered)
        self.entered.clear()
        try:
            yield
        finally:
            self.fixtures[definition] = set(self.entered)
            self.entered |= before

    def ended(self, item: pytest.Item) -> None:
        known = getattr(item, "_fixtureinfo", None)
        for definitions in (known.name2fixturedefs if known else {}).values():
            self.entered |= self.fixtures.get(definitions[-1], set())
        self.tests[item.nodeid] = sorted(self.entered)
        self.entered.clear()


class _Counts:
    """How often this process booted the app or started another."""

    boots = 0
    processes = 0


def _count() -> None:
    """Count calls from here on; nothing else changes."""
    from textual.app import App

    boot, start = App.run_test, subprocess.Popen.__init__

    def run_test(self, *args, **options):
        _Counts.boots += 1
        return boot(self, *args, **options)

    def popen(self, *args, **options):
        _Counts.processes += 1
        start(self, *args, **options)

    App.run_test = run_test  # type: ignore[method-assign]
    subprocess.Popen.__init__ = popen  # type: ignore[method-assign]


def _now() -> dict[str, float]:
    used = os.times()
    return {
        "seconds": time.monotonic(),
        "self": used.user + used.system,
        "children": used.children_user + used.children_system,
        "boots": _Counts.boots,
        "processes": _Counts.processes,
    }


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", help="write what every test cost to this file")


REACH = os.environ.get("SUITE_REACH", "")
"""A folder for what every test enters; empty: it is not asked."""

_reach = _Reach(Path(__file__).resolve().parents[1])
if REACH:
    _reach.install()


def pytest_configure(config: pytest.Config) -> None:
    _count()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef) -> Iterator[None]:
    with _reach.fixture(fixturedef):
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if REACH and _reach.tests:
        name = os.environ.get("PYTEST_XDIST_WORKER", "main")
        found = {"functions": _reach.names, "tests": _reach.tests}
        Path(REACH, f"{name}.json").write_text(json.dumps(found))


_BEGUN: pytest.StashKey[dict[str, float]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[_BEGUN] = _now()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[pytest.TestReport]:
    report = yield
    if report.when == "teardown":
        begun, ended = item.stash[_BEGUN], _now()
        spent = {name: ended[name] - begun[name] for name in begun}
        report.user_properties.append(("costs", spent))
        if REACH:
            _reach.ended(item)
    return report


class _Collector:
    """In the process that hears of every report."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, spent in report.user_properties:
            if name == "costs" and report.when == "teardown":
                self.rows.append({"test": report.nodeid, **spent})

    def pytest_sessionfinish(self) -> None:
        Path(self.path).write_text(json.dumps(self.rows))


def pytest_sessionstart(session: pytest.Session) -> None:
    path = session.config.getoption("--costs")
    if path and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Collector(path))


def table(rows: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Add the costs up by module."""
    modules: dict[str, dict[str, float]] = defaultdict(
        lambda: dict.fromkeys(MEASURES, 0.0)
    )
    for row in rows:
        module = modules[str(row["test"]).partition("::")[0]]
        module["cases"] += 1
        for name in MEASURES[1:]:
            module[name] += float(row[name])  # type: ignore[arg-type]
    return modules


def main() -> int:
    """Run pytest with this file as a plugin, or print what such a run has written."""
    if "--" not in sys.argv:
        print_table(json.loads(Path(sys.argv[1]).read_text()))
        return 0
    at = sys.argv.index("--")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", default="costs.json")
    parser.add_argument("--reach", default="", help="a folder for what tests enter")
    own = parser.parse_args(sys.argv[1:at])
    if own.reach:
        Path(own.reach).mkdir(parents=True, exist_ok=True)
    here = str(Path(__file__).parent)
    command = [sys.executable, "-m", "pytest", "-p", "suite", "--costs", own.output]
    environment = {**os.environ, "PYTHONPATH": here, "SUITE_REACH": own.reach}
    return subprocess.run([*command, *sys.argv[at + 1 :]], env=environment).returncode


def print_table(rows: list[dict[str, object]]) -> None:
    """Print the costs of every module, the dearest first, and of all."""
    modules = table(rows)
    print(f"{'module':<58}" + "".join(f"{name:>11}" for name in MEASURES))
    total = dict.fromkeys(MEASURES, 0.0)
    ranked = sorted(modules.items(), key=lambda m: -(m[1]["self"] + m[1]["children"]))
    for module, costs in ranked:
        print(f"{module:<58}" + "".join(f"{costs[name]:>11.1f}" for name in MEASURES))
        for name in MEASURES:
            total[name] += costs[name]
    print(f"{'all':<58}" + "".join(f"{total[name]:>11.1f}" for name in MEASURES))


if __name__ == "__main__":
    raise SystemExit(main())
