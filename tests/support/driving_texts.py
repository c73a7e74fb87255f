"""Texts that want to drive a terminal, and what would be written if one did."""

# Each begins with plain letters that tell it from the others.
TITLE = "tiA\x1b]0;PWNED\x07zz"
CLIPBOARD = "clA\x1b]52;c;cm0gLXJmIH4=\x07zz"
ANSWER = "anA\x1b[c\x1b[6n\x1b[?9999hzz"
PLACE = "plA\x1b[77;7H\x1b[5;8;31mzz"
C1 = "coA\x9b31m\x9d0;PWNED\x9czz"
BIDI = "biA\u202egnp.exe\u2066x\u2069zz"
ZERO = "zeA\u200b\u200d\ufeff\u2028\U000e0041zz"
NUL = "nuA\x00\x08\x7f\nzz"
MARKUP = "maA[/x][ @click=app.leave]q[/][$primary]zz"
LINK = "liA[link='https://evil']x[/link][bold]zz"
CJK = "cjA漢字かなzz"
MARKS = "mrA" + "e" + "\u0301" * 40 + "zz"
LONG = "loA" + "\x1b[31m" * 2_000 + "zz"

# Nothing that Textual writes by itself looks like these.
FORBIDDEN = (
    b"PWNED\x07",
    b"\x1b[77;7H",
    b"\x1b[5;8;31m",
    b"\x1b[?9999h",
    b"\x1b]52;c;cm0gLXJmIH4=",
    b"\x1b]8;",
)
