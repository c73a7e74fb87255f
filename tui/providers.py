"""The command palette's source: the same commands that the keys have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from tui.commands import Command, available, keys_text

__all__ = ["Commands", "offered"]


def offered(screen: Any, app: Any) -> Iterator[tuple[Command, DOMNode]]:
    """Yield every command that works on a screen now, with its owner.

    What the focus is in comes first, then the active pane and its picture, then the
    screen, then the app.
    """
    seen: set[str] = set()
    nodes: list[Any] = (
        list(screen.focused.ancestors_with_self) if screen.focused else []
    )
    nodes += [*getattr(screen, "command_owners", ()), screen, app]
    for node in nodes:
        listed = getattr(node, "COMMANDS_HERE", ())
        for command in listed:
            if command.id not in seen and available(command, app.session):
                seen.add(command.id)
                yield command, node


class Commands(Provider):
    """Finds commands by their titles."""

    async def discover(self) -> Hits:
        """List every command that works now."""
        for command, owner in offered(self.screen, self.app):
            yield DiscoveryHit(
                _titled(command), self._do(command, owner), help=command.help
            )

    async def search(self, query: str) -> Hits:
        """Find commands whose title is like the query."""
        matcher = self.matcher(query)
        for command, owner in offered(self.screen, self.app):
            title = _titled(command)
            if (score := matcher.match(title)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    self._do(command, owner),
                    help=command.help,
                )

    def _do(self, command: Command, owner: DOMNode) -> Any:
        return partial(self.app.run_action, command.action, owner)


def _titled(command: Command) -> str:
    keys = keys_text(command.keys)
    area = command.id.partition(".")[0]
    title = f"{area}: {command.title}"
    return f"{title}  ({keys})" if keys else title
