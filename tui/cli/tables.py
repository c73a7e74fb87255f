"""The arguments and options of the commands, in the form `tui.cli.options` reads."""

from __future__ import annotations

from typing import Final

from engine.curve import CURVES
from engine.spec import OBJECTIVES
from engine.spec_checks import FORMATS
from engine.spec_checks import KINDS as COLUMN_KINDS
from engine.suite.values import METRICS

KINDS: Final = (*CURVES, "cost", "sweep", "calibration")
"""The curves that can be asked for."""
MOST: Final = 6
"""Arms that are drawn together unless some are named."""
STALLED: Final = "stalled"
STATUSES: Final = (
    *("done", "failed", "cancelled", "running", "queued", "interrupted", "unreadable"),
    STALLED,
)
"""The runs that can be asked for."""

# Tables that several commands have. --------------------------------------------------

STORE = "--store PATH  file the runs are kept in; else IMBTUI_STORE\n"
JSON = "--json  print one JSON document and nothing else\n"
QUIET = "--quiet  no progress on standard error\n"
RUN = "run RUN  id, unique beginning of it, last\n"
DATA = "data DATA  a table, sample:NAME, or - for standard input\n"
KLASS = "--class LABEL  of more than two classes the one to look at; else the rarest\n"
FORCE = "--force  replace OUT if it exists already\n"
DETACH = "--detach  leave it running and return at once\n"
NOTIFY = """\
--notify HOW  at its end ring the terminal's bell, or have it show a notification
"""
OUTPUT = "-o, --output OUT  write it to a .csv, .csv.gz or .parquet\n"
TARGET = """\
--target COL  target column; else guessed
--positive LABEL  positive class; else the rarer one
"""
COLUMNS = f"""\
--drop COL,…  ignore columns
--keep COL,…  learn from columns that would be ignored: an id, a date, free text
--kinds COL=KIND,…  what columns are, if not what they look like:
    {", ".join(COLUMN_KINDS)}
--mute CODE,…  advice not to give: IMB018, or IMB018:city for one column
"""
HOLD_OUT = """\
--test-size SHARE  share of test rows
--no-stratify  split at random
"""
SPLIT = f"""
# the test rows
{HOLD_OUT}
--group COL  equal values stay on one side of every split
--time COL  the latest rows are the test rows
--by COL  column that says train or test (or 0 and 1)
--test FILE  a second table, or -: the test rows
--duplicates WHERE  rows that are equal in every feature: together on one side (the
    default) or apart
"""
READING = f"""
# how the file is read; else it is found out
--format NAME  {", ".join(FORMATS)}
--delimiter CHAR  between fields: a character, tab, or whitespace for runs of blanks
--encoding NAME  utf-8, cp1252, utf-16 …
--quote CHAR  quote character, or none
--escape CHAR  before a delimiter or quote that is part of a cell: backslash, say
--decimal MARK  decimal mark, . or ,
--header N  header lines; 0 if there is none
--skip N  lines before the header
--missing TEXT,…  further texts that mean a missing cell
--ragged WHAT  lines of too few or too many fields: refuse (the default), drop or fill
--member NAME  file of a zip archive, or sheet of a workbook
--columns COL,…  read these columns only
--rows N  read a sample of so many rows, stratified by the target
"""
TABLE = ("# the table\n" + TARGET + COLUMNS, SPLIT, READING)
ARMS = """\
--arms ARM,…  remedies to compare, each a name or a recipe such as
    svm-smote:ratio=0.3+random-under:ratio=0.5; ratio=tune lets the search choose
"""
PRESET = """\
--preset NAME  article, quick or thorough; else the article's, but stratified
"""
SEARCH = f"""\
--space NAME  search space: shallow, wide, sagemaker, fixed
--objective NAME  what a trial is judged by: {", ".join(OBJECTIVES)}; the first is the
    default
"""
COSTS = """\
--cost-fn X  cost of a missed positive; assumed to be as many false alarms as there are
    negatives to a positive
--cost-fp X  cost of a false alarm (1)
"""
DECISION = """\
--cost-tp X  cost of a found positive (0)
--cost-tn X  cost of a true negative (0)
--recall-floor X  the r of recall>=r (0.8)
--precision-floor X  the p of precision>=p (0.2)
--alerts X  the k of alerts<=k: a share of the rows (0.05), or a number of test rows
--rope X  differences of average precision up to this are the same in practice (0.01)
--policy NAME  operating point that orders the board (recommended: least cost); one that
    is named, as recall>=0.9, is also what the recommendation follows, unless --cost-fn
    is given
"""
TRIALS = """\
--trials N  settings per arm
--folds N  folds of a trial
"""
EVEN = "# the budget, the same for every arm\n"
BUDGET = """\
--repeats N  times the folds are drawn
--seed N  seed of all draws
--time-limit SECONDS  no new trial starts after that
--patience SECONDS  an arm whose rows would take longer to prepare is refused (3600)
--no-prune  let trials go on that stay behind the median of the earlier ones
"""
EXECUTION = """
# how it runs
--jobs N  units at a time; all cores if unsaid
--executor NAME  local (threads, the default), processes, dask or inline; the numbers
    are the same
--scheduler ADDRESS  of a Dask cluster, as tls://host:8786; else dask makes one here
--memory GIB  what a run may take; most of what is free if unsaid
--no-cache  keep no prepared folds for later runs
"""
NOTE = "--note TEXT  what imbtui runs shows beside it\n"
TREATMENT = """\
--ratio X  rows of the smallest class for each of the largest afterwards, up to 1
--counts LABEL=N/…  rows of each class afterwards, instead of a ratio
--set NAME=VALUE  a setting of the method, such as k_neighbors=3; may be repeated
--seed N  seed of the split and the method (42)
"""
LOOK = f"""\
{RUN}
--arm ARM  default: the one that the verdict recommends
--policy NAME  operating point; the run's own if unsaid
{KLASS}"""
EXPERIMENT = (
    TARGET + PRESET + ARMS + COSTS + TRIALS + DETACH,
    "# the table\n" + COLUMNS,
    SPLIT,
    READING,
    "# the experiment\n" + SEARCH + DECISION,
    EVEN + BUDGET,
)
"""What `run` and `rerun` have: the options that most need, then all others."""
ENDING = "# what is kept and printed\n" + STORE + JSON + QUIET

