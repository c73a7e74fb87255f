"""Names that attack: every export of them is as tame as that of a benign twin."""

import ast
import csv
import html.parser
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import EngineError
from engine.core.exports import KINDS, Kind, Parts, of_text
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from engine.core.visible import slug
from engine.export.write import plan, write
from tests.support.exported_runs import asked
from tests.support.finished import finished
from tests.support.trees import tree

TOUCHED = "touched-by-an-export"
HOSTILE = (
    'it\'s "quoted" `so`',
    "two\nlines",
    "a\x1b]0;title\x07b\x1b[2J",
    "right\u202eot-left\u2066",
    "</script><script>alert(1)</script>",
    "{{7*7}}{% raw %}${7*7}<%= 7*7 %>",
    "../../x",
    '=cmd|"/C calc"!A0',
    "%s%n%(a)s{0}{a.__class__}",
    "back\\slash\\n\\x00\\",
    "\N{PILE OF POO}\N{ZERO WIDTH JOINER}\N{SNOWMAN}",
    "long " * 200,
    "\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}",
    f"__import__('os').system('touch {TOUCHED}')",
    f"$(touch {TOUCHED}); touch {TOUCHED} # \"\"\" '''\n%matplotlib\n!touch {TOUCHED}",
)
"""Quotes, lines, a terminal's escapes, bidi marks, HTML, templates, ways out, formulas,
formats, backslashes, emoji, length, emptiness, code and a shell's words."""


def benign(number, name):
    """Return a tame name with blanks in the same places: a reader makes one of many."""
    before, behind = (" " * end.isspace() for end in (name[0], name[-1]))
    within = " " * 2 * (" ".join(name.split()) != name.strip())
    return f"{before}name{within}{number}{behind}"


BENIGN = tuple(benign(*one) for one in enumerate(HOSTILE))
FILES = {
    HOSTILE: "x'\"`;$(touch TOUCHED)\n{{7*7}}<b>\u202e=%s.csv",
    BENIGN: "table.csv",
}
NUL = "nul\0byte"


def column(name):
    """Return a name as the reader gives it to a column: without its line breaks."""
    return " ".join(name.split())


def table(names):
    """A table of 15 columns, one of 15 levels, and a target of two classes."""
    rng = np.random.default_rng(5)
    rows = 300
    columns = {name: rng.normal(size=rows).round(2) for name in names[:12]}
    columns |= {names[12]: rng.integers(0, 2, rows)}
    columns |= {names[13]: rng.choice(np.array(names, dtype=object), rows)}
    risk = columns[names[0]] + rng.normal(size=rows)
    columns[names[14]] = np.where(risk > 1.2, names[4], names[13])
    return pd.DataFrame(columns)


def stored(names):
    """Run the same experiment under these names."""
    arms = [
        Arm(name=names[n], steps=grammar.parse(sampler).steps)
        for n, sampler in zip(
            (14, 4, 5, 6), ("smote", "random-over", "smote", "random-under"),
            strict=True,
        )
    ]  # fmt: skip
    text = table(names).to_csv(index=False, quoting=csv.QUOTE_ALL)
    return finished(
        text.encode(), "untreated", *arms, file=FILES[names],
        data__target=column(names[14]), data__positive=names[4],
    )  # fmt: skip


