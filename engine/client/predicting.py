"""Tables scored in this process: for commands. Light until one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bundle.asked import Predict, Predicted

if TYPE_CHECKING:
    from engine.data.read.raw import Progress
    from engine.spec import ReadSpec

__all__ = ["predict", "trained"]


def predict(asked: Predict, progress: Progress) -> Predicted:
    """Score a table; see `engine.bundle.scoring.predict`.

    The bundle is opened in a process of its own before: a model file may end it.
    """
    from engine.bundle.probe import probe

    progress("opening the bundle", 0, None)
    probe(asked.bundle)
    from engine.bundle.scoring import predict as scored

    return scored(asked, progress)


def trained(bundle: str) -> ReadSpec:
    """Return how the table of a bundle's run was read.

    Raises
    ------
    DataError
        If it is no bundle.
    """
    from engine.bundle.archive import read

    return read(bundle).manifest.as_read()
