"""How many planted bugs do the tests find? Mutants of the product, drawn by chance.

    python benchmarks/suite.py --reach REACH -o COSTS -- …    # what every test enters
    python benchmarks/mutants.py TREE REACH COSTS -o found.json [--take 200] [--jobs 2]
    python benchmarks/mutants.py --compare OLD NEW            # the table, and survivors

A mutant changes one thing in one function: a comparison, a sign, a constant, a
condition, a call. 300 are drawn over the engine and 60 over the app, always the same
ones (`SEED`). Each is tried against the tests that enter its function, in the test
itself or in a fixture of it, cheapest first, up to `MOST_SECONDS` of their cost. A
mutant is killed when one of them fails or does not come to an end.
TREE is a clone that may be written to; with ``--jobs 2`` a copy is made beside it.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import gc
import hashlib
import inspect
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

SEED = 3
ROOMS = {
    "engine/data": (60, "engine/data/**/*.py"),
    "engine/resample": (60, "engine/resample/**/*.py"),
    "engine/evaluate": (60, "engine/evaluate/*.py"),
    "engine/train": (40, "engine/train/*.py"),
    "engine/store": (40, "engine/store/*.py"),
    "engine/execute": (20, "engine/execute/*.py"),
    "engine: split, folds, features": (
        20,
        *("engine/splits/*.py", "engine/features/encoder.py"),
    ),
    "tui": (60, "tui/**/*.py"),
}
"""How many mutants of which files."""

MOST_SECONDS = 20.0
MOST_TESTS = 600
"""So many processor seconds, and so many tests, a mutant gets, the cheapest first."""

LONGEST = 300
"""After so many seconds of wall time a mutant has made the tests hang."""

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


@dataclass(frozen=True)
class Mutant:
    """One change: characters ``start`` to ``end`` of a file become ``after``."""

    path: str
    function: str
    line: int
    kind: str
    start: int
    end: int
    before: str
    after: str
    nth: int
    """How many times the same change could be made above it in the file."""

    @property
    def name(self) -> str:
        change = f"{self.before!r} -> {self.after!r}"
        return f"{self.path} #{self.nth} {self.kind}: {change}"

    def applied(self, whole: bytes) -> bytes:
        """A file's bytes with the change made."""
        return whole[: self.start] + self.after.encode() + whole[self.end :]


# Drawing -----------------------------------------------------------------------------


def changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every way in which a node may be changed, with the kind of change."""
    new = copy.deepcopy(node)
    if isinstance(new, ast.Compare) and type(new.ops[0]) in COMPARE:
        new.ops[0] = COMPARE[type(new.ops[0])]()
        yield "comparison", new
    elif isinstance(new, ast.BinOp) and type(new.op) in ARITHMETIC:
        text = (ast.JoinedStr,), (ast.Constant,)
        if not isinstance(new.left, text[0]) and not isinstance(new.right, text[0]):
            new.op = ARITHMETIC[type(new.op)]()
            yield "arithmetic", new
    elif isinstance(new, ast.BoolOp):
        new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
        yield "and, or", new
    elif isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.Not | ast.USub):
        yield "not, minus", new.operand
    elif isinstance(new, ast.Constant) and isinstance(new.value, bool):
        new.value = not new.value
        yield "truth", new
    elif isinstance(new, ast.Constant) and isinstance(new.value, int | float):
        new.value = new.value + 1
        yield "number", new
    elif (
        isinstance(new, ast.Call)
        and isinstance(new.func, ast.Name)
        and new.func.id in CALLS
    ):
        new.func.id = CALLS[new.func.id]
        yield "call", new
    elif isinstance(new, ast.IfExp):
        new.body, new.orelse = new.orelse, new.body
        yield "condition", new
    elif isinstance(new, ast.Expr) and isinstance(new.value, ast.Call | ast.Await):
        yield "no call", ast.Pass()
    elif isinstance(new, ast.Return) and new.value is not None:
        if not isinstance(new.value, ast.Constant):
            new.value = ast.Constant(None)
            yield "nothing", new
    elif isinstance(new, ast.Continue):
        yield "break", ast.Break()


def sites(root: Path, path: Path) -> Iterator[Mutant]:
    """Every change that can be made in the functions of a file."""
    source = path.read_text("utf-8")
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    data = source.encode()
    name = path.relative_to(root).as_posix()
    seen: Counter[tuple[str, str, str]] = Counter()

    def within(node: ast.AST, function: str) -> Iterator[Mutant]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                # Defaults, decorators and annotations are of the module.
                for inner in child.body:
                    yield from one(inner, f"{name}:{child.lineno}")
            elif function:
                yield from one(child, function)
            elif isinstance(child, ast.ClassDef):
                yield from within(child, "")

    def one(node: ast.AST, function: str) -> Iterator[Mutant]:
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from one(node.value, function)
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in node.body:
                yield from one(inner, f"{name}:{node.lineno}")
            return
        if isinstance(node, ast.JoinedStr):
            return  # words
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if hasattr(node, "lineno"):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            for kind, new in changed(node):
                before = data[start:end].decode()
                after = ast.unparse(new)
                if isinstance(new, ast.expr) and not isinstance(new, ast.Constant):
                    after = f"({after})"
                nth = seen[kind, before, after]
                seen[kind, before, after] += 1
                yield Mutant(
                    name, function, node.lineno, kind, start, end, before, after, nth
                )
        yield from within_any(node, function)

    def within_any(node: ast.AST, function: str) -> Iterator[Mutant]:
        for child in ast.iter_child_nodes(node):
            yield from one(child, function)

    yield from within(ast.parse(source), "")


def draw(root: Path, seed: int = SEED) -> list[tuple[str, Mutant]]:
    """The mutants of each room in an order of chance.

    The order is of digests, so that an edit elsewhere in a file, or a file more, leaves
    the rest of the draw as it is: two versions of the product are tried alike.
    """

    def rank(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant.name}".encode()).digest()

    drawn = []
    for room, (count, *patterns) in ROOMS.items():
        paths = {path for pattern in patterns for path in root.glob(pattern)}
        found = [m for path in sorted(paths) for m in sites(root, path)]
        drawn += [(room, mutant) for mutant in sorted(found, key=rank)[:count]]
    return drawn


# Trying ------------------------------------------------------------------------------


def reach(folder: Path) -> dict[str, list[str]]:
    """Of every function the tests that enter it."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.json")):
        known = json.loads(path.read_text())
        for test, numbers in known["tests"].items():
            for number in numbers:
                found.setdefault(known["functions"][number], set()).add(test)
    return {function: sorted(tests) for function, tests in found.items()}


def chosen(tests: list[str], costs: dict[str, float]) -> list[str]:
    """The cheapest tests, up to `MOST_SECONDS` and `MOST_TESTS`, module by module."""
    spent = 0.0
    modules: dict[str, list[str]] = {}
    for test in sorted(tests, key=lambda t: (costs.get(t, 0.0), t))[:MOST_TESTS]:
        spent += costs.get(test, 0.0)
        if modules and spent > MOST_SECONDS:
            break
        modules.setdefault(test.partition("::")[0], []).append(test)
    order = sorted(modules.values(), key=lambda m: sum(costs.get(t, 0.0) for t in m))
    return [test for module in order for test in module]


def planted(mutant: Mutant, whole: bytes) -> bool:
    """Change the function that is loaded, in place, so that every name of it changes.

    Whether it was found: one that ran only while its module was loaded is not.
    """
    name = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = sys.modules.get(name)
    if module is None:
        return False
    path = str(module.__file__)
    before = {key(c): c for c in codes(compile(whole, path, "exec"))}
    after = {key(c): c for c in codes(compile(mutant.applied(whole), path, "exec"))}
    found = False
    for function in functions(vars(module), module.__name__, set()):
        own = key(function.__code__)
        new = after.get(own)
        if new is not None and new != before.get(own):
            function.__code__ = new
            found = True
    return found


