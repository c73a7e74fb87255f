"""Files of every kind, damaged at random: read, or refused in one line; no crash."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zipfile

import pandas as pd
import pytest
import zstandard

from tests.support.damaged_texts import damage
from tests.support.reader import read

pytestmark = pytest.mark.slow


def _zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", data)
    return buffer.getvalue()


PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "zip": _zipped,
}


def table(seed: int) -> pd.DataFrame:
    """Make a small table of numbers, words and gaps."""
    draw = random.Random(seed)
    words = ["red", "light blue", 'the "big" one', "a,b", "é", "line\nbreak", None]
    rows = draw.randint(5, 60)
    return pd.DataFrame(
        {
            "n": range(rows),
            "x": [draw.choice([None, draw.gauss(0, 3)]) for _ in range(rows)],
            "word": [draw.choice(words) for _ in range(rows)],
            "y": [draw.choice([0, 1]) for _ in range(rows)],
        }
    )


def content(kind: str, frame: pd.DataFrame) -> bytes:
    """Return a table as a file of some kind."""
    out = io.BytesIO()
    match kind.split("."):
        case ["csv", packing]:
            return PACKERS[packing](content("csv", frame))
        case ["parquet"]:
            frame.to_parquet(out, write_page_checksum=True)
        case ["feather"]:
            frame.to_feather(out)
        case ["xlsx"]:
            frame.to_excel(out, index=False)
        case ["jsonl"]:
            frame.to_json(out, orient="records", lines=True)
        case ["arff"]:
            names = ["n", "x", "y"]
            head = "".join(f"@attribute {name} numeric\n" for name in names)
            rows = frame[names].to_csv(index=False, header=False, na_rep="?")
            out.write(f"@relation t\n{head}@data\n{rows}".encode())
        case _:
            frame.to_csv(out, index=False)
    return out.getvalue()


KINDS = ["csv", "parquet", "feather", "xlsx", "jsonl", "arff"]
KINDS += [f"csv.{packing}" for packing in PACKERS]


def test_damaged_files_are_read_or_refused_in_one_line(tmp_path, many, tell):
    files, temporary = tmp_path / "files", tmp_path / "temporary"
    files.mkdir()
    temporary.mkdir()
    paths = []
    for kind in KINDS:
        for seed in range(many(4, 110)):
            paths.append(files / f"{seed}.{kind}")
            data = content(kind, table(seed))
            # The first stays whole.
            paths[-1].write_bytes(damage(data, random.Random(seed)) if seed else data)
    found = read(temporary, paths, seconds=60 + len(paths))
    for one in found:
        assert one.error in (None, "data", "too-big"), one
        assert "\n" not in one.said
        if "/0." in one.path:
            assert one.error is None, one
    refused = sum(one.error is not None for one in found)
    tell(f"{refused:,} of {len(found):,} damaged files refused")
    assert not list(temporary.iterdir())
