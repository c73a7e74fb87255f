"""Names, labels, cells and files that want to drive a terminal, a page, a spreadsheet.

One run of a table made of such text, then every command that prints of it and every
form that it is exported in. The app is in `tests/slow/test_pty_hostile.py`, the report
element by element in `tests/unit/engine/export/test_export_report_hostile.py`.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support import driving_texts as known
from tests.support.experiments import make_table
from tests.support.paths import ROOT
from tests.support.pty_session import Terminal, restored, strange

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

TEXTS = (
    *(known.TITLE, known.CLIPBOARD, known.ANSWER, known.PLACE, known.C1, known.BIDI),
    *(known.ZERO, known.MARKUP, known.LINK, known.MARKS, known.NUL),
    "hxA<script>alert(1)</script>",
    'hyA"><img src=x onerror=alert(1)>',
    "hzA</pre></details><iframe src=//x.y><!--",
    "=fxA+cmd|' /C touch PWNED'!A1",
    '-fyA+HYPERLINK("http://x.y")',
    "shA$(touch PWNED)`touch PWNED`;touch PWNED",
    "pyA'''\nimport os; os.system('touch PWNED')\n'''",
    "nlA\r\nimbtui: run 1 is done\r\n",
)
DRIVES = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
FOREIGN = {"img", "iframe", "object", "embed", "form", "base", "b", "i"}
"""Elements that a page of ours has not."""
SHOWN = (
    ("show",),
    ("show", "--json"),
    ("runs",),
    ("runs", "--json"),
    ("errors",),
    ("explain",),
    ("curves",),
    *(("show", "--section", s) for s in ("verdict", "matched", "costs", "folds")),
    ("errors", "--json"),
    ("explain", "--json"),
    ("curves", "--json"),
    ("annotate", "--note", "{hostile}"),
    ("show",),
    ("runs",),
)
FORMS = {
    "report": ".html",
    "predictions": "",
    "script": ".py",
    "notebook": ".ipynb",
    "bundle": "",
    "data": "",
    "sagemaker": "",
    "experiment": ".toml",
    "optuna": ".db",
    "report ": ".md",
}
BINARY = (".bin", ".db")
"""No text: nobody prints them."""
EXACT = ("data/train.csv", "data/test.csv", "data/resampled.csv")
"""Tables whose cells are what they are; the command says so."""


class Tags(HTMLParser):
    """The elements of a page, and what handles events in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


class Hostile:
    """A folder with a hostile table and a store, and commands about them."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder = folder
        folder.mkdir()
        names = rng.sample([text for text in TEXTS if len(text) < 1000], 8)
        table = make_table(200)
        columns = dict(zip(table.columns, names, strict=False))
        if "\0" in columns["sick"]:  # that cannot be an argument
            columns |= {"sick": columns["risk"], "risk": columns["sick"]}
        table = table.rename(columns=columns)
        cells, target = columns["colour"], columns["sick"]
        some = rng.sample(TEXTS, 3)
        named = dict(zip(("red", "green", "blue"), some, strict=True))
        table[cells] = table[cells].map(named)
        yes, no = rng.sample(TEXTS, 2)
        table[target] = table[target].map({"yes": yes, "no": no})
        self.place = list(table.columns).index(target)
        self.hostile = rng.choice([t for t in TEXTS if "\0" not in t and t[0] != "-"])
        self.file = folder / "fiA\x1b]0;PWNED\x07<b>\u202e$(touch PWNED).parquet"
        table.to_parquet(self.file)
        home = {"HOME": str(folder), "IMBTUI_STORE": str(folder / "runs.sqlite")}
        self.environment = {**os.environ, **home, "PYTHONPATH": str(ROOT)}
        # As the reader names it: without line ends.
        self.target = json.loads(self("profile", self.file, "--json"))["columns"][
            self.place
        ]["name"]

    @property
    def experiment(self) -> tuple[str, ...]:
        """A small run of the table."""
        return (
            *(str(self.file), f"--target={self.target}", "--preset", "quick"),
            *("--trials", "2", "--folds", "2", "--methods", "untreated,smote"),
        )

    def __call__(self, *words: object) -> str:
        """Call a command; return what it printed, in which nothing is hostile."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tui", *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )
        printed, said = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == 0, said
        for text in (printed, said):
            assert not DRIVES.search(text), words
            assert "Traceback" not in text
        return printed


def read(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of an export that are text, without the tables of exact cells."""
    for path in folder.rglob("*") if folder.is_dir() else [folder]:
        name = f"{folder.name}/{path.name}" if folder.is_dir() else path.name
        if path.is_file() and name not in EXACT and path.suffix not in BINARY:
            yield name, path.read_bytes().decode()


def harmless(name: str, text: str) -> None:
    """Assert that a file can be printed, and does nothing where it is read."""
    if name.endswith((".json", ".ipynb", ".ubj")):
        # Text for programs: in JSON a control character is an escape.
        json.loads(text)
        assert "\x1b" not in text
        return
    assert not DRIVES.search(text), name
    if name.endswith(".html"):
        page = Tags(text)
        assert page.found & FOREIGN == set()
        assert not page.handlers
        assert "Content-Security-Policy" in text
    elif name.endswith(".py"):
        assert text.isascii()
        ast.parse(text)
    elif name.endswith(".csv"):
        assert len({len(row) for row in csv.reader(text.splitlines())}) == 1


def exported(hostile: Hostile, forms: Mapping[str, str]) -> None:
    for form, end in forms.items():
        out = hostile.folder / f"{form.strip()}{end}"
        arm = (
            ()
            if form in ("report", "report ", "predictions")
            else ("--arm", "untreated")
        )
        if form in ("experiment", "optuna"):
            arm = ()
        hostile("export", "last", "--as", form.strip(), *arm, "-o", out)
        for name, text in read(out):
            harmless(name, text)


def followed(hostile: Hostile) -> None:
    """Run it at a terminal, which is drawn on by cursor and colour."""
    command = (sys.executable, "-P", "-m", "tui", "run", *hostile.experiment)
    with Terminal(
        folder=hostile.folder, command=command, environ=hostile.environment
    ) as terminal:
        assert terminal.wait_exit().code == 0
        raw = re.sub(rb"\x1b\[\d+A", b"", bytes(terminal.raw))
        assert restored(raw) == []
        assert strange(raw) == []
        assert not [text for text in known.FORBIDDEN if text in raw]


def test_nothing_hostile_is_printed_or_exported(many, rng, tmp_path):
    for number in range(many(1, 4)):
        hostile = Hostile(tmp_path / str(number), rng)
        followed(hostile)
        for words in many(SHOWN[:2], SHOWN):
            command, *rest = [word.format(hostile=hostile.hostile) for word in words]
            hostile(command, "last", *rest) if command != "runs" else hostile(*words)
        exported(hostile, dict(list(FORMS.items())[: many(1, None)]))
        if (hostile.folder / "bundle").exists():
            bundle, out = hostile.folder / "bundle", hostile.folder / "scores.csv"
            hostile("predict", bundle, hostile.file, "-o", out)
            harmless(out.name, out.read_text())
        assert not list(tmp_path.rglob("PWNED"))
