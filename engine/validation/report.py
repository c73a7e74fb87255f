"""The report of a validation, one page in a file."""

from __future__ import annotations

from pathlib import Path

from engine.core.validation import Validation
from engine.core.views.report.validation import layout
from engine.export.report import html, markdown
from engine.io import files


def write_report(
    found: Validation, path: str | Path, *, overwrite: bool = False
) -> None:
    """Write a validation as a page.

    Parameters
    ----------
    found : Validation
    path : str or pathlib.Path
        ``.md`` is Markdown, everything else one HTML file that needs no other.
    overwrite : bool, default=False
        Whether a file of that name may be replaced.

    Raises
    ------
    OutputError
        If it cannot be written; nothing has that name then.
    """
    render = markdown if str(path).lower().endswith(".md") else html
    text = render(layout(found))
    files.put(path, text.encode("utf-8", "replace"), overwrite=overwrite)
