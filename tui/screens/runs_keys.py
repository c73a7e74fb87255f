"""What can be done in the list of runs."""

from __future__ import annotations

from tui.commands import Command, register

RUNS: tuple[Command, ...] = (
    Command(
        "runs.open",
        "enter",
        "Open the run",
        "Shows its results, and sets its experiment up again.",
        "open",
        footer="open",
    ),
    Command(
        "runs.filter",
        "slash",
        "Find runs",
        "Narrows the list while you type: id, data, target, arms, note, tags, status.",
        "filter",
        footer="find",
    ),
    Command(
        "runs.mark",
        "space",
        "Mark the run",
        "Marks it to be compared or deleted with others; once more takes it back.",
        "mark",
        footer="mark",
    ),
    Command(
        "runs.compare",
        "c",
        "Compare runs",
        "Sets the marked runs side by side, or this one and the one that is open.",
        "compare",
        footer="compare",
    ),
    Command(
        "runs.resume",
        "R,s",
        "Resume the run",
        "Goes on with a run that was interrupted, cancelled or failed.",
        "resume",
        footer="resume",
    ),
    Command(
        "runs.again",
        "a",
        "Repeat the run with changes",
        "Sets its experiment up again without its results, to be changed and run.",
        "again",
        footer="again",
    ),
    Command(
        "runs.delete",
        "d,delete",
        "Delete runs",
        "Removes the run, or all marked ones, from the store, after a question.",
        "delete",
        footer="delete",
    ),
    Command("runs.close", "escape", "Back", "Closes the list.", "close", footer="back"),
    Command(
        "runs.export",
        "e",
        "Export the run",
        "Takes it away: as code, model, data, report, or for other systems.",
        "export",
        footer="export",
    ),
    Command(
        "runs.note",
        "n",
        "Note",
        "Writes a line about the run, which is kept with it.",
        "note",
        footer="note",
    ),
    Command(
        "runs.tags",
        "t",
        "Tags",
        "Gives the run words by which it is found again.",
        "tags",
        footer="tags",
    ),
    Command(
        "runs.prune",
        "D",
        "Remove the prepared folds",
        "Frees the disk of what can be worked out again, after a question.",
        "prune",
    ),
)
register(RUNS)