# Tables that one command has. --------------------------------------------------------

RUN_DATA = """\
data DATA|EXPERIMENT.toml  a table, sample:NAME, - for standard input, or a TOML
"""
RUNS = f"""
# which runs; all if unsaid
--filter TEXT  those with every word of it in id, dataset, target, arms, note, tags or
    status
--tag T  those with this tag, or with each
--status S  {", ".join(STATUSES)}
"""
SHOW = """\
--policy NAME  operating point that orders the board
--section NAME,…  one side in full instead: verdict, matched, calibration, costs or
    folds
"""
MANY = "runs+ RUN  id, unique beginning of it, last\n"
TEXT = """\
text* TEXT  the note; '' clears it, and without one it is printed
"""
COMPARE = """\
runs+ RUN  two or more: id, unique beginning of it, last
--policy NAME  operating point of the results; that of the first run if unsaid
--arms ARM,…  these arms only
"""
KEEP = """\
--check  read everything in it and print each damaged row; exit 1 if there is one
--prune  remove prepared folds and whatever no run needs
"""
CURVES_DRAWN = f"""\
--curve NAME  {", ".join(KINDS)} (pr)
--arm ARM,…  arms to draw; the first {MOST} if unsaid, and all of them as points
"""
ERRORS = """
# which rows
--kind KIND  missed (the default), alarms, found or left
--where COLUMN=LEVEL  only rows with that level, or that cell, in that column
--against ARM  only rows that this arm calls otherwise
--rows N  rows at most (20)
--start N  the first of them (1)
--by COLUMN  no rows, but misses and false alarms by the levels of a column
"""
EXPLAIN = """\
--row N  number of a test row, as imbtui errors lists it; else the whole model
"""
BENCH = f"""\
tables DIR|LIST  a folder with tables, or a .toml or .txt that names them
# how the tables are read together
--metric NAME  {", ".join(METRICS)}; the first is the default
--rope X  differences up to this are the same in practice (0.01; cost 1, brier 0.001)
# the experiment, the same for every table
"""
PREFLIGHT = """
# what is tried
--arms NAME,…|all  remedies or recipes; all of them if unsaid
--folds N  folds that a run would have (5)
--seed N  seed of the split and the draws (42)
"""
GENERATE = """\
kind? KIND  moons or blobs
# the table; imbtui generate KIND says the ranges
--rows VALUE  rows of all classes together
--ratio VALUE  rows of the largest class for each of the smallest
--noise VALUE  how blurred the classes are
--overlap VALUE  how near each other the classes are, 0 to 1
--classes VALUE  number of classes (blobs)
--features VALUE  number of columns (blobs)
--seed VALUE  of all draws: the same gives the same table
"""
BALANCE = """
# what is written
-o, --output OUT  the training rows: a .csv, .csv.gz or .parquet
--split SHARE  keep test rows apart first (0.2 of all, as a run does), and write them to
    OUT-test as they are
--synthetic NAME  add a column that is true where a row is synthetic
--force  replace OUT, and OUT-test, if they exist already
"""
METHOD = """
# how rows are treated
--method NAME|RECIPE  a sampler, or several in order: imbtui methods lists them
"""
LEAK = """
# how rows are treated
--method NAME|RECIPE  a sampler, or several in order (smote)
"""
TAGS = """\
changes* +TAG|-TAG  +TAG or TAG adds one, -TAG removes one; without any they are printed
"""
