"""The light side of the engine's child processes; no science stack here.

`runs` starts, follows and cancels the process of a run. `service` speaks to the
child that loads and describes tables for the app.
"""

from typing import TYPE_CHECKING

from engine.core.lazy import public

if TYPE_CHECKING:
    from engine.service.client.runs import cancel as cancel
    from engine.service.client.runs import follow as follow
    from engine.service.client.runs import resume as resume
    from engine.service.client.runs import start as start
    from engine.service.client.runs import wait as wait

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "service": "Child Service",
        "runs": "* cancel follow resume start wait",
    },
)
