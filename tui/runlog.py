"""A run's log: one line per thing worth reading, worked out from its events."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

import msgspec

from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Compared,
    Event,
    FoldPrepared,
    Progress,
    RunFinished,
    RunStarted,
    TrialFinished,
    Warned,
)
from engine.state import FINAL_FOLD, State
from tui.spoken import spoken

Tone: TypeAlias = Literal["plain", "good", "warn", "bad"]


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log; `text` and `arm` are untrusted.

    `arm` is empty for what concerns the whole run.
    """

    text: str
    arm: str = ""
    tone: Tone = "plain"


def written(event: Event, before: State, after: State) -> tuple[LogLine, ...]:
    """Return the lines that an event is worth, given the states around it."""
    match event:
        case RunStarted():
            rows, columns = event.dataset.rows, event.dataset.columns
            text = f"{event.dataset.name}: {rows:,} rows, {columns} columns"
            return (LogLine(text=text),)
        case FoldPrepared():
            return _prepared(event, before)
        case TrialFinished(failed=str(why)) if why:
            text = f"trial {event.number + 1} could not be made: {why}"
            return (LogLine(arm=event.arm, text=text, tone="warn"),)
        case TrialFinished():
            best = after.arm(event.arm).best is event
            text = (
                f"trial {event.number + 1}: {event.score:.4f} in {event.rounds} rounds"
            )
            tone: Tone = "good" if best else "plain"
            text += ", the best so far" if best else ""
            text += ", stopped: behind the earlier ones" if event.pruned else ""
            return (LogLine(arm=event.arm, text=text, tone=tone),)
        case ArmEvaluated():
            return (LogLine(arm=event.arm, text="evaluated on the test rows"),)
        case ArmFailed():
            text = f"{event.message.rstrip('.')}. {spoken(event.fix)}".rstrip(". ")
            return (LogLine(arm=event.arm, text=text, tone="bad"),)
        case Compared():
            return (LogLine(text=event.verdict.headline, tone="good"),)
        case Warned():
            return (LogLine(arm=event.arm or "", text=event.message, tone="warn"),)
        case RunFinished():
            text = f"{event.status} after {event.seconds:.0f} s"
            if event.error:
                text = f"{event.status}: {event.error.get('message', '')}"
            good = event.status == "done"
            return (LogLine(text=text, tone="good" if good else "bad"),)
        case Progress():
            return ()
        case _:
            assert_never(event)


def _prepared(event: FoldPrepared, before: State) -> tuple[LogLine, ...]:
    """Say a repair the first time, and what the final rows are."""
    arm = before.arm(event.arm)
    lines = [
        LogLine(arm=event.arm, text=text, tone="warn")
        for text in (*event.repairs, *event.notes)
        if text not in arm.repairs and text not in arm.notes
    ]
    if event.fold == FINAL_FOLD:
        old, new = sum(event.before.values()), sum(event.after.values())
        text = f"training rows {old:,} → {new:,}, {event.synthetic:,} synthetic"
        text += ", found as an earlier run prepared them" if event.reused else ""
        lines.append(LogLine(arm=event.arm, text=text))
    return tuple(lines)
