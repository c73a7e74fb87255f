"""Bundles that a user made to do harm: refused, or scored by numbers; nothing else.

Every one is opened in a process of its own. That process must come to its end by
itself.
"""

import itertools
import json
import random
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.bundle import load_bundle
from engine.core.errors import EngineError
from engine.train.models.port import PlainRows, find
from tests.support.bundles import copied, forge, forge_bytes, made, test_rows
from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

ODD = (
    *(-1, -2, 0, 1, 3, 50, 5000, 10**9, 2**31 - 1, 2**31, 2**32 - 1, 2**63, -(2**31)),
    *(1e308, -1e308, 1e39, -1e39, 1e-320, 0.5, float("nan"), float("inf")),
    *("", "x", "0", "1", "-1", "[1E0]", "[0.5,0.5]", "nan", "%", "\x1b[2J", "9" * 50),
    *(None, True, [], {}, [[]], [0], "builtins", "FunctionNode", "numpy", "Tree"),
)
"""What is put for a value."""


@pytest.fixture(scope="module")
def sound(two_classes, tmp_path_factory):
    """A bundle of XGBoost, and its test rows."""
    folder = tmp_path_factory.mktemp("sound")
    rows = test_rows(two_classes, folder / "t.csv")
    return made(two_classes, folder / "b", arm="untreated"), rows


@pytest.fixture(scope="module")
def grove(sound, tmp_path_factory):
    """Ensembles beside the same manifest, of as many columns as its encoding."""
    one = load_bundle(sound[0]).bundle
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 30])
    X = rng.normal(size=(90, one.encoding.width)).astype(np.float32) + y[:, None]
    found = []
    for name in ("balanced-random-forest", "rus-boost", "balanced-bagging"):
        folder = copied(sound[0], tmp_path_factory.mktemp("grove") / name)
        rows, setting = PlainRows(X.astype(np.float32), y), {"n_estimators": 2}
        growing = find(name).start(rows, setting, seed=0, tick=lambda: None)
        growing.advance(1)
        (folder / "model.json").unlink()
        forge_bytes(folder, "model.trees", growing.scorer().dump())
        forge(folder, "manifest.json", lambda m: m["files"].pop("model.json"))
        forge(folder, "manifest.json", lambda m, name=name: m.update(model=name))
        found.append(folder)
    return found


def opened(path, rows) -> str:
    """Open a bundle and score rows by it; return what came of it."""
    try:
        model = load_bundle(path)
        for found in (
            model.predict_proba(rows),
            model.predict_calibrated(rows),
            model.bundle.scores(
                np.random.default_rng(0)
                .normal(0, 1e3, (200, model.bundle.encoding.width))
                .astype(np.float32)
            ),
        ):
            assert np.isfinite(found).all()
            assert (abs(found - 0.5) <= 0.51).all()
        assert len(model.predict(rows)) == len(rows)
    except EngineError:
        return "refused"
    return "scored"


def mutate(value, chance: random.Random):
    """Change one place of a JSON value."""
    parent, key = [value], 0
    while True:
        here = parent[key]
        if not isinstance(here, dict | list) or not here or chance.random() < 0.06:
            break
        parent = here
        key = chance.choice(list(here) if isinstance(here, dict) else range(len(here)))
    if isinstance(here, list) and here and chance.random() < 0.6:
        change = chance.choice(("pop", "twice", "long", "all"))
        if change == "pop":
            here.pop(chance.randrange(len(here)))
        elif change == "twice":
            here.append(here[chance.randrange(len(here))])
        elif change == "long":
            here.extend(here * 50)
        else:
            here[:] = [chance.choice(ODD)] * len(here)
    elif isinstance(parent, dict) and chance.random() < 0.2:
        del parent[key]
    else:
        parent[key] = chance.choice(ODD)
    return value


