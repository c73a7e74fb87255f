"""A service that plans and writes exports, without a run and without an exporter."""

from __future__ import annotations

from pathlib import Path

from engine.core.exports import (
    ExportRequest,
    Kind,
    Planned,
    PlannedFile,
    Written,
    WrittenFile,
    find,
)
from engine.core.messages import (
    Exported,
    ExportPlanned,
    Failure,
    PlanExport,
    WriteExport,
)
from tests.support import fakes

ARMS = ("untreated", "smote", "smote-enn")
POINTS = {
    "fixed": "fixed 0.5",
    "prevalence": "prevalence",
    "f1": "f1",
    "cost": "cost 10:1",
    "recall>=0.8": "recall ≥ 0.8",
}
FILES = {
    "data": (
        ("train.csv", "training rows as they were used, with their row numbers"),
        ("test.csv", "test rows, none of them treated"),
        ("train-treated.csv", "what the arm's model learned from: real and synthetic"),
    ),
}


def planned(asked: ExportRequest, arms: tuple[str, ...] = ARMS) -> Planned:
    """What would be written, as the engine says it."""
    kind = find(asked.kind)
    arm = (asked.arm or arms[-1]) if kind.of == "arm" else ""
    path = asked.path or str(Path.cwd() / _name(kind, asked.run, bool(arm)))
    files = FILES.get(kind.name, ((Path(path).name, f"the {kind.title.lower()}"),))
    return Planned(
        run=asked.run,
        arm=arm,
        at=(asked.at or "fixed") if kind.points else "",
        path=path,
        files=tuple(PlannedFile(name=name, what=what) for name, what in files),
        exists=kind.target != "server" and Path(path).exists(),
        notes=("rows of this arm are made anew",) if kind.name == "data" else (),
        arms=tuple(sorted(arms, key=lambda one: one != arms[-1]))
        if kind.of == "arm"
        else (),
        recommended=arms[-1] if kind.of == "arm" and arms == ARMS else "",
        points=POINTS if kind.points else {},
    )


def _name(kind: Kind, run: str, armed: bool) -> str:
    ending = kind.suffixes[0] if kind.target == "file" else ""
    return f"{run}{'-arm' if armed else ''}-{kind.name}{ending}"


def plan(request: PlanExport) -> ExportPlanned | Failure:
    """Answer a question; a form of another ending is refused as the engine does it."""
    asked = request.asked
    kind = find(asked.kind)
    path = asked.path
    if path and kind.target == "file" and not path.endswith(kind.suffixes):
        return Failure(
            code="output",
            message=f"{kind.title.lower()} {Path(path).name!r} has another ending",
            fix=f"give a name that ends in {' or '.join(kind.suffixes)}",
        )
    return ExportPlanned(planned=planned(asked))


def write(request: WriteExport) -> Exported:
    """Write a file, as the service would."""
    asked = request.asked
    if find(asked.kind).target == "file":
        Path(asked.path or "x").write_text("x\n")
    told = planned(asked)
    files = tuple(WrittenFile(name=one.name, bytes=1_200) for one in told.files)
    written = Written(
        run=told.run, arm=told.arm, at=told.at, path=told.path, files=files
    )
    return Exported(written=written)


def service() -> fakes.FakeService:
    """A scripted service that knows exports."""
    made = fakes.FakeService()
    made.answers.update({PlanExport: plan, WriteExport: write})
    return made


def asked(made: fakes.FakeService, kind: type) -> list[ExportRequest]:
    """What was asked for, in order."""
    return [r.asked for r in made.requests if isinstance(r, kind)]
