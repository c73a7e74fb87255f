"""What the arms look like: the list, methods, the form, and the dialogs about them."""

from __future__ import annotations

from tests.support.journey import LARGE, SMALL, WIDE, sizes
from tui.features.arms import messages
from tui.features.messages import PaneActivated, Selected, StepParamChanged

BOTH, FORM = sizes(SMALL, LARGE), sizes(SMALL, WIDE)


def at(journey, arm, *wishes) -> None:
    """Look at an arm; what else is wished comes before."""
    journey.post(PaneActivated("arms"), *wishes, Selected("arms", arm))


@BOTH
def test_arms(journey, size):
    journey.begin(size)
    journey.press("2", "down", "down", "down")
    journey.look("arms", picture=size == LARGE)


@BOTH
def test_budget(journey, size):
    journey.begin(size)
    journey.press("2", "b")
    journey.look("budget")


@BOTH
def test_experiment_file(journey, size):
    journey.begin(size)
    journey.press("2", "V")
    journey.look("experiment-file")


@FORM
def test_the_form_with_a_parameter_left_to_the_search(journey, size):
    journey.begin(size)
    at(journey, "svm-smote", StepParamChanged("svm-smote", 0, "k_neighbors", "3/5/10"))
    journey.press("enter", *"0.3")
    journey.look("form", picture=size == WIDE)


@FORM
def test_a_method_of_ones_own(journey, size):
    journey.begin(size)
    made = messages.StepAdded("smote", "random-under")
    ratio = StepParamChanged("smote+random-under", 0, "ratio", "0.3")
    at(journey, "smote+random-under", made, ratio)
    journey.look("own-method")


@FORM
def test_an_ensemble(journey, size):
    journey.begin(size)
    at(journey, "rus-boost")
    journey.press("p")
    journey.look("ensemble")


@FORM
def test_what_cannot_be_run(journey, size):
    journey.begin(size)
    at(journey, "smoten")
    journey.look("cannot-be-run")


@FORM
def test_add_step(journey, size):
    journey.begin(size)
    at(journey, "svm-smote")
    journey.press("plus")
    journey.look("add-step")


@FORM
def test_build_method(journey, size):
    journey.begin(size)
    at(journey, "svm-smote")
    keys = ("plus" if key == "+" else key for key in "+random-under:ratio=0.5")
    journey.press(":", "end", *keys)
    journey.look("build-method")


@FORM
def test_tick_arms(journey, size):
    journey.begin(size)
    at(journey, "untreated")
    journey.press("A")
    journey.look("tick-arms", picture=size == WIDE)
