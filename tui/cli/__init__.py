"""The headless commands: one declaration each, handlers imported when called.

`declare` lists the commands, `parser` turns them into arguments and errors into
one line; the other modules hold the handlers.
"""
