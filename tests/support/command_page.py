"""docs/cli.md, made from the declarations of the commands.

``python -m tests.support.command_page > docs/cli.md`` writes the page anew.
"""

import sys

from tests.support.manual_page import ENVIRONMENT, EXIT_CODES, spelled
from tui.cli import every_command, parser


def markdown():
    """Return docs/cli.md: every command, exit code and environment variable."""
    common = [parser.ASCII, parser.HELP]
    parts = [
        _HEAD.format(links=_links()),
        *_rows([*parser.APP, parser.VERSION, *common]),
    ]
    for one in every_command():
        parts += [f"## `imbtui {one.name}`\n", one.summary, ""]
        parts += [f"```\n{one.example}\n```\n", *_rows(one.options)]
    parts += ["## Exit codes\n", "| code | meaning |", "|---|---|"]
    parts += [f"| {code} | {words} |" for code, words in EXIT_CODES.items()]
    parts += ["", "## Environment variables\n", "| variable | meaning |", "|---|---|"]
    parts += [f"| `{name}` | {words} |" for name, words in ENVIRONMENT.items()]
    return "\n".join(parts) + "\n"


_HEAD = """\
# Command line

<!-- made by python -m tests.support.command_page -->

In a terminal: `imbtui --help`, `imbtui COMMAND --help`, `man imbtui`.
[commands.md](commands.md) has examples by task. Every command takes `--ascii` and
`--help`, too.

{links}

## `imbtui`

Open the app, with a table or a stored run.
"""


def _links():
    """Return links to all sections."""
    names = ["imbtui", *(f"imbtui {one.name}" for one in every_command())]
    titles = {name.replace(" ", "-"): name.removeprefix("imbtui ") for name in names}
    titles |= {"exit-codes": "exit codes", "environment-variables": "environment"}
    return ",\n".join(f"[{title}](#{anchor})" for anchor, title in titles.items())


def _rows(options):
    """Return the tables of options, each below its title."""
    if not any(options):
        return []
    lines, open_table = [], False
    for option in options:
        if isinstance(option, str):
            lines += ["", f"**{option[:1].upper()}{option[1:]}**", ""]
            open_table = False
            continue
        if not open_table:
            lines += ["| option | what it does |", "|---|---|"]
            open_table = True
        name, told = (text.replace("|", "\\|") for text in spelled(option))
        lines.append(f"| `{name}` | {told} |")
    return [*lines, ""]


if __name__ == "__main__":
    sys.stdout.write(markdown())
