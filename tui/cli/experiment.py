"""The options about a table, an experiment on it, and how that is run."""

from __future__ import annotations

from engine.spec import OBJECTIVES
from engine.spec_checks import FORMATS
from engine.spec_checks import KINDS as COLUMN_KINDS
from tui.cli.options import (
    DETACH,
    JSON,
    NOTIFY,
    QUIET,
    STORE,
    Option,
    escape,
    separator,
)

TARGET = (
    Option("--target COL", "target column; else guessed"),
    Option("--positive LABEL", "positive class; else the rarer one"),
)

HOLD_OUT = (
    Option("--test-size SHARE", "share of test rows"),
    Option("--no-stratify", "split at random"),
)

COLUMNS = (
    Option("--drop COL,…", "ignore columns"),
    Option(
        "--keep COL,…",
        "learn from columns that would be ignored: an id, a date, free text",
    ),
    Option(
        "--kinds COL=KIND,…",
        f"what columns are, if not what they look like: {', '.join(COLUMN_KINDS)}",
    ),
    Option(
        "--mute CODE,…", "advice not to give: IMB018, or IMB018:city for one column"
    ),
    "the test rows",
    *HOLD_OUT,
    Option("--group COL", "equal values stay on one side of every split"),
    Option("--time COL", "the latest rows are the test rows"),
    Option("--by COL", "column that says train or test (or 0 and 1)"),
    Option("--test FILE", "a second table, or -: the test rows", dest="test_source"),
    Option(
        "--duplicates WHERE",
        "rows that are equal in every feature: together on one side (the default) or "
        "apart",
    ),
)

READ = (
    "how the file is read; else it is found out",
    Option("--format NAME", ", ".join(FORMATS)),
    Option(
        "--delimiter CHAR",
        "between fields: a character, tab, or whitespace for runs of blanks",
        type=separator,
    ),
    Option("--encoding NAME", "utf-8, cp1252, utf-16 …"),
    Option("--quote CHAR", "quote character, or none"),
    Option(
        "--escape CHAR",
        "before a delimiter or quote that is part of a cell: backslash, say",
        type=escape,
    ),
    Option("--decimal MARK", "decimal mark, . or ,"),
    Option("--header N", "header lines; 0 if there is none"),
    Option("--skip N", "lines before the header"),
    Option("--missing TEXT,…", "further texts that mean a missing cell"),
    Option(
        "--ragged WHAT",
        "lines of too few or too many fields: refuse (the default), drop or fill",
    ),
    Option("--member NAME", "file of a zip archive, or sheet of a workbook"),
    Option("--columns COL,…", "read these columns only"),
    Option("--rows N", "read a sample of so many rows, stratified by the target"),
)

TABLE = (
    "the table",
    *TARGET,
    *COLUMNS,
    *READ,
)

CHOICES = (
    Option("--preset NAME", "article, quick, thorough; else article, but stratified"),
    Option(
        "--methods ARM,…",
        "methods to compare, each a name or a method such as "
        "svm-smote:ratio=0.3+random-under:ratio=0.5; ratio=tune lets the search choose",
    ),
    Option(
        "--cost-fn X",
        "cost of a missed positive; assumed to be as many false alarms as there are "
        "negatives to a positive",
    ),
    Option("--cost-fp X", "cost of a false alarm (1)"),
)

SEARCH = (
    Option("--space NAME", "search space: shallow, wide, sagemaker, fixed"),
    Option(
        "--objective NAME",
        f"what a trial is judged by: {', '.join(OBJECTIVES)}; the first is the default",
        choices=OBJECTIVES,
    ),
)

TRIALS = (
    Option("--trials N", "settings per arm"),
    Option("--folds N", "folds of a trial"),
)

BUDGET = (
    Option("--repeats N", "times the folds are drawn"),
    Option("--seed N", "seed of all draws"),
    Option("--time-limit SECONDS", "no new trial starts after that"),
    Option(
        "--patience SECONDS",
        "an arm whose rows would take longer to prepare is refused (3600)",
    ),
    Option(
        "--no-prune", "let trials go on that stay behind the median of the earlier ones"
    ),
)

EXPERIMENT = (
    *TARGET,
    *CHOICES,
    *TRIALS,
    DETACH,
    "the table",
    *COLUMNS,
    *READ,
    "the experiment",
    *SEARCH,
    Option("--cost-tp X", "cost of a found positive (0)"),
    Option("--cost-tn X", "cost of a true negative (0)"),
    Option("--recall-floor X", "the r of recall>=r (0.8)"),
    Option("--precision-floor X", "the p of precision>=p (0.2)"),
    Option(
        "--alerts X",
        "the k of alerts<=k: a share of the rows (0.05), or a number of test rows",
    ),
    Option(
        "--rope X",
        "differences of average precision up to this are the same in practice (0.01)",
    ),
    Option(
        "--at NAME",
        "operating point that orders the board (recommended: least cost); one that is "
        "named, as recall>=0.9, is also what the recommendation follows, unless "
        "--cost-fn is given",
    ),
    "the budget, the same for every arm",
    *BUDGET,
)

PLACE = (
    "how it runs",
    Option("--jobs N", "units at a time; all cores if unsaid"),
    Option("--executor NAME", "local (threads), processes, dask, inline; same numbers"),
    Option("--scheduler ADDRESS", "of Dask, as tls://host:8786, for --executor dask"),
    Option("--memory GIB", "what a run may take; most of what is free if unsaid"),
    Option("--no-cache", "keep no prepared folds for later runs"),
)

EXECUTION = (
    *PLACE,
    Option("--note TEXT", "what imbtui runs shows beside it"),
    NOTIFY,
    "what is kept and printed",
    *(STORE, JSON, QUIET),
)
