"""The note in a folder for SageMaker: the steps, and what differs from the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.export import sagemaker_job
from engine.export.wording import bullets, counted, quoted

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = ["readme"]


def readme(
    case: Case,
    train: dict[str, int],
    validation: dict[str, int],
    test: dict[str, int],
    *,
    weighed: bool,
) -> str:
    """Return the note.

    Parameters
    ----------
    case : Case
    train, validation, test : dict of str to int
        Rows of each table by class.
    weighed : bool
        Whether the tables to fit on have a column of weights.
    """
    at, tuned = sagemaker_job.place(case), sagemaker_job.job_name(case, 32)
    first = "the label, then its weight" if weighed else "the label"
    transform = "$[1:]"
    name, info = quoted(case.chosen.name), case.bench.dataset.info
    return f"""# {name} of run {case.run} for SageMaker's built-in XGBoost

Table: {quoted(case.bench.table.name)}. Target: {quoted(info.target)}.

- `train.csv`: what the arm makes of the rows to fit on of the run's first fold:
  {counted(train)}.
- `validation.csv`: the rows that fold judges, all of them real and left as they are:
  {counted(validation)}.
- `test.csv`: the run's test rows: {counted(test)}. For the end, not for tuning.
- `columns.csv`, `classes.csv`: what the columns are, and which number is which class.
- `hyperparameters.json`: the arm's best setting. `training-job.json` fits it once;
  `tuning-job.json` searches it anew.

No table has a header. First comes {first}, then the encoded columns, in the encoding
that was fitted on the real rows to fit on; a missing number is an empty cell.
{"`test.csv` has no weights." if weighed else ""}

## Steps

1. Put these in the two requests, everywhere they stand:
   - `{sagemaker_job.ROLE}`: a role that SageMaker may take on;
   - `{sagemaker_job.BUCKET}`: your bucket;
   - `{sagemaker_job.IMAGE}`: the image of your region, as
     `sagemaker.image_uris.retrieve("xgboost", REGION, "1.7-1")` names it.
2. Upload the tables:

   ```
   aws s3 cp train.csv {at}/train/train.csv
   aws s3 cp validation.csv {at}/validation/validation.csv
   aws s3 cp test.csv {at}/test/test.csv
   ```

3. Fit the setting that was found, or search anew:

   ```
   aws sagemaker create-training-job --cli-input-json file://training-job.json
   aws sagemaker create-hyper-parameter-tuning-job --cli-input-json file://tuning-job.json
   aws sagemaker describe-hyper-parameter-tuning-job \\
       --hyper-parameter-tuning-job-name {tuned}
   ```

4. Score the test rows with a batch transform job whose input filter is
   `{transform}`, which leaves the label out.

Jobs and machines cost money: look at instance type, limits and time in the requests.

## What differs from the run

{bullets(_differences(case))}"""


def _differences(case: Case) -> list[str]:
    """Say what the same setting does otherwise there."""
    search, model = case.experiment.search, case.experiment.model
    told = [
        "The run judges a trial by its mean over "
        f"{search.folds * search.repeats} folds; here it is the first fold alone. The "
        "run's final model is fitted on all training rows, this one on those of the "
        "fold.",
        "The container has its own version of XGBoost (the run had "
        f"{case.state.versions.get('xgboost', 'another')}), and more threads: scores "
        "are alike, not the same to the last digit. `seed_per_iteration`, which the "
        "run sets, is no hyper-parameter there.",
        "Classes are numbers: see `classes.csv`.",
        "A row is called positive from 0.5 on unless you set a threshold: those of the "
        "run belong to the run's own model."
        if not case.multiclass
        else "A row is called the class of the largest probability: the run's weights "
        "of the classes belong to the run's own model.",
    ]
    if model.early_stopping:
        told.append(
            f"The run looks every {model.evaluate_every} rounds and stops after "
            f"{model.early_stopping} without a better mean over the folds; a training "
            "job looks at every round."
        )
    if search.method == "tpe":
        told.append(
            "The run searches with Optuna's TPE, the tuning job with SageMaker's own "
            "Bayesian search."
        )
    if case.chosen.setting:
        told.append(
            "The samplers' parameters were searched in the run; the tuning job has the "
            "rows of the setting that was chosen."
        )
    told += [
        f"{note}."
        if note.startswith("validation:")
        else f"{note[:1].upper()}{note[1:]}."
        for note in (
            sagemaker_job.objective(case).note,
            sagemaker_job.searched(case)[1],
        )
        if note
    ]
    return told
