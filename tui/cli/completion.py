"""`imbtui completion`: the script that completes commands in a shell."""

from __future__ import annotations

import argparse
from importlib import resources

from tui.cli.declare import Option, command
from tui.cli.streams import write

SHELLS = ("bash", "zsh", "fish")


@command(
    "imbtui completion bash > ~/.local/share/bash-completion/completions/imbtui",
    Option("shell SHELL", ", ".join(SHELLS), choices=SHELLS),
)
def completion(args: argparse.Namespace) -> int:
    """Print the script that completes commands, options and names in a shell."""
    script = resources.files("tui.cli").joinpath("shell", f"imbtui.{args.shell}")
    write(script.read_text("utf-8"))
    return 0
