"""The template of docs/plugins.md: built, installed beside imbtui, and checked."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def called(*command, **env):
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        env=os.environ | env,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the folder that the template is installed into."""
    page = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    template = page.partition("## A template")[2].partition("\n## ")[0]
    files = re.findall(r"`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)```", template, re.S)
    assert [name for name, _ in files] == [
        *("pyproject.toml", "imbtui_jitter.py", "imbtui_jitter_rows.py")
    ]
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    for name, text in files:
        (source / name).write_text(text, "utf-8")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--target")
    done = called("pip", "install", "--quiet", *options, out, source)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def path(installed):
    return os.pathsep.join((str(ROOT), str(installed)))


def test_it_is_listed(path):
    done = called("imbtui", "plugins", "--json", PYTHONPATH=path)
    document = json.loads(done.stdout)
    assert document["problems"] == []
    offer = {"package": "imbtui-jitter", "kind": "sampler", "name": "jitter"}
    assert offer in document["offers"]


def test_it_passes_every_check(path):
    checked = ("imbtui", "plugins", "check", "imbtui_jitter", "--json")
    done = called(*checked, PYTHONPATH=path)
    found = json.loads(done.stdout)["checks"]
    assert {one["problem"] for one in found} == {""}
    assert len(found) > 5
    assert done.returncode == 0


def test_what_it_does_wrong_is_said(path, installed):
    rows = installed / "imbtui_jitter_rows.py"
    text = rows.read_text("utf-8")
    rows.write_text(text.replace("default_rng(self.random_state)", "default_rng()"))
    try:
        done = called("imbtui", "plugins", "check", "imbtui-jitter", PYTHONPATH=path)
    finally:
        rows.write_text(text)
    assert "wrong  jitter: Make the same rows from the same seed" in done.stdout
    assert done.returncode == 1
