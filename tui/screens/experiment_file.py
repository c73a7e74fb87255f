"""The questions where an experiment file is, or is to be."""

from __future__ import annotations

from tui.screens.pick_path import PickPath

__all__ = ["OpenExperiment", "SaveExperiment"]

DEFAULT_NAME = "experiment.toml"


class OpenExperiment(PickPath):
    """A path to an experiment file."""

    def __init__(self) -> None:
        super().__init__(
            "Open an experiment file",
            "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up",
            (".toml",),
        )


class SaveExperiment(PickPath):
    """A path to write the experiment to.

    Parameters
    ----------
    path : str or None
        Where it was opened from or saved to last.
    """

    def __init__(self, path: str | None) -> None:
        super().__init__(
            "Save the experiment as TOML",
            "tab completes   enter saves   a file that is there is asked about",
            (".toml",),
            value=path or DEFAULT_NAME,
            new=True,
        )
