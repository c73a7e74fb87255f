"""The settings: one TOML file of the user's, and what the app remembers by itself.

::

    theme = "light"          # dark, light or ansi
    notify = "bell"          # when a run ends: off, bell or osc9

    [keys]                   # other keys for a command; its id is in the help
    "run.start" = "f9"
    "run.cancel" = "f8,x"

The file is `settings_path`; recent files are kept in the state folder. A wrong
setting is reported and ignored; it never keeps the app from starting.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_type_hints

from tui import places

if TYPE_CHECKING:
    import msgspec

    from engine.doc import Doc

SSH_FRAMES: Final = 15
"""Frames a second at most where each of them goes over a network."""
MOST_RECENT = 12


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set."""

    theme: Annotated[Literal["dark", "light", "ansi"], Doc("colours of the app")] = (
        "dark"
    )
    notify: Annotated[
        Literal["off", "bell", "osc9"],
        Doc("how the terminal announces the end of a run"),
    ] = "off"
    keys: Annotated[
        dict[str, str],
        Doc(
            "keys of a command, by the id that the help shows",
            example={"run.start": "f9"},
        ),
    ] = field(default_factory=dict)


@cache
def settings_struct() -> type[msgspec.Struct]:
    """Return the settings as a struct with what is declared of each."""
    # The first frame needs values only, and nothing of what declares them.
    import msgspec

    from engine.doc import Doc

    hints = get_type_hints(Settings, localns={"Doc": Doc}, include_extras=True)
    return msgspec.defstruct(
        "Settings",
        [(name, hints[name], value) for name, value in vars(Settings()).items()],
        namespace={"__doc__": Settings.__doc__},
        forbid_unknown_fields=True,
    )


def fields() -> dict[str, Doc]:
    """Return what is declared of each setting, by name."""
    from engine.doc import fields_of

    return fields_of(settings_struct())


def settings_path() -> Path:
    """Return where the settings are; the file may not exist."""
    return places.settings("settings.toml")


def recent_path() -> Path:
    """Return where the recent files are remembered."""
    return places.state("recent.json")


def load() -> tuple[Settings, list[str]]:
    """Return the settings, and what is wrong with the file.

    Returns
    -------
    Settings
        The defaults where there is no file, or a value is wrong.
    list of str
        One line per problem.
    """
    from engine.errors import SpecError
    from engine.toml.loading import read_text

    path, wrong = settings_path(), []
    try:
        return read(read_text(path, str(path)))
    except (OSError, SpecError) as error:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            wrong = [f"{path} cannot be read: {error}"]
        return Settings(), wrong


def read(text: str) -> tuple[Settings, list[str]]:
    """Return the settings that a text holds, and what is wrong with it.

    Whether a key's command exists is not looked at: see `tui.commands.unknown_ids`.

    Examples
    --------
    >>> settings, wrong = read('theme = "pink"')
    >>> settings.theme, wrong
    ('dark', ["no theme 'pink': there are dark, light, ansi"])
    """
    # Imported where it is needed: most people have no settings, and nobody waits.
    import re

    from engine.errors import SpecError
    from engine.toml.loading import parse_toml

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
    import re

    from engine.errors import SpecError
    from engine.files import write_error
    from engine.toml.loading import parse_toml, read_text

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
    write_private(path, new if count else f"{line}\n{text}")


def recent() -> list[str]:
    """Return the sources opened last, the newest first."""
    import json

    sources = None
    with contextlib.suppress(OSError, ValueError):
        sources = json.loads(recent_path().read_text(encoding="utf-8"))
    listed = sources if isinstance(sources, list) else []
    return [source for source in listed if isinstance(source, str)][:MOST_RECENT]


def remember(source: str) -> None:
    """Put a source in front of the recent ones; a failure is no matter.

    Parameters
    ----------
    source : str
        A path or ``sample:NAME``; a relative path is made absolute.
    """
    import json

    from engine.errors import OutputError

    if not source.startswith(("sample:", "dataset:", "make:")):
        with contextlib.suppress(RuntimeError):  # no home
            source = str(Path(source).expanduser())
        with contextlib.suppress(OSError):  # no working folder
            source = str(Path(source).absolute())
    sources = [source, *(old for old in recent() if old != source)][:MOST_RECENT]
    with contextlib.suppress(OutputError):
        write_private(recent_path(), json.dumps(sources, indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a file of the app's own, whole or not at all, over the older one.

    Only its owner may read it. What killed processes left beside it is removed.

    Parameters
    ----------
    path : Path
        The file, in a folder of ours, which is made if it is missing.
    text : str
        What goes in.

    Raises
    ------
    OutputError
        If the folder or the disk refuses; the older file is as it was then.
    """
    # The first frame needs settings, and nothing of what writes them.
    from engine.files import put

    put(places.ready(path), text.encode(), overwrite=True)


def prepare(environ: MutableMapping[str, str] | None = None) -> None:
    """Set what Textual reads when it is imported: no animation, few frames over SSH.

    What is set already stays.

    Parameters
    ----------
    environ : mutable mapping or None, default=None
        The environment; that of the process when None.

    Examples
    --------
    >>> environ = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    >>> prepare(environ)
    >>> environ["TEXTUAL_FPS"], environ["TEXTUAL_ANIMATIONS"]
    ('15', 'none')
    """
    environ = os.environ if environ is None else environ
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        environ.setdefault("TEXTUAL_FPS", str(SSH_FRAMES))
