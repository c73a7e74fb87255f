"""`imbtui methods`: every remedy there is, or everything about one."""

from __future__ import annotations

import argparse
import sys

from engine.resample import handbook, plugins
from tui.cli.output import print_json, width
from tui.cli.streams import write
from tui.console.methods import method_page, methods_list
from tui.console.style import style_for

__all__ = ["methods"]


def methods(args: argparse.Namespace) -> int:
    """List the remedies, or say everything about the one named."""
    style = style_for(sys.stdout)
    if args.name is not None:
        one = handbook.method(args.name)
        if args.json:
            print_json(handbook.document(one))
        else:
            write(f"{method_page(one, width=width(), style=style)}\n")
        return 0
    found, wrong = handbook.catalogue(), plugins.problems()
    if args.json:
        documents = [
            handbook.document(one) for these in found.values() for one in these
        ]
        print_json({"methods": documents, "problems": [one._asdict() for one in wrong]})
    else:
        write(f"{methods_list(found, wrong, width=width(), style=style)}\n")
    return 0
