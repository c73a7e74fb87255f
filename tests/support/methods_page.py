"""docs/methods.md, made from the registry.

``python -m tests.support.methods_page > docs/methods.md`` writes the page anew.
"""

import re
import sys

from engine.core.methods.handbook import FILLED, GROUPS, catalogue, document


def markdown():
    """Return docs/methods.md: what comes with the program, no plug-ins."""
    groups = {key: these for key, these in catalogue().items() if key != "plug-in"}
    parts = [_HEAD, *map(_links, groups, groups.values()), ""]
    for group, these in groups.items():
        parts.append(f"## {GROUPS[group].capitalize()}\n")
        parts += [_section(one) for one in these]
    return "\n".join(parts)


_HEAD = f"""\
# Methods

<!-- made by python -m tests.support.methods_page -->

In a terminal: `imbtui methods`, `imbtui methods NAME`. Samplers of other packages:
[plugins.md](plugins.md).

*Slow* methods take seconds or more from tens of thousands of rows on; `imbtui preflight
DATA` measures the time on your rows. An arm with more
*rows* to fit on than its method takes is refused before the run
([why](scale.md#samplers)). The values in the column *searched* are tried if an arm has
`name=tune`.

Missing values, for samplers and ensembles: {FILLED}.
"""


def _links(group, these):
    """Return a line of links to the methods of a group."""
    links = (f"[{one.name}](#{anchor(_heading(one))})" for one in these)
    return f"- {GROUPS[group].capitalize()}: {', '.join(links)}"


def anchor(heading):
    """Return what a heading is called in a link, as git hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _heading(one):
    return f"`{one.name}`: {one.title}"


def _section(one):
    told = document(one)
    lines = [f"### {_heading(one)}", "", one.summary, ""]
    if told.home:
        lines += [f"`{told.home}`", ""]
    lines += [f"- When: {one.when}", f"- When not: {one.when_not}"]
    if one.source:
        lines.append(f"- Source: {one.source}")
    for key, words in (
        ("categories", "Categories"),
        ("missing", "Missing values"),
        ("classes", "More than two classes"),
    ):
        if told.accepts[key] != FILLED:  # The head says it.
            lines.append(f"- {words}: {told.accepts[key]}")
    if told.accepts["rows"] != "any number":
        lines.append(f"- Rows: {told.accepts['rows']}")
    if told.slow:
        lines.append("- Slow with many rows")
    written = ", ".join(f"`{text}`" for text in told.arms)
    lines += [f"- As an arm: {written}", ""]
    if told.parameters:
        lines += _parameter_rows(told)
    return "\n".join(lines)


def _parameter_rows(told):
    lines = [
        "| parameter | values | default | effect of a higher value | searched |",
        "|---|---|---|---|---|",
    ]
    ranges = told.group == "ensemble"
    for one in told.parameters:
        values = told.searched.get(one.name, [])
        searched = (" to " if ranges else ", ").join(map(text_of, values))
        cells = (
            f"`{one.name}`",
            short_range(one.values).replace("|", "\\|"),
            text_of(one.default),
            one.effect,
            searched,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def short_range(values):
    """Return a range in as few words as a table has room for.

    Examples
    --------
    >>> short_range("a number from 0 to 1"), short_range("a whole number from 1 to 50")
    ('0 to 1', '1 to 50, whole')
    """
    text = re.sub(r"^a whole number from (.*)$", r"\1, whole", values)
    return text.removeprefix("a number from ")


def text_of(value):
    """Return a value as it is typed."""
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.stdout.write(markdown())