def kinds():
    """Return every form whose packages are there."""
    for kind in KINDS:
        if kind.target != "server" and not kind.lacking[0]:
            yield kind


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Every form of both runs, with what was there before and after."""
    base = tmp_path_factory.mktemp("exports")
    made = {}
    for names in (HOSTILE, BENIGN):
        # A folder of its own, that nobody else writes to.
        where = stored(names).copy(tmp_path_factory.mktemp("names"))
        for kind in kinds():
            if names is BENIGN and kind.name in ("onnx", "optuna", "experiment"):
                continue  # nobody compares them
            assert callable(kind.load())
            few = (names[14], names[5]) if kind.name == "script" else (names[14],)
            for arm in few if kind.of == "arm" else (None,):
                out = base / f"{len(made)}"
                out.mkdir()
                end = kind.suffixes[0] if kind.target == "file" else ""
                before = tree(base), tree(where[2].parent)
                wish = asked(where, kind.name, arm=arm, path=f"{out}/made{end}")
                written = write(wish)
                after = tree(base), tree(where[2].parent)
                key = kind.name, names, names.index(arm) if arm else None
                made[key] = out / f"made{end}", written, before, after
    return made


def test_nothing_is_executed_and_nothing_is_written_elsewhere(exported, tmp_path):
    assert {key[0] for key in exported} == {kind.name for kind in kinds()}
    for (kind, *_), (out, written, before, after) in exported.items():
        new = set(after[0]) - set(before[0])
        assert new, kind
        home_of = f"{out.parent.name}/{out.name}"
        assert all(f"{name}/".startswith(f"{home_of}/") for name in new), kind
        assert set(before[0]) <= set(after[0])
        assert after[1] == before[1], kind
        for name in written.files:
            assert (out / name.name if out.is_dir() else out).is_file()
    for folder in (Path.cwd(), Path.home(), tmp_path):
        assert not (folder / TOUCHED).exists()
    everywhere = {
        Path(name).name for _, _, _, (a, b) in exported.values() for name in a + b
    }
    assert TOUCHED not in everywhere


def test_names_in_folders_are_tame_and_those_of_the_twin(exported):
    for (kind, names, arm), (out, written, *_) in exported.items():
        if names is BENIGN or not out.is_dir():
            continue
        for file in written.files:
            for name in file.name.split("/"):
                assert slug(name) == name
        twin = exported[kind, BENIGN, arm][1]
        assert len(twin.files) == len(written.files)


def test_files_that_nobody_named_get_a_tame_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    where = stored(HOSTILE)
    for kind in kinds():
        for arm in (HOSTILE[n] for n in (14, 4, 5, 6)):
            path = Path(plan(asked(where, kind.name, arm=arm)).path)
            assert path.parent == tmp_path
            assert re.fullmatch(r"[A-Za-z0-9._-]{1,120}", path.name)
    assert list(tmp_path.iterdir()) == []


def shape(code):
    """Return the kinds of nodes of a program, in order."""
    return [type(node).__name__ for node in ast.walk(ast.parse(code))]


def test_a_script_has_the_nodes_of_its_twin(exported):
    for arm in (14, 5):
        found, twin = (
            exported["script", names, arm][0].read_text(encoding="utf-8")
            for names in (HOSTILE, BENIGN)
        )
        assert shape(found) == shape(twin)
        # Not even a mark that only an editor would see.
        assert all(c.isprintable() or c == "\n" for c in found)


def test_a_notebook_has_the_cells_of_its_twin(exported):
    found, twin = (
        json.loads(exported["notebook", names, 14][0].read_text(encoding="utf-8"))
        for names in (HOSTILE, BENIGN)
    )
    kinds_of = [[cell["cell_type"] for cell in one["cells"]] for one in (found, twin)]
    assert kinds_of[0] == kinds_of[1]
    for cell, other in zip(found["cells"], twin["cells"], strict=True):
        if cell["cell_type"] == "code":
            codes = ["".join(one["source"]) for one in (cell, other)]
            assert shape(codes[0]) == shape(codes[1])
            assert not re.search(r"^\s*[!%]", codes[0], re.MULTILINE)
        else:
            text = outside_code("".join(cell["source"]))
            assert "<script" not in text


class Elements(html.parser.HTMLParser):
    """Counts elements with their attributes, and what could run or load."""

    def __init__(self, text):
        super().__init__()
        self.seen = Counter()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen[tag, tuple(name for name, _ in attrs)] += 1


def test_a_report_has_the_elements_of_its_twin(exported):
    found, twin = (
        Elements(exported["report", names, None][0].read_text(encoding="utf-8")).seen
        for names in (HOSTILE, BENIGN)
    )
    assert set(found) == set(twin)
    assert not {tag for tag, _ in found} & {"b", "iframe", "img", "object", "form"}


def outside_code(text):
    """Return what Markdown does not show as code."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


