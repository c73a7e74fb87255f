"""Commands, declared once: key, footer, palette entry and help come from here.

A `Command` names an action of the widget, screen or app that lists it in its
``COMMANDS_HERE``. `bindings` turns such a list into Textual's bindings. The id is what
a user writes in the settings to give it other keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from textual.binding import Binding
from textual.keys import format_key

if TYPE_CHECKING:
    from tui.features.session import Session

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a user can do.

    Parameters
    ----------
    id : str
        ``area.verb``, unique, lower case; stable, since settings name it.
    keys : str
        Textual's names of the keys, parted by commas; the first is the one shown.
        May be empty: then it is in the palette only.
    title : str
        What it does, as the palette and the help list it: ``"Start the run"``.
    footer : str, default=""
        Word or two for the footer; not shown there when empty.
    action : str, default=""
        The owner's method without ``action_``, with constant arguments:
        ``"resume"``, ``"activate('arms')"``; the id's verb when empty.
    untabled : str, default=""
        The footer's word while a table is still to come, or could not be had.
    when : callable, default=None
        Whether it makes sense now. If not, its key does nothing and neither footer
        nor palette shows it.
    """

    id: str
    keys: str
    title: str
    footer: str = ""
    action: str = ""
    _: KW_ONLY
    untabled: str = ""
    when: Callable[[Session], object] | None = None

    def __post_init__(self) -> None:
        if not self.action:
            object.__setattr__(self, "action", self.id.partition(".")[2])


def both(
    id: str,
    keys: tuple[str, str],
    thing: str,
    action: str,
    footer: str = "",
    when: Callable[[Session], object] | None = None,
) -> tuple[Command, ...]:
    """Return the commands that go to the next of something, and to the one before.

    Examples
    --------
    >>> [c.action for c in both("point.{}", ("n", "N"), "point", "go")]
    ['go(1)', 'go(-1)']
    """
    next, previous = id.format("next"), id.format("previous")
    return (
        Command(next, keys[0], f"Next {thing}", footer, f"{action}(1)", when=when),
        Command(previous, keys[1], f"Previous {thing}", "", f"{action}(-1)", when=when),
    )


def crossing(
    area: str, when: Callable[[Session], object], *, plane: bool = False
) -> tuple[Command, ...]:
    """Return the commands that move a crosshair: to the sides, in a plane up, too.

    The footer has none of a plane: a line below it names their keys.

    Examples
    --------
    >>> [c.action for c in crossing("results", bool)]
    ['cross(1, 0)', 'cross(-1, 0)', 'cross(10, 0)', 'cross(-10, 0)']
    """
    sides = {
        "right": ("right", "to the right", 1, 0),
        "left": ("left", "to the left", -1, 0),
        "far_right": ("shift+right,greater_than_sign", "far to the right", 10, 0),
        "far_left": ("shift+left,less_than_sign", "far to the left", -10, 0),
    }
    if plane:
        sides |= {"up": ("up", "up", 0, 1), "down": ("down", "down", 0, -1)}
    return tuple(
        Command(
            f"{area}.cross_{name}",
            keys,
            f"Move the crosshair {side}",
            "crosshair" if name == "right" and not plane else "",
            f"cross({across}, {up})",
            when=when,
        )
        for name, (keys, side, across, up) in sides.items()
    )


def turn(known: Sequence[Choice], now: object, step: int = 1) -> Choice:
    """Return what comes so many places after one of some, round and round.

    What is none of them comes before the first.

    Examples
    --------
    >>> turn("abc", "c"), turn("abc", "a", -1), turn("abc", None)
    ('a', 'c', 'a')
    """
    place = next((place for place, one in enumerate(known) if one == now), -1)
    return known[(place + step) % len(known)]


_WORDS: Final = ("enter", "backspace", "delete")
"""Keys that Textual would show by a sign that not every terminal has."""


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """Return the bindings of commands; those without a key have none."""
    return [
        Binding(
            command.keys,
            command.action,
            command.footer or command.title,
            show=bool(command.footer),
            key_display=key_text(command.keys.split(",")[0]),
            id=command.id,
        )
        for command in commands
        if command.keys
    ]


def key_text(key: str) -> str:
    """Return a key as people write it: ``?``, ``ctrl+p``, ``←``."""
    *modifiers, last = key.strip().split("+") if key != "+" else ("+",)
    return "+".join([*modifiers, last if last in _WORDS else format_key(last)])


def keys_text(keys: str) -> str:
    """Return all keys of a command as people write them."""
    return ", ".join(key_text(key) for key in keys.split(",") if key)


def available(command: Command, session: Session) -> bool:
    """Tell whether a command makes sense now."""
    return command.when is None or bool(command.when(session))


def works(
    action: str,
    parameters: tuple[object, ...],
    commands: Iterable[Command],
    session: Session,
) -> bool:
    """Tell whether an action makes sense now; one of no command always does."""
    given = f"({', '.join(map(repr, parameters))})" if parameters else ""
    named = (c for c in commands if c.action == f"{action}{given}")
    return all(available(command, session) for command in named)


LISTS: Final = (
    Command("list.find", "slash", "Find in the list", "find"),
    Command("list.sort", "s", "Sort by the next column, rows by the cursor's", "sort"),
    Command("list.reverse", "S", "Sort the list the other way"),
)
"""What a screen with lists offers."""


BY_ID: dict[str, Command] = {}
"""The commands of all modules that are there."""


PLACES: list[tuple[tuple[Command, ...], bool]] = []
"""The commands of each that lists some, and whether it is no part of the workbench."""


def register(commands: tuple[Command, ...], *, screen: bool = True) -> None:
    """Note commands, so that settings may name them."""
    BY_ID.update((command.id, command) for command in commands)
    PLACES.append((commands, screen))


def footer_word(id: str | None, session: Session) -> str:
    """Return what the footer calls a command that only matters without a table."""
    load, command = session.load, BY_ID.get(id or "")
    waits = load.request is not None and load.table is None
    return command.untabled if command is not None and waits else ""
