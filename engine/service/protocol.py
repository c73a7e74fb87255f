r"""The app's and its service child's messages as lines of JSON.

The standard library's reader and writer, not msgspec's: a file name may hold bytes
that are no UTF-8, which Python keeps as lone surrogates, and msgspec refuses those.

Examples
--------
>>> from engine.core.messages import PageRequest
>>> decode_request(encode(PageRequest(id=1, start=0, count=20)))
PageRequest(start=0, count=20, sort=None, id=1)
"""

from __future__ import annotations

import json
from typing import TypeVar, Union, cast

import msgspec

# Their messages belong to the language too.
from engine.core import explain, lab  # noqa: F401
from engine.core.messages import Reply, Request

_M = TypeVar("_M")


def encode(message: Request | Reply) -> bytes:
    """Return a message as one line."""
    plain = msgspec.to_builtins(message)
    text = json.dumps(plain, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def decode_request(line: bytes) -> Request:
    """Return the request that a line holds.

    Raises
    ------
    ValueError
        If it holds none.
    """
    return msgspec.convert(json.loads(line), _REQUEST)


def decode_reply(line: bytes) -> Reply:
    """Return the reply that a line holds.

    Raises
    ------
    ValueError
        If it holds none.
    """
    return msgspec.convert(json.loads(line), _REPLY)


def _kinds(base: type[_M]) -> type[_M]:
    """Return the union of a message's kinds, which have none below themselves."""
    kinds = [*base.__subclasses__()]
    for kind in kinds:
        kinds += kind.__subclasses__()
    found = tuple(kind for kind in kinds if not kind.__subclasses__())
    return cast("type[_M]", Union[found])  # noqa: UP007  # made of a list


_REQUEST, _REPLY = _kinds(Request), _kinds(Reply)
