"""Documents that reports are made of, and readers of what comes out."""

from __future__ import annotations

import re
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.document import build
from engine.export import Asked
from engine.export import open_case as case
from engine.export import page_html as html
from engine.export import page_layout as layout
from tests.support import explained
from tests.support.experiments import small
from tests.support.runs import drain

VOID = {"meta", "link", "br", "hr", "img", "input"}


def stored(folder: Path) -> tuple[str, str, dict[str, Any]]:
    """A run of three arms with its store and id, and its document."""
    store, run, _ = explained.run_once(folder)
    one = case(Asked(store=store, run=run, kind="report"), lambda *told: None)
    return store, run, one.document


def several(folder: Path) -> dict[str, Any]:
    """A document of three classes."""
    rng = np.random.default_rng(4)
    kind = rng.choice(["plain", "odd", "few"], 360, p=[0.7, 0.18, 0.12])
    at = pd.Series(kind).map({"plain": 0.0, "odd": 1.5, "few": -1.5}).to_numpy()
    frame = pd.DataFrame({"a": at + rng.normal(size=360), "b": rng.normal(size=360)})
    frame.assign(kind=kind).to_csv(folder / "three.csv", index=False)
    given = {"data__target": "kind", "search__trials": 1, "search__folds": 2}
    experiment = small(str(folder / "three.csv"), "none", "smote", **given)
    return build(drain(experiment), run="5e7e7a1")


def page(document: dict[str, Any]) -> str:
    return html(layout(document))


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return deepcopy(document) | changes


def renamed(value: Any, names: dict[str, str]) -> Any:
    """A document in which words are others, as keys, as values, and inside texts."""
    if isinstance(value, dict):
        return {renamed(k, names): renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    if not isinstance(value, str):
        return value
    for old, new in names.items():
        if value == old:
            return new
        if " " in value:
            word = rf"(?<![\w-]){re.escape(old)}(?![\w-])"
            value = re.sub(word, new.replace("\\", r"\\"), value)
    return value


class Read(HTMLParser):
    """What is in a page: tags in their order, figures, texts by where they are."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.figures: list[tuple[dict[str, str], str]] = []
        self.cells: list[str] = []
        self.outside: list[str] = []
        self.texts: list[str] = []
        self.headings: list[int] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        given = {name: value or "" for name, value in attrs}
        if tag == "data":
            self.figures.append((given, ""))
        if _of_numbers(tag, given):
            self.cells.append("")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self._open]
        if "style" in inside:
            return
        self.texts.append(data)
        if inside and inside[-1] == "data":
            given, text = self.figures[-1]
            self.figures[-1] = given, text + data
        elif any(_of_numbers(tag, given) for tag, given in self._open):
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.texts)


def _of_numbers(tag: str, given: dict[str, str]) -> bool:
    """Whether it is a cell of numbers; those of words, and of matrices, say so."""
    return tag == "td" and not {"t", "box"} & set(given.get("class", "").split())
