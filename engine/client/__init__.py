"""The light side of the engine's child processes; no science stack here.

`runs` starts, follows and cancels the process of a run. `service` speaks to the
child that loads and describes tables for the app; `messages` is their language.
"""

from engine.client.runs import cancel, follow, resume, start, wait

__all__ = ["cancel", "follow", "resume", "start", "wait"]
