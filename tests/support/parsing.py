"""Arguments of a command as its own parser takes them."""

import argparse

from tui.cli import find_command


class WrongError(Exception):
    """What the parser would say, and end the process."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise WrongError(message)


def parsed(*options, command="run"):
    """Return what the options of a command come to."""
    parser = _Parser()
    find_command(command).arguments(parser)
    return parser.parse_args([str(option) for option in options])
