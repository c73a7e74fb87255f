"""The notes that lie in a folder, made from templates.

Text of other people in them is shown, and never acted on: `quoted`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


MOST = 200


def render(name: str, /, **values: object) -> str:
    """Return a template filled in; `quoted` and `counted` are filters in it.

    Parameters
    ----------
    name : str
        Of the file in ``engine/export/templates``, without ``.j2``.
    **values : object
    """
    return environment("engine.export").get_template(f"{name}.j2").render(values)


@cache
def environment(package: str) -> jinja2.Environment:
    """Return how the templates of a package are filled in: Markdown, JSON, Python."""
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters |= {"quoted": quoted, "counted": counted, "word": _word}
    return env


def quoted(text: str) -> str:
    r"""Return any text as code in Markdown: one line, nothing hidden, no mark-up.

    Examples
    --------
    >>> quoted("a`b\n<b>"), quoted("")
    ('`a\\x60b\\n<b>`', '`""`')
    """
    plain = "".join(
        ascii(mark)[1:-1] if not mark.isprintable() else mark for mark in text
    ).replace("`", r"\x60")
    if len(plain) > MOST:
        plain = f"{plain[: MOST // 2]}…{plain[-MOST // 2 :]}"
    return f"`{plain}`" if plain.strip() else f'`"{plain}"`'


def counted(counts: dict[str, int]) -> str:
    """Return rows by class as a sentence has them.

    Examples
    --------
    >>> counted({"0": 34098, "1": 622})
    '34,098 of `0`, 622 of `1`'
    """
    return ", ".join(f"{n:,} of {quoted(label)}" for label, n in counts.items())


def _word(text: str) -> str:
    """Return what is a plain word; anything else has no place in a comment."""
    return text if re.fullmatch(r"[\w.+-]{1,80}", text, re.ASCII) else "?"
