"""`imbtui methods`, `models`, `sample` and `generate`."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from functools import partial
from pathlib import Path

from engine.core import format as figures
from engine.core import models as known_models
from engine.core.errors import UsageError
from engine.core.methods import handbook, registry
from engine.core.plugins import Offered
from engine.io import catalogue, make_spec
from engine.io.make_spec import KINDS, TARGET
from engine.service.client import in_process
from tui.cli.declare import JSON, Option, command
from tui.cli.output import answer, print_json, width
from tui.cli.plugins import check
from tui.cli.streams import say, write
from tui.text.methods import method_page, methods_list, model_page, models_list
from tui.text.tables import samples_table

OPTIONS: tuple[str, ...] = tuple(
    dict.fromkeys(name for kind in KINDS.values() for name in kind.params)
)
OUTPUT = (
    Option("-o, --output OUT", "output file: .csv, .csv.gz or .parquet"),
    Option("--force", "overwrite OUT"),
    JSON,
)


@command("imbtui methods kmeans-smote", Option("name? METHOD", "a method"), JSON)
def methods(args: argparse.Namespace) -> int:
    """List the methods, or describe one."""
    if args.name is not None:
        method = handbook.method(args.name)
        page = partial(method_page, method)
        return answer(handbook.document(method), json=args.json, render=page)
    groups, problems = handbook.catalogue(), registry.problems()
    document = {
        "methods": [
            handbook.document(method) for some in groups.values() for method in some
        ],
        "problems": [problem._asdict() for problem in problems],
    }
    every = partial(methods_list, groups, problems)
    return answer(document, json=args.json, render=every)


@command(
    "imbtui models logistic",
    Option("name? MODEL", "a model"),
    Option("--check", "check that NAME does all that a model must: a minute or two"),
    JSON,
)
def models(args: argparse.Namespace) -> int:
    """List the models, describe one, or check one."""
    if args.name is None and args.check:
        raise UsageError("no model was named", "imbtui models --check NAME")
    if args.name is not None:
        (name,) = known_models.check_names([args.name])
        if args.check:
            part = Offered(known_models.get(name).package, "model", name)
            return check(part.name, [part], json=args.json)
        found = handbook.model_document(known_models.get(name))
        return answer(found, json=args.json, render=partial(model_page, found))
    every = list(map(handbook.model_document, known_models.models()))
    problems = known_models.problems()
    document = {
        "models": every,
        "problems": [problem._asdict() for problem in problems],
    }
    render = partial(models_list, every, problems)
    return answer(document, json=args.json, render=render)


@command(
    "imbtui sample stroke -o stroke.csv", Option("name? SAMPLE", "a sample"), *OUTPUT
)
def sample(args: argparse.Namespace) -> int:
    """List the sample datasets, or write one to a file."""
    if args.name is None:
        if args.output is not None or args.force:
            raise UsageError("no sample was named", "imbtui sample NAME -o OUT")
        samples = list(catalogue.SAMPLES.values())
        table = partial(samples_table, samples)
        return answer(samples, json=args.json, render=table, key="samples")
    chosen = catalogue.find(args.name.removeprefix("sample:"))
    out = Path(args.output or f"{chosen.name}.csv")
    path = catalogue.write(chosen, out, overwrite=args.force)
    if args.json:
        print_json({"sample": chosen.name, "path": str(path)})
    else:
        say(f"wrote {path}: {chosen.rows:,} rows, target {chosen.target}")
    return 0


@command(
    "imbtui generate moons --rows 2000 --ratio 10 --noise 0.2 -o moons.csv",
    Option("kind? KIND", "moons, blobs or carriero", words=tuple(KINDS)),
    *OUTPUT,
    "dataset; imbtui generate KIND lists the ranges",
    Option("--rows VALUE", "number of rows"),
    Option("--ratio VALUE", "majority rows per minority row"),
    Option("--noise VALUE", "standard deviation of the noise"),
    Option("--overlap VALUE", "overlap of the classes, 0 to 1"),
    Option("--classes VALUE", "number of classes (blobs)"),
    Option("--features VALUE", "number of columns (blobs)"),
    Option("--scenario VALUE", "1 to 18 of the paper; sets rows and ratio (carriero)"),
    Option("--seed VALUE", "random seed"),
)
def generate(args: argparse.Namespace) -> int:
    """Generate an imbalanced synthetic dataset: describe it, or write it to a file."""
    chosen: dict[str, str | make_spec.Value] = {
        name: value for name in OPTIONS if (value := getattr(args, name)) is not None
    }
    if args.kind is None:
        if args.output is not None or chosen:
            way = f"imbtui generate KIND, of {', '.join(KINDS)}"
            raise UsageError("no kind of table was named", way)
        if args.json:
            print_json([_plain(name, kind) for name, kind in KINDS.items()], "kinds")
        else:
            write(f"{kinds_list(width())}\n")
        return 0
    table = make_spec.parse(args.kind, chosen)
    document = {
        "source": table.source,
        "kind": table.kind,
        **table.values,
        "target": TARGET,
        "columns": [*table.columns, TARGET],
        "counts": table.counts,
    }
    if args.output is not None:
        path = in_process.write_made(table, Path(args.output), overwrite=args.force)
        document["path"] = str(path)
        if not args.json:
            say(f"wrote {path}: {table.rows:,} rows, target {TARGET}")
            say(f"the same table without a file: {shlex.quote(table.source)}")
    elif not args.json:
        write(f"{describe(table, width())}\n")
    if args.json:
        print_json(document)
    return 0


def _plain(name: str, kind: make_spec.DatasetShape) -> dict[str, object]:
    params = [{"name": name, **p._asdict()} for name, p in kind.params.items()]
    return {**kind._asdict(), "name": name, "params": params}


def kinds_list(width: int) -> str:
    """Return the kinds with their parameters, and how to use one."""
    lines = []
    for name, kind in KINDS.items():
        options = " ".join(f"--{param}" for param in kind.params)
        lines += [f" {name}   {kind.title}", *_wrap(kind.description, width)]
        lines += [*_wrap(options, width), ""]
    lines += [" ranges and effects: imbtui generate moons"]
    return "\n".join([*lines, " write one: imbtui generate moons -o moons.csv"])


def describe(table: make_spec.Make, width: int) -> str:
    r"""Describe a table: rows, classes, parameters, and its source.

    Examples
    --------
    >>> describe(make_spec.make("moons", rows=2750), 72).split("\n")[3]
    ' 2,750 rows × 3 columns, target label'
    """
    counts = table.counts
    wide = max(len(f"{count:,}") for count in counts.values())
    lines = [f" {table.kind}   {table.shape.title}"]
    lines += _wrap(table.shape.description, width)
    columns = f"{table.features + 1} columns, target {TARGET}"
    lines += ["", f" {table.rows:,} rows × {columns}"]
    lines += [
        f" {label:<3}{count:>{wide},}   {figures.share(count, table.rows):>6}"
        for label, count in counts.items()
    ]
    lines.append("")
    for name, param in table.shape.params.items():
        value = make_spec.written(table.values[name])
        lines.append(f" --{name:<12}{value:>9}   {param.allowed}")
        lines += _wrap(param.effect, width, "     ")
    lines += ["", " use it in place of a file:"]
    return "\n".join([*lines, f" imbtui run {shlex.quote(table.source)}"])


def _wrap(text: str, width: int, indent: str = "   ") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)
