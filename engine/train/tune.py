"""Ask for the next setting of an arm, and tell how it did.

Optuna's sampler state is not stored anywhere: each trial draws from a sampler
seeded by its number, so that a setting depends on the earlier trials and on its
number only. A resumed search goes on exactly as the uninterrupted one, and all
arms start from the same draws.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.events import TrialFinished
from engine.seeds import child
from engine.spec import Experiment, ParamValue
from engine.state import LOWER_IS_BETTER
from engine.train import space

__all__ = ["Tuner"]

STARTUP_TRIALS = 5
"""Trials drawn at random before the sampler learns from them."""


class Tuner:
    """The search of one arm.

    Parameters
    ----------
    experiment : Experiment
        Its model, search and seed are used; nothing depends on the arm.
    finished : iterable of TrialFinished, default=()
        Trials of an earlier part of the run, in order.
    """

    def __init__(
        self, experiment: Experiment, finished: Iterable[TrialFinished] = ()
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna = optuna
        self._experiment = experiment
        lower = experiment.search.objective in LOWER_IS_BETTER
        self._study = optuna.create_study(direction="minimize" if lower else "maximize")
        self._space = space.distributions(experiment.model)
        for trial in finished:
            self.tell(trial.params, trial.score)

    @property
    def wanted(self) -> int:
        """Trials worth asking for: one if nothing is searched."""
        return self._experiment.search.trials if self._space else 1

    def ask(self, number: int) -> dict[str, ParamValue]:
        """Return the setting of trial `number`, given all trials told so far."""
        if number == 0 or not self._space:
            return space.first(self._experiment.model)
        self._study.sampler = self._sampler(
            child(self._experiment.seed, "trial", number)
        )
        trial = self._study.ask(self._space)
        params: dict[str, ParamValue] = dict(trial.params)
        # The study holds finished trials only, those that `tell` adds.
        self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        return params

    def tell(self, params: dict[str, ParamValue], score: float) -> None:
        """Add a finished trial."""
        self._study.add_trial(
            self._optuna.trial.create_trial(
                params={k: params[k] for k in self._space},
                distributions=self._space,
                value=score,
            )
        )

    def _sampler(self, seed: int):  # type: ignore[no-untyped-def]  # Optuna loads late
        samplers = self._optuna.samplers
        if self._experiment.search.method == "random":
            return samplers.RandomSampler(seed=seed)
        return samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
