"""What is being made up, and what happens to it: a part of the session, pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.client.messages import Sketched
from engine.data.make_spec import make
from tui.draft import Problem

if TYPE_CHECKING:
    from tui.session import Session

__all__ = ["Making", "ask_sketch", "sketch_failed", "sketched"]


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """A table that is being made up.

    Parameters
    ----------
    source : str
        ``make:…``, the newest wish.
    axes : tuple of (str, str) or None
        The two features that are shown; None leaves that to the service.
    sketch : Sketched or None
        The newest points that came; of an older wish until its own are there.
    problem : Problem or None
        Why there are none.
    job, shown : int
        The numbers of the newest wish, and of what is shown.
    """

    source: str = make("moons").source
    axes: tuple[str, str] | None = None
    sketch: Sketched | None = None
    problem: Problem | None = None
    job: int = 0
    shown: int = 0


def ask_sketch(
    session: Session, source: str, axes: tuple[str, str] | None = None
) -> Session:
    """Note a wish, and give it its number, `making.job`."""
    jobs = session.jobs + 1
    return _making(
        msgspec.structs.replace(session, jobs=jobs), source=source, axes=axes, job=jobs
    )


def sketched(session: Session, job: int, sketch: Sketched) -> Session:
    """Take points, unless newer ones are there.

    Those of an older wish are taken, too: the picture follows a key that is held.
    """
    making = session.making
    if not making.shown < job <= making.job:
        return session
    return _making(session, sketch=sketch, problem=None, shown=job)


def sketch_failed(session: Session, job: int, problem: Problem) -> Session:
    """Note that the newest wish failed."""
    if job != session.making.job:
        return session
    return _making(session, problem=problem, shown=job)


def _making(session: Session, **changes: object) -> Session:
    making = msgspec.structs.replace(session.making, **changes)
    return msgspec.structs.replace(session, making=making)
