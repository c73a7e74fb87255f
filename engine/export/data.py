"""The rows of a run as tables: for training and test, and what the arm made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from engine.export.pieces import Parts, Piece, of_text
from engine.export.tables import put_table, suffix
from engine.export.wording import bullets, counted, quoted

if TYPE_CHECKING:
    import pandas as pd

    from engine.export.case import Case
    from engine.export.data_rows import RunRows

__all__ = ["data"]


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
    end = suffix(case.asked.table)

    def rows() -> RunRows:
        from engine.export.data_rows import RunRows

        if not found:
            found.append(RunRows(case))
        return found[0]

    def table(name: str, what: str, of: Callable[[RunRows], pd.DataFrame]) -> Piece:
        def write(file: BinaryIO) -> None:
            frame = of(rows())
            beside = None if name == "rows" else rows().metadata
            put_table(file, frame, case.asked.table, beside)

        return Piece(f"{name}{end}", what, write)

    pieces = [
        table("train", "the training rows, as the run split them", lambda r: r.train),
        table("test", "the test rows, as the run split them", lambda r: r.test),
    ]
    arm = case.chosen.arm
    if arm.steps:
        pieces.append(
            table(
                "resampled",
                f"the training rows after {case.chosen.name}, with their origin",
                lambda r: r.resampled,
            )
        )
    pieces += [
        table("rows", "row numbers, parts and folds", lambda r: r.rows),
        of_text("README.md", "what each file is", lambda: _readme(rows())),
    ]
    notes = ["cells are written as they are: a spreadsheet may take some for formulas"]
    if not arm.steps:
        notes.insert(0, _untreated(case))
    return Parts(tuple(pieces), tuple(notes), lambda: rows().notes)


def _untreated(case: Case) -> str:
    """Say why an arm has no table of its own."""
    name, arm = case.chosen.name, case.chosen.arm
    if arm.ensemble is not None:
        return (
            f"{name} draws rows anew for each of its members: there is no treated table"
        )
    weighs = ", and weighs them" if arm.weights else ""
    return f"{name} changes no row{weighs}: the training rows are what it learned from"


def _readme(rows: RunRows) -> str:
    case = rows.case
    end, bench = suffix(case.asked.table), case.bench
    plan, split = case.plan, case.experiment.split
    info = bench.dataset.info
    train = plan.counts(bench.dataset.y[bench.split.train])
    test = plan.counts(bench.dataset.y[bench.split.test])
    name = quoted(case.chosen.name)
    judged = "`fold`" if plan.repeats == 1 else "`fold_1`, `fold_2`, …"
    text = f"""# Rows of run {case.run}

Table: {quoted(bench.table.name)}. Target: {quoted(info.target)}. Arm: {name}.

- `train{end}`: the training rows ({counted(train)}).
- `test{end}`: the test rows ({counted(test)}). No arm saw them before it was finished.
- `rows{end}`: a line for each line of `train{end}`, then of `test{end}`, in their
  order: `row` is its number in the table, from 1; `part` is `training` or
  `test`; {judged} the fold that judges it, from 0; empty where none does.

"""
    if case.chosen.arm.steps:
        text += _resampled(rows, end)
    else:
        said = _untreated(case).removeprefix(case.chosen.name).strip()
        text += f"- There is no `resampled{end}`: {name} {said}.\n"
    cells = "as the file has them" if end == ".csv" else "of the types of the table"
    text += f"""
`train{end}` and `test{end}` have the columns of the table and nothing else; their rows
are in the order of the run's split (test share {split.test_size:g}, seed
{case.experiment.seed}). Rows without a target are in neither.

Cells are {cells}.
These are tables for programs: nothing is put before a cell that begins with `=`, `+`,
`-` or `@`, as that would be another value. A spreadsheet may take such a cell for a
formula: import the file as text if you do not trust where the table is from.
"""
    if rows.notes:
        text += "\nColumns that are not written as the file has them:\n\n"
        text += bullets(quoted(note) for note in rows.notes)
    words = bench.data.read.missing
    if words:
        named = ", ".join(map(quoted, words))
        text += f"\nThese words mean a missing cell, as in the run: {named}.\n"
    return text


def _resampled(rows: RunRows, end: str) -> str:
    """Describe the treated table."""
    treated, names = rows.treated, rows.resampled.columns[-8:]
    after = rows.case.plan.counts(treated.y)
    origin, row, sampler, step, one, other, weight, told = map(quoted, names)
    name = quoted(rows.case.chosen.name)
    text = f"""- `resampled{end}`: the training rows after {name}
  ({counted(after)}),
  in the order in which the model was fitted on them, with columns that say where each
  comes from:

| column | what it says |
|---|---|
| {origin} | `real`; `copy` if the row stands here already; `synthetic` |
| {row} | number of the real row in the table, from 1 |
| {sampler} | what made a synthetic row |
| {step} | which step of the recipe that is, from 1 |
| {one}, {other} | numbers of the rows it was made from; empty where there is none |
| {weight} | how far it lies from the first (0) to the second (1) |
| {told} | `exact` if the sampler told so; `inferred` if the nearest were looked for |

Synthetic rows are written in units and levels of the table: numbers have no more
decimals than the real ones, so that encoding them again may differ in the last digits
from what the model saw. Columns that the model did not learn from are empty.
"""
    if any(one.code == "IMB010" for one in rows.case.bench.dataset.info.advice):
        label = quoted(rows.case.bench.dataset.labels[0])
        text += f"\nSynthetic rows of the classes put together are called {label}.\n"
    said = [*treated.repairs, *treated.notes]
    if said:
        text += "\nWhat was noticed when the rows were treated:\n\n"
        text += bullets(map(quoted, said))
    return text
