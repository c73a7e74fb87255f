"""After a run: which rows an arm gets wrong, where they are, and why.

`bench` opens a stored run again, with its table; `calls` says what each arm calls each
test row at an operating point. From those `rows` lists rows, `levels` and `groups`
count misses by the levels of a column, `importance` weighs the columns of a model, and
`contributions` takes one score apart. What belongs here only reads a finished arm:
nothing is fitted but to repeat what the run fitted, and nothing is chosen by it.
"""
