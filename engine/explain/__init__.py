"""After a run: which rows an arm gets wrong, where they are, and why.

`stored_run` opens a stored run again, with its table; `predictions` works out what each
arm predicts for each test row at an operating point. From those `rows` lists rows and
explains the score of one, `groups` counts errors by the levels of a column, and
`importance` weighs the columns of a model. All of it only reads a finished arm: nothing
is fitted except to repeat what the run fitted, and nothing is chosen by it.
"""
