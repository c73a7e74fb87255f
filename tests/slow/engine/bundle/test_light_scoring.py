"""A bundle of XGBoost is scored without scikit-learn, Textual or a POSIX system."""

import subprocess
import sys

import pytest

from engine.bundle.scoring import predict
from engine.core.messages import Predict
from tests.support.bundles import made, test_rows
from tests.support.experiments import make_table
from tests.support.finished import finished
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

BARE = """
import os, sys
ABSENT = {absent!r}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ImportError(name + " is not here")

sys.meta_path.insert(0, Refuse())
for name in ABSENT & set(sys.modules):
    del sys.modules[name]
import socket, subprocess, tempfile, numpy, pandas, pyarrow.parquet, xgboost  # theirs
for name in {names!r}:
    if hasattr(os, name):
        delattr(os, name)
{then}
loaded = {{name.partition(".")[0] for name in sys.modules}} & ABSENT
assert not loaded, loaded
"""
ABSENT = {
    *("sklearn", "imblearn", "optuna", "textual", "rich", "plotext"),
    *("chardet", "clevercsv", "cloudpickle", "jinja2", "platformdirs", "tomli_w"),
    *("threadpoolctl", "zstandard"),
    *("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "readline"),
}
"""Packages that are not needed, and modules that only POSIX systems have."""
NAMES = [
    *("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "fchmod", "fchown"),
    *("getuid", "geteuid", "getpgid", "killpg", "setsid", "sysconf", "statvfs"),
    *("sched_getaffinity", "sched_setscheduler", "posix_fadvise", "mkfifo", "fork"),
]
"""Of `os`: what Windows does not have."""


def bare(then, folder):
    """Run code where little is installed; return what ended it."""
    code = BARE.format(absent=ABSENT, names=NAMES, then=then)
    env = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_it_is_scored_to_the_last_bit(two_classes, tmp_path):
    bundle = made(two_classes, tmp_path / "bundle.zip", arm="smote")
    test_rows(two_classes, tmp_path / "rows.csv")
    for name in ("a.csv", "a.parquet"):
        wanted = tmp_path / f"whole-{name}"
        asked = {"bundle": str(bundle), "data": str(tmp_path / "rows.csv")}
        predict(Predict(output=str(wanted), keep=("age",), **asked))
        words = ["bundle.zip", "rows.csv", "-o", name, "--keep", "age"]
        done = bare(
            f"import imbtui.score; assert not imbtui.score.main({words})", tmp_path
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).read_bytes() == wanted.read_bytes()


def test_rows_in_memory_are_scored_alike(several_classes, tmp_path):
    bundle = made(several_classes, tmp_path / "bundle", arm="smote")
    rows = test_rows(several_classes, tmp_path / "rows.csv")
    from engine import load_bundle

    told = load_bundle(bundle).predict_proba(rows)
    then = (
        "import imbtui; model = imbtui.load_bundle('bundle')\n"
        "rows = pandas.read_csv('rows.csv', dtype=str)\n"
        "numpy.save('told.npy', model.predict_proba(rows))"
    )
    done = bare(then, tmp_path)
    assert done.returncode == 0, done.stderr
    import numpy as np

    np.testing.assert_array_equal(np.load(tmp_path / "told.npy"), told)


def test_another_model_says_what_it_takes(tmp_path):
    run = finished(make_table(200), "untreated@logistic", data__target="sick")
    made(run, tmp_path / "bundle", arm="untreated@logistic")
    test_rows(run, tmp_path / "rows.csv")
    words = ["bundle", "rows.csv", "-o", "out.csv"]
    done = bare(
        f"import imbtui.score; assert imbtui.score.main({words}) == 1", tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "takes scikit-learn, which is not installed" in done.stderr
    assert "Traceback" not in done.stderr
