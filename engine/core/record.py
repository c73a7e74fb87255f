"""What the store holds about a run besides its events."""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

from engine.core.errors import StoreError
from engine.core.experiment import DataSpec, Experiment
from engine.core.methods.grammar import Arm

ENDED = ("done", "failed", "cancelled")

MOST_NOTE = 2000
MOST_TAG = 40
TAG = re.compile(rf"\w(?:[\w.-]{{0,{MOST_TAG - 2}}}\w)?")

STALL_SECONDS = 20.0
"""Silence after which a process is taken to be stopped; it speaks every few seconds."""

UNKNOWN = Experiment(data=DataSpec(source="?"), arms=(Arm(name="untreated"),))
"""Stands for an experiment that cannot be read."""


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is executed; none of it changes a number.

    `folder` is what a relative path in the experiment is relative to; the other
    fields are those of `engine.core.execution.Place`, but for `cache`: whether prepared
    folds are kept, in the store's folder.
    """

    executor: str = "local"
    jobs: int | None = None
    scheduler: str | None = None
    cache: bool = True
    memory: int | None = None
    folder: str | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A stored run.

    `status` is ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``, and
    ``interrupted`` if its process is gone without a last word; ``unreadable`` if
    another version wrote it. `queued` is when its process was last asked for.
    Times are seconds since 1970.

    `epoch` counts the processes that took it up; only the newest may write. `machine`
    is where that one is, and `silent` the seconds since its last heartbeat:
    None if it has ended, or is on another machine. `note` and `tags` are the user's.
    """

    id: str
    number: int
    created: float
    experiment: Experiment
    options: RunOptions
    status: str
    queued: float = 0.0
    pid: int | None = None
    finished: float | None = None
    cancel: bool = False
    epoch: int = 0
    machine: str = ""
    silent: float | None = None
    note: str = ""
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a user calls it: its number; its id where that cannot be read."""
        return str(self.number or self.id)

    @property
    def title(self) -> str:
        """Its number, and its id in brackets."""
        return f"run {self.number} ({self.id})"

    @property
    def stalled(self) -> bool:
        """Whether its process is there, and yet does nothing: stopped, or waiting.

        A full disk makes it wait, SIGSTOP stops it; it goes on when that is over.
        """
        return self.silent is not None and self.silent > STALL_SECONDS

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.status in (*ENDED, "interrupted", "unreadable")


def unreadable(name: str) -> StoreError:
    """Return the error of a run, by its name or id, that another version wrote."""
    what = f"run {name} was written by another version of imbtui"
    return StoreError(what, "use that version, or delete it", action=f"delete {name}")


def annotation(note: str | None, tags: Collection[str] | None) -> dict[str, object]:
    """Return what is stored of a note and of tags; what is None is left out.

    Raises
    ------
    StoreError
        If one is too long, or a tag holds a blank or a comma.
    """
    stored: dict[str, object] = {}
    if note is not None:
        if len(note) > MOST_NOTE:
            what = f"a note of {len(note)} characters"
            raise StoreError(what, f"give at most {MOST_NOTE}")
        stored["note"] = note.strip()
    if tags is not None:
        for tag in tags:
            if not TAG.fullmatch(tag):
                allowed = f"letters, digits, and . _ - inside, {MOST_TAG} at most"
                raise StoreError(f"{tag!r} is no tag", f"give {allowed}")
        stored["tags"] = msgspec.json.encode(sorted(set(tags)))
    return stored


def tags_of(stored: bytes) -> tuple[str, ...]:
    """Return tags as they are stored; none if that cannot be read."""
    try:
        return tuple(msgspec.json.decode(stored, type=list[str]))
    except (msgspec.MsgspecError, TypeError):
        return ()
