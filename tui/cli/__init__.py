"""The headless commands: one declaration each, handlers imported when called.

`declare` lists the commands, `parser` turns them into arguments and errors into
one line; the other modules hold the handlers.
"""

from engine._public import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "declare": ("COMMANDS", "find_command=find"),
        "parser": ("*", "dispatch"),
        "run": ("experiment_of=experiment",),
    },
)
