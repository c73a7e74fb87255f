"""What of a run is exported, where to, and what would be written."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import ClassVar, Final

import msgspec
from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from engine.core import format as figures
from engine.core.exports import ExportRequest, Kind, Planned, every
from engine.core.exports import find as kind_of
from engine.core.messages import PlanExport
from tui.features.dataset.pick_path import short_path
from tui.features.dialogs import FormDialog
from tui.features.export.state import ExportRequested, ExportState
from tui.features.pane import say
from tui.features.questions import Ask
from tui.features.screen import DIALOG_STYLE, SessionScreen
from tui.features.session import short_name
from tui.terminal.safe_text import cells, clean, clip_middle, content, pad
from tui.text import files
from tui.widgets.field import ChoiceField, Form, FormField, TextField
from tui.widgets.prose import Paragraph, Prose

_TABLES: Final = (("CSV", "csv"), ("Parquet", "parquet"))
_TITLE: Final = 40
_NAME: Final = 30
"""Cells that names take at most, where there is more beside them."""


class _Kinds(OptionList, inherit_bindings=False):
    """The forms; `enter` and the page keys are the dialog's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "cursor_down", show=False),
        Binding("up", "cursor_up", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
    ]


class ExportRun(FormDialog[None], SessionScreen[None]):
    """Says what would be written while choices are made; enter writes it.

    Parameters
    ----------
    run_id : str
    number : int
        As the list of runs numbers it.
    source : str
        The run's table.
    arm : str or None, default=None
        The one that is proposed; the engine's choice when None.
    seen : str or None, default=None
        The one that is looked at.
    at : str or None, default=None
        The operating point that it is looked at.

    Attributes
    ----------
    waits : bool
        Whether what is being written was asked for here, and so ends the dialog.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "export.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "scroll_files(1)", show=False, priority=True),
        Binding("pageup", "scroll_files(-1)", show=False, priority=True),
    ]

    PARTS = ("export",)
    hint = "↑ ↓ what   tab its choices   space opens a list   pgup pgdn files"

    def __init__(
        self,
        run_id: str,
        number: int,
        source: str,
        *,
        arm: str | None = None,
        seen: str | None = None,
        at: str | None = None,
    ) -> None:
        super().__init__()
        self.about, self._seen, self._at = run_id, seen, at
        self.waits = False
        self.heading = f"Export run {number}  {clip_middle(short_name(source), _TITLE)}"
        self._kinds = {kind.name: kind for kind in every()}
        self._kind = next(iter(self._kinds.values()))
        self._choices: dict[str, str | None] = {"arm": arm, "at": None, "table": "csv"}
        self._path: str | None = None
        self._put = ""
        self._soon = False

    def compose_body(self) -> ComposeResult:
        """Lay out the forms, what can be chosen, and what would be written."""
        with Horizontal(id="export-body"):
            kinds = (Option(_label(k), id=k.name) for k in self._kinds.values())
            yield _Kinds(*kinds, id="export-kinds")
            with Vertical(id="export-right"):
                yield Static(id="export-summary", markup=False)
                arm, at = ChoiceField("arm", "arm"), ChoiceField("at", "point")
                table = ChoiceField("table", "tables as")
                table.offer(_TABLES, "csv")
                yield Form(arm, at, table, TextField("path", "to"), id="export-form")
                yield Static(id="export-head")
                yield Prose(id="export-files")
        yield Static(id="export-state")
        yield from self.compose_button()

    def on_mount(self) -> None:
        """Begin with the first form."""
        self.query_one(Prose).can_focus = False
        kinds = self.query_one(_Kinds).focus()
        kinds.highlighted = 0
        self._ask()

    # What is chosen ----------------------------------------------------------------

    @property
    def request(self) -> ExportRequest:
        """What is chosen; what was left open is chosen by whoever answers."""
        author = self._author if self._kind.name == "report" else ""
        request = ExportRequest(
            run=self.about, kind=self._kind.name, path=self._where(), author=author
        )
        used = {key: self._choices[key] for key, used in _asks(self._kind) if used}
        return msgspec.structs.replace(request, **used)

    @property
    def _author(self) -> str:
        """Who ran it, as the user's settings say."""
        return str(getattr(getattr(self.app, "settings", None), "author", ""))

    def _where(self) -> str | None:
        """Return where it goes: what was typed, as a whole path."""
        path = "" if self._path is None else self._path.strip()
        if self._kind.target == "server":
            return files.ADDRESS if self._path is None else path
        return _whole(path) if path else None

    def _ask(self) -> None:
        """Show the choices at once, and ask what would come of them."""
        self._show()
        if not files.lacking(self._kind):
            self.post_message(Ask("export.plan", PlanExport(id=0, asked=self.request)))

    def ask_again(self) -> None:
        """Ask anew: something was written meanwhile."""
        if self.is_mounted:
            self._ask()

    @on(OptionList.OptionHighlighted)
    def _change_kind(self, event: OptionList.OptionHighlighted) -> None:
        kind = self._kinds[str(event.option_id)]
        if kind is not self._kind:
            self._kind, self._path, self._soon = kind, None, False
            self._ask()

    @on(FormField.Given)
    def _given(self, event: FormField.Given) -> None:
        before = self.request
        if event.key != "path":
            self._choices[event.key] = event.text
        elif event.text != self._put:
            self._path = event.text
        if self.request != before:
            self._soon = False
            self._ask()

    # What is seen ------------------------------------------------------------------

    @property
    def state(self) -> ExportState:
        """What is known."""
        return self.session.export

    def draw(self) -> None:
        """Show what came in."""
        self._show()
        if self._soon and not self.state.plan.pending:
            self._soon = False
            self.finish()

    def _show(self) -> None:
        kind = self._kind
        lacking = files.lacking(kind)
        summary = f"{kind.summary[:1].upper()}{clean(kind.summary[1:])}."
        self.query_one("#export-summary", Static).update(summary)
        self.query_one("#export-form").display = not lacking
        self._show_fields()
        self._show_files()
        say(self.query_one("#export-state", Static), self._state_line(lacking))
        writes = self.state.writing is not None
        self.query_one(Button).disabled = bool(lacking) or writes

    @property
    def _planned(self) -> Planned | None:
        """What would be written, if that is known of the form that is chosen."""
        shown = self.state.shown
        same = shown is not None and shown.kind == self._kind.name
        return self.state.planned if same else None

    def _show_fields(self) -> None:
        kind, planned = self._kind, self._planned
        for (_, used), field in zip(_asks(kind), self.query(ChoiceField), strict=True):
            field.display = used
        path = files.ADDRESS if kind.target == "server" else ""
        if planned is not None:
            arm, at, _ = self.query(ChoiceField)
            if planned.arms:
                arm.offer(arms_offered(planned, self._seen), planned.arm)
            if planned.points:
                at.offer(points_offered(planned, self._at), planned.at)
            path = path or short_path(Path(planned.path))
        self._put = path if self._path is None else self._path
        self.query_one(TextField).put(self._put)

    def _show_files(self) -> None:
        head, planned = self._head(), self.state.planned
        say(self.query_one("#export-head", Static), head)
        files = _files(self._kind, planned) if planned and head.plain else []
        self.query_one(Prose).update(files)

    def _head(self) -> Content:
        """Say where it goes, and whether something is there."""
        state, kind, planned = self.state, self._kind, self._planned
        if files.lacking(kind) or state.plan.problem is not None:
            return Content("")
        if planned is None:
            after = " as soon as that is written" if state.writing is not None else ""
            return Content.styled(f"looking{after} …", "dim")
        name, text = clip_middle(PurePath(planned.path).name, _NAME), "will be written"
        if kind.target == "server":
            text = "will be sent"
        elif planned.exists:
            note = "exists: you will be asked before it is replaced"
            if kind.is_folder(planned.path):
                note = "is not empty: you will be asked first"
            return content(f"! {name} {note}", "$text-warning")
        elif kind.target == "folder":
            text = f"{figures.plural(len(planned.files), 'file')} will be in {name}"
        return content(text, "bold")

    def _state_line(self, lacking: str) -> Content:
        """Say what is being written, or what is wrong."""
        state = self.state
        if state.writing is not None:
            title = kind_of(state.writing.kind).title
            stage = state.write.stage or "beginning"
            text = f"{title}: {stage} …  (continues when closed)"
            return content(text, "$text-accent")
        problem = state.unwritten or state.plan.problem
        text = lacking or (problem.text if problem is not None else "")
        return content(f"✗ {text}", "bold $text-error") if text else Content("")

    # Keys --------------------------------------------------------------------------

    def action_scroll_files(self, way: int) -> None:
        """Show more of what would be written; in an open list, more of that."""
        if self.listing:
            raise SkipAction
        files = self.query_one(Prose)
        files.scroll_relative(y=way * max(1, files.size.height - 1), animate=False)

    def finish(self) -> None:
        """Write what is shown."""
        state = self.state
        if files.lacking(self._kind) or state.writing is not None:
            return
        if state.plan.pending:
            self._soon = True  # as soon as it is known what that is
            return
        planned, shown = state.planned, state.shown
        if planned is not None and shown is not None:  # else it says what is wrong
            arm, at, path = planned.arm or None, planned.at or None, planned.path
            request = msgspec.structs.replace(shown, arm=arm, at=at, path=path)
            self.post_message(ExportRequested(request))


