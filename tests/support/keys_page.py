"""docs/keys.md, made from the declared commands.

``python -m tests.support.keys_page > docs/keys.md`` writes the page anew.
"""

import sys
from itertools import groupby

from tui.app import dispatch
from tui.app.app import APP
from tui.features.commands import PLACES, keys_text

SIGNS = {"`": "`` ` ``", "|": "`\\|`"}


def markdown():
    """Return docs/keys.md: the commands by area, and what each letter does."""
    assert dispatch.CONTROLLERS, "all modules with commands are there"
    listed = {one.id: one for one in APP}
    listed |= {one.id: one for commands, _ in PLACES for one in commands}
    parts = [_HEAD]
    areas = groupby(sorted(listed.values(), key=_area), _area)
    for area, commands in areas:
        parts += [f"## {area.capitalize()}\n", "| key | what it does | id |"]
        parts += ["|---|---|---|", *map(_line, commands), ""]
    parts += ["## One letter, everywhere\n", "| key | commands |", "|---|---|"]
    by_key = {}
    for command in listed.values():
        for key in filter(None, command.keys.split(",")):
            by_key.setdefault(key, []).append(command.id)
    shared = ((key, ids) for key, ids in sorted(by_key.items()) if len(ids) > 1)
    parts += [f"| {_key(key)} | {', '.join(ids)} |" for key, ids in shared]
    return "\n".join(parts) + "\n"


_HEAD = """\
# Keys

<!-- made by python -m tests.support.keys_page -->

In the app
`?` lists the keys of what has the focus, `ctrl+p` all commands, and `;` (`ctrl+o` in a
field) shows letters to jump by. A command gets other keys by its id, in the settings:

```toml
[keys]
"run.start" = "f9"
```

A key that is taken where the command works is refused with a notice, and the command
keeps its own. [keymap.toml](keymap.toml) is a set to begin with.
"""


def _area(command):
    return command.id.partition(".")[0]


def _line(command):
    return f"| {_key(command.keys)} | {command.title} | {command.id} |"


def _key(keys):
    if not keys:
        return "`ctrl+p`, its name"
    return ", ".join(SIGNS.get(one, f"`{one}`") for one in keys_text(keys).split(", "))


if __name__ == "__main__":
    sys.stdout.write(markdown())
