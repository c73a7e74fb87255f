"""A dataset that wants to drive the terminal, through the real app, by keyboard.

Names, labels, cells, files, arms and messages hold escape sequences, markup, bidi and
invisible characters. None of them may reach the terminal or do anything; what stands
beside them must be seen, or the test would see nothing at all.
"""

import base64
import re
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from engine.core.methods import grammar
from engine.io.toml.writer import dump_toml
from engine.store import open_store
from tests.support.driving_texts import (
    ANSWER,
    BIDI,
    C1,
    CJK,
    CLIPBOARD,
    FORBIDDEN,
    LINK,
    LONG,
    MARKS,
    MARKUP,
    NUL,
    PLACE,
    TITLE,
    ZERO,
)
from tests.support.experiments import make_table, small
from tests.support.pty_session import KEYS, Terminal, restored, strange

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

SEEN = {
    "title": "tiA␛",
    "clipboard": "clA␛",
    "answer": "anA␛",
    "place": "plA␛",
    "C1": "coA<U+009B>",
    "bidi": "biA<U+202E>",
    "invisible": "zeA<U+200B>",
    "NUL": "nuA␀",
    "markup": "maA[/x]",
    "link": "liA[link",
    "CJK": "cjA漢",
    "marks": "mrA",
    "long": "loA␛",
}
"""What a user must see of each."""

FOLDER = "foA\x1b]0;PWNED\x07[bold]\u202e"
FILE = "fiA\x1b[77;7H[ @click=app.leave]q[\u200b.parquet"
DAMAGED = "daA\x1b[6n[ @click=app.leave]q.csv"


@pytest.fixture
def hostile(tmp_path):
    """Return a folder with a hostile table, an experiment about it, a bad file."""
    table = make_table(300)
    table = table.rename(
        columns={
            "risk": TITLE,
            "age": PLACE,
            "flag": MARKUP,
            "colour": ANSWER,
            "dose": BIDI,
            "sick": C1,
        }
    )
    cells = {"red": NUL, "green": ZERO, "blue": CLIPBOARD}
    table[ANSWER] = table[ANSWER].map(cells)
    table.loc[[1, 5], ANSWER] = LONG
    table.loc[[2, 6], ANSWER] = CJK
    table.loc[[3, 7], ANSWER] = MARKS
    table.loc[[4, 8], ANSWER] = LINK
    # Shuffled codes: nearly every row has another, so it is a column of texts.
    table[LINK] = [f"{CLIPBOARD}{i % 7}" for i in range(len(table))]
    table[C1] = table[C1].map({"yes": CLIPBOARD, "no": MARKUP})
    folder = tmp_path / "data" / FOLDER
    folder.mkdir(parents=True)
    table.to_parquet(folder / FILE)
    (folder / DAMAGED).write_bytes(b"a,b\n1,\x00\x1b[6n2\n")
    experiment = small(folder / FILE, "untreated", "weights", "smote", data__target=C1)
    untreated, weights, smote = experiment.arms
    arms = (
        untreated,
        msgspec.structs.replace(weights, name=f"w{MARKUP}"),
        msgspec.structs.replace(smote, name=f"s{TITLE}"),
        msgspec.structs.replace(grammar.parse("kmeans-smote"), name=f"k{BIDI}"),
    )
    experiment = msgspec.structs.replace(experiment, arms=arms)
    (tmp_path / "evil.toml").write_text(dump_toml(experiment), encoding="utf-8")
    return folder


