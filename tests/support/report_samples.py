"""Documents that reports are made of, and readers of what comes out."""

from __future__ import annotations

import re
from copy import deepcopy
from html.parser import HTMLParser
from typing import Any

from engine.core.exports import ExportRequest
from engine.export import open_case as case
from engine.export import page_html as html
from engine.export import page_layout as layout
from tests.support import finished
from tests.support.documents import plain, typed

VOID = {"meta", "link", "br", "hr", "img", "input"}


def stored() -> tuple[str, str, dict[str, Any]]:
    """The run of two classes, its store and its id, and its document as it is told."""
    run = finished.two_classes()
    one = case(
        ExportRequest(store=run.store, run=run.run, kind="report"), lambda *told: None
    )
    return run.store, run.run, plain(one.result)


FEW = ("untreated", "smote", finished.ENSEMBLE)


def of_few(document: dict[str, Any], names: tuple[str, ...] = FEW) -> dict[str, Any]:
    """The document as if there were these arms only: its page takes half the time."""
    found = dict(document)
    found["arms"] = [arm for arm in document["arms"] if arm["name"] in names]
    for part in ("comparison", "folds", "cost_winners", "detectable", "matched"):
        found[part] = [
            row
            for row in document[part]
            if {row[key] for key in ("a", "b", "arm") if key in row} <= {*names}
        ]
    return found


def several() -> dict[str, Any]:
    """A document of three classes."""
    return finished.several_classes().document()


def page(document: dict[str, Any]) -> str:
    return html(layout(typed(document)))


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return deepcopy(document) | changes


def follow(document: Any, path: str) -> Any:
    """The value of a document that a path in the page leads to."""
    found = document
    for step in path.split("."):
        if step.startswith("@"):
            found = list(found.values())[int(step[1:])]
        else:
            found = found[int(step) if isinstance(found, list) else step]
    return found


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


DERIVED = "The cheapest arm by prevalence"
"""Caption of tables whose numbers are calculated from figures of the document."""


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
        self._caption = ""
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        given = {name: value or "" for name, value in attrs}
        if tag == "data":
            self.figures.append((given, ""))
        if tag == "table":
            self._caption = ""
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
        if inside and inside[-1] == "caption":
            self._caption += data
        if inside and inside[-1] == "data":
            given, text = self.figures[-1]
            self.figures[-1] = given, text + data
        elif self._caption.startswith(DERIVED):
            return
        elif any(_of_numbers(tag, given) for tag, given in self._open):
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.texts)


def _of_numbers(tag: str, given: dict[str, str]) -> bool:
    """Whether it is a cell of numbers; those of words, and of matrices, say so."""
    return tag == "td" and not {"t", "box"} & set(given.get("class", "").split())
