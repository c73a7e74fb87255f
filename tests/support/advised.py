"""Advice on tables that are made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.core.events import Advice, Reader, Sampled
from engine.core.experiment import DataSpec, SplitSpec
from engine.data import Table
from engine.data import prepare_dataset as prepare
from engine.profile import advice, measure
from engine.splits import divide

ROWS = 1200


def find(
    frame: pd.DataFrame,
    split: SplitSpec | None = None,
    *,
    sampled: Sampled | None = None,
    test_rows: int = 0,
    notes: tuple[str, ...] = (),
    **given: object,
) -> tuple[measure.Findings, DataSpec]:
    split = SplitSpec() if split is None else split
    reader = Reader(format="text", notes=notes)
    table = Table(frame, "t.csv", reader, sampled=sampled, test_rows=test_rows)
    spec = DataSpec(source="t.csv", target="sick", **given)  # type: ignore[arg-type]
    dataset = prepare(table, spec, split, multiclass=True)
    parted = divide(dataset, split, seed=1)
    apart = split.duplicates == "apart"
    return measure.find(table, dataset, parted, seed=1, apart=apart), spec


def advise(
    frame: pd.DataFrame, split: SplitSpec | None = None, **given: object
) -> tuple[Advice, ...]:
    return advice.examine(*find(frame, split, **given))  # type: ignore[arg-type]


def of(told: tuple[Advice, ...], code: str) -> list[Advice]:
    return [a for a in told if a.code == code]


def one_of(told: tuple[Advice, ...], code: str) -> Advice:
    found = of(told, code)
    assert len(found) == 1, found
    return found[0]


def sick(frame: pd.DataFrame) -> np.ndarray:
    return (frame["sick"] == "yes").to_numpy()


def classes(rng: np.random.Generator, **counts: int) -> pd.DataFrame:
    labels = np.repeat(list(counts), list(counts.values()))
    return pd.DataFrame({"x": rng.normal(size=len(labels)), "sick": labels})
