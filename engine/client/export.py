"""What the app and its service child say about exports: frozen, small, JSON."""

from __future__ import annotations

from typing import TypeAlias

from engine.client.base import Reply, Request
from engine.export.asked import Asked, Planned, Written

__all__ = ["ExportPlanned", "Exported", "PlanExport", "Shown", "WriteExport"]


class PlanExport(Request, frozen=True, tag="plan-export"):
    """Ask what an export would write."""

    asked: Asked


class WriteExport(Request, frozen=True, tag="write-export"):
    """Ask to export."""

    asked: Asked


class ExportPlanned(Reply, frozen=True, tag="export-planned"):
    """What an export would write."""

    planned: Planned


class Exported(Reply, frozen=True, tag="exported"):
    """What was exported."""

    written: Written


Shown: TypeAlias = ExportPlanned | Exported
