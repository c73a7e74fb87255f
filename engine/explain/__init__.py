"""After a run: which rows an arm gets wrong, where they are, and why.

`stored_run` opens a stored run again, with its table. `model` works out what each arm
predicts for each test row at an operating point, opens an arm's model and weighs its
columns. `errors` lists rows, explains the score of one, and counts errors by the levels
of a column. All of it only reads a finished arm: nothing is fitted except to repeat
what the run fitted, and nothing is chosen by it.
"""