def key(code: types.CodeType) -> tuple[str, int]:
    """What a function keeps when something in it changes."""
    return code.co_qualname, code.co_firstlineno


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code objects of a module's functions and of its classes' methods."""
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            yield value
            yield from codes(value)


def functions(
    names: Mapping[str, object], module: str, seen: set[int]
) -> Iterator[types.FunctionType]:
    """The functions of a module or class, whatever is wrapped around them."""
    for value in list(names.values()):
        waiting = [value]
        while waiting:
            one = waiting.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            if isinstance(one, types.FunctionType) and one.__module__ == module:
                yield one
            if isinstance(one, type) and one.__module__ == module:
                yield from functions(vars(one), module, seen)
            for inner in ("__wrapped__", "__func__", "fget", "fset", "func"):
                if isinstance(one, type | types.ModuleType):
                    break
                if (wrapped := inspect.getattr_static(one, inner, None)) is not None:
                    waiting.append(getattr(one, inner, wrapped))


def attempt(session: pytest.Session, mutant: Mutant, tests: list[str]) -> str:
    """Run the tests in a copy of this process in which the mutant is planted."""
    path = session.config.rootpath / mutant.path
    whole = path.read_bytes()
    if whole[mutant.start : mutant.end].decode() != mutant.before:
        raise SystemExit(f"{path} is of other sources: {mutant.name}")
    sys.stdout.flush()
    try:
        # For child processes, and for what is kept under a hash of the sources.
        path.write_bytes(mutant.applied(whole))
        child = os.fork()
        if not child:
            os.setsid()
            code = 3
            try:
                if planted(mutant, whole):
                    rank = {test: at for at, test in enumerate(tests)}
                    session.items[:] = sorted(
                        (item for item in session.items if item.nodeid in rank),
                        key=lambda item: rank[item.nodeid],
                    )
                    session.config.option.maxfail = 1
                    try:
                        code = 0 if runs(session) else 1
                    except BaseException:
                        code = 1
            finally:
                os._exit(code)
        until = time.monotonic() + LONGEST
        status = None
        while status is None and time.monotonic() < until:
            done, value = os.waitpid(child, os.WNOHANG)
            status = value if done else None
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if status is None:
            os.waitpid(child, 0)
            return "hung"
    finally:
        path.write_bytes(whole)
    code = os.waitstatus_to_exitcode(status)
    return {0: "survived", 3: "not found"}.get(code, "killed")


def runs(session: pytest.Session) -> bool:
    """Whether all items pass; the first that fails ends it."""
    for at, item in enumerate(session.items):
        following = session.items[at + 1] if at + 1 < len(session.items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True


# As a plugin: the tests are collected once, and every mutant gets a copy of that.


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    work = os.environ.get("MUTANTS_WORK")
    if not work:
        return None
    wanted = json.loads(Path(work).read_text())
    drawn = {
        mutant.name: (room, mutant) for room, mutant in draw(session.config.rootpath)
    }
    out = Path(wanted["output"])
    rows: list[dict[str, object]] = []
    gc.collect()
    gc.freeze()
    for name, tests in wanted["mutants"]:
        room, mutant = drawn[name]
        came = attempt(session, mutant, tests) if tests else "not run"
        rows.append(
            {
                "name": mutant.name,
                "room": room,
                **asdict(mutant),
                "tests": len(tests),
                "came": came,
            }
        )
        out.write_text(json.dumps(rows, indent=1))
        with Path(f"{out}.log").open("a") as log:
            log.write(f"{len(rows)}/{len(wanted['mutants'])} {came:9} {name[:110]}\n")
    return True


def tried(tree: Path, options: argparse.Namespace) -> None:
    """Try the mutants, each worker in a tree of its own."""
    rows = json.loads(options.costs.read_text())
    costs = {str(r["test"]): float(r["self"] + r["children"]) for r in rows}
    entered = reach(options.reach)
    drawn = draw(tree)
    if options.only:
        names = {str(row["name"]) for row in json.loads(options.only.read_text())}
        drawn = [one for one in drawn if one[1].name in names]
    elif options.take:
        share = options.take / len(drawn)
        of = {room: [d for d in drawn if d[0] == room] for room in ROOMS}
        drawn = [d for some in of.values() for d in some[: round(len(some) * share)]]
    random.Random(SEED).shuffle(drawn)
    listed = [(m.name, chosen(entered.get(m.function, []), costs)) for _, m in drawn]
    parts, workers = [], []
    for number in range(options.jobs):
        own = tree if not number else tree.with_name(f"{tree.name}-{number}")
        if not own.exists():
            leave = shutil.ignore_patterns(".venv", ".git", ".pytest_cache")
            shutil.copytree(tree, own, ignore=leave)
        part = Path(f"{options.output}.{number}").resolve()
        work = part.with_name(f"{part.name}.work")
        mine = listed[number :: options.jobs]
        work.write_text(json.dumps({"output": str(part), "mutants": mine}))
        modules = sorted({t.partition("::")[0] for _, tests in mine for t in tests})
        here = str(Path(__file__).parent)
        command = (options.python, "-m", "pytest", "-p", "mutants", "-p", "no:randomly")
        quiet = ("-n", "0", "-q", "-p", "no:cacheprovider")
        errors = Path(f"{part}.err").open("w")  # noqa: SIM115  # of the process
        workers.append(
            subprocess.Popen(
                [*command, *quiet, *modules],
                cwd=own,
                env={
                    **os.environ,
                    "PYTHONPATH": f"{own}{os.pathsep}{here}",
                    "MUTANTS_WORK": str(work),
                },
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        )
        parts.append(part)
    for worker in workers:
        worker.wait()
    rows = [row for part in parts for row in json.loads(part.read_text())]
    Path(options.output).write_text(json.dumps(rows, indent=1))


# The table ---------------------------------------------------------------------------


def compare(old_path: str, new_path: str) -> None:
    """Print what two suites killed, by room, and what only one of them killed."""

    def read(path: str) -> dict[str, dict[str, object]]:
        rows = json.loads(Path(path).read_text())
        return {str(row["name"]): row for row in rows}

    def line(row: dict[str, object]) -> str:
        return f"{row['path']}:{row['line']} {row['before']!r} -> {row['after']!r}"

    old, new = read(old_path), read(new_path)
    both = sorted(set(old) & set(new))
    dead = ("killed", "hung")
    rooms: dict[str, list[int]] = {}
    for key in both:
        room = str(new[key]["room"])
        row = rooms.setdefault(room, [0, 0, 0])
        row[0] += 1
        row[1] += old[key]["came"] in dead
        row[2] += new[key]["came"] in dead
    print("| room | mutants | killed by the old suite | killed by the new tier |")
    print("|---|---:|---:|---:|")
    for room, row in sorted(rooms.items()):
        print(f"| {room} | {row[0]} | {row[1]} | {row[2]} |")
    total = [sum(row[i] for row in rooms.values()) for i in range(3)]
    print(f"| all | {total[0]} | {total[1]} | {total[2]} |")
    told = {"old": (old, new), "new": (new, old)}
    for title, (first, second) in told.items():
        print(f"\nkilled by the {title} one only:")
        for key in both:
            if first[key]["came"] in dead and second[key]["came"] not in dead:
                print(f"  {line(first[key])}")
    print("\nkilled by neither:")
    for key in both:
        if old[key]["came"] not in dead and new[key]["came"] not in dead:
            print(f"  {line(new[key])}")


def main() -> int:
    """Try the mutants, or compare what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", nargs="?", type=Path)
    parser.add_argument("reach", nargs="?", type=Path)
    parser.add_argument("costs", nargs="?", type=Path)
    parser.add_argument("-o", "--output", default="mutants.json")
    parser.add_argument("--take", type=int, default=0, help="so many of the 360")
    parser.add_argument("--only", type=Path, help="those that this output has")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--compare", nargs=2, metavar=("OLD", "NEW"))
    options = parser.parse_args()
    if options.compare:
        compare(*options.compare)
        return 0
    tried(options.tree.resolve(), options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
