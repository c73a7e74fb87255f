"""A run is the same to the last bit on a file and on what a library read of it."""

import io

import pandas as pd
import polars as pl
import pytest
from pyarrow import csv

from engine.api.table import gather, write
from tests.support.documents import build
from tests.support.each import each
from tests.support.experiments import make_table, small
from tests.support.runs import drain, timeless

pytestmark = pytest.mark.slow


def test_a_run_is_the_same_from_a_file_and_from_every_library(tmp_path):
    path = tmp_path / "t.csv"
    make_table().to_csv(path, index=False)
    text = path.read_bytes()
    frame = pd.read_csv(path)
    features, y = frame.drop(columns="sick"), frame["sick"]

    def run(source, target):
        made = small(source, "untreated", "smote", data__target=target)
        return timeless(build(drain(made), run="x"))

    file = run(path, "sick")
    given = {
        "pandas": gather(features, y),
        "polars": gather(pl.read_csv(text), "sick"),
        "pyarrow": gather((csv.read_csv(io.BytesIO(text)), "sick")),
        "numpy": gather(features.to_records(index=False), y),
        # Without its name the identifier is a feature.
        "no names": gather(features.drop(columns="id").to_numpy(), y.to_numpy()),
    }
    with each() as row:
        for library, gathered in given.items():
            source = tmp_path / library
            source.write_bytes(write(gathered.table).read())
            found = run(source, gathered.target)
            with row(library):
                for part in ("arms", "comparison", "verdict"):
                    assert found[part] == file[part], part
                if library != "no names":
                    assert found["split"] == file["split"]
