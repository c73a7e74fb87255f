"""docs/models.md, made from the registry.

``python -m tests.support.models_page > docs/models.md`` writes the page anew.
"""

import sys

from engine.core import models
from engine.core.methods.handbook import model_document, takes
from tests.support.methods_page import short_range, text_of


def markdown():
    """Return docs/models.md: what comes with the program, no plug-ins."""
    return "\n".join([_HEAD, *map(_section, models.MODELS)])


_HEAD = """\
# Models

<!-- made by python -m tests.support.models_page -->

In a terminal: `imbtui models`, `imbtui models NAME`.

An arm is a method with a model. `imbtui run DATA --models xgboost,logistic` compares
every method with each of these models, `--methods untreated@logistic,smote@logistic`
some methods with one; in a file: `models = ["xgboost", "logistic"]`, or `model` of an
arm. Each arm has the same number of trials. The four balanced ensembles are methods
that are models themselves ([methods.md](methods.md)).

A search space says what is searched of a model. `model.space` names XGBoost's; of
another model the space of that name is searched, else its first one, and nothing where
it is `fixed`.
"""


def _section(one):
    told = model_document(one)
    lines = [f"## `{one.name}`: {one.title}", "", one.summary, ""]
    lines += [f"- When: {one.when}", f"- When not: {one.when_not}"]
    lines += [f"- Takes: {takes(one.needs)}"]
    lines += [f"- Grows by: {one.rounds}"] if one.rounds else []
    extra = f", which `{models.install(one)}` installs" if one.extra else ""
    lines += [f"- Package: {one.package}{extra}", f"- Source: {one.source}", ""]
    if told.parameters:
        lines += _parameter_rows(told)
    return "\n".join(lines)


def _parameter_rows(told):
    titles = ["parameter", "values", "default", "effect of a higher value"]
    titles += [f"searched in {name}" for name in told.spaces]
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    for one in told.parameters:
        cells = [
            f"`{one.name}`",
            short_range(one.values),
            text_of(one.default),
            one.effect,
        ]
        ends = (space.get(one.name, ()) for space in told.spaces.values())
        cells += (" to ".join(map(text_of, values)) for values in ends)
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


if __name__ == "__main__":
    sys.stdout.write(markdown())
