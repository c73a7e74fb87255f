"""Commands, declared once: key, footer, palette entry and help come from here.

Those of the app and the workbench are in ``commands.md``, others beside what they do.

A `Command` names an action of the widget, screen or app that lists it in its
``COMMANDS``. `bindings` turns such a list into Textual's bindings. The id is what a
person writes in the settings to give it other keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.keys import format_key

from tui import tables

if TYPE_CHECKING:
    from tui.session import Session


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a person can do.

    Parameters
    ----------
    id : str
        ``area.verb``, unique, lower case; stable, since settings name it.
    keys : str
        Textual's names of the keys, parted by commas; the first is the one shown.
        May be empty: then it is in the palette only.
    title : str
        What it does, as the palette and the help list it: ``"Start the run"``.
    help : str, default=""
        One sentence more, where the title does not say it all.
    action : str, default=""
        The owner's method without ``action_``, with constant arguments:
        ``"run_start"``, ``"activate('arms')"``; the id's verb when empty.
    footer : str, default=""
        Word or two for the footer; not shown there when empty.
    untabled : str, default=""
        The same while a table is still to come, or could not be had.
    when : callable, default=None
        Whether it makes sense now. If not, its key does nothing and neither footer
        nor palette shows it.
    """

    id: str
    keys: str
    title: str
    help: str = ""
    action: str = ""
    footer: str = ""
    untabled: str = ""
    when: Callable[[Session], bool] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not self.action:
            object.__setattr__(self, "action", self.id.partition(".")[2])


_TABLES: Final = tables.read("commands.md")


def listed(
    heading: str, when: Mapping[str, Callable[[Session], bool]] | None = None
) -> tuple[Command, ...]:
    """Return the commands of a table in ``commands.md``; `when` is by their ids."""
    when = when or {}
    return tuple(Command(*row, when=when.get(row[0])) for row in _TABLES[heading])


def both(
    id: str,
    keys: tuple[str, str],
    thing: str,
    action: str,
    footer: str = "",
    when: Callable[[Session], bool] | None = None,
) -> tuple[Command, ...]:
    """Return the commands that go to the next of something, and to the one before.

    Examples
    --------
    >>> [c.action for c in both("point.{}", ("n", "N"), "point", "go")]
    ['go(1)', 'go(-1)']
    """
    parts = zip(("next", "previous"), keys, (1, -1), (footer, ""), strict=True)
    return tuple(
        Command(
            id.format(which),
            key,
            f"{which.title()} {thing}",
            action=f"{action}({step})",
            footer=word,
            when=when,
        )
        for which, key, step, word in parts
    )


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
            tooltip=command.help,
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
    return command.when is None or command.when(session)


def works(action: str, commands: Iterable[Command], session: Session) -> bool:
    """Tell whether an action makes sense now; one of no command always does."""
    named = (c for c in commands if c.action.partition("(")[0] == action)
    return all(available(command, session) for command in named)


_BY_ID: dict[str, Command] = {}


def register(commands: Iterable[Command]) -> None:
    """Note commands, so that settings may name them."""
    _BY_ID.update((command.id, command) for command in commands)


def footer_word(id: str | None, session: Session) -> str:
    """Return what the footer calls a command that only matters without a table."""
    load = session.load
    command = _BY_ID.get(id or "")
    if command is None or load.request is None or load.table is not None:
        return ""
    return command.untabled


def unknown_ids(keys: Iterable[str]) -> list[str]:
    """Return what is wrong with ids of commands that settings name."""
    if not keys:
        return []
    # The panes' commands are known once the workbench is.
    import tui.screens.compare_runs
    import tui.screens.generate
    import tui.screens.runs
    import tui.screens.workbench  # noqa: F401

    return [
        f"no command {name!r}: the help lists them"
        for name in keys
        if name not in _BY_ID
    ]


def _open(session: Session) -> bool:
    return session.load.request is not None


def _can_run(session: Session) -> bool:
    load = session.load
    failed = not load.busy and (load.table is None or load.problem is not None)
    return _open(session) and not failed and not session.running


def _can_resume(session: Session) -> bool:
    run = session.run
    return run is not None and (run.resumable or run.lost is not None)


def _has_result(session: Session) -> bool:
    run = session.run
    return run is not None and any(arm.evaluated for arm in run.state.arms)


def _can_cost(session: Session) -> bool:
    if session.running or session.view.pane not in ("arms", "results"):
        return False
    return _open(session) or _has_result(session)


APP = listed("app")
"""What works everywhere; `tui.app` has the actions."""

WORKBENCH = listed(
    "workbench",
    {
        "run.start": _can_run,
        "run.cancel": lambda session: session.running,
        "run.resume": _can_resume,
        "run.export": _has_result,
        "costs.give": _can_cost,
        "experiment.save": _open,
    },
)
"""What works in the workbench; `tui.screens.workbench` has the actions."""

register((*APP, *WORKBENCH))
