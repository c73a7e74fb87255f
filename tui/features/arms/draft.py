"""The experiment a user is setting up: always runnable, or it says why not.

A draft offers every method and every model there is, ticked or not, each method with
its parameters, so that unticking one forgets nothing. Its arms are each ticked method
with each ticked model, or those of an experiment until ticks or parameters change. A
change that cannot be is refused: the value stays as it was and the problem is kept
under the field's key, for the pane to show beside it. Pure functions only; nothing here
knows Textual.

`tui.features.arms.changes` has all changes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain, count, takewhile
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.core import models as known_models
from engine.core.doc import fields_of
from engine.core.errors import EngineError, SpecError
from engine.core.experiment import DataSpec, Experiment, ReadSpec
from engine.core.messages import Failure
from engine.core.methods import grammar, handbook, registry
from engine.core.methods.builtin import Ensemble
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue, Sampler
from engine.core.presets import preset
from tui.terminal.safe_text import sentence

CONTROL = registry.CONTROL
_MODEL = "\0@"
"""No method is called so."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something did not happen, and what to do; both one line.

    `readable` if it is about a file that may be read in another way, by the `field` of
    `ReadSpec`, if it is about one; of one that is too large `sample_rows` would fit.
    """

    message: str
    fix: str = ""
    code: str = "error"
    readable: bool = False
    field: str = ""
    sample_rows: int = 0

    @property
    def text(self) -> str:
        """Both in one line."""
        whole = f"{self.message.rstrip('.')}. {sentence(self.fix)}"
        return whole if self.fix else self.message

    @classmethod
    def of(cls, error: BaseException | Failure) -> Problem:
        """Return the problem that an error stands for, by the labels of the form."""
        if isinstance(error, EngineError | Failure):
            known = {d.field: d for d in fields_of(ReadSpec).values() if d.form}
            docs = [known[f] for f in (error.field or "").split() if f in known]
            labels = [doc.label for doc in docs if doc.label not in error.fix]
            return cls(
                message=error.message,
                fix=error.fix + (f" ({', '.join(labels)})" if labels else ""),
                code=error.code,
                field=docs[0].name if docs else "",
            )
        first = str(error).strip().partition("\n")[0]
        name = type(error).__name__
        return cls(message=f"{name}: {first}" if first else name, code="bug")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A method that can be ticked, as an arm with the parameters it would run with.

    Parameters
    ----------
    arm : Arm
        `steps[i].params` holds only what differs from the registry's defaults.
    ticked : bool, default=False
        Whether it is run.
    auto : bool, default=False
        Whether it is called by what it does; its name then follows its parameters.
    """

    arm: Arm
    ticked: bool = False
    auto: bool = False

    @property
    def name(self) -> str:
        """What it is found by; it stays when the parameters change."""
        return self.arm.name

    @property
    def own(self) -> bool:
        """Whether the registry does not know it: it was made here, or in a file."""
        return self.arm.name not in registry.names()

    @property
    def group(self) -> str:
        """Where it is listed: ``own``, or a key of the handbook's groups."""
        if self.own:
            return "own"
        if not self.arm.steps:
            return "control" if self.arm.ensemble is None else "ensemble"
        return handbook.group_of(registry.sampler(self.arm.steps[0].sampler))

    @property
    def named_by_steps(self) -> bool:
        """Whether its name follows what it does."""
        return self.own and self.auto

    @property
    def locked(self) -> bool:
        """Whether it cannot be unticked: everything is compared with it."""
        return self.arm.name == CONTROL


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The experiment being set up.

    Parameters
    ----------
    base : Experiment
        Search, model, decision and features; its data, split, seed and arms are not
        meant (see `tui.features.session.experiment`).
    offers : tuple of Offer
        Every method there is: those of the registry in its order, then those made here
        or in an experiment file.
    models : tuple of str
        The ticked models, at least one.
    problems : dict of str to Problem
        Refused changes by field: a key of the budget, or `arm_key` of a parameter.
    path : str or None
        The experiment file it was opened from or last saved to.
    order : tuple of str
        Names of methods that are run first, in this order: that of an experiment.
    kept : tuple of Arm
        The arms of an experiment, which are run as they are until ticks or parameters
        change.
    """

    base: Experiment
    offers: tuple[Offer, ...]
    models: tuple[str, ...] = (known_models.XGBOOST,)
    problems: dict[str, Problem] = {}
    path: str | None = None
    order: tuple[str, ...] = ()
    kept: tuple[Arm, ...] = ()

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What is run, in its order, as it will be called."""
        return self.kept or self.combined

    @property
    def combined(self) -> tuple[Arm, ...]:
        """Every ticked method with every ticked model; of one in the methods' order."""
        first = {name: place for place, name in enumerate(self.order)}
        ticked = [offer for offer in self.offers if offer.ticked]
        last = len(first)
        ticked.sort(key=lambda o: first.get(o.name, -1 if o.locked else last))
        named = [replace(o.arm, name=self.labelled(o).name) for o in ticked]
        found = grammar.combine(named, self.models)
        if len(self.models) > 1:
            return found
        places = [arm.name for arm in named]
        return tuple(sorted(found, key=lambda arm: places.index(arm.name)))

    @property
    def partial(self) -> bool:
        """Whether what is run is not every ticked method with every ticked model."""
        kept, combined = (
            [replace(arm, name=called(arm)) for arm in arms]
            for arms in (self.arms, self.combined)
        )
        return len(kept) != len(combined) or any(arm not in combined for arm in kept)

    def labelled(self, offer: Offer) -> Arm:
        """Return an offer's arm as its method will be called, whatever model it has.

        One that is called by what it does has its parameters there, and a number where
        another is called so already. The offer keeps its name, so that what is
        highlighted or refused under it is found again.
        """
        arm = plain(offer.arm)
        if not offer.named_by_steps:
            return arm
        taken = {other.name for other in self.offers if not other.named_by_steps}
        # In order: a later one gets the number.
        for other in takewhile(lambda one: one != offer, self.offers):
            if other.named_by_steps:
                taken.add(free(method_text(other.arm), taken))
        return replace(arm, name=free(method_text(arm), taken))

    def offer(self, name: str) -> Offer | None:
        """Return the offer of an arm, or None if there is no such arm."""
        return next((o for o in self.offers if o.name == name), None)

    def param(self, arm: str, step: int, name: str) -> ParamValue | None:
        """Return the value a parameter has now, its default included.

        None for one of an ensemble that is searched, because it is not fixed.
        """
        offer = self.offer(arm)
        entry: Sampler | Ensemble | None = None
        values: Mapping[str, ParamValue] = {}
        if offer is not None and offer.arm.ensemble is not None:
            entry, values = registry.ensemble(offer.arm.ensemble), offer.arm.params
            if name in entry.space:
                return values.get(name)
        elif offer is not None and step < len(offer.arm.steps):
            one = offer.arm.steps[step]
            entry, values = known_sampler(one.sampler), one.params
        parameters = entry.parameters if entry is not None else ()
        default = next((p.default for p in parameters if p.name == name), None)
        return values.get(name, default)

    def tried(self, arm: str, step: int, name: str) -> tuple[ParamValue, ...]:
        """Return the values that the search chooses a parameter among; () if none."""
        offer = self.offer(arm)
        steps = offer.arm.steps[step : step + 1] if offer is not None else ()
        known = [one for one in steps if known_sampler(one.sampler) is not None]
        return registry.tries(known[0]).get(name, ()) if known else ()

    def has_problem(self, arm: str) -> bool:
        """Tell whether a value of an arm was refused."""
        return any(key.rsplit("/", 2)[:-2] == [arm] for key in self.problems)


