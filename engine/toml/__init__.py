"""The experiment as a file for people: comments when written, lines when read.

`fields` is the one place that says what each field is, and `writer` writes it beside
the values. `reading` reads a file back; `mistakes` says what is wrong with it, and on
which line, which `lines` finds. All of it is light.
"""
