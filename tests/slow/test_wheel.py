"""What others get: built, unpacked or installed into an empty venv, and used."""

import ast
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from importlib.metadata import packages_distributions

import pytest

from imbtui import __version__
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
def built(tmp_path_factory):
    """Return the folder of the source distribution, and of the wheel made from it."""
    out = tmp_path_factory.mktemp("built")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out)
    called(*build, ROOT, cwd=out)
    return out


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(built, tmp_path_factory):
    (path,) = built.glob("*.tar.gz")
    out = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(path) as archive:
        archive.extractall(out, filter="data")
    (folder,) = out.iterdir()
    return folder


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_the_sources_are_all_that_is_kept_in_git(unpacked):
    listed = called("git", "ls-files", "-z", cwd=ROOT).split("\0")
    tracked = {name for name in listed if name and (ROOT / name).exists()}
    files = (path for path in unpacked.rglob("*") if path.is_file())
    found = {path.relative_to(unpacked).as_posix() for path in files}
    assert tracked - found == set()
    assert "PKG-INFO" in found
    assert not any(name.endswith((".pyc", ".db")) for name in found - tracked)


def test_the_sources_run_their_tests_and_the_demo(unpacked, tmp_path):
    some = ("tests/test_pages.py", "tests/unit/engine/splits/test_split.py")
    called(sys.executable, "-m", "pytest", "-q", "-n", "0", *some, cwd=unpacked)
    demo = (sys.executable, "-m", "imbtui", "demo", "--trials", "1", "--folds", "2")
    said = called(*demo, "--quiet", cwd=unpacked, HOME=str(tmp_path))
    assert "161 positives in 8,680 test rows" in said


def imported(*folders):
    """Return the packages that modules import, whatever place they do it in."""
    nodes = (
        node
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


BROUGHT = {
    "ipython": "ipykernel",
    "dask": "distributed",
    "markupsafe": "jinja2",
    "sqlalchemy": "optuna",
}
"""What is imported only with the package that needs it."""


def test_it_declares_what_it_imports(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
    metadata = message_from_bytes(archive.read(name))
    declared = {re.split(r"[^\w-]", n)[0] for n in metadata.get_all("Requires-Dist")}
    known = packages_distributions()
    used = {*imported("engine", "tui", "imbtui")} - {"engine", "tui", "imbtui"}
    needed = {known[name][0].lower().replace("_", "-") for name in used & {*known}}
    assert {BROUGHT.get(name, name) for name in needed} <= declared
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_wheel_holds_the_packages_the_samples_and_the_licences(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if ".dist-info" not in top} == {
        *("imbtui", "engine", "tui"),
        f"imbtui-{__version__}.data",
    }
    shared = {name.partition(".data/data/share/")[2] for name in names} - {""}
    assert shared == {
        "bash-completion/completions/imbtui",
        "fish/vendor_completions.d/imbtui.fish",
        "man/man1/imbtui.1",
        "zsh/site-functions/_imbtui",
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
