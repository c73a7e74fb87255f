"""The user's settings and themes: read at the start, written a setting at a time."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from engine.core.doc import Doc, fields_of
from engine.core.errors import SpecError
from engine.io.files import write_error
from engine.io.toml.loading import parse_toml, read_text
from tui.app.config import Settings, settings_path, themes_path
from tui.app.themes import THEMES, read_theme
from tui.terminal import files

if TYPE_CHECKING:
    from textual.theme import Theme


AUTO = "auto"
"""What the terminal decides."""


@cache
def settings_struct() -> type[msgspec.Struct]:
    """Return the settings as a struct with what is declared of each."""
    hints = get_type_hints(Settings, localns={"Doc": Doc}, include_extras=True)
    return msgspec.defstruct(
        "Settings",
        [(name, hints[name], value) for name, value in vars(Settings()).items()],
        namespace={"__doc__": Settings.__doc__},
        forbid_unknown_fields=True,
    )


def fields() -> dict[str, Doc]:
    """Return what is declared of each setting, by name."""
    return fields_of(settings_struct())


def load() -> tuple[Settings, list[Theme], list[str]]:
    """Return the settings, the user's themes, and what is wrong with the files.

    Returns
    -------
    Settings
        The defaults where there is no file, or a value is wrong.
    list of Theme
        Those that can be read.
    list of str
        One line per problem.
    """
    path, (own, wrong) = settings_path(), _own_themes()
    settings = Settings()
    try:
        text = read_text(path, str(path))
        settings, more = read(text, [*THEMES, *(one.name for one in own)])
        wrong += more
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, SpecError) as error:
        wrong.append(f"{path} cannot be read: {error}")
    return settings, own, wrong


def _own_themes() -> tuple[list[Theme], list[str]]:
    """Return the themes in the user's folder, and what is wrong with others."""
    found: list[Theme] = []
    wrong: list[str] = []
    for path in sorted(themes_path().glob("*.toml")):
        try:
            if path.stem in (AUTO, *THEMES):
                raise ValueError("imbtui has a theme of this name")
            if not re.fullmatch(r"[\w-]+", path.stem):
                raise ValueError("name it with letters, digits, - and _")
            values = parse_toml(read_text(path, str(path)), "the theme")
            found.append(read_theme(path.stem, values))
        except (OSError, SpecError, ValueError) as error:
            wrong.append(f"no theme of {path}: {error}")
    return found, wrong


def read(
    text: str, themes: Collection[str] = tuple(THEMES)
) -> tuple[Settings, list[str]]:
    """Return the settings that a text holds, and what is wrong with it.

    Whether a key's command exists is not looked at: see `tui.app.dispatch`.

    Parameters
    ----------
    text : str
        TOML.
    themes : collection of str
        The names of the themes there are.

    Examples
    --------
    >>> settings, wrong = read('theme = "pink"', ["dark", "light"])
    >>> settings.theme, wrong
    ('auto', ["no theme 'pink': there are auto, dark, light"])
    """
    try:
        raw = parse_toml(text, "the settings")
    except SpecError as error:
        return Settings(), [str(error)]
    known, settings = fields(), Settings()
    wrong: list[str] = []
    for name, value in raw.items():
        doc = known.get(name)
        if doc is None:
            wrong.append(f"no setting {name!r}: there are {', '.join(sorted(known))}")
        elif not doc.admits(value):
            wrong.append(f"no {name} {value!r}: there are {', '.join(doc.choices)}")
        elif name == "theme" and value not in (AUTO, *themes):
            wrong.append(f"no theme {value!r}: there are {', '.join((AUTO, *themes))}")
        elif name == "ascii" and not isinstance(value, bool) and value != AUTO:
            wrong.append(f"no ascii {value!r}: there are true, false, {AUTO!r}")
        elif name != "keys":
            change: Any = {name: value}
            settings = replace(settings, **change)
        elif not isinstance(value, dict):
            wrong.append(f"{name} is not a table")
        else:
            texts = {k: v for k, v in value.items() if isinstance(v, str)}
            keys = {k: v for k, v in texts.items() if re.fullmatch(_KEYS, v)}
            settings = replace(settings, keys=keys)
            bad = ((k, v) for k, v in value.items() if k not in keys)
            hint = "write them like 'f9,ctrl+r'"
            wrong += [f"keys of {k} are {v!r}: {hint}" for k, v in bad]
    return settings, wrong


_KEYS = r"[A-Za-z0-9_+]+(\s*,\s*[A-Za-z0-9_+]+)*"


def save_setting(name: str, value: str) -> None:
    """Write a setting; everything else in the file stays.

    Parameters
    ----------
    name : {"theme", "notify"}
    value : str
        A plain word.

    Raises
    ------
    OutputError
        If the file cannot be read or written.
    """
    path = settings_path()
    try:
        text = read_text(path, str(path))
        parse_toml(text, str(path))
    except (FileNotFoundError, NotADirectoryError):
        text = ""
    except OSError as error:
        raise write_error(path, error) from None
    except SpecError:
        # The user must see to it first.
        return
    line = f'{name} = "{value}"'
    new, count = re.subn(rf"(?m)\A((?:(?!\[).*\n)*?){name}\s*=.*$", rf"\1{line}", text)
    files.write_private(path, new if count else f"{line}\n{text}")
