"""The experiment as a file for people: comments when written, lines when read.

`fields` is the one place that says what each field is, and `writer` writes it beside
the values. `loading` parses every TOML file within limits. `reading` reads an
experiment back; `mistakes` says what is wrong with it, and on which line. All of it is
light.
"""
