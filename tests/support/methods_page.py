"""docs/methods.md, made from the registry.

``python -m tests.support.methods_page > docs/methods.md`` writes the page anew.
"""

import sys

from engine.resample.handbook import FILLED, GROUPS, catalogue, document


def markdown():
    """Return docs/methods.md: what comes with the program, no plug-ins."""
    parts = [_HEAD]
    for group, these in catalogue().items():
        if group == "plug-in":
            continue
        head, _, rest = GROUPS[group].partition(": ")
        parts.append(f"## {head.capitalize()}: {rest}\n")
        parts += [_section(one) for one in these]
    return "\n".join(parts)


_HEAD = f"""\
# Every method there is

Made from the registry by `python -m tests.support.methods_page`; do not edit it by
hand. The same in a terminal: `imbtui methods`, `imbtui methods NAME`. Samplers of other
packages are described in [plugins.md](plugins.md).

*Slow* ones take seconds or more from tens of thousands of rows on; how long on your
own rows is measured by `imbtui preflight DATA`. Values to search are tried where an arm
says `name=tune`.

Missing values, for samplers and ensembles: {FILLED}.
"""


def _section(one):
    told = document(one)
    lines = [f"### `{one.name}`: {one.title}", "", one.summary, ""]
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
    if told.slow:
        lines.append("- Slow with many rows")
    written = ", ".join(f"`{text}`" for text in told.arms)
    lines += [f"- As an arm: {written}", ""]
    if told.parameters:
        lines += _parameter_rows(told)
    return "\n".join(lines)


def _parameter_rows(told):
    lines = [
        "| parameter | values | default | turning it up | searched |",
        "|---|---|---|---|---|",
    ]
    ranges = told.group == "ensemble"
    for one in told.parameters:
        values = told.searched.get(one.name, [])
        searched = (" to " if ranges else ", ").join(map(_text, values))
        cells = (
            f"`{one.name}`",
            one.values.replace("|", "\\|"),
            _text(one.default),
            one.effect,
            searched,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _text(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.stdout.write(markdown())
