"""The wheel as others get it: built, installed into an empty venv, and used."""

import os
import subprocess
import sys
import zipfile

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def called(*command, cwd, **env):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | env,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    called(*build, "--outdir", out, ROOT, cwd=out)
    (path,) = out.glob("*.whl")
    return path


def test_the_wheel_holds_the_packages_the_samples_and_the_licences(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if ".dist-info" not in top} == {
        "imbtui",
        "engine",
        "tui",
    }
    samples = {path.name for path in (ROOT / "sample_data").iterdir()}
    assert {f"engine/io/samples/{name}" for name in samples} <= names
    assert {"engine/store/schema.sql", "engine/py.typed", "tui/py.typed"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("test" in name for name in names)


def test_it_works_in_an_empty_venv(wheel, tmp_path):
    called(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    called(*pip, "--constraint", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    imbtui = tmp_path / "venv" / "bin" / "imbtui"
    assert "sample:stroke" in called(imbtui, "sample", cwd=tmp_path)
    report = called(
        *(imbtui, "demo", "--trials", "1", "--folds", "2", "--quiet"),
        cwd=tmp_path,
        HOME=str(tmp_path),
    )
    for arm in (
        "untreated",
        "weights",
        "smote",
        "kmeans-smote",
        "svm-smote",
        "smote-enn",
    ):
        assert arm in report
    assert "161 positives in 8,680 test rows" in report
