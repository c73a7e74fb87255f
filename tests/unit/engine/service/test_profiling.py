"""A table is profiled with little work, however wide, and can be stopped meanwhile."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import CancelledError
from engine.core.messages import Load, TableInfo
from engine.data import profile
from engine.profile import measure
from engine.profile.strength import ColumnFolds
from engine.service.tables import TableHandler

WIDE = 300
ROWS = 200


def _count(monkeypatch: pytest.MonkeyPatch, home: Any, name: str) -> Counter[object]:
    """Count the calls of a function by the name of the column that it is given."""
    counted: Counter[object] = Counter()
    original = getattr(home, name)

    def counting(series: pd.Series, *given: Any) -> Any:
        counted[series.name] += 1
        return original(series, *given)

    monkeypatch.setattr(home, name, counting)
    return counted


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> str:
    rng = np.random.default_rng(0)
    y = np.arange(ROWS) % 5 == 0
    frame = pd.DataFrame(
        rng.normal(size=(ROWS, WIDE)), columns=[f"f{i}" for i in range(WIDE)]
    )
    frame["f7"] += 3.0 * y
    frame["side"] = np.where(rng.random(ROWS) < 0.5, "left", "right")
    frame["sick"] = np.where(y, "yes", "no")
    path = tmp_path_factory.mktemp("wide") / "wide.parquet"
    frame.to_parquet(path)
    return str(path)


def test_what_a_column_is_is_found_out_twice_however_often_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, wide: str
) -> None:
    """Of all rows, and of the training rows; codes of text once."""
    sorted_, coded = (_count(monkeypatch, profile, n) for n in ("column", "_factorize"))
    handler, told = TableHandler(), list[tuple[str, int, int | None]]()
    info = handler.answer(Load(id=1, source=wide), lambda *said: told.append(said))
    assert isinstance(info, TableInfo)
    assert {name: sorted_[name] for name in ("f0", "f299")} == {"f0": 2, "f299": 2}
    assert coded["side"] == coded["sick"] == 1
    assert set(sorted_.values()) | set(coded.values()) <= {1, 2}
    best = max(info.columns, key=lambda c: c.alone.roc_auc if c.alone else 0)
    assert (best.name, info.target, info.alone_sampled) == ("f7", "sick", None)
    for stage in ("profiling", "measuring"):
        done = [(n, total) for what, n, total in told if what == stage]
        assert done == [(n, WIDE + 2) for n in range(WIDE + 2)]
    # Another hold-out needs what the columns are of the new training rows only.
    handler.answer(Load(id=2, source=wide, seed=7), lambda *_: None)
    assert (sorted_["f0"], coded["side"]) == (3, 1)


@pytest.mark.parametrize(("stage", "judged"), [("profiling", 0), ("measuring", 40)])
def test_a_profile_can_be_ended_between_two_columns(
    monkeypatch: pytest.MonkeyPatch, wide: str, stage: str, judged: int
) -> None:
    columns: list[object] = []
    original = ColumnFolds.strength

    def strength(*given: Any, **more: Any) -> object:
        columns.append(given[0])
        return original(*given, **more)

    monkeypatch.setattr(ColumnFolds, "strength", strength)

    def tell(what: str, done: int, total: int | None) -> None:
        if (what, done) == (stage, 40):
            raise CancelledError("cancelled")

    handler = TableHandler()
    with pytest.raises(CancelledError):
        handler.answer(Load(id=1, source=wide), tell)
    assert len(columns) == judged
    # What was begun leaves nothing behind.
    assert isinstance(
        handler.answer(Load(id=2, source=wide), lambda *_: None), TableInfo
    )


def test_a_sample_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measure, "MOST_JUDGED", 50)
    monkeypatch.setattr(measure, "FEWEST_JUDGED", 0)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=400), "sick": np.arange(400) % 8 == 0})
    frame.to_csv(tmp_path / "t.csv", index=False)
    info = TableHandler().answer(
        Load(id=1, source=str(tmp_path / "t.csv")), lambda *_: None
    )
    assert isinstance(info, TableInfo)
    assert info.alone_sampled is not None
    assert (info.alone_sampled.rows, info.alone_sampled.of) == (50, 320)