def arms_offered(planned: Planned, seen: str | None) -> list[tuple[str, str]]:
    """Return the arms, the recommended one and the one looked at first, and marked."""
    marks = {planned.recommended: "recommended"}
    if seen is not None:
        marks[seen] = ", ".join(filter(None, (marks.get(seen), "looked at")))
    known = sorted(planned.arms, key=lambda arm: arm not in marks)
    return [(f"{arm}  {marks.get(arm, '')}".rstrip(), arm) for arm in known]


def points_offered(planned: Planned, seen: str | None) -> list[tuple[str, str]]:
    """Return the operating points, the one looked at marked."""
    return [
        (f"{label}  {'looked at' if name == seen else ''}".rstrip(), name)
        for name, label in planned.points.items()
    ]


def _asks(kind: Kind) -> tuple[tuple[str, bool], ...]:
    """Tell which fields of the dialog a form has, in their order."""
    return ("arm", kind.of == "arm"), ("at", kind.points), ("table", kind.tables)


def _label(kind: Kind) -> Content:
    """Return a form as the list has it; greyed where something must be installed."""
    lacks = files.lacking(kind)
    return content(f"{kind.title} ✗", "dim") if lacks else content(kind.title)


def _files(kind: Kind, planned: Planned) -> list[Paragraph]:
    """Return the files with what is in each, then what is to be known.

    The name of a single one stands above already.
    """
    written = files.files_of(kind, planned)
    notes = [Paragraph(content(n, "$text-muted"), " · ") for n in planned.notes]
    if kind.target == "file":
        return [Paragraph(content(written[0].what), " "), *notes]
    names = [clip_middle(file.name, _NAME) for file in written]
    wide = max(map(cells, names), default=0)
    lines = [
        Paragraph(content(file.what), f" {pad(name, wide)}  ")
        for name, file in zip(names, written, strict=True)
    ]
    return lines + notes


def _whole(path: str) -> str:
    """Return a path that was typed, absolute where there is a folder to be in."""
    try:
        return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111
    except OSError:
        return path
