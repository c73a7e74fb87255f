"""Answers what the app asks about many tables; a part of the desk."""

from __future__ import annotations

from pathlib import Path

from engine.client.suite import AskSuite, SuiteShown

__all__ = ["answer"]


def answer(request: AskSuite) -> SuiteShown:
    """Return what the store's finished runs come to over their tables.

    Parameters
    ----------
    request : AskSuite
        A group that is not there any more gives way to that of the newest run.

    Returns
    -------
    SuiteShown

    Raises
    ------
    EngineError
        If the store cannot be read, or there is no such metric.
    """
    from engine.store import open_store
    from engine.suite.stored import gather, over

    with open_store(Path(request.store), create=False) as store:
        found = gather(store.runs())
        groups = tuple(one.group for one in found)
        if not found:
            return SuiteShown(id=request.id, groups=())
        chosen = next((one for one in found if one.group.key == request.group), None)
        chosen = chosen or found[0]
        suite = over(store, chosen, request.metric, request.rope)
    return SuiteShown(id=request.id, groups=groups, group=chosen.group.key, suite=suite)
