r"""The app's and its service child's messages as lines of JSON.

The standard library's reader and writer, not msgspec's: a file name may hold bytes
that are no UTF-8, which Python keeps as lone surrogates, and msgspec refuses those.

Examples
--------
>>> from engine.client.messages import Rows
>>> decode_request(encode(Rows(id=1, start=0, count=20)))
Rows(start=0, count=20, id=1)
"""

from __future__ import annotations

import json
from typing import cast

import msgspec

from engine.client.messages import Reply, Request

__all__ = ["decode_reply", "decode_request", "encode"]


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
    # mypy takes a union of types for no type.
    return cast(Request, msgspec.convert(json.loads(line), Request))


def decode_reply(line: bytes) -> Reply:
    """Return the reply that a line holds.

    Raises
    ------
    ValueError
        If it holds none.
    """
    return cast(Reply, msgspec.convert(json.loads(line), Reply))
