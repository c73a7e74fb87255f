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
EXIT_CODES = {0: "done", 1: "failed", 2: "wrong use", 130: "interrupted"}
ENVIRONMENT = {
    "IMBTUI_STORE": "the file that holds the runs, where no --store names one",
    "XDG_STATE_HOME": "on Linux, folder for runs and logs (default: ~/.local/state)",
    "XDG_CONFIG_HOME": "on Linux, folder for settings (default: ~/.config)",
    "XDG_CACHE_HOME": "on Linux, folder for parsed tables (default: ~/.cache)",
    "HOME": "home folder; without one, runs are in the folder for temporary files",
    "TMPDIR": "folder for temporary files",
    "NO_COLOR": "no colours, if not empty",
    "TERM": "dumb: no colours, ASCII; linux: ASCII; the number of colours",
    "LC_ALL": "ASCII, if it names a locale without UTF-8; else see LC_CTYPE",
    "LC_CTYPE": "as LC_ALL, where that is empty",
    "LANG": "as LC_ALL, where LC_ALL and LC_CTYPE are empty",
    "SSH_CONNECTION": "set by SSH: the app draws at most 15 frames a second",
    "SSH_TTY": "as SSH_CONNECTION",
    "TEXTUAL_FPS": "frames a second that the app draws at most, whatever SSH says",
    "TERM_PROGRAM": "terminals that take no copies are known by it",
    "TMUX": "set by tmux: notifications are sent through it",
}


def _tail():
    parts = [".SH EXIT STATUS\n"]
    parts += [f".TP\n.B {code}\n{words}\n" for code, words in EXIT_CODES.items()]
    parts.append(".SH ENVIRONMENT\n")
    named = ENVIRONMENT.items()
    parts += [f".TP\n.B {_text(name)}\n{_text(words)}\n" for name, words in named]
    return "".join(parts)


def page():
    """Return the man page as roff."""
    named = (*parser.APP, parser.VERSION, *parser.EVERYWHERE, parser.HELP)
    parts = [HEAD.replace("@version@", __version__), *map(_option, named)]
    parts.append(".SH COMMANDS\n")
    for one in every_command():
        parts += [f".SS {one.name}\n", f"{_text(one.summary)}\n"]
        parts += [_option(o) for o in (*one.options, *parser.EVERYWHERE, parser.HELP)]
        parts.append(f".PP\nExample:\n.B {_text(one.example)}\n")
    return "".join([*parts, _tail()])


def _option(option):
    if isinstance(option, str):
        return f".PP\n{_text(option[:1].upper() + option[1:])}:\n"
    head, told = spelled(option)
    return f".TP\n.B {_text(head)}\n{_text(told)}\n"


def spelled(option):
    """Return an option as it is typed, and what is said of it."""
    head, told = option.name, option.help
    if not head.startswith("-"):
        name, _, metavar = head.partition(" ")
        head = metavar + {"?": " (optional)", "+": " …"}.get(name[-1], "")
    if option.choices and not all(one in told for one in option.choices):
        told += f": {', '.join(option.choices)}"
    if option.default is not None:
        told += f" (default: {option.default})"
    return head, told


def _text(text):
    """Return text of which nothing is taken for a request of roff."""
    quoted = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{quoted}" if quoted[:1] in (".", "'") else quoted


if __name__ == "__main__":
    sys.stdout.write(page())
