"""The arm's recipe: samplers of imbalanced-learn, with what they were settled to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.errors import DataError
from engine.execute.quiet import collected
from engine.execute.threads import one_thread
from engine.export.scripting.calls import Calls
from engine.export.scripting.words import WIDTH, Imports
from engine.resample import ratio, recipe, registry, repair
from engine.resample.build import build
from engine.state import FINAL_FOLD

if TYPE_CHECKING:
    from engine.export.case import Case
    from engine.export.scripting.encoding import Encoded

__all__ = ["Treatment", "treatment"]

OLD = "bring the versions of the libraries back that made the run"


class Treatment(NamedTuple):
    """The code that treats the training rows, and what it needs before.

    Attributes
    ----------
    before : tuple of str
        Functions and classes that it uses.
    lines : tuple of str
    made : bool
        Whether there are synthetic rows.
    foreign : tuple of str
        Packages besides imbalanced-learn that it needs.
    """

    before: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    made: bool = False
    foreign: tuple[str, ...] = ()


def treatment(case: Case, rows: Encoded, imports: Imports) -> Treatment:
    """Return the code of an arm's recipe.

    What one sampler was settled to is told by its repairs; of several the rows are
    treated again, since each step works on what the one before it left.

    Raises
    ------
    SpecError
        If a step is of no library.
    DataError
        If other rows come of it than in the run.
    """
    arm = case.chosen.arm
    if not arm.steps:
        return Treatment()
    settled, made = _settled(case, rows)
    calls = Calls(imports)
    lines: list[str] = ["X_fit, y_fit = X_train, y_train"]
    codes = False
    labels = case.bench.dataset.labels
    y = case.bench.dataset.y[case.bench.split.train]
    between = ratio.ends(dict(enumerate(np.bincount(y).tolist())))
    layout = case.features().layout_
    for step in settled:
        sampler = build(
            step.sampler,
            step.params,
            step.counts,
            seed=case.experiment.seed,
            between=between,
            labels=labels,
            layout=layout,
        )
        kept = registry.sampler(step.sampler).columns == "any"
        coded = not kept and rows.levels
        codes = codes or coded
        lines.append(f"sampler = {calls.of(sampler, 0, WIDTH - 10)}")
        given = "to_codes(X_fit)" if coded else "X_fit"
        lines.append(f"X_fit, y_fit = sampler.fit_resample({given}, y_fit)")
        if coded:
            lines.append("X_fit = from_codes(X_fit)")
        elif not kept or step.dtype != "float32":
            lines.append("X_fit = X_fit.astype(np.float32)")
    before: list[str] = []
    if codes or (made and rows.levels):
        before.append(_blocks(rows))
    if codes:
        before.append(_codes(rows))
    if made:
        before.append(_legal(rows))
        lines.append("X_fit = legal(X_fit)")
        # The script does that to all rows: what is real must stay as it is.
        legal = case.features().legalise(rows.X)
        if not np.array_equal(legal, rows.X):
            raise DataError("rows of this table change when they are made legal", OLD)
    packages = {registry.sampler(step.sampler).package for step in settled}
    foreign = tuple(sorted(packages - {recipe.OURS}))
    return Treatment(tuple(before), _short(lines), made, foreign)


def _short(lines: list[str]) -> tuple[str, ...]:
    """Name the rows as the samplers return them, where there is one step."""
    if len(lines) > 2 and lines[2].startswith("X_fit, y_fit = sampler.fit_resample("):
        given = lines[2].replace("X_fit, y_fit)", "X_train, y_train)")
        given = given.replace("(X_fit), y_fit)", "(X_train), y_train)")
        return (lines[1], given, *lines[3:])
    return tuple(lines)


def _settled(case: Case, rows: Encoded) -> tuple[tuple[recipe.Settled, ...], bool]:
    """Return what the samplers were built from, and whether rows were made."""
    chosen, dataset = case.chosen, case.bench.dataset
    (told,) = (one for one in chosen.state.chosen if one.fold == FINAL_FOLD)
    steps = chosen.arm.steps
    if len(steps) > 1 or registry.packages([chosen.arm]) != (recipe.OURS,):
        treated = _again(case, rows, told.after)
        return treated.settled, bool((treated.origin < 0).any())
    (step,) = steps
    named = case.plan.counts(dataset.y[case.bench.split.train])
    between = ratio.ends(named)
    counts = dict(enumerate(named.values()))
    idle = repair.wanted(step, named, between) == named
    if idle and registry.sampler(step.sampler).group == "under":
        return (), False
    for attempt in repair.attempts(step, named, between=between):
        if attempt.repairs == told.repairs:
            params = dict(attempt.params)
            one = recipe.Settled(step.sampler, params, counts, "float32")
            return (one,), told.synthetic > 0
    raise DataError(f"{chosen.name} would be repaired in another way here", OLD)


def _again(case: Case, rows: Encoded, after: dict[str, int]) -> recipe.Treated:
    """Treat the rows as the run did."""
    chosen, dataset = case.chosen, case.bench.dataset
    features = case.features()
    case.progress("treating", 0, None)
    y = dataset.y[case.bench.split.train]
    with one_thread(), collected():
        treated = recipe.apply(
            chosen.arm,
            rows.X,
            y,
            seed=case.experiment.seed,
            legalise=features.legalise,
            layout=features.layout_,
            labels=dataset.labels,
            whole=len(y),
        )
    if after != case.plan.counts(treated.y):
        raise DataError(f"{chosen.name} makes other rows here than in the run", OLD)
    return treated


def _blocks(rows: Encoded) -> str:
    """Return the code that says where the levels of each category are."""
    lines = ["# The columns of each category's levels."]
    if rows.rare:
        lines += [
            "widths = [",
            "    len(known) - (0 if rare is None else len(rare) - 1)",
            "    for known, rare in zip(",
            "        one_hot.categories_, one_hot.infrequent_categories_",
            "    )",
            "]",
        ]
    else:
        lines.append("widths = [len(known) for known in one_hot.categories_]")
    flat = rows.numbers + rows.marks
    lines += [
        'one_hot = encoder.named_transformers_["onehotencoder"]',
        f"ends = {flat} + np.cumsum(widths)",
        "levels = [slice(end - width, end) for end, width in zip(ends, widths)]",
    ]
    lines.insert(1, lines.pop(-3))
    return "\n".join(lines)


def _codes(rows: Encoded) -> str:
    flat = rows.numbers + rows.marks
    return f'''def to_codes(rows):
    """Return rows with one column for each category, as this sampler takes them."""
    codes = [rows[:, block].argmax(axis=1) for block in levels]
    return np.column_stack([rows[:, :{flat}], *codes]).astype(np.float32)


def from_codes(codes):
    """Return rows with a column for each level again."""
    parts = [codes[:, :{flat}]]
    for place, block in enumerate(levels, {flat}):
        chosen = np.rint(codes[:, place]).astype(int)
        parts.append(np.eye(block.stop - block.start)[chosen])
    return np.column_stack(parts).astype(np.float32)'''


def _legal(rows: Encoded) -> str:
    """Return the function that makes synthetic rows rows that could exist."""
    does, body = [], []
    width = rows.numbers
    if rows.levels:
        does.append("one level of each category")
        body += [
            "    for block in levels:",
            "        strongest = rows[:, block].argmax(axis=1)",
            "        rows[:, block] = np.eye(block.stop - block.start)[strongest]",
        ]
    flags = [*rows.flags, *range(width, width + rows.marks)]
    if flags:
        does.append("flags of 0 or 1")
        body.append(f"    rows[:, {flags}] = np.rint(rows[:, {flags}]).clip(0, 1)")
    if width:
        does.append("numbers within their range")
        body += [
            f"    real = X_train[:, :{width}]",
            f"    rows[:, :{width}] = rows[:, :{width}].clip(real.min(0), real.max(0))",
        ]
    if rows.whole:
        does.append("whole numbers whole")
        scaler = "encoder.transformers_[column][1]" + ("[-1]" if rows.filled else "")
        body += [
            f"    for column in {list(rows.whole)}:",
            f"        scaler = {scaler}",
            "        mean, scale = scaler.mean_, scaler.scale_",
            "        cells = np.rint(rows[:, column].astype(float) * scale + mean)",
            "        rows[:, column] = (cells - mean) / scale",
        ]
    if rows.marks:
        does.append("what is marked missing has the fill value")
        body += [
            '    marks = encoder.named_transformers_["missingindicator"]',
            f"    for mark, column in enumerate(marks.features_, {width}):",
            "        fill = X_train[X_train[:, mark] == 1, column][0]",
            "        rows[rows[:, mark] == 1, column] = fill",
        ]
    said = "".join(f"\n    - {one}" for one in does)
    return (
        f'def legal(rows):\n    """Make rows that a sampler interpolated rows that '
        f'could exist:\n{said}\n    """\n    rows = rows.copy()\n'
        + "\n".join(body)
        + "\n    return rows"
    )
