"""The page as one HTML file: no script, nothing from elsewhere, text stays text."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from engine.core.views.report.parts import Page
from engine.core.views.report.plot import look, marker, rule
from engine.core.visible import visible

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup


def html(page: Page) -> str:
    """Return the page as HTML.

    Whatever is printed goes through `visible`, then through jinja2's escaping; what is
    data is only ever in text and in quoted attributes. The one style sheet is named by
    its hash in the page's content security policy, so nothing else is obeyed.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        One self-contained document.
    """
    template, style = _template()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(page=page, style=style, digest=digest)


def _kind(part: object) -> str:
    return type(part).__name__


@cache
def _template() -> tuple[jinja2.Template, Markup]:
    """Return the template and the style sheet, which are ours."""
    import jinja2
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return value if isinstance(value, Markup) else visible(value)

    env = jinja2.Environment(
        loader=jinja2.PackageLoader("engine.export.page", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(look=look, marker=marker, rule=rule, kind=_kind)
    env.globals["newline"] = Markup("\n")
    style = (files("engine.export.page") / "templates" / "page.css").read_text("utf-8")
    # It has no "<", and stands as it is, so that its hash is that of the page's.
    return env.get_template("page.html.j2"), Markup(style)