def felled(raw: bytes, chance: random.Random) -> bytes:
    """Change the first line of an ensemble's file, or some bytes of its arrays."""
    line, _, arrays = raw.partition(b"\n")
    if chance.random() < 0.3:
        line = json.dumps(mutate(json.loads(line), chance)).encode()
    spoilt = bytearray(arrays)
    for _ in range(chance.choice((0, 1, 1, 8))):
        value = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        spoilt[chance.randrange(len(spoilt))] = value
    if chance.random() < 0.1:
        del spoilt[chance.randrange(len(spoilt)) :]
    return line + b"\n" + bytes(spoilt)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def child(table: str, seed: int, count: int, *folders: str) -> None:
    """Open bundles each of which is changed in one or two places."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    rows = pd.read_csv(table)
    for folder in map(Path, folders):
        names = ("model.json", "model.trees", "encoding.json", "manifest.json")
        held = {n: (folder / n).read_bytes() for n in names if (folder / n).exists()}
        for what, number in itertools.product(held, range(count)):
            chance = random.Random(f"{seed} {what} {number}")
            say(f"{folder.name} {what} {number}")
            if what == "model.trees":
                forge_bytes(folder, what, felled(held[what], chance))
            else:
                value = json.loads(held[what])
                for _ in range(chance.choice((1, 1, 2))):
                    value = mutate(value, chance)
                forge_bytes(folder, what, json.dumps(value).encode())
            say(opened(folder, rows))
            for name, data in held.items():
                (folder / name).write_bytes(data)


def run(code: str, cwd: Path, **options) -> str:
    """Run code of this module elsewhere; return what it says."""
    begin = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    begin += "from tests.slow.engine.bundle.test_hostile_bundles import child; "
    done = subprocess.run(
        [sys.executable, "-P", "-c", begin + code],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
        **options,
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-200:], done.stderr)
    assert not (cwd / "PWNED").exists()
    return done.stdout


def test_numbers_that_somebody_changed(sound, grove, tmp_path, many, rng, tell):
    sound[1].to_csv(tmp_path / "t.csv", index=False)
    folders = [
        str(copied(one, tmp_path / one.name))
        for one in (sound[0], *grove[: many(1, 3)])
    ]
    asked = [str(tmp_path / "t.csv"), rng.randrange(10**6), many(10, 3000), *folders]
    said = run(f"child(*{asked!r})", tmp_path).splitlines()[1::2]
    assert len(said) == 3 * len(folders) * asked[2]
    assert set(said) == {"refused", "scored"}
    tell(f"{said.count('refused'):,} of {len(said):,} refused, no process ended")


@pytest.mark.parametrize("name", ["model.trees", "manifest.json"])
def test_a_pickle_in_the_place_of_a_file(grove, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = copied(grove[0], tmp_path / "b")
    forge_bytes(folder, name, b"cposix\nsystem\n(S'touch PWNED'\ntR.")
    assert opened(folder, pd.DataFrame()) == "refused"
    assert not (tmp_path / "PWNED").exists()


ODD_FILES = {
    "deep": b'{"learner":' + b"[" * 10**6,
    "deep elsewhere": b'{"more":' + b"[" * 10**5 + b"]" * 10**5 + b"}",
    "long number": b'{"version":[' + b"9" * 10**6 + b"]}",
    "no text": b'{"learner":"\xff\xfe"}',
    "binary": b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner{",
    "empty": b"",
}


@pytest.mark.parametrize("name", ["model.json", "encoding.json", "manifest.json"])
def test_files_that_are_none(sound, tmp_path, name):
    for number, data in enumerate(ODD_FILES.values()):
        folder = copied(sound[0], tmp_path / f"{number}")
        forge_bytes(folder, name, data)
        assert opened(folder, sound[1]) == "refused"
    folder = copied(sound[0], tmp_path / "folder")
    (folder / name).unlink()
    (folder / name).mkdir()
    assert opened(folder, sound[1]) == "refused"
