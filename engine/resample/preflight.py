"""What would fail is repaired before it fails, and every repair is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.errors import ArmError
from engine.resample import registry
from engine.spec import Step

__all__ = ["Attempt", "attempts"]


class Attempt(NamedTuple):
    """Parameters to try, and what was changed in them and why."""

    params: dict[str, Any]
    repairs: tuple[str, ...]


def attempts(step: Step, *, minority: int, rows: int) -> Iterator[Attempt]:
    """Yield the parameters to try in turn, until one of them works.

    The first is what was asked for, but for what cannot work with so few minority
    rows. The next are the registry's repairs of an error that only the sampler
    can find, in the order of how little they change.

    Parameters
    ----------
    step : Step
        The sampler and what was asked of it.
    minority : int
        Minority rows among the fitting rows.
    rows : int
        All fitting rows.

    Yields
    ------
    Attempt

    Raises
    ------
    ArmError
        If nothing can work.

    Examples
    --------
    >>> few = next(attempts(Step(sampler="smote"), minority=4, rows=100))
    >>> few.params["k_neighbors"], few.repairs[0]
    (3, 'k_neighbors 5 → 3: only 4 minority rows to fit on')
    """
    params = registry.check_step(step)
    entry = registry.sampler(step.sampler)
    repairs: list[str] = []
    if entry.neighbors:
        if minority < 2:
            raise ArmError(
                f"{step.sampler} needs at least 2 minority rows to fit on, there is "
                f"{minority}",
                "give fewer folds, or use random-over or weights",
                code="too-few-positives",
            )
        wanted = params[entry.neighbors]
        if wanted > minority - 1:
            params[entry.neighbors] = minority - 1
            repairs.append(
                f"{entry.neighbors} {wanted} → {minority - 1}: only {minority} "
                "minority rows to fit on"
            )
    for name in ("m_neighbors", "n_neighbors"):
        if name in params and params[name] > rows - 1:
            params[name] = rows - 1
            repairs.append(f"{name} → {rows - 1}: only {rows} rows to fit on")
    yield Attempt(params, tuple(repairs))
    if step.sampler == "kmeans-smote":
        yield from _kmeans(step, params, repairs, minority / rows)


def _kmeans(
    step: Step, params: dict[str, Any], repairs: list[str], share: float
) -> Iterator[Attempt]:
    """Lower the share that a cluster needs, then the number of clusters.

    Some cluster always holds at least the overall share of minority rows, so half
    of that share finds one unless the clusters are too small.
    """
    if "cluster_balance_threshold" in step.params:
        return
    threshold = float(f"{share / 2:.1g}")
    eased = [
        *repairs,
        f"cluster_balance_threshold 0.5 → {threshold:g}: with {share:.2%} minority "
        "rows no cluster is half minority",
    ]
    params = params | {"cluster_balance_threshold": threshold}
    yield Attempt(params, tuple(eased))
    if "clusters" in step.params:
        return
    clusters = params["clusters"]
    while clusters > 1:
        clusters //= 2
        fewer = f"clusters {params['clusters']} → {clusters}: no cluster held enough"
        yield Attempt(params | {"clusters": clusters}, (*eased, fewer))
