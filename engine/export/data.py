"""The rows of a run as tables: for training and test, and what the arm made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.export.kinds import Parts, Piece, of_text
from engine.export.tables import suffix, table_piece
from engine.export.templates import render

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.data_rows import RunRows


def data(case: Case) -> Parts:
    """Return the tables of an arm: ``train``, ``test``, ``resampled`` and ``rows``.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
        A control and an ensemble have no ``resampled``, which is said.
    """
    found: list[RunRows] = []

    def rows() -> RunRows:
        from engine.export.data_rows import RunRows

        if not found:
            found.append(RunRows(case))
        return found[0]

    def table(name: str, what: str) -> Piece:
        return table_piece(
            name,
            what,
            lambda: getattr(rows(), name),
            case.asked.table,
            lambda: None if name == "rows" else rows().metadata,
        )

    pieces = [
        table("train", "the training rows, as the run split them"),
        table("test", "the test rows, as the run split them"),
    ]
    arm = case.chosen.arm
    if arm.steps:
        what = f"the training rows after {case.chosen.name}, with their origin"
        pieces.append(table("resampled", what))
    pieces += [
        table("rows", "row numbers, parts and folds"),
        of_text("README.md", "what each file is", lambda: _readme(rows())),
    ]
    notes = ["cells are written as they are: a spreadsheet may take some for formulas"]
    if not arm.steps:
        notes.insert(0, f"{case.chosen.name} {_untreated(case)}")
    return Parts(tuple(pieces), tuple(notes), lambda: rows().notes)


def _untreated(case: Case) -> str:
    """Say why an arm has no table of its own; its name stands before that."""
    arm = case.chosen.arm
    if arm.ensemble is not None:
        return "draws rows anew for each of its members: there is no resampled table"
    weighs = ", and weighs them" if arm.weights else ""
    return f"changes no row{weighs}: the training rows are what it learned from"


def _readme(rows: RunRows) -> str:
    case, bench = rows.case, rows.case.bench
    plan, labels = case.plan, bench.dataset.labels
    more: dict[str, object] = {"untreated": _untreated(case)}
    if case.chosen.arm.steps:
        treated = rows.treated
        more |= {
            "untreated": "",
            "after": plan.counts(treated.y),
            "origin": rows.resampled.columns[-8:],
            "together": labels[0] if rows.together else "",
            "noticed": [*treated.repairs, *treated.notes],
        }
    return render(
        "data-readme.md",
        run=case.run,
        table=bench.table.name,
        target=bench.dataset.info.target,
        arm=case.chosen.name,
        end=suffix(case.asked.table),
        train=plan.counts(bench.dataset.y[bench.split.train]),
        test=plan.counts(bench.dataset.y[bench.split.test]),
        repeats=plan.repeats,
        split=case.experiment.split,
        seed=case.experiment.seed,
        notes=rows.notes,
        words=bench.data.read.missing,
        **more,
    )
