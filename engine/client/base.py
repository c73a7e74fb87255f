"""What every message between the app and its service child has."""

from __future__ import annotations

import msgspec

__all__ = ["Reply", "Request"]


class Request(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="request", omit_defaults=True
):
    """Base of the requests; `id` comes back in every reply to it."""

    id: int


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="reply"):
    """Base of the replies; `id` is that of the request, 0 if unasked."""

    id: int = 0
