"""The commands with their arguments and options, in the form `tui.cli.options` reads.

A command begins with its name and what it does, then an example.
"""

from __future__ import annotations

from typing import Final

from engine.curve import CURVES
from engine.export.kinds import KINDS as EXPORTS
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

# What several commands have. ---------------------------------------------------------

STORE = "--store PATH  file the runs are kept in; else IMBTUI_STORE\n"
JSON = "--json  print one JSON document and nothing else\n"
QUIET = "--quiet  no progress on standard error\n"
ONE_RUN = "run RUN  id, unique beginning of it, last\n"
DATA = "data DATA  a table, sample:NAME, or - for standard input\n"
KLASS = "--class LABEL  of more than two classes the one to look at; else the rarest\n"
OUTPUT = """\
-o, --output OUT  write it to a .csv, .csv.gz or .parquet
--force  replace OUT if it exists already
"""
DETACH = "--detach  leave it running and return at once\n"
NOTIFY = """\
--notify HOW  at its end ring the terminal's bell, or have it show a notification
"""
TARGET = """\
--target COL  target column; else guessed
--positive LABEL  positive class; else the rarer one
"""
HOLD_OUT = """\
--test-size SHARE  share of test rows
--no-stratify  split at random
"""
COLUMNS = f"""\
--drop COL,…  ignore columns
--keep COL,…  learn from columns that would be ignored: an id, a date, free text
--kinds COL=KIND,…  what columns are, if not what they look like:
    {", ".join(COLUMN_KINDS)}
--mute CODE,…  advice not to give: IMB018, or IMB018:city for one column
# the test rows
{HOLD_OUT}\
--group COL  equal values stay on one side of every split
--time COL  the latest rows are the test rows
--by COL  column that says train or test (or 0 and 1)
--test FILE  a second table, or -: the test rows
--duplicates WHERE  rows that are equal in every feature: together on one side (the
    default) or apart
"""
READING = f"""\
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
TABLE = f"# the table\n{TARGET}{COLUMNS}{READING}"
CHOICES = """\
--preset NAME  article, quick or thorough; else the article's, but stratified
--arms ARM,…  remedies to compare, each a name or a recipe such as
    svm-smote:ratio=0.3+random-under:ratio=0.5; ratio=tune lets the search choose
--cost-fn X  cost of a missed positive; assumed to be as many false alarms as there are
    negatives to a positive
--cost-fp X  cost of a false alarm (1)
"""
SEARCH = f"""\
--space NAME  search space: shallow, wide, sagemaker, fixed
--objective NAME  what a trial is judged by: {", ".join(OBJECTIVES)}; the first is the
    default
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
EXPERIMENT = f"""\
{TARGET}{CHOICES}{TRIALS}{DETACH}\
# the table
{COLUMNS}{READING}\
# the experiment
{SEARCH}\
--cost-tp X  cost of a found positive (0)
--cost-tn X  cost of a true negative (0)
--recall-floor X  the r of recall>=r (0.8)
--precision-floor X  the p of precision>=p (0.2)
--alerts X  the k of alerts<=k: a share of the rows (0.05), or a number of test rows
--rope X  differences of average precision up to this are the same in practice (0.01)
--policy NAME  operating point that orders the board (recommended: least cost); one that
    is named, as recall>=0.9, is also what the recommendation follows, unless --cost-fn
    is given
{EVEN}{BUDGET}"""
"""The options that most need, then all others."""
PLACE = """\
# how it runs
--jobs N  units at a time; all cores if unsaid
--executor NAME  local (threads, the default), processes, dask or inline; the numbers
    are the same
--scheduler ADDRESS  of a Dask cluster, as tls://host:8786; else dask makes one here
--memory GIB  what a run may take; most of what is free if unsaid
--no-cache  keep no prepared folds for later runs
"""
EXECUTION = f"""\
{PLACE}\
--note TEXT  what imbtui runs shows beside it
{NOTIFY}\
# what is kept and printed
{STORE}{JSON}{QUIET}"""
TREATMENT = """\
--ratio X  rows of the smallest class for each of the largest afterwards, up to 1
--counts LABEL=N/…  rows of each class afterwards, instead of a ratio
--set NAME=VALUE  a setting of the method, such as k_neighbors=3; may be repeated
--seed N  seed of the split and the method (42)
"""
LOOK = f"""\
{ONE_RUN}\
--arm ARM  default: the one that the verdict recommends
--policy NAME  operating point; the run's own if unsaid
{KLASS}{STORE}{JSON}{QUIET}"""

