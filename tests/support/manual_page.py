"""The man page docs/imbtui.1, made from the declarations of the commands.

``python -m tests.support.manual_page > docs/imbtui.1`` writes it anew.
"""

import sys

from engine.core.version import __version__
from tui.cli import every_command, parser

HEAD = r""".TH IMBTUI 1 "" "imbtui @version@" "User commands"
.SH NAME
imbtui \- compare methods for class imbalance
.SH SYNOPSIS
.B imbtui
.RI [ DATA | RUN ]
.RI [ options ]
.br
.B imbtui
.I command
.RI [ options ]
.SH DESCRIPTION
A terminal workbench for imbalanced classification.
It tunes one model per method, compares the missed positives, and says what the
comparison supports.
Without a command the app opens, with a table or a stored run.
Progress goes to standard error, results to standard output.
.SH OPTIONS OF THE APP
"""
TAIL = r""".SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed
.TP
.B 2
wrong use
.TP
.B 130
interrupted
.SH ENVIRONMENT
.TP
.B IMBTUI_STORE
the file that holds the runs, where no
.B \-\-store
names one
"""


def page():
    """Return the man page as roff."""
    named = (*parser.APP, parser.VERSION, parser.ASCII, parser.HELP)
    parts = [HEAD.replace("@version@", __version__), *map(_option, named)]
    parts.append(".SH COMMANDS\n")
    for one in every_command():
        parts += [f".SS {one.name}\n", f"{_text(one.summary)}\n"]
        parts += [_option(o) for o in (*one.options, parser.ASCII, parser.HELP)]
        parts.append(f".PP\nExample:\n.B {_text(one.example)}\n")
    return "".join([*parts, TAIL])


def _option(option):
    if isinstance(option, str):
        return f".PP\n{_text(option[:1].upper() + option[1:])}:\n"
    head, told = option.name, option.help
    if not head.startswith("-"):
        name, _, metavar = head.partition(" ")
        head = metavar + {"?": " (optional)", "+": " …"}.get(name[-1], "")
    if option.choices and not all(one in told for one in option.choices):
        told += f": {', '.join(option.choices)}"
    if option.default is not None:
        told += f" (default: {option.default})"
    return f".TP\n.B {_text(head)}\n{_text(told)}\n"


def _text(text):
    """Return text of which nothing is taken for a request of roff."""
    quoted = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{quoted}" if quoted[:1] in (".", "'") else quoted


if __name__ == "__main__":
    sys.stdout.write(page())
