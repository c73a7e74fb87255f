"""The headless commands: one declaration each, imported when called.

`declare` knows where they are, `parser` turns them into arguments and errors into one
line; the other modules declare them beside their handlers, with their options.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "declare": "every_command=every find_command=find flag",
        "parser": "* dispatch",
        "run": "experiment_of=experiment",
    },
)