class Watched(Terminal):
    """Keeps every screen that was seen."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.seen = ""

    def pump(self, seconds=0.05):
        read = super().pump(seconds)
        if read:
            self.seen += self.text
        return read

    def command(self, words, title):
        """Do something by the palette."""
        self.press("ctrl+p")
        self.wait_for("Search")
        self.type(words)
        self.wait_for(title)
        self.calm()
        self.press("enter")

    def click(self, text):
        """Click on a text, wherever it is seen."""
        for y, row in enumerate(self.screen.display):
            for found in re.finditer(re.escape(text), row):
                x = found.start() + 2
                self.type(f"\x1b[<0;{x};{y + 1}M\x1b[<0;{x};{y + 1}m")
                self.calm(0.1, 1)

    def through_views(self, count, look=lambda: None):
        """Show every view of the picture, until it is the first again."""
        for _ in range(count):
            look()
            self.press("v")
            self.calm(0.1, 1)


def test_nothing_hostile_reaches_the_terminal(hostile, tmp_path):
    with Watched(folder=tmp_path, columns=100, rows=30) as app:
        app.wait_for("Samples")
        damaged_file(app)
        experiment_file(app)
        dataset_pane(app)
        arms_pane(app)
        run(app)
        results_pane(app)
        stored_runs(app)
        start_view(app)
        copied = copies(app.raw)
        app.press("q")
        gone = app.wait_exit()
        assert (gone.code, gone.same) == (0, True)
        assert restored(app.raw) == []
        assert strange(app.raw) == []
        assert [text for text in FORBIDDEN if text in app.raw] == []
        missing = {name for name, text in SEEN.items() if text not in app.seen}
        assert not missing
        # What a copy put on the clipboard may be pasted into a shell.
        assert copied
        assert not [text for text in copied if re.search("[\x00-\x08\x0b-\x1f]", text)]


def damaged_file(app):
    """Errors: in the picker, in a dialog."""
    app.press("o")
    app.wait_for("Open a dataset")
    # A paste is typed, whatever it holds, and submits nothing.
    app.type(f"\x1b[200~{FOLDER}{CLIPBOARD}\r\n\x1b[201~")
    app.calm()
    app.wait_for("Open a dataset")
    app.press("enter")
    app.wait_for("there is no")
    app.press("esc")
    app.wait_gone("Open a dataset")
    app.press("o")
    app.wait_for("Open a dataset")
    app.type("data/")
    app.wait_for("foA␛")
    app.press("down", "enter")
    app.wait_for("daA␛")
    app.wait_for("fiA␛")
    app.type("da")
    app.wait_gone("fiA␛")
    app.press("down", "enter")
    app.wait_for("NUL")
    app.calm()
    app.click("[ @click")
    app.press("y")
    app.wait_for("Copied")
    app.wait_gone("esc goes back")


def experiment_file(app):
    app.command("experiment file", "Open an experiment")
    app.wait_for("esc closes")
    app.type("evil.toml")
    app.wait_for("evil.toml")
    app.press("enter")
    app.wait_for("300")
    app.wait_for("Experiment opened")


def dataset_pane(app):
    app.press("1")
    app.calm()
    app.press("enter")
    app.wait_for("▲")
    app.calm()
    app.press("esc")
    app.wait_gone("▲")
    app.press("down", "enter")
    app.wait_for("▲")
    app.calm()
    app.press("esc")
    app.wait_gone("▲")
    app.click("maA[/x]")
    # The click may have gone into the picture.
    app.press("1", "p")
    app.calm()
    # Each column, and how it is distributed.
    for _ in range(8):
        app.press("enter")
        app.calm(0.1, 1)
        app.press("V", "down")
        app.calm(0.1, 1)
    app.through_views(4, look=lambda: walk(app))
    help_and_back(app)


def walk(app):
    """Into the picture, through some of its cells, and copy."""
    for keys in ("down", "right"), ("down", "right", "enter"):
        app.press(*keys)
        app.calm(0.1, 1)
    app.click("maA[/x]")
    app.press("y")
    app.calm(0.1, 1)


def help_and_back(app):
    app.press("f1")
    app.wait_for("Help")
    app.press("esc")
    app.wait_gone("Help")


def arms_pane(app):
    app.press("2")
    app.wait_for("▸ [▪] untreated")
    app.press("end")
    app.wait_for("[■] wmaA[/x]")
    for _ in range(3):
        app.press("up")
        app.calm(0.1, 1)
    # A click on the row with the cursor would untick it.
    app.wait_for("▸ [ ] balanced-bagging")
    app.click("maA[/x]")
    app.through_views(3)
    # A value that is refused, and the file with all of it.
    app.until("v", "[data]")
    app.press("Z")
    app.calm()
    app.press("y", "Z")
    app.calm()
    app.press("ctrl+s")
    app.wait_for("esc closes")
    app.wait_for("evil.toml")
    app.calm()
    app.press("ctrl+u")
    app.wait_for("runs.sqlite.d/")
    app.type(f"data/{FOLDER}".replace("\x1b", "").replace("\x07", ""))
    app.wait_for("data/foA]0;PWNED")
    app.calm()
    # It closes by itself: an escape too many could make another key of the next one.
    app.press("enter")
    app.wait_gone("esc closes")
    app.calm()


def run(app):
    app.press("3")
    app.wait_for("Ready")
    app.press("r")
    app.wait_for("run 1 ▶")
    app.wait_for("tuning")
    app.press("v")
    app.calm(0.1, 1)
    app.wait_for("run 1 done")
    # Where the keys are depends on whether it was done before that view was asked for.
    app.press("4")
    app.wait_for("n point")
    app.press("3")
    app.calm()
    app.through_views(4, look=lambda: walk(app))


def results_pane(app):
    app.press("4")
    app.wait_for("n point")
    app.calm()

    def read():
        for keys in ("n", "down"), ("right", ">"), ("<", "y"):
            app.press(*keys)
            app.calm(0.1, 1)
        app.click("maA[/x]")

    read()
    app.press("p")
    app.calm()
    app.through_views(5, look=read)
    help_and_back(app)


def stored_runs(app):
    app.press("5")
    app.wait_for("wmaA[/x]")
    app.click("maA[/x]")
    app.press("d")
    app.wait_for("Delete the run")
    # Neither a reply of the terminal nor pasted text says yes.
    app.type("\x1b[?1;2c\x1b[200~y\ry\r\x1b[201~")
    app.calm()
    app.wait_for("Delete the run")
    app.press("n")
    app.wait_gone("Delete the run")
    app.press("y")
    app.calm()
    app.press("esc")
    app.calm()


def start_view(app):
    app.command("start view", "Start view")
    app.wait_for("Recent")
    app.wait_for("fiA␛")
    app.click("[ @click")
    app.press("esc")
    app.calm()


def copies(raw):
    """Return what was put on the clipboard."""
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", bytes(raw))
    return [base64.b64decode(text).decode("utf-8", "replace") for text in found]


@pytest.mark.parametrize("text", [TITLE, CLIPBOARD, ANSWER, PLACE, C1, BIDI, ZERO, NUL])
def test_the_sieve_would_find_it(text):
    """Were it written, between what Textual writes, it would be noticed."""
    raw = b"\x1b[1;1H\x1b[38;5;231m" + text.encode() + b"\x1b[0m\x1b[?2026l"
    assert strange(raw) or [bad for bad in FORBIDDEN if bad in raw]
    assert not strange(b"\x1b[1;1H\x1b[38;5;231mplain\x1b[0m\x1b[?2026l")


def test_a_terminal_that_answers_decides_nothing(tmp_path):
    """What a terminal says when asked who it is arrives as keys, some of them bound."""
    table = tmp_path / "plain.csv"
    make_table(300).to_csv(table, index=False)
    with Terminal([str(table), "--target", "sick"], folder=tmp_path) as app:
        app.wait_for("300 rows")
        for answer in ("\x1b[?62;22c", "\x1b[>0;276;0c", "\x1b[12;40R", "\x1b[I"):
            app.type(answer)
            app.calm()
            app.press("esc")
            app.calm()
        app.press("1")
        app.wait_for("300 rows")
        with closing(open_store(app.store)) as store:
            assert not store.runs()
        app.press("q")
        assert app.wait_exit().code == 0


@pytest.mark.parametrize("arguments", [("{file}", "--target", "none[/x]\x1b[6n")])
def test_what_the_command_line_is_told(arguments, hostile, tmp_path):
    file = str(Path(hostile) / FILE)
    given = [argument.format(file=file) for argument in arguments]
    with Watched(given, folder=tmp_path) as app:
        app.wait_for("fiA␛")
        app.wait_for("none[/x]␛")
        app.calm()
        app.press(*(KEYS["esc"],))
        app.calm()
        app.press("ctrl+q")
        assert app.wait_exit().code == 0
        assert strange(app.raw) == []