# The commands. -----------------------------------------------------------------------

RUN = f"""
run  tune and compare remedies on a table
imbtui run patients.csv --target stroke --cost-fn 10 --cost-fp 1
data DATA|EXPERIMENT.toml  a table, sample:NAME, - for standard input, or a TOML
{EXPERIMENT}{EXECUTION}"""
DEMO = f"""
demo  the article's experiment on the stroke sample, 6 trials and 3 folds
imbtui demo
{TRIALS}{DETACH}{EVEN}{BUDGET}{EXECUTION}"""
RUNS = f"""
runs  list the runs, all or some, and what they take on the disk
imbtui runs --filter 'stroke smote' --status done
{STORE}{JSON}\
# which runs; all if unsaid
--filter TEXT  those with every word of it in id, dataset, target, arms, note, tags or
    status
--tag T  those with this tag, or with each
--status S  {", ".join(STATUSES)}
"""
SHOW = f"""
show  print the result of a run
imbtui show last --json
{ONE_RUN}\
--policy NAME  operating point that orders the board
--section NAME,…  one side in full instead: verdict, matched, calibration, costs or
    folds
{KLASS}{STORE}{JSON}"""
COMPARE = f"""
compare  set runs side by side: what differs, then what came of it
imbtui compare 3f2a 77ab --policy cost
runs+ RUN  two or more: id, unique beginning of it, last
--policy NAME  operating point of the results; that of the first run if unsaid
--arms ARM,…  these arms only
{STORE}{JSON}"""
WATCH = f"""
watch  follow a run that is running
imbtui watch last
{ONE_RUN}{NOTIFY}{STORE}{JSON}{QUIET}"""
RESUME = f"""
resume  go on with a run that was interrupted, cancelled or failed
imbtui resume last --detach
{ONE_RUN}{DETACH}{NOTIFY}{STORE}{JSON}{QUIET}"""
CANCEL = f"""
cancel  end a run and keep what it has
imbtui cancel last
{ONE_RUN}{STORE}"""
RERUN = f"""
rerun  do what a run did again as a new run; what no option changes stays as it was
imbtui rerun last --trials 20 --arms none,smote
{ONE_RUN}{EXPERIMENT}{EXECUTION}"""
NOTE = f"""
note  say something about a run, or print what was said
imbtui note last 'with the new columns'
{ONE_RUN}\
text* TEXT  the note; '' clears it, and without one it is printed
{STORE}"""
TAG = f"""
tag  tag a run, take tags from it, or print them
imbtui tag last +keep -draft
{ONE_RUN}\
changes* +TAG|-TAG  +TAG or TAG adds one, -TAG removes one; without any they are printed
{STORE}"""
DELETE = f"""
delete  remove runs from the store
imbtui delete 3f2a 77ab
runs+ RUN  id, unique beginning of it, last
{STORE}"""
KEEP = f"""
store  say what the store takes on the disk; check it, prune it, save what is whole
imbtui store --check
--check  read everything in it and print each damaged row; exit 1 if there is one
--prune  remove prepared folds and whatever no run needs
{STORE}{JSON}"""
PROFILE = f"""
profile  say what a table holds and what to mind, before any learning
imbtui profile patients.csv --target stroke
{DATA}\
--seed N  seed of the split (42)
{JSON}{QUIET}{TABLE}"""
DRAW = f"""
curves  draw the curves of a run, or print their points
imbtui curves last --curve roc --arm none,smote
{ONE_RUN}\
--curve NAME  {", ".join(KINDS)} (pr)
--arm ARM,…  arms to draw; the first {MOST} if unsaid, and all of them as points
{KLASS}{STORE}{JSON}"""
ERRORS = f"""
errors  list the test rows that an arm gets wrong, or where they are
imbtui errors last --arm smote --policy cost
{LOOK}\
# which rows
--kind KIND  missed (the default), alarms, found or left
--where COLUMN=LEVEL  only rows with that level, or that cell, in that column
--against ARM  only rows that this arm calls otherwise
--rows N  rows at most (20)
--start N  the first of them (1)
--by COLUMN  no rows, but misses and false alarms by the levels of a column
"""
EXPLAIN = f"""
explain  say what an arm goes by, or what made the score of a row
imbtui explain last --arm smote
{LOOK}\
--row N  number of a test row, as imbtui errors lists it; else the whole model
"""
EXPORT = f"""
export  take a run away: as code, model, data, report, or for other systems
imbtui export last --arm smote --as script -o smote.py
run? RUN  id, unique beginning of it, last
{STORE}{JSON}{QUIET}\
# what is exported
--as KIND  {", ".join(kind.name for kind in EXPORTS)}; all are listed if unsaid
--arm ARM  default: the recommended one
--policy NAME  operating point; default: recommended
--table FORMAT  csv (the default) or parquet, where tables are written
# where it goes
-o, --output OUT  a file, a folder, or the address of a store or server; a name made
    from run and arm, in this folder, if unsaid
--force  replace OUT, or the files of those names in it, if they exist already
--plan  say what would be written, and write nothing
"""
BENCH = f"""
bench  compare remedies over many tables, one run each
imbtui bench tables/ --arms none,weights,smote --trials 10
tables DIR|LIST  a folder with tables, or a .toml or .txt that names them
{STORE}{JSON}{QUIET}\
# how the tables are read together
--metric NAME  {", ".join(METRICS)}; the first is the default
--rope X  differences up to this are the same in practice (0.01; cost 1, brier 0.001)
# the experiment, the same for every table
{CHOICES}{SEARCH}{HOLD_OUT}{EVEN}{TRIALS}{BUDGET}{PLACE}"""
METHODS = f"""
methods  list the remedies, or say everything about one
imbtui methods kmeans-smote
name? NAME  a remedy
{JSON}"""
PREFLIGHT = f"""
preflight  say which remedies will work on a table, what they do and how long they take
imbtui preflight patients.csv --target stroke --arms smote,enn
{DATA}{JSON}{QUIET}\
# what is tried
--arms NAME,…|all  remedies or recipes; all of them if unsaid
--folds N  folds that a run would have (5)
--seed N  seed of the split and the draws (42)
{TABLE}"""
SAMPLE = f"""
sample  list the sample datasets, or write one to a file
imbtui sample stroke -o stroke.csv
name? NAME  a sample dataset
{OUTPUT}{JSON}"""
GENERATE = f"""
generate  make a lopsided table up: say what it would be, or write it to a file
imbtui generate moons --rows 2000 --ratio 10 --noise 0.2 -o moons.csv
kind? KIND  moons or blobs
{OUTPUT}{JSON}\
# the table; imbtui generate KIND says the ranges
--rows VALUE  rows of all classes together
--ratio VALUE  rows of the largest class for each of the smallest
--noise VALUE  how blurred the classes are
--overlap VALUE  how near each other the classes are, 0 to 1
--classes VALUE  number of classes (blobs)
--features VALUE  number of columns (blobs)
--seed VALUE  of all draws: the same gives the same table
"""
BALANCE = f"""
balance  write a training table whose classes are balanced, test rows kept apart
imbtui balance patients.csv --target stroke --method smote --split 0.2 -o train.csv
{DATA}{JSON}{QUIET}\
# how rows are treated
--method NAME|RECIPE  a sampler, or several in order: imbtui methods lists them
{TREATMENT}\
# what is written
-o, --output OUT  the training rows: a .csv, .csv.gz or .parquet
--split SHARE  keep test rows apart first (0.2 of all, as a run does), and write them to
    OUT-test as they are
--synthetic NAME  add a column that is true where a row is synthetic
--force  replace OUT, and OUT-test, if they exist already
{TABLE}"""
PREDICT = f"""
predict  score the rows of a table with a bundle that a run was exported as
imbtui predict stroke-bundle new.csv -o scores.csv
bundle BUNDLE  the folder or .zip that imbtui export --as bundle wrote
data DATA  rows to score: a table, sample:NAME, or - for standard input
{JSON}{QUIET}\
# what is written
-o, --output OUT  the scores: a .csv or .parquet
--keep COL,…  write these columns of the table beside the scores
--all  write every column of the table
--force  replace OUT if it exists already
# what rows are called
--policy NAME  default, prevalence, f1, cost …; the one the bundle was made with if
    unsaid
--threshold X  positive from this score on, instead of a policy (two classes)
--coerce  read cells of the wrong kind as missing rather than refuse them
--as-trained  read the table with the delimiter, encoding and decimal mark of the one
    the run was made of
{READING}"""
LEAK = f"""
leak-demo  show what it claims to balance before the split, and what it delivers
imbtui leak-demo patients.csv --target stroke --method smote
{DATA}{JSON}{QUIET}\
# how rows are treated
--method NAME|RECIPE  a sampler, or several in order (smote)
{TREATMENT}{TABLE}"""
