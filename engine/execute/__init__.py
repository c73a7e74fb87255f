"""Where units of work run: a port of two methods, and its adapters.

`inline` runs them one after another where they are submitted, `local` in threads.
Both give the same numbers, since no unit depends on when or where another ran.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "local": "make_executor=make make_reader",
        "processes": "ProcessExecutor",
    },
)
