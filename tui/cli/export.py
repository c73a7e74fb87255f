"""`imbtui export`: write a run as code, model, data or report."""

from __future__ import annotations

import argparse
import os
import sys
from typing import get_args

import msgspec

from engine.core import exports
from engine.core import format as figures
from engine.core.errors import SpecError, UsageError
from engine.core.exports import ExportRequest, Kind, Planned, Table, Written
from engine.service.client import in_process
from tui.app.config import has_settings
from tui.cli.declare import JSON, QUIET, RUN, STORE, Option, command
from tui.cli.errors import open_run
from tui.cli.output import print_json, stages, within_memory
from tui.cli.streams import say, write
from tui.terminal.safe_text import cells, clean, pad
from tui.text import files
from tui.text.lines import style_for

_FORMS = tuple(kind.name for kind in exports.KINDS)


@command(
    "imbtui export last --arm smote --as script -o smote.py",
    RUN._replace(name="run? RUN"),
    *(STORE, JSON, QUIET),
    "what to export",
    Option(
        "--as KIND",
        f"{', '.join(_FORMS)}; without it all are listed",
        dest="kind",
        words=_FORMS,
    ),
    Option("--arm ARM", "arm (default: the recommended one)"),
    Option("--at POINT", "operating point (default: recommended)"),
    Option("--table FORMAT", "default: csv", choices=get_args(Table)),
    Option("--author NAME", "who ran it, as a report says (default: the setting)"),
    "destination",
    Option("-o, --output OUT", "file, folder or address (default: from run and arm)"),
    Option("--force", "overwrite existing files"),
    Option("--plan", "list what would be written; write nothing"),
)
def export(args: argparse.Namespace) -> int:
    """Export a run as code, model, data or report, or to another system."""
    if args.kind is None:
        _list(args)
        return 0
    kind = exports.find(args.kind)
    if args.run is None:
        way = f"name one: imbtui export last --as {kind.name}; imbtui runs lists them"
        raise UsageError("no run was named", way)
    _check(args, kind)
    store, run = open_run(args)
    request = ExportRequest(
        store=store,
        run=run.id,
        kind=kind.name,
        arm=args.arm,
        path=args.output,
        at=args.at,
        table=args.table or "csv",
        overwrite=args.force,
        author=_author(args, kind),
    )
    way = "close other programs, or use a machine with more memory"
    with (
        within_memory(f"this {kind.title.lower()}", way),
        stages(quiet=args.quiet) as progress,
    ):
        done = (
            in_process.plan_export(request, progress)
            if args.plan
            else in_process.export(request, progress)
        )
    if args.json:
        print_json(_document(done, kind))
    elif isinstance(done, Planned):
        _print_plan(done, kind)
    else:
        _print(done, kind, quiet=args.quiet)
    return 0


def _check(args: argparse.Namespace, kind: Kind) -> None:
    """Refuse options that do not apply to a kind."""
    if args.arm is not None and kind.of == "run":
        wrong = f"--as {kind.name} exports the whole run, not a single arm"
        raise SpecError(wrong, "leave --arm out")
    if args.table is not None and not kind.tables:
        tables = " and ".join(form.name for form in exports.every() if form.tables)
        way = f"leave --table out; it applies to --as {tables}"
        raise SpecError(f"--as {kind.name} writes no tables", way)
    if args.author is not None and kind.name != "report":
        wrong = f"--as {kind.name} names no author"
        raise SpecError(wrong, "leave --author out; it applies to --as report")


def _author(args: argparse.Namespace, kind: Kind) -> str:
    """Return who ran it: as given, or as the user's settings say; never guessed."""
    if args.author is not None or kind.name != "report" or not has_settings():
        return args.author or ""
    from tui.app import settings

    return settings.load()[0].author


def _list(args: argparse.Namespace) -> None:
    """List every form, and what must be installed for some."""
    known = exports.every()
    if args.json:
        shown = ("title", "summary", "of", "target", "suffixes")
        print_json(
            [
                {"kind": kind.name}
                | {name: getattr(kind, name) for name in shown}
                | {"lacking": files.lacking(kind) or None}
                for kind in known
            ],
            "kinds",
        )
        return
    style = style_for(sys.stdout)
    wide = max(len(kind.name) for kind in known)
    lines = []
    for kind in known:
        name = style.paint(pad(kind.name, wide), "bold")
        lines.append(f" {name}  {clean(kind.summary)}")
        if lacking := files.lacking(kind):
            lines.append(" " * (wide + 3) + style.paint(lacking, "dim"))
    write("\n".join(lines) + "\n")
    for bad in exports.problems():
        say(f"{bad.package} ({bad.entry}) is left out: {bad.message}")
    say(f"choose one: imbtui export {args.run or 'last'} --as {known[0].name}")


def _document(done: Planned | Written, kind: Kind) -> dict[str, object]:
    """Return what is, or would be, written as a document."""
    if isinstance(done, Planned):
        named = files.files_of(kind, done)
        done = msgspec.structs.replace(done, files=named)
    plain: dict[str, object] = msgspec.to_builtins(done)
    for name in ("arm", "at"):
        plain[name] = plain[name] or None
    run = plain.pop("run")
    plain["path"] = files.public(done.path)
    return {"run": run, "kind": kind.name, **plain}


def _print_plan(plan: Planned, kind: Kind) -> None:
    """Print what would be written."""
    existing = "  (exists already)" if plan.exists else ""
    lines = [f"{clean(files.public(plan.path))}{existing}"]
    alone = kind.target == "file"
    wide = 0 if alone else max((cells(file.name) for file in plan.files), default=0)
    for file in plan.files:
        name = "" if alone else f"{pad(file.name, wide)}  "
        lines.append(f"  {name}{clean(file.what)}")
    write("\n".join(lines) + "\n")
    say(*plan.notes)


def _print(done: Written, kind: Kind, *, quiet: bool) -> None:
    """Print the files that were written with their sizes."""
    folder = kind.is_folder(done.path)
    lines = [
        f"{clean(os.path.join(done.path, file.name) if folder else done.path)}"  # noqa: PTH118
        f"  {figures.size(file.bytes)}"
        for file in done.files
    ]
    if kind.target == "server":
        lines = [clean(files.public(done.path))]
    write("\n".join(lines) + "\n")
    say(*done.notes)
    use = files.usage(kind, done.path)
    if use and not quiet:
        say(use)
