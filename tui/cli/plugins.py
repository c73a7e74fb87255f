"""`imbtui plugins`: what other packages offer, and whether it does what it must."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from functools import partial

from engine.core import exports
from engine.core import format as figures
from engine.core import models as known_models
from engine.core.errors import SpecError, UsageError
from engine.core.methods import registry
from engine.core.plugins import Offered, PluginProblem
from engine.service.client import in_process
from tui.cli.declare import JSON, Option, command
from tui.cli.output import answer, print_json
from tui.cli.streams import say, write
from tui.terminal.safe_text import clean
from tui.text.methods import plugins_list

_HOMES = (registry, known_models, exports)


@command(
    "imbtui plugins check imbtui-geometric",
    Option("action? ACTION", "check: run the checks of PACKAGE", choices=("check",)),
    Option("package? PACKAGE", "an installed package"),
    JSON,
)
def plugins(args: argparse.Namespace) -> int:
    """List the samplers, models and exports of other packages, or check a package's."""
    offers = [one for home in _HOMES for one in home.offered()]
    problems = [one for home in _HOMES for one in home.problems()]
    if args.action is None:
        document = {
            "offers": [one._asdict() for one in offers],
            "problems": [one._asdict() for one in problems],
        }
        render = partial(plugins_list, offers, problems)
        return answer(document, json=args.json, render=render)
    if args.package is None:
        raise UsageError(
            "no package was named", "give one: imbtui plugins check PACKAGE"
        )
    wanted = _plain(args.package)
    parts = [one for one in offers if _plain(one.package) == wanted]
    wrong = [one for one in problems if _plain(one.package) == wanted]
    if not parts and not wrong:
        known = sorted({one.package for one in (*offers, *problems)})
        way = f"name one of {', '.join(known)}" if known else "install it here first"
        raise SpecError(f"{args.package!r} offers nothing to imbtui", way)
    return check(args.package, parts, wrong, json=args.json)


def _plain(package: str) -> str:
    """Return a package's name as installers compare it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def check(
    what: str,
    parts: Sequence[Offered],
    problems: Sequence[PluginProblem] = (),
    *,
    json: bool,
) -> int:
    """Say of each check whether a part passes it; return 1 unless all of them do."""
    found = [
        {
            "kind": "package",
            "name": one.entry,
            "title": "Be used",
            "problem": one.message,
        }
        for one in problems
    ]
    if not json:
        _say(found)
    for part in parts:
        for done in in_process.check_part(part):
            found.append({"kind": part.kind, "name": part.name, **done._asdict()})
            if not json:
                _say(found[-1:])
    failed = sum(bool(one["problem"]) for one in found)
    if json:
        print_json({"checked": what, "checks": found})
    elif not failed:
        say(f"{what} does all that it must")
    else:
        say(f"{what} fails {figures.plural(failed, 'check')} of {len(found)}")
    return 1 if failed else 0


def _say(found: Sequence[dict[str, str]]) -> None:
    for one in found:
        told = f"wrong  {one['name']}: {one['title']}: {one['problem']}"
        fine = f"fine   {one['name']}: {one['title']}"
        write(f" {clean(told if one['problem'] else fine)}\n")
