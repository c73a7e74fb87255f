"""Every code of advice: what it is about, why it matters, when it is given.

docs/advice.md is written from this table: ``python -m engine.data.advice_codes``
prints it.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CODES", "Code", "markdown"]


class Code(NamedTuple):
    """One kind of advice.

    `weight` is 1 for what can make a result wrong, 2 for what is worth knowing, 3
    for what was decided and is said for the record. `when` tells when it is given
    and `fix` what one key or one option does about it, if anything.
    """

    title: str
    weight: int
    cause: str
    when: str
    fix: str = ""


CODES: dict[str, Code] = {
    "IMB001": Code(
        "a note of the reader",
        3,
        "what was guessed or mended while reading may not be what was meant",
        "Something was guessed or mended: a delimiter, an encoding, blank cells.",
    ),
    "IMB002": Code(
        "constant column",
        3,
        "a column that never changes tells nothing",
        "A column has the same value in every row, or none at all. One value beside "
        "missing cells is a flag, and learned from.",
    ),
    "IMB003": Code(
        "free text",
        3,
        "nearly every text is a level of its own, which says nothing of new rows",
        "A text column has more than 100 levels, and more than half as many as rows.",
        "`--keep COLUMN` learns from it as a category",
    ),
    "IMB004": Code(
        "identifier",
        3,
        "a model would learn rows by heart, or how the file is sorted",
        "The values of a column differ in every row and its name or its values say "
        "that they number the rows.",
    ),
    "IMB005": Code(
        "date",
        3,
        "a date tells when a row was made; new rows are of days never seen",
        "A column holds dates.",
        "`--time COLUMN` makes the latest rows the test rows",
    ),
    "IMB006": Code(
        "words among numbers",
        1,
        "a single word makes a column of numbers a column of text, of which every "
        "number is a level of its own",
        "At least nine in ten cells of a text column are numbers, ten of them "
        "different, beside at most 20 different words.",
        "`--missing WORD` reads the word as a missing cell",
    ),
    "IMB007": Code(
        "target guessed",
        3,
        "everything that follows depends on the target",
        "No target was given.",
    ),
    "IMB008": Code(
        "positive class guessed",
        3,
        "recall, precision and the missed positives are those of the positive class",
        "No positive class was given; the rarer one was taken, or of two with as many "
        "rows the one called 1, yes, true or the like, else the one that comes later.",
        "`--positive LABEL` takes the other",
    ),
    "IMB009": Code(
        "rows without a target",
        3,
        "there is nothing to learn from them and nothing to judge them by",
        "The target is missing in some rows, or is a word such as NA or none in less "
        "than 5 % of them, beside two other classes. A word that is more frequent, or "
        "that is named as the positive class, is a class.",
    ),
    "IMB010": Code(
        "classes put together",
        3,
        "errors between the classes put together are not counted",
        "The target has more than two classes and one was named the positive one.",
    ),
    "IMB011": Code(
        "cells that are no numbers",
        2,
        "the training rows say that the column holds numbers, and these cells do not "
        "fit",
        "Cells of a column of numbers hold something else. A column that was kept as "
        "text, such as codes with zeros in front, stays that.",
        "`--drop COLUMN` ignores the column",
    ),
    "IMB012": Code(
        "leak suspect",
        1,
        "a column that is written down after the outcome, or made from it, is not "
        "there when a model is used: every score here would be too good",
        "A column by itself ranks the training rows without an error; or nearly so "
        "(ROC AUC of 0.95 or more) while the other columns are far from it; or it "
        "finds half of the rare positives with a precision of 0.95. Scores are "
        "cross-validated, in folds that keep a group together, or else equal rows "
        "(unless less than 5 % of the rows are different), or that go forward in time. "
        "A column that is merely the best of all is not suspected; nor is one of many "
        "strong ones (`IMB020`), unless it makes no error.",
        "`--drop COLUMN` ignores the column",
    ),
    "IMB013": Code(
        "duplicate rows",
        2,
        "a test row with an equal training row is known by heart, not understood",
        "Rows are equal in every feature: always if they are on both sides of the "
        "split, else if they are one in a thousand or more.",
        "`--duplicates together` (the default) keeps them on one side as long as they "
        "can be copies: up to 1 % of the rows and 5 % of a class, and at least 3 rows. "
        "Larger groups are drawn like other rows, and figures are also given without "
        "the test rows that have an equal in training",
    ),
    "IMB014": Code(
        "contradictory rows",
        2,
        "no model can tell rows apart that are equal in every feature, so some errors "
        "are sure",
        "At least 1 % of the training rows, or of the positive ones, have an equal "
        "training row with another target.",
    ),
    "IMB015": Code(
        "a class too rare for the folds",
        1,
        "a fold without a class can neither teach nor judge it",
        "A class has fewer training rows than there are folds.",
    ),
    "IMB016": Code(
        "prevalence",
        2,
        "accuracy says little here: look at the missed positives, at precision and at "
        "average precision",
        "The positive class has less than 20 % of the rows.",
    ),
    "IMB017": Code(
        "minority smaller than its neighbours",
        2,
        "SMOTE and its kin look at 5 neighbours of the same class: with fewer rows "
        "they are given a smaller k, which is said, or fail",
        "Less than 6 rows of a class are left to fit on in a fold.",
    ),
    "IMB018": Code(
        "many levels",
        2,
        "the most frequent levels get an indicator each and all others share one",
        "A category has more than 30 levels, and at least 5 % of its cells are of "
        "those that share an indicator.",
        "`--drop COLUMN` ignores the column",
    ),
    "IMB019": Code(
        "rows of one group",
        1,
        "rows of one patient or account are alike: with some on either side of the "
        "split, test rows are known by heart",
        "An identifier (`IMB004`) repeats in some rows; or the name of a column says "
        "that its values are persons or things, they repeat, and there are many of "
        "them (more than 100, or more than 5 % of the rows). How many test rows, and "
        "how many positives among them, share a value with a training row is counted.",
        "`--group COLUMN` keeps equal values on one side of every split",
    ),
    "IMB020": Code(
        "suspiciously clean",
        1,
        "rows that were resampled before they came here are in training and test rows "
        "alike, and their share of positives is not the real one",
        "Numbers of one class look interpolated where those of the other are whole; or "
        "at least half of the columns tell the target almost alone; or the classes of "
        "a table of 200 rows and more are exactly equal, with no missing cell and no "
        "two equal rows.",
    ),
    "IMB021": Code(
        "training and test file differ",
        1,
        "what was learned from the one may not hold for the other",
        "With a test file: the distributions of a column are at least 0.15 apart, or "
        "2 % of its test cells are of levels never seen, or the shares of missing "
        "cells are 10 points apart; or the share of a class differs by half or more.",
        "`--drop COLUMN` ignores the column",
    ),
    "IMB022": Code(
        "a sample",
        2,
        "counts are those of the sample; rare things may be missing from it",
        "Not all rows of the file were read.",
    ),
    "IMB023": Code(
        "missing cells tell the class",
        2,
        "that a cell is missing is learned from; if it was filled in because of the "
        "outcome, that is a leak",
        "The shares of missing cells of two classes differ by 5 points and by half, "
        "more than chance would do.",
        "`--drop COLUMN` ignores the column",
    ),
    "IMB024": Code(
        "few test positives",
        2,
        "with few positives chance decides which arm looks best",
        "Less than 100 test rows are positive.",
    ),
    "IMB025": Code(
        "a level that may mean missing",
        2,
        "as a level it is not counted as missing; learned from are both alike, each as "
        "a level of its own",
        "A category has a level such as unknown, none or NA.",
        "`--missing WORD` reads the word as a missing cell, in every column",
    ),
    "IMB026": Code(
        "equal columns",
        2,
        "the second of two columns that say the same adds nothing but weight in the "
        "distances of samplers",
        "Two features differ in exactly the same rows.",
        "`--drop COLUMN` ignores the second",
    ),
    "IMB027": Code(
        "classes that differ in capitals only",
        1,
        "they are counted, split and judged as different classes, which they hardly "
        "are",
        "Two labels of the target are the same but for capitals, as Yes and yes.",
    ),
    "IMB028": Code(
        "rows without a group",
        2,
        "rows of one patient or account that does not stand there may be on both sides "
        "of the split",
        "Cells of the column of `--group` are empty: each such row is a group of its "
        "own.",
    ),
    "IMB029": Code(
        "a value that implies the target",
        1,
        "a flag that is set together with the outcome, as that of one cause of "
        "failure, is part of the target: every score here would be too good",
        "At least 95 % of the training rows of one value, and of at least 10 rows, are "
        "positive (or of one class, with several), where at most 20 % of all are, and "
        "chance would do that in less than 1 % of tables (exact binomial, times the "
        "number of values). Only columns of up to 20 different values are looked at.",
        "`--drop COLUMN` ignores the column",
    ),
    "IMB030": Code(
        "a sample drawn by class",
        2,
        "precision, alerts and costs hold for the share of positives in the table; in "
        "use they depend on the real one",
        "There are at least 100 positives, and exactly k or k + 0.5 negatives (k from "
        "1 to 20) for each of them. Where at least 20 % of the rows are equal to an "
        "earlier one, oversampling is named as the likely cause.",
    ),
}

HEAD = """# Advice

What `imbtui profile`, the Dataset pane and every run say about a table, by code. Each
piece of advice holds what was found with its evidence, why it matters, what to do, and
where one choice does it, that choice: one key in the app, one option on the command
line.

`--mute IMB018` gives none of a code, `--mute IMB018:city` none of it for one column;
how many are muted is said, and a code or a column that is not there is refused. What
involves the target is measured on the training rows of the split that was chosen: test
rows are looked at once, at the end of a run. Only the rows of each class are counted in
all of them, and for `IMB019` how many test rows share a value with a training row.
"""


def markdown() -> str:
    """Return docs/advice.md."""
    parts = [HEAD]
    for code, about in CODES.items():
        lines = [
            f"## {code}: {about.title}",
            "",
            about.when,
            "",
            f"Why it matters: {about.cause}.",
        ]
        if about.fix:
            lines += ["", f"What does it: {about.fix}."]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
