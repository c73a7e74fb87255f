"""Tables of words in Markdown files beside the code: commands, fields of a form."""

from __future__ import annotations

from pathlib import Path


def read(name: str) -> dict[str, list[list[str]]]:
    """Return the rows of a file's tables by the headings above them.

    Parameters
    ----------
    name : str
        A file in this folder; each heading of the second level has one table.

    Returns
    -------
    dict of str to list of list of str

    Examples
    --------
    >>> read("budget.md")["Split"][1]
    ['seed', 'seed', 'the same seed, the same numbers', '0 or more']
    """
    text = Path(__file__).with_name(name).read_text("utf-8")
    found = {}
    for part in text.split("\n## ")[1:]:
        heading, *lines = part.splitlines()
        rows = [line.strip("|") for line in lines if line.startswith("| ")][1:]
        found[heading] = [[cell.strip() for cell in row.split("|")] for row in rows]
    return found
