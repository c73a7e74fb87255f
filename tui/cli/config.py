"""`imbtui config`: the settings of the app, as a file that can be edited."""

from __future__ import annotations

import argparse
import json
import textwrap

from engine.core.errors import DataError
from tui.app import settings
from tui.app.config import Settings, settings_path
from tui.cli.declare import Option, command
from tui.cli.streams import say, write
from tui.terminal.safe_text import clean

ACTIONS = ("show", "validate", "path")


@command(
    "imbtui config show --defaults > ~/.config/imbtui/settings.toml",
    Option("action ACTION", "show, validate or path", choices=ACTIONS),
    Option("--defaults", "show the defaults, not what the file sets"),
)
def config(args: argparse.Namespace) -> int:
    """Show the settings of the app, check their file, or say where it is."""
    path = settings_path()
    if args.action == "path":
        write(f"{path}\n")
        return 0
    found, _, wrong = (Settings(), [], []) if args.defaults else settings.load()
    if found.keys and args.action == "validate":
        from tui.app.dispatch import unknown_ids

        wrong = [*wrong, *unknown_ids(found.keys)]
    for problem in wrong:
        say(clean(problem))
    if args.action == "show":
        write(settings_text(found))
    elif wrong:
        raise DataError(
            f"{str(path)!r} has what is ignored", "correct it, as named above"
        )
    elif path.exists():
        say(f"nothing of {path} is ignored")
    else:
        say(f"there is no {path}: the defaults apply")
    return 0


def settings_text(values: Settings) -> str:
    r"""Return settings as TOML, with what each is.

    Examples
    --------
    >>> 'theme = "light"' in settings_text(Settings(theme="light")).splitlines()
    True
    """
    lines = []
    for name, doc in settings.fields().items():
        value = getattr(values, name)
        comment = textwrap.wrap(
            doc.comment, 86, initial_indent="# ", subsequent_indent="# "
        )
        if isinstance(value, dict):
            shown = [_pair(*one) for one in value.items()]
            example = [f"# {_pair(*one)}" for one in doc.example.items()]
            lines += [*comment, f"[{name}]", *(shown or example)]
        else:
            lines += [*comment, f"{name} = {json.dumps(value)}", ""]
    return "\n".join([*lines, ""])


def _pair(name: str, value: str) -> str:
    return f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(value)}"
