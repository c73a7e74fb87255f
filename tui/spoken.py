"""What the engine says, in the words of the app: no options of the command line.

Light: stdlib only.
"""

from __future__ import annotations

import re
from typing import Final

_OPTION: Final = r"--[a-z][a-z-]*"
_BRACKETS: Final = re.compile(rf" \((?:[^()]*\s)?{_OPTION}[^()]*\)| \(imbtui [^()]*\)")
_EXAMPLE: Final = re.compile(rf", like {_OPTION} ('[^']*'|\"[^\"]*\"|\S+)")
_WITH: Final = re.compile(rf" with {_OPTION}(?= or |[;,.]|$)")
_CLAUSE: Final = re.compile(rf"[;,:] (?:or )?{_OPTION}[^;]*")
_LEFT: Final = re.compile(
    rf"""'[^']*'|"[^"]*"|(?:(?<=\s)|(?<=`)|^)({_OPTION})(?![\w-])"""
)
_COMMAND: Final = re.compile(r"\bimbtui [a-z]+ [^;]*")
"""What is typed in a shell: it stays as it is."""
_WORDS: Final = {
    "member": "the part",
    "quote": "the quotes",
    "escape": "the escape character",
    "rows": "the sample",
    "skip": "skipping",
    "test": "the second file",
    "by": "the column that tells the test rows",
    "group": "the group",
    "time": "the time",
    "keep": "what is learned from",
    "drop": "what is ignored",
    "kinds": "the kinds",
}
_FIELDS: Final = (
    "format",
    "delimiter",
    "encoding",
    "quote",
    "escape",
    "header",
    "skip",
    "decimal",
    "missing",
    "ragged",
    "member",
    "rows",
)


def spoken(text: str) -> str:
    """Return a sentence of the engine without the command line's options.

    Parameters
    ----------
    text : str
        A message, a fix or a note; what it quotes stays as it is.

    Returns
    -------
    str

    Examples
    --------
    >>> spoken("name another (--target)"), spoken("fix it; --ragged drop drops it")
    ('name another', 'fix it')
    >>> spoken("choose one, like --member 'a.csv'")
    "choose one, like 'a.csv'"
    >>> spoken("name fewer columns with --columns"), spoken("leave --member out")
    ('name fewer columns', 'leave the part out')
    >>> spoken("imbtui store --check tells where; go on with --store NEW")
    'imbtui store --check tells where; go on with the store NEW'
    """
    if "--" not in text and "(imbtui " not in text:
        return text
    text = _BRACKETS.sub("", text)
    if command := _COMMAND.search(text):
        before, after = text[: command.start()], text[command.end() :]
        return f"{_without(before)}{command[0]}{_without(after)}"
    return _without(text)


def sentence(text: str) -> str:
    """Return a fix with a capital letter; a command is written as it is typed.

    Examples
    --------
    >>> sentence("fix it"), sentence("imbtui runs lists them")
    ('Fix it', 'imbtui runs lists them')
    """
    return text if text.startswith("imbtui ") else text[:1].upper() + text[1:]


def _without(text: str) -> str:
    text = _EXAMPLE.sub(r", like \1", text)
    text = _WITH.sub("", text)
    text = _CLAUSE.sub("", text)
    return _LEFT.sub(lambda found: _word(found[1]) if found[1] else found[0], text)


def _word(option: str) -> str:
    name = option.removeprefix("--")
    return _WORDS.get(name) or f"the {name.replace('-', ' ')}"


def named_field(fix: str) -> str:
    """Return which field of how a file is read a fix is about; empty for none.

    Examples
    --------
    >>> named_field("choose one, like --member 'a.csv'"), named_field("fix it")
    ('member', '')
    """
    options = re.findall(_OPTION, fix)
    return next((o[2:] for o in options if o[2:] in _FIELDS), "")
