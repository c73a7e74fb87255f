"""The experiment a person is setting up: always runnable, or it says why not.

A draft offers every arm there is, ticked or not, each with its parameters, so that
unticking one forgets nothing. A change that cannot be is refused: the value stays
as it was and the problem is kept under the field's key, for the pane to show beside
it. Pure functions only; nothing here knows Textual.

What it is made of is in `tui.draft_core`, what happens to its arms in
`tui.draft_arms`, and to its budget in `tui.draft_budget`; all of it is here by name.
"""

from __future__ import annotations

import msgspec

from engine.presets import preset
from engine.resample import registry
from engine.spec import DataSpec, Experiment
from tui.draft_arms import (
    add_arm,
    add_step,
    change_param,
    copy_arm,
    drop_step,
    keep_own,
    remove_arm,
    tick_only,
    toggle,
)
from tui.draft_budget import (
    BUDGET,
    BudgetField,
    change_budget,
    checked_choice,
    with_costs,
)
from tui.draft_core import (
    CONTROL,
    Draft,
    Group,
    Offer,
    Problem,
    accepted,
    arm_key,
    called_by_itself,
    known_sampler,
    refused,
    spelled,
)

__all__ = [
    "BUDGET",
    "BudgetField",
    "Draft",
    "Group",
    "Offer",
    "Problem",
    "accepted",
    "add_arm",
    "add_step",
    "anew",
    "arm_key",
    "change_budget",
    "change_param",
    "checked_choice",
    "copy_arm",
    "drop_step",
    "fresh",
    "from_experiment",
    "keep_own",
    "known_sampler",
    "refused",
    "remove_arm",
    "spelled",
    "tick_only",
    "toggle",
    "with_costs",
]


def fresh(name: str | None = None) -> Draft:
    """Return the draft of a preset; without one, of what `imbtui run` does."""
    return from_experiment(preset(name, source=""))


def anew(experiment: Experiment, old: Draft) -> Draft:
    """Return the draft of an experiment; recipes of one's own stay, unticked."""
    return keep_own(from_experiment(experiment), old)


def from_experiment(experiment: Experiment, path: str | None = None) -> Draft:
    """Return the draft that an experiment, from a file or a run, stands for.

    An arm of the registry that the experiment holds with other parameters keeps
    those; an arm that the registry does not know is listed after them, as one of one's
    own.
    """
    held = {arm.name: arm for arm in experiment.arms}
    known = registry.names()
    offers = [
        Offer(
            arm=held.get(name, registry.arm(name)),
            ticked=name in held or name == CONTROL,
        )
        for name in known
    ]
    offers += [
        Offer(arm=a, ticked=True, auto=called_by_itself(a))
        for n, a in held.items()
        if n not in known
    ]
    base = msgspec.structs.replace(
        experiment, data=DataSpec(source=""), arms=(registry.arm(CONTROL),)
    )
    order = tuple(held)
    return Draft(base=base, offers=tuple(offers), path=path, order=order)
