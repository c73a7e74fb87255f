"""Commands, declared once: key, footer, palette entry and help come from here.

A `Command` names an action of the widget, screen or app that lists it in its
``COMMANDS``. `bindings` turns such a list into Textual's bindings. The id is what a
person writes in the settings to give it other keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding

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
    when: Callable[[Session], bool] | None = None

    def __post_init__(self) -> None:
        if not self.action:
            object.__setattr__(self, "action", self.id.partition(".")[2])


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


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "dollar_sign": "$",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


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
    return "+".join([*modifiers, _KEY_NAMES.get(last, last)])


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


APP: tuple[Command, ...] = (
    Command(
        "app.help",
        "question_mark,f1",
        "Help",
        "Says what the focused pane shows and which keys it knows.",
        "show_help",
        footer="help",
    ),
    Command(
        "app.palette",
        "ctrl+p,f10",
        "Commands",
        "Finds any command by its name.",
        "command_palette",
        footer="commands",
    ),
    Command(
        "app.open",
        "o",
        "Open a dataset",
        "Opens a table from a file, a sample, or one of a public collection.",
        "open_dataset",
        untabled="open",
    ),
    Command(
        "app.make",
        "G",
        "Make a dataset",
        "Moons or blobs, as lopsided and noisy as you like.",
        "make_dataset",
    ),
    Command(
        "app.open_experiment",
        "",
        "Open an experiment file",
        "Sets everything up as a TOML file says.",
    ),
    Command(
        "app.bench",
        "B",
        "Bench: compare over many tables",
        "Compares stored runs that have the same settings, and differ in their table.",
    ),
    Command(
        "app.runs",
        "5,w",
        "Stored runs",
        "Lists the runs in the store: find, open, compare, repeat, delete them.",
    ),
    Command(
        "app.start",
        "",
        "Start view",
        "Shows recent files, samples and stored runs.",
        "start_view",
    ),
    Command(
        "app.copy",
        "y",
        "Copy",
        "Copies the focused table or value to the clipboard.",
        "copy_focused",
    ),
    Command(
        "app.theme",
        "",
        "Next theme",
        "Goes from dark to light to the terminal's own colours, and remembers it.",
        "pick_theme",
    ),
    Command(
        "app.notify",
        "",
        "Ring the bell or notify when a run ends",
        "Goes from nothing to the bell to a notification (OSC 9), and remembers it.",
        "next_notice",
    ),
    Command("app.redraw", "f5", "Redraw", "Draws the whole screen anew.", "redraw"),
    *(
        Command(
            f"move.{arrow}",
            letter,
            f"Move {arrow}",
            f"The same as the arrow key {arrow}, where no text is typed.",
            f"move('{arrow}')",
        )
        for letter, arrow in zip("hjkl", ("left", "down", "up", "right"), strict=True)
    ),
    Command(
        "app.suspend",
        "ctrl+z",
        "Suspend",
        "Back to the shell, if there is one; fg returns. A run goes on meanwhile.",
        "suspend_process",
    ),
    Command(
        "app.quit",
        "q,ctrl+q",
        "Quit",
        "Leaves imbtui; asks what becomes of a run that still works.",
        "leave",
        footer="quit",
    ),
)
"""What works everywhere; `tui.app` has the actions."""

_PANES = {
    "dataset": "The table, its target, its classes and columns.",
    "arms": "The remedies to compare, their parameters and the budget.",
    "training": "How far each arm is, its scores and the log.",
    "results": "Missed positives, matrices, curves and the verdict.",
}

WORKBENCH: tuple[Command, ...] = (
    *(
        Command(
            f"pane.{pane}",
            str(number),
            f"{number} {pane.title()}",
            help,
            f"activate('{pane}')",
        )
        for number, (pane, help) in enumerate(_PANES.items(), 1)
    ),
    *both("view.{}", ("v", "V"), "view", "cycle_view", footer="view"),
    Command(
        "view.focus",
        "p",
        "Into the picture and back",
        "Moves the focus between the pane and its picture.",
        "hop",
        footer="picture",
    ),
    Command(
        "view.zoom",
        "z",
        "Zoom the picture",
        "Gives the picture the whole screen, or takes it back.",
    ),
    Command(
        "run.start",
        "r",
        "Run",
        "Tunes and trains every ticked arm under the same budget.",
        "run_start",
        footer="run",
        when=_can_run,
    ),
    Command(
        "run.cancel",
        "x",
        "Cancel the run",
        "Ends the run that is working; what is finished stays in the store.",
        "run_cancel",
        footer="cancel",
        when=lambda session: session.running,
    ),
    Command(
        "run.resume",
        "R",
        "Resume the run",
        "Goes on with a run that was interrupted, cancelled or failed, where it was.",
        "run_resume",
        footer="resume",
        when=_can_resume,
    ),
    Command(
        "run.export",
        "e",
        "Export the run",
        "Takes it away: as code, model, data, report, or for other systems.",
        "run_export",
        footer="export",
        when=_has_result,
    ),
    Command(
        "costs.give",
        "dollar_sign",
        "Give the costs of a miss and of a false alarm",
        "Shows each arm at them; without costs, what balancing implies is assumed.",
        "give_costs",
        footer="cost",
        when=_can_cost,
    ),
    Command(
        "experiment.save",
        "ctrl+s",
        "Save the experiment",
        "Writes everything that was set up to a TOML file.",
        "save_experiment",
        when=_open,
    ),
)
"""What works in the workbench; `tui.screens.workbench` has the actions."""

register((*APP, *WORKBENCH))
