"""One call per chart, on plain and on hostile data; run as a program: a digest."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable
from functools import partial

from rich.cells import cell_len

from engine.core.lab import TreatedRows
from engine.core.messages import ColumnPicture
from engine.core.methods.grammar import Arm
from engine.core.outcome import ClassConfusion, Confusion
from engine.core.views.board import confusion_matrix
from tui.charts import (
    ANSI,
    DARK,
    LIGHT,
    MONO,
    Palette,
    Series,
    boosting_curve,
    class_bars,
    class_bars_before_after,
    column_by_class,
    column_change,
    multiclass_row,
    objective_by_trial,
    precision_recall,
    roc,
    threshold_sweep,
    treated_points,
)
from tui.charts import confusion_chart as confusion
from tui.charts import scatter_chart as scatter

Draw = Callable[[int, int, Palette], str]

PALETTES = (DARK, LIGHT, ANSI, MONO)
SIZES = [(20, 5), (24, 8), (37, 9), (60, 15), (80, 20), (120, 30), (200, 50)]
HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "a\x9b2Jb\x00c\x7f",
    "\u202eevil\u2066",
    "漢字漢字漢字漢字漢字漢字",
    "[/x][ @click=app.quit]z[$primary]",
    "x" * 10_000,
    "two\nlines\tand\r",
    "\ud800",
    "e" + "\u0301" * 50,
    "",
    "🏴\U000e0067\u200d👩\u200d💻",
    "-1",
)
_SGR = re.compile(r"\x1b\[[0-9;]*m")
POSITIVES, NEGATIVES = 161, 8519


def plain(text: str) -> str:
    return _SGR.sub("", text)


def check(text: str, width: int, height: int) -> None:
    """Assert that a chart keeps to its room and holds nothing but colours."""
    bare = plain(text)
    assert "\x1b" not in bare
    lines = bare.split("\n")
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    strange = {char for char in bare if unicodedata.category(char)[0] == "C"}
    assert strange <= {"\n"}


def sweep(shift: float, points: int = 300) -> tuple[tuple[float, int, int], ...]:
    """Return a made-up sweep; the greater `shift`, the better the arm."""
    found = []
    for step in range(points):
        part = step / (points - 1)
        tp = round(POSITIVES * (1 - (1 - part) ** (1 + shift)))
        found.append((1 - part, round(NEGATIVES * part**1.5), tp))
    return tuple(found)


def histogram(names: tuple[str, ...]) -> ColumnPicture:
    edges = tuple(82 * n / 30 for n in range(31))
    counts = {
        name: tuple(
            int(900 / (place + 1) ** 2 * math.exp(-(((n - 9 * place - 8) / 6) ** 2)))
            for n in range(30)
        )
        for place, name in enumerate(names)
    }
    missing = dict.fromkeys(names, 7)
    return ColumnPicture(
        column=names[0], kind="number", edges=edges, counts=counts, missing=missing
    )


def levels(names: tuple[str, ...]) -> ColumnPicture:
    counts = {name: tuple(range(at, at + 12)) for at, name in enumerate(names)}
    return ColumnPicture(
        column=names[0],
        kind="category",
        levels=HOSTILE,
        counts=counts,
        missing=dict.fromkeys(names, 3),
        others=1234,
    )


def clouds(names: tuple[str, ...]) -> dict[str, tuple[list[float], list[float]]]:
    """Return a spiral of points per class."""
    found = {}
    for at, name in enumerate(names):
        turns = [n / 9 for n in range(300 // (at + 1))]
        found[name] = (
            [at + t * math.cos(t) / 20 for t in turns],
            [at + t * math.sin(t) / 20 for t in turns],
        )
    return found


def charts(names: tuple[str, ...]) -> dict[str, Draw]:
    """Return every chart with these class, level or arm names."""
    a, b, *_ = names
    many = {name: 5000 // (3**at) for at, name in enumerate(names)}
    two = Confusion(tn=6809, fp=1710, fn=63, tp=98)
    series = [Series(name, sweep(at), name) for at, name in enumerate(names)]
    trials = {
        name: [(n, 0.05 + (n * 7919 + at) % 97 / 2000) for n in range(20)]
        for at, name in enumerate(names)
    }
    matrix = tuple(tuple((r * 31 + c * 17) % 90 for c in range(5)) for r in range(5))
    five = ClassConfusion(labels=names[:5], matrix=matrix)
    curve = [(n, 0.1 - 0.05 * math.exp(-n / 30)) for n in range(0, 300, 5)]

    def beside(width: int, height: int, palette: Palette) -> str:
        items = [confusion_matrix(name, two, (a, b)) for name in names]
        return multiclass_row(items, width, height, palette).text

    def several(width: int, height: int, palette: Palette) -> str:
        return multiclass_row([confusion_matrix(a, five)], width, height, palette).text

    def after(width: int, height: int, palette: Palette) -> str:
        return class_bars_before_after(
            {a: 34093, b: 626},
            {a: 27310, b: 33100},
            33000,
            width,
            height,
            palette,
            positive=b,
        )

    def confused(width: int, height: int, palette: Palette) -> str:
        return confusion(6809, 1710, 63, 98, (a, b), width, height, palette, a)

    def moved(width: int, height: int, palette: Palette) -> str:
        return threshold_sweep(
            sweep(2), POSITIVES, NEGATIVES, 0.4, width, height, palette, a
        )

    rows = treated(names)
    return {
        "bars": partial(class_bars, many, positive=b),
        "log": partial(class_bars, many, log=True),
        "after": after,
        "numbers": partial(column_by_class, histogram(names[:4])),
        "levels": partial(column_by_class, levels(names[:3])),
        "confusion": confused,
        "beside": beside,
        "multiclass": several,
        "roc": partial(roc, series, POSITIVES, NEGATIVES),
        "precision_recall": partial(precision_recall, series, POSITIVES, NEGATIVES),
        "threshold": moved,
        "trials": partial(objective_by_trial, trials, objective=a),
        "one_arm": partial(objective_by_trial, {a: trials[a]}),
        "boosting": partial(boosting_curve, curve, label=a, objective=b),
        "scatter": partial(scatter, clouds(names), many, axes=(a, b), note=a),
        "treated_before": partial(treated_points, rows, "before", positive=b),
        "treated_after": partial(treated_points, rows, "after"),
        "treated_change": partial(treated_points, rows, "change"),
        "column_change": partial(column_change, rows, b),
    }


def treated(names: tuple[str, ...]) -> TreatedRows:
    """Return rows of several classes, some made, some dropped."""
    before = {name: 900 // (at + 1) for at, name in enumerate(names)}
    points = {name: (tuple(a), tuple(b)) for name, (a, b) in clouds(names).items()}
    bins = {name: tuple(range(at, at + 12)) for at, name in enumerate(names)}
    return TreatedRows(
        arm=Arm(name=names[0], weights=True),
        before=before,
        after=dict.fromkeys(names, 800),
        synthetic={name: max(0, 800 - count) for name, count in before.items()},
        removed={name: max(0, count - 800) for name, count in before.items()},
        axes=(names[0], names[1]),
        kept=points,
        made={name: points[name] for name in names[1:]},
        dropped={names[0]: points[names[0]]},
        column=names[0],
        edges=tuple(float(n) for n in range(13)),
        bins_before=bins,
        bins_after=bins,
    )


NAMES = ("untreated", "smote", "weights", "smote-enn", "kmeans-smote", "svm-smote")


def digest() -> str:
    """Return a hash over every chart, on plain and on hostile names."""
    found = hashlib.sha256()
    for names in (NAMES, HOSTILE):
        for draw in charts(names).values():
            found.update(draw(60, 15, DARK).encode())
    return found.hexdigest()


if __name__ == "__main__":
    import sys

    sys.stdout.write(digest())


def contrast(one, other):
    """Return the contrast of two colours by WCAG: 1 to 21, 4.5 for text."""

    def light(colour):
        parts = (part / 255 for part in colour.rgb)
        linear = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in parts
        ]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)
