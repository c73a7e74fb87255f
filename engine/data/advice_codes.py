"""Every code of advice: how much it matters, and why.

docs/advice.md says of each what it is about, when it is given and what does it.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One kind of advice.

    `weight` is 1 for what can make a result wrong, 2 for what is worth knowing, 3
    for what was decided and is said for the record.
    """

    weight: int
    cause: str


CODES: dict[str, Code] = {
    "IMB001": Code(
        3, "what was guessed or mended while reading may not be what was meant"
    ),
    "IMB002": Code(3, "a column that never changes tells nothing"),
    "IMB003": Code(
        3, "nearly every text is a level of its own, which says nothing of new rows"
    ),
    "IMB004": Code(3, "a model would learn rows by heart, or how the file is sorted"),
    "IMB005": Code(
        3, "a date tells when a row was made; new rows are of days never seen"
    ),
    "IMB006": Code(
        1,
        "a single word makes a column of numbers a column of text, of which every "
        "number is a level of its own",
    ),
    "IMB007": Code(3, "everything that follows depends on the target"),
    "IMB008": Code(
        3, "recall, precision and the missed positives are those of the positive class"
    ),
    "IMB009": Code(
        3, "there is nothing to learn from them and nothing to judge them by"
    ),
    "IMB010": Code(3, "errors between the classes put together are not counted"),
    "IMB011": Code(
        2,
        "the training rows say that the column holds numbers, and these cells do "
        "not fit",
    ),
    "IMB012": Code(
        1,
        "a column that is written down after the outcome, or made from it, is not "
        "there when a model is used: every score here would be too good",
    ),
    "IMB013": Code(
        2, "a test row with an equal training row is known by heart, not understood"
    ),
    "IMB014": Code(
        2,
        "no model can tell rows apart that are equal in every feature, so some "
        "errors are sure",
    ),
    "IMB015": Code(1, "a fold without a class can neither teach nor judge it"),
    "IMB016": Code(
        2,
        "accuracy says little here: look at the missed positives, at precision and "
        "at average precision",
    ),
    "IMB017": Code(
        2,
        "SMOTE and its kin look at 5 neighbours of the same class: with fewer rows "
        "they are given a smaller k, which is said, or fail",
    ),
    "IMB018": Code(
        2, "the most frequent levels get an indicator each and all others share one"
    ),
    "IMB019": Code(
        1,
        "rows of one patient or account are alike: with some on either side of the "
        "split, test rows are known by heart",
    ),
    "IMB020": Code(
        1,
        "rows that were resampled before they came here are in training and test "
        "rows alike, and their share of positives is not the real one",
    ),
    "IMB021": Code(1, "what was learned from the one may not hold for the other"),
    "IMB022": Code(
        2, "counts are those of the sample; rare things may be missing from it"
    ),
    "IMB023": Code(
        2,
        "that a cell is missing is learned from; if it was filled in because of the"
        " outcome, that is a leak",
    ),
    "IMB024": Code(2, "with few positives chance decides which arm looks best"),
    "IMB025": Code(
        2,
        "as a level it is not counted as missing; learned from are both alike, each"
        " as a level of its own",
    ),
    "IMB026": Code(
        2,
        "the second of two columns that say the same adds nothing but weight in the"
        " distances of samplers",
    ),
    "IMB027": Code(
        1,
        "they are counted, split and judged as different classes, which they hardly"
        " are",
    ),
    "IMB028": Code(
        2,
        "rows of one patient or account that does not stand there may be on both "
        "sides of the split",
    ),
    "IMB029": Code(
        1,
        "a flag that is set together with the outcome, as that of one cause of "
        "failure, is part of the target: every score here would be too good",
    ),
    "IMB030": Code(
        2,
        "precision, alerts and costs hold for the share of positives in the table; "
        "in use they depend on the real one",
    ),
}
