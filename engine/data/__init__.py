"""From bytes to a table whose columns have kinds and roles.

`load` reads a file, `profile` tells what each column is, `roles` decides what it
is for and finds target and positive class, `generate` makes the sample tables and
`catalogue` lists them.
"""
