"""After a run: which rows an arm gets wrong, where they are, and why.

`bench` opens a stored run again, with its table; `calls` says what each arm calls each
test row at an operating point. From those `rows` lists rows and takes the score of one
apart, `groups` counts misses by the levels of a column, and `importance` weighs the
columns of a model. What belongs here only reads a finished arm:
nothing is fitted but to repeat what the run fitted, and nothing is chosen by it.
"""
