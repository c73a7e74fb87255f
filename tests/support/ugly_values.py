"""Ugly tables by what is in the cells: numbers, dates, gaps, letters, rare ones."""

from __future__ import annotations

from tests.support.ugly_parts import ABC, ROWS, Ugly, u

VALUES = (
    Ugly(
        "numbers with a question mark",
        u("a,b,y\n" + ROWS + "?,?,no\n"),
        ABC,
        41,
        last=("·", "·", "no"),
        said=("a", "missing"),
    ),
    Ugly(
        "numbers with blanks",
        u("a,b,y\n" + ROWS + " ,  ,no\n"),
        ABC,
        41,
        last=("·", "·", "no"),
    ),
    Ugly(
        "numbers with a dash",
        u("a,b,y\n" + ROWS + "-,N/A,no\n"),
        ABC,
        41,
        last=("·", "·", "no"),
    ),
    Ugly(
        "words that are called NA",
        u("country,n,y\n" + "NA,1,0\nDE,2,1\nFR,NA,0\n" * 20),
        ("country", "n", "y"),
        60,
        ("NA", "1", "0"),
        ("FR", "·", "0"),
    ),
    Ugly(
        "postcodes",
        u("zip,n,y\n" + "".join(f"{i * 37:05d},{i},1\n" for i in range(30))),
        ("zip", "n", "y"),
        30,
        ("00000", "0", "1"),
        ("01073", "29", "1"),
        said=("zip",),
    ),
    Ugly(
        "huge whole numbers with a gap",
        u("n,x,y\n9007199254740993,1,0\n,2,1\n" + "9007199254740995,3,1\n" * 20),
        ("n", "x", "y"),
        22,
        ("9007199254740993", "1", "0"),
    ),
    Ugly(
        "whole numbers of 23 digits",
        u(
            "n,x,y\n"
            + "".join(f"123456789012345678901{i:02d},{i},1\n" for i in range(30))
        ),
        ("n", "x", "y"),
        30,
        ("12345678901234567890100", "0", "1"),
    ),
    Ugly(
        "thousands",
        u("n,y\n" + "".join(f'"{i},{i * 7 % 1000:03d}",1\n' for i in range(1, 31))),
        ("n", "y"),
        30,
        ("1007", "1"),
        said=("thousands",),
    ),
    Ugly(
        "points for thousands and decimal commas",
        u("n;y\n" + "".join(f"{i}.{i * 7 % 1000:03d},25;1\n" for i in range(1, 31))),
        ("n", "y"),
        30,
        ("1007.25", "1"),
        said=("decimal comma",),
    ),
    Ugly(
        "decimal commas in quotes",
        u("n,y\n" + "".join(f'"{i},25",1\n' for i in range(1, 31))),
        ("n", "y"),
        30,
        ("1.25", "1"),
        said=("decimal comma",),
    ),
    Ugly(
        "commas that could be both, between semicolons",
        u("n;y\n" + "".join(f"{i},{i * 7 % 1000:03d};1\n" for i in range(1, 31))),
        ("n", "y"),
        30,
        ("1.007", "1"),
        said=("decimal comma",),
    ),
    Ugly(
        "a whole number of 5,000 digits",
        u("n,y\n" + "1,0\n" * 20 + "9" * 5000 + ",1\n"),
        ("n", "y"),
        21,
        ("1", "0"),
    ),
    Ugly(
        "per cent",
        u("n,y\n" + "".join(f"{i}.5%,1\n" for i in range(30))),
        ("n", "y"),
        30,
        ("0.5", "1"),
        said=("%",),
    ),
    Ugly(
        "money",
        u("n,y\n" + "".join(f'"$1,{i:03d}.50",1\n' for i in range(30))),
        ("n", "y"),
        30,
        ("1000.5", "1"),
        said=("$",),
    ),
    Ugly(
        "ISO dates",
        u("when,y\n" + "".join(f"2024-01-{i:02d},1\n" for i in range(1, 31))),
        ("when", "y"),
        30,
        ("2024-01-01 00:00:00", "1"),
    ),
    Ugly(
        "days first",
        u("when,y\n" + "".join(f"{i:02d}.03.2024,1\n" for i in range(1, 31))),
        ("when", "y"),
        30,
        ("2024-03-01 00:00:00", "1"),
    ),
    Ugly(
        "months first",
        u("when,y\n" + "".join(f"3/{i}/2024,1\n" for i in range(1, 31))),
        ("when", "y"),
        30,
        ("2024-03-01 00:00:00", "1"),
        said=("month",),
    ),
    Ugly(
        "dates that may be read both ways",
        u("when,y\n" + "".join(f"{i:02d}/0{i % 9 + 1}/2024,1\n" for i in range(1, 13))),
        ("when", "y"),
        12,
        said=("when",),
    ),
    Ugly(
        "dates with times and zones",
        u("when,y\n" + "".join(f"2024-01-{i:02d}T10:00:00Z,1\n" for i in range(1, 31))),
        ("when", "y"),
        30,
    ),
    Ugly(
        "mixed",
        u("a,b,y\n" + ROWS + "none of it,1,no\n"),
        ABC,
        41,
        ("1", "1.5", "no"),
        ("none of it", "1", "no"),
    ),
    Ugly(
        "latin-1",
        u("stadt,n,y\n" + "Köln,1,0\nMünchen,2,1\n" * 20, "latin-1"),
        ("stadt", "n", "y"),
        40,
        ("Köln", "1", "0"),
        said=("UTF-8",),
    ),
    Ugly(
        "windows, with a euro",
        u("preis,n,y\n" + "5 €,1,0\n“neun”,2,1\n" * 20, "cp1252"),
        ("preis", "n", "y"),
        40,
        ("5 €", "1", "0"),
        said=("UTF-8",),
    ),
    Ugly(
        "cyrillic",
        u(
            "город,n,y\n" + "Москва,1,0\nСанкт-Петербург,2,1\nНовосибирск,3,0\n" * 20,
            "cp1251",
        ),
        ("город", "n", "y"),
        60,
        ("Москва", "1", "0"),
        said=("UTF-8",),
    ),
    Ugly(
        "japanese",
        u(
            "都市,n,y\n"
            + "東京都千代田区,1,0\n大阪府大阪市,2,1\n京都府京都市の北,3,0\n" * 20,
            "shift_jis",
        ),
        ("都市", "n", "y"),
        60,
        ("東京都千代田区", "1", "0"),
        said=("UTF-8",),
    ),
    Ugly(
        "infinite",
        u("a,b,y\n" + ROWS + "inf,1e400,no\n"),
        ABC,
        41,
        last=("·", "·", "no"),
        said=("infinite",),
    ),
    Ugly(
        "an empty column",
        u("a,b,y\n" + "".join(f"{i},,{i % 2}\n" for i in range(30))),
        ABC,
        30,
        ("0", "·", "0"),
    ),
    Ugly(
        "a megabyte in one cell",
        u("a,b,y\n" + ROWS + "x" * 1_000_000 + ",1,no\n"),
        ABC,
        41,
    ),
    Ugly(
        "a rare decimal far down",
        u(
            "a,b,y\n"
            + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(30000))
            + "2.5,3,1\n"
        ),
        ABC,
        30001,
        last=("2.5", "3", "1"),
    ),
    Ugly(
        "a word far down",
        u(
            "a,b,y\n"
            + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(30000))
            + "oops,3,1\n"
        ),
        ABC,
        30001,
        ("0", "0", "0"),
        ("oops", "3", "1"),
    ),
    Ugly(
        "a leading zero far down",
        u(
            "a,b,y\n"
            + "".join(f"{i + 10000},{i % 7},{i % 2}\n" for i in range(30000))
            + "00501,3,1\n"
        ),
        ABC,
        30001,
        ("10000", "0", "0"),
        ("00501", "3", "1"),
    ),
    Ugly(
        "a short line far down",
        u(
            "a,b,y\n"
            + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(30000))
            + "5,3\n1,2,0\n"
        ),
        refused="line 30,002",
    ),
    Ugly(
        "a line break in quotes far down",
        u(
            "a,b,y\n"
            + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(30000))
            + '"x\ny",3,1\n'
        ),
        ABC,
        30001,
        last=("x\ny", "3", "1"),
    ),
)
