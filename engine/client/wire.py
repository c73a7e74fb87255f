r"""The app's and its service child's messages as lines of JSON.

The standard library's reader and writer, not msgspec's: a file name may hold bytes
that are no UTF-8, which Python keeps as lone surrogates, and msgspec refuses those.

Examples
--------
>>> from engine.client.messages import PageRequest
>>> decode_request(encode(PageRequest(id=1, start=0, count=20)))
PageRequest(start=0, count=20, id=1)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Union

import msgspec

# Their messages belong to the language too.
from engine.client import explain, lab  # noqa: F401
from engine.client.messages import Reply, Request


def encode(message: Request | Reply) -> bytes:
    """Return a message as one line."""
    text = json.dumps(
        msgspec.to_builtins(message), allow_nan=False, separators=(",", ":")
    )
    return text.encode("ascii") + b"\n"


def decode_request(line: bytes) -> Request:
    """Return the request that a line holds.

    Raises
    ------
    ValueError
        If it holds none.
    """
    found: Request = msgspec.convert(json.loads(line), _REQUEST)
    return found


def decode_reply(line: bytes) -> Reply:
    """Return the reply that a line holds.

    Raises
    ------
    ValueError
        If it holds none.
    """
    found: Reply = msgspec.convert(json.loads(line), _REPLY)
    return found


def _kinds(base: type[Any]) -> Iterator[type[Any]]:
    """Yield the kinds of a message: what stands below its base, and is none itself."""
    for kind in base.__subclasses__():
        if kind.__subclasses__():
            yield from _kinds(kind)
        else:
            yield kind


_REQUEST: Any = Union[tuple(_kinds(Request))]  # noqa: UP007  # made of a list
_REPLY: Any = Union[tuple(_kinds(Reply))]  # noqa: UP007
