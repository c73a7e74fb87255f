"""The experiment as a file for people: comments when written, lines when read.

`writer` writes what each field is beside its value, as it is declared in
`engine.core.experiment`. `loading` parses every TOML file within limits. `reading`
reads an experiment back; `places` says what is wrong with it, and on which line. All
of it is light.
"""
