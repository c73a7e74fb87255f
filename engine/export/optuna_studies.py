"""A run's search as Optuna studies, one per arm: for optuna-dashboard and others."""

from __future__ import annotations

import contextlib
import datetime
import shutil
import warnings
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from engine.core import space
from engine.core.errors import SpecError, UnwrittenError, first_line
from engine.core.exports import Parts, Piece
from engine.core.methods import grammar
from engine.core.state import LOWER_IS_BETTER, ArmState
from engine.core.visible import slug
from engine.export.case import Case
from engine.export.tables import free

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

    from engine.core.events import TrialFinished
    from engine.core.methods.grammar import Arm
    from engine.core.methods.samplers import ParamValue


_METRICS = "study:metric_names"
"""Where Optuna keeps what its values are called."""


def optuna_studies(case: Case) -> Parts:
    """Tell the file of a run's studies, in SQLite as Optuna's RDBStorage has them.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts

    Raises
    ------
    SpecError
        If the run has not begun.
    """
    if not case.state.arms:
        what = f"run {case.name} has no arms yet"
        raise SpecError(what, "watch it", action=f"watch {case.name}")
    trials = sum(len(arm.trials) for arm in case.state.arms)
    what = f"{len(case.state.arms)} studies with {trials} trials"
    name = Path(case.request.path or "studies.db").name
    return Parts((Piece(name, f"{what}, as Optuna's SQLite", partial(_copy, case)),))


def names(case: Case) -> dict[str, str]:
    """Return the name of each arm's study: the run, and the arm without odd marks."""
    arms = [arm.name for arm in case.state.arms]
    slugs = free((slug(arm, fallback="arm") for arm in arms), ())
    return {arm: f"{case.run}-{name}" for arm, name in zip(arms, slugs, strict=True)}


def _copy(case: Case, file: BinaryIO) -> None:
    """Make the storage where it may be written piece by piece, then copy it."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with TemporaryDirectory(prefix="imbtui-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, "studies")
            _fill(case, path)
            with path.open("rb") as whole:
                shutil.copyfileobj(whole, file)
    except (OSError, SQLAlchemyError, StorageInternalError) as error:
        why = error.__cause__ or error
        what = f"cannot make the studies among the temporary files: {first_line(why)}"
        raise UnwrittenError(what, "set TMPDIR to a folder with more room") from None


def _fill(case: Case, path: Path) -> None:
    import optuna

    with warnings.catch_warnings(), contextlib.ExitStack() as closing:
        warnings.simplefilter("ignore")  # what is still an experiment of Optuna's
        verbosity = optuna.logging.get_verbosity()
        closing.callback(optuna.logging.set_verbosity, verbosity)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
        closing.callback(storage.engine.dispose)
        closing.callback(storage.remove_session)
        for n, (arm, name) in enumerate(names(case).items()):
            case.progress("writing studies", n, len(case.state.arms))
            _study(case, case.state.arm(arm), name, storage)


def _study(case: Case, arm: ArmState, name: str, storage: BaseStorage) -> None:
    """Write the study of one arm."""
    import optuna

    experiment = case.experiment
    objective = experiment.search.objective
    wanted = case.wanted(arm.name)
    study = optuna.create_study(
        storage=storage,
        study_name=name,
        direction="minimize" if objective in LOWER_IS_BETTER else "maximize",
    )
    for key, value in _about(case, arm, wanted).items():
        study.set_user_attr(key, value)
    storage.set_study_system_attr(study._study_id, _METRICS, [objective])
    known = _distributions(case, wanted, arm.trials)
    for trial in arm.trials:
        study.add_trial(_trial(case, trial, known))


def _about(case: Case, arm: ArmState, wanted: Arm) -> dict[str, object]:
    info, search, failed = case.state.dataset, case.experiment.search, arm.failed
    method = "+".join(step.sampler for step in wanted.steps)
    with contextlib.suppress(SpecError):  # of a package that is not here any more
        method = grammar.to_text(wanted)
    found: dict[str, object] = {
        "arm": arm.name,
        "kind": arm.kind,
        "method": method,
        "run": case.run,
        "objective": search.objective,
        "folds": search.folds * search.repeats,
        "sampler": search.method,
        "seed": case.experiment.seed,
        "imbtui": case.state.versions.get("imbtui", ""),
        "dataset": info and info.name,
        "target": info and info.target,
        "rows": info and info.rows,
        "fingerprint": info and info.fingerprint,
        "positive": info and info.positive,
        "best_trial": arm.best and arm.best.number,
        "failed": failed and f"{failed.message}. {failed.fix}",
    }
    return {name: value for name, value in found.items() if value is not None}


def _distributions(
    case: Case, arm: Arm, trials: tuple[TrialFinished, ...]
) -> dict[str, BaseDistribution]:
    """Return what was searched; what does not fit any more, as the values tried."""
    from optuna.distributions import CategoricalDistribution

    known: dict[str, BaseDistribution] = {}
    with contextlib.suppress(SpecError):  # of a package that is not here any more
        known = space.distributions(case.experiment.model, arm)
    tried: dict[str, dict[ParamValue, None]] = {}
    for trial in trials:
        for name, value in trial.params.items():
            tried.setdefault(name, {})[value] = None
    for name, values in tried.items():
        if name not in known or not all(_holds(known[name], one) for one in values):
            known[name] = CategoricalDistribution(tuple(values))
    return known


def _holds(distribution: BaseDistribution, value: ParamValue) -> bool:
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except (ValueError, TypeError):
        return False


def _trial(
    case: Case, trial: TrialFinished, known: dict[str, BaseDistribution]
) -> FrozenTrial:
    from optuna.trial import FrozenTrial, TrialState

    state = TrialState.PRUNED if trial.pruned else TrialState.COMPLETE
    attrs: dict[str, object] = {
        "number": trial.number,
        "rounds": trial.rounds,
        "seconds": trial.seconds,
        **{f"cv_{name}": list(values) for name, values in trial.folds.items()},
    }
    if trial.failed:
        state, attrs["failed"] = TrialState.FAIL, trial.failed
    # Of a trial only its seconds are known, not when it began.
    run = case.opened.run
    began, last = run.created, max(run.finished or 0.0, run.created)
    ended = min(began + trial.seconds, last)
    return FrozenTrial(
        number=-1,  # the storage counts
        trial_id=-1,
        state=state,
        value=None if trial.failed else trial.score,
        datetime_start=datetime.datetime.fromtimestamp(began),
        datetime_complete=datetime.datetime.fromtimestamp(ended),
        params=dict(trial.params),
        distributions={name: known[name] for name in trial.params},
        user_attrs=attrs,
        system_attrs={},
        intermediate_values=dict(trial.curve),
    )
