"""Bundles that are small on a disk and large in memory: refused, far below 1.5 GB."""

import hashlib
import resource
import warnings
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.slow.engine.bundle.test_hostile_bundles import opened, run, say
from tests.support.bundles import copied, forge, made

pytestmark = pytest.mark.slow

MB = 1000**2
ARRAYS = (
    *("left_children", "right_children", "parents", "split_indices", "default_left"),
    *("split_type", "split_conditions", "base_weights", "loss_changes", "sum_hessian"),
)
TREE = b'{"version":[3,2,0],"learner":{"gradient_booster":{"model":{"trees":[{"a":['
WEIGH = "from tests.slow.engine.bundle.test_bundle_bombs import weigh"
DICTS = b'{"learner":['
LEVELS = b'{"missing":"native","categories":[{"name":"","kept":[],"levels":['


def trees(size: int) -> list[tuple[bytes, int]]:
    """A model of one tree, whose arrays hold nothing but numbers."""
    found = [(TREE, 1)]
    for name in ARRAYS:
        found += [(b'0],"%s":[' % name.encode(), 1), (b"1000,", size // 50)]
    return [*found, (b"0]", 1)]


BOMBS = {
    "dicts of 300 MB": ("model.json", [(DICTS, 1), (b"{},", 100 * MB)]),
    "dicts of 900 MB": ("model.json", [(DICTS, 1), (b"{},", 300 * MB)]),
    "as many dicts as may be": ("model.json", [(DICTS, 1), (b"{},", 11 * MB)]),
    "one long tree": ("model.json", trees(134 * MB)),
    "as many numbers as may be": ("model.json", trees(59 * MB)),
    "encoding": ("encoding.json", [(b"[", 1), (b"{},", 5 * MB)]),
    "levels": ("encoding.json", [(LEVELS, 1), (b'"abc",', 2 * MB)]),
    "manifest": ("manifest.json", [(b"[", 1), (b"{},", 5 * MB)]),
    "README": ("README.md", [(b"  ", 450 * MB)]),
}


def blown(folder: Path, out: Path, what: str, pieces: list[tuple[bytes, int]]) -> None:
    """Write a bundle one file of which is large, and never hold it."""
    sha, count = hashlib.sha256(), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open(what, "w", force_zip64=True) as place:
            for item, times in pieces:
                block = item * min(times, MB)
                for at in range(0, times, MB):
                    part = block[: len(item) * (times - at)]
                    sha.update(part)
                    count += place.write(part)
        held = {"sha256": sha.hexdigest(), "bytes": count}
        forge(folder, "manifest.json", lambda m: m["files"].update({what: held}))
        for one in folder.iterdir():
            if one.name != what:
                file.write(one, one.name)


@pytest.fixture(scope="module")
def pristine(two_classes, tmp_path_factory):
    return made(two_classes, tmp_path_factory.mktemp("pristine") / "b", arm="untreated")


def weigh(path: str) -> None:
    """Open a bundle; say what came of it, and the most memory that it took."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    say(opened(path, pd.DataFrame({"x": [0.0]})))
    status = Path("/proc/self/status").read_text()
    say(str(int(status.partition("VmHWM:")[2].split()[0]) // 1024))


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(pristine, tmp_path, many, tell, name):
    if name not in many(("as many dicts as may be",), BOMBS):
        pytest.skip("with --stress only")
    out = tmp_path / "b.zip"
    blown(copied(pristine, tmp_path / "b"), out, *BOMBS[name])
    word, peak = run(f"{WEIGH}; weigh({str(out)!r})", tmp_path).split()
    tell(f"{out.stat().st_size:,} bytes: {word} at {peak} MB")
    assert word == "refused"
    assert int(peak) < 1500
