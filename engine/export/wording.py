"""Text of other people in the notes that lie in a folder: shown, never acted on."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["bullets", "counted", "quoted"]

MOST = 200


def quoted(text: str) -> str:
    r"""Return any text as code in Markdown: one line, nothing hidden, no mark-up.

    Examples
    --------
    >>> quoted("a`b\n<b>"), quoted("")
    ('`a\\x60b\\n<b>`', '`""`')
    """
    told = "".join(
        mark if mark.isprintable() and mark != "`" else _escaped(mark) for mark in text
    )
    if len(told) > MOST:
        told = f"{told[: MOST // 2]}…{told[-MOST // 2 :]}"
    return f"`{told if told.strip() else chr(34) + told + chr(34)}`"


def counted(counts: dict[str, int]) -> str:
    """Return rows by class as a sentence has them.

    Examples
    --------
    >>> counted({"0": 34098, "1": 622})
    '34,098 of `0`, 622 of `1`'
    """
    return ", ".join(
        f"{number:,} of {quoted(label)}" for label, number in counts.items()
    )


def bullets(texts: Iterable[str]) -> str:
    r"""Return lines of a list in Markdown.

    Examples
    --------
    >>> bullets(["one", "two"])
    '- one\n- two\n'
    """
    return "".join(f"- {text}\n" for text in texts)


def _escaped(mark: str) -> str:
    return r"\x60" if mark == "`" else ascii(mark)[1:-1]
