"""What the service tells of a small table."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.core.events import Advice, FieldChange, Reader
from engine.core.messages import Alone, ColumnInfo, TableInfo


def table_info(**changes: Any) -> TableInfo:
    """A table of two columns and two classes, with these fields changed."""
    info = TableInfo(
        source="t.csv",
        name="t.csv",
        bytes=100,
        rows=60,
        columns=(
            ColumnInfo(
                name="x",
                kind="number",
                role="feature",
                missing=2,
                levels=9,
                alone=Alone(average_precision=0.3, roc_auc=0.7, lift=3.0),
                missing_by_class={"no": 2, "yes": 0},
            ),
            ColumnInfo(name="y", kind="category", role="target", missing=0, levels=2),
        ),
        target="y",
        positive="yes",
        classes={"no": 54, "yes": 6},
        train={"no": 43, "yes": 5},
        test={"no": 11, "yes": 1},
        duplicate_rows=3,
        reader=Reader(
            format="text", delimiter=",", encoding="utf-8", header=1, notes=("a",)
        ),
        advice=(
            Advice(
                code="IMB018",
                column="x",
                message="m",
                fix="r",
                cause="c",
                change=FieldChange(field="drop", value="x"),
            ),
            Advice(code="IMB016", message="m", fix="r"),
        ),
    )
    return msgspec.structs.replace(info, **changes)
