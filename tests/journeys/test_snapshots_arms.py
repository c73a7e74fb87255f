"""What the arms look like: recipes, the form, and the dialogs that make them.

`pytest --snapshot-update` takes new pictures.
"""

from __future__ import annotations

import pytest

from tests.journeys.test_snapshots import _anywhere, looks  # noqa: F401  # fixtures
from tests.support import fakes
from tui import arm_messages as arms
from tui.messages import PaneActivated, Selected, StepParamChanged

SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])


def at(arm: str, *wishes):
    """Return what makes an app look at an arm, and what else is wished before."""

    def before(app):
        for wish in (PaneActivated("arms"), *wishes, Selected("arms", arm)):
            app.post_message(wish)

    return before


@SIZES
def test_the_form_with_a_parameter_left_to_the_search(looks, size):  # noqa: F811
    tuned = StepParamChanged("svm-smote", 0, "k_neighbors", "3/5/10")
    before = at("svm-smote", tuned)
    looks(fakes.app("sample:stroke"), "enter", *"0.3", size=size, before=before)


@SIZES
def test_a_recipe_of_ones_own(looks, size):  # noqa: F811
    made = arms.StepAdded("smote", "random-under")
    ratio = StepParamChanged("smote+random-under", 0, "ratio", "0.3")
    before = at("smote+random-under", made, ratio)
    looks(fakes.app("sample:stroke"), size=size, before=before)


@SIZES
def test_an_ensemble(looks, size):  # noqa: F811
    looks(fakes.app("sample:stroke"), "p", size=size, before=at("rus-boost"))


@SIZES
def test_what_cannot_be_run(looks, size):  # noqa: F811
    looks(fakes.app("sample:stroke"), size=size, before=at("smoten"))


@SIZES
def test_add_step(looks, size):  # noqa: F811
    looks(fakes.app("sample:stroke"), "plus", size=size, before=at("svm-smote"))


@SIZES
def test_build_recipe(looks, size):  # noqa: F811
    keys = "n", "end", *"+random-under:ratio=0.5"
    keys = tuple("plus" if key == "+" else key for key in keys)
    looks(fakes.app("sample:stroke"), *keys, size=size, before=at("svm-smote"))


@SIZES
def test_tick_arms(looks, size):  # noqa: F811
    looks(fakes.app("sample:stroke"), "a", size=size, before=at("none"))