def test_notes_in_folders_are_text(exported):
    for (kind, names, _), (out, *_) in exported.items():
        if names is BENIGN or not out.is_dir():
            continue
        for path in out.rglob("*.md"):
            text = path.read_text(encoding="utf-8")
            assert all(c.isprintable() or c == "\n" for c in text), (kind, path.name)
            assert not re.search(r"<\w|\{\{|\$\(", outside_code(text)), (
                kind,
                path.name,
            )


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_tables_hold_the_very_names_and_cells(exported):
    out = exported["data", HOSTILE, 14][0]
    for name in ("train", "test", "resampled"):
        header, *rows = rows_of(out / f"{name}.csv")
        assert header[:15] == [column(one) for one in HOSTILE]
        assert {row[14] for row in rows} == {HOSTILE[4], HOSTILE[13]}
        assert {row[13].strip() for row in rows} <= {one.strip() for one in HOSTILE}
    header, *_ = rows_of(exported["predictions", HOSTILE, None][0] / "test.csv")
    for arm in (14, 4, 5, 6):
        assert HOSTILE[arm] in header
    columns = rows_of(exported["sagemaker", HOSTILE, 14][0] / "columns.csv")
    twin = rows_of(exported["sagemaker", BENIGN, 14][0] / "columns.csv")
    assert len(columns) == len(twin)
    assert {len(row) for row in columns} == {3}


def test_the_requests_to_sagemaker_hold_no_name_but_tame_ones(exported):
    for name in ("tuning-job.json", "training-job.json", "hyperparameters.json"):
        text = (exported["sagemaker", HOSTILE, 14][0] / name).read_text("utf-8")
        assert text.isascii()
        assert "alert" not in text
        assert "$(" not in text


def test_an_experiment_file_says_the_same_names(exported):
    from engine.io.toml.reading import load_toml

    text = exported["experiment", HOSTILE, None][0].read_text(encoding="utf-8")
    found = load_toml(text)
    assert found.data.target == column(HOSTILE[14])
    assert [arm.name for arm in found.arms[1:]] == [HOSTILE[n] for n in (14, 4, 5, 6)]


def test_a_wish_for_an_arm_of_that_name_is_refused_in_one_line():
    where = stored(BENIGN)
    for name in (*HOSTILE, NUL):
        for kind in ("script", "data", "sagemaker"):
            with pytest.raises(EngineError) as caught:
                plan(asked(where, kind, arm=name))
            assert "no arm" in caught.value.message


@pytest.fixture
def light(monkeypatch):
    """A letter in the place of tables: these are written in the slow tier."""
    pieces = (of_text("a.txt", "a letter", lambda: "a"),)
    monkeypatch.setattr(Kind, "load", lambda kind: lambda case: Parts(pieces))


def test_a_folder_of_that_name_is_made_as_asked_or_refused(light, tmp_path):
    """It is a name that a user gave: it stays where they said, or is refused."""
    where = stored(BENIGN)
    for number, name in enumerate((*HOSTILE, NUL)):
        home = tmp_path / f"{number}"
        inner = home / "a" / "b"
        inner.mkdir(parents=True)
        path = f"{inner}/{name}"
        try:
            written = write(asked(where, "predictions", path=path))
        except EngineError:
            assert tree(home) == ["a", "a/b"]
            continue
        assert Path(written.path) == Path(re.sub(r"/a/b/\.\./\.\./", "/", path))
        assert Path(written.path).is_relative_to(home)
        assert not any(Path(p).name == TOUCHED for p in tree(home))