def model_key(name: str) -> str:
    """Return what a model is found by where methods are listed, too."""
    return f"{_MODEL}{name}"


def model_of(key: str) -> str | None:
    """Return the model that a key is of; None of a method's.

    Examples
    --------
    >>> model_of(model_key("logistic")), model_of("smote")
    ('logistic', None)
    """
    return key.removeprefix(_MODEL) if key.startswith(_MODEL) else None


def called(arm: Arm) -> str:
    """Return what the method of an arm is called."""
    return grammar.method_name(arm.name, arm.model)


def plain(arm: Arm) -> Arm:
    """Return the method of an arm, called so, with the model that one is not asked for.

    Examples
    --------
    >>> plain(grammar.parse("smote@logistic")) == grammar.parse("smote")
    True
    """
    if arm.ensemble is not None:
        return arm
    name = called(arm)
    return replace(arm, name=name, model=known_models.XGBOOST, params={})


def known_sampler(name: str) -> Sampler | None:
    """Return a sampler of the registry; None if it is not installed here.

    Examples
    --------
    >>> known_sampler("smote").title, known_sampler("of-a-plug-in")
    ('SMOTE', None)
    """
    try:
        return registry.sampler(name)
    except SpecError:
        return None


def free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken: with a number behind it, if need be.

    Examples
    --------
    >>> free("smote", {"untreated"}), free("smote", {"smote", "smote-2"})
    ('smote', 'smote-3')
    """
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(one for one in names if one not in taken)


def is_auto_named(arm: Arm) -> bool:
    """Tell whether an arm's name only says what it does.

    Examples
    --------
    >>> is_auto_named(grammar.parse("smote:ratio=0.5+enn"))
    True
    >>> is_auto_named(Arm(name="mine", weights=True))
    False
    """
    if not arm.steps and arm.ensemble is None:
        return False
    return bool(re.fullmatch(rf"{re.escape(method_text(arm))}(-\d+)?", arm.name))


def method_text(arm: Arm) -> str:
    """Return what an arm does as text; its name if the grammar has no text for it."""
    try:
        return grammar.to_text(arm)
    except SpecError:
        return arm.name


def arm_key(arm: str, step: int, param: str) -> str:
    """Return the key under which a refused parameter is kept in `problems`."""
    return f"{arm}/{step}/{param}"


def read(name: str, value: ParamValue | None, kind: type) -> Any:
    """Read what a user typed as the type wanted."""
    if kind is bool:
        if value not in (True, False, "yes", "no"):
            raise SpecError(f"{name} is {value!r}", "give yes or no")
        return value in (True, "yes")
    if isinstance(value, str) and kind is not str:
        number = math.nan
        with suppress(ValueError):
            number = kind(value.strip().replace(",", "."))
        if not math.isfinite(number):
            fix = "give a whole number" if kind is int else "give a number"
            raise SpecError(f"{name} is {value!r}", fix)
        return number
    return float(value) if kind is float and isinstance(value, int) else value


def add_problem(draft: Draft, key: str, error: SpecError) -> Draft:
    """Keep why a change was refused, under its key."""
    return replace(draft, problems={**draft.problems, key: Problem.of(error)})


def drop_problem(draft: Draft, key: str) -> Draft:
    """Forget an earlier refusal of the key."""
    problems = {k: v for k, v in draft.problems.items() if k != key}
    return replace(draft, problems=problems)


def drop_preset(draft: Draft) -> Draft:
    """Drop the name of the preset: a changed one is none any more."""
    if draft.base.preset is None:
        return draft
    return replace(draft, base=replace(draft.base, preset=None))


def fresh(name: str | None = None) -> Draft:
    """Return the draft of a preset; without one, of what `imbtui run` does."""
    return from_experiment(preset(name, source=""))


def with_experiment(experiment: Experiment, old: Draft) -> Draft:
    """Return the draft of an experiment; methods of one's own stay, unticked."""
    draft = from_experiment(experiment)
    own = [offer for offer in old.offers if offer.own and not draft.offer(offer.name)]
    unticked = (replace(offer, ticked=False) for offer in own)
    return replace(draft, offers=(*draft.offers, *unticked))


def from_experiment(experiment: Experiment, path: str | None = None) -> Draft:
    """Return the draft that an experiment, from a file or a run, stands for.

    An arm of the registry that the experiment holds with other parameters keeps
    those; an arm that the registry does not know is listed after them, as one of one's
    own.
    """
    held: dict[str, Arm] = {}
    for arm in experiment.arms:
        name = called(arm)
        held.setdefault(name, replace(arm, name=name))
    learning = [arm.model for arm in experiment.arms if arm.ensemble is None]
    known = registry.names()
    offers = [
        Offer(arm=held.get(n, grammar.parse(n)), ticked=n in held or n == CONTROL)
        for n in known
    ]
    own = [arm for name, arm in held.items() if name not in known]
    offers += [Offer(arm=a, ticked=True, auto=is_auto_named(a)) for a in own]
    base = replace(experiment, data=DataSpec(source=""), arms=(grammar.parse(CONTROL),))
    return Draft(
        base=base,
        offers=tuple(offers),
        models=tuple(dict.fromkeys(learning)) or (known_models.XGBOOST,),
        path=path,
        order=tuple(held),
        kept=experiment.arms,
    )
