"""Ugly tables by how the text is laid out: delimiters, quotes, headers, damage."""

from __future__ import annotations

from tests.support.ugly_parts import ABC, ROWS, SEMI, Ugly, u

LAYOUTS = (
    Ugly(
        "plain", u("a,b,y\n" + ROWS), ABC, 40, ("1", "1.5", "no"), ("40", "60", "yes")
    ),
    Ugly("no newline at the end", u("a,b,y\n" + ROWS.rstrip()), ABC, 40),
    Ugly("crlf", u("a,b,y\n" + ROWS).replace(b"\n", b"\r\n"), ABC, 40),
    Ugly(
        "cr only",
        u("a,b,y\n" + ROWS).replace(b"\n", b"\r"),
        ABC,
        40,
        ("1", "1.5", "no"),
    ),
    Ugly("bom", b"\xef\xbb\xbf" + u("a,b,y\n" + ROWS), ABC, 40),
    Ugly(
        "utf-16 with a mark", u("a,b,y\n" + ROWS, "utf-16"), ABC, 40, encoding="utf-16"
    ),
    Ugly(
        "utf-16 little, no mark",
        u("a,b,y\n" + ROWS, "utf-16-le"),
        ABC,
        40,
        said=("UTF-16",),
    ),
    Ugly(
        "utf-16 big, no mark",
        u("a,b,y\n" + ROWS, "utf-16-be"),
        ABC,
        40,
        said=("UTF-16",),
    ),
    Ugly(
        "semicolons and decimal commas",
        u("a;b;y\n" + SEMI),
        ABC,
        40,
        ("1", "1.5", "no"),
        ("40", "40.5", "yes"),
        said=("decimal comma",),
        delimiter=";",
    ),
    Ugly("tabs", u("a,b,y\n" + ROWS).replace(b",", b"\t"), ABC, 40, delimiter="\t"),
    Ugly("bars", u("a,b,y\n" + ROWS).replace(b",", b"|"), ABC, 40, delimiter="|"),
    Ugly("colons", u("a,b,y\n" + ROWS).replace(b",", b":"), ABC, 40, delimiter=":"),
    Ugly("carets", u("a,b,y\n" + ROWS).replace(b",", b"^"), ABC, 40, delimiter="^"),
    Ugly(
        "control-a",
        u("a,b,y\n" + ROWS).replace(b",", b"\x01"),
        ABC,
        40,
        delimiter="\x01",
    ),
    Ugly(
        "one blank between",
        u("a,b,y\n" + ROWS).replace(b",", b" "),
        ABC,
        40,
        delimiter=" ",
    ),
    Ugly(
        "columns of blanks",
        u(
            "name   length  y\n"
            + "".join(
                f"{'n' + str(i):<8}{i * 0.25:>6.2f}  {i % 2}\n" for i in range(1, 31)
            )
        ),
        ("name", "length", "y"),
        30,
        ("n1", "0.25", "1"),
        delimiter="whitespace",
    ),
    Ugly(
        "columns of blanks, indented, no header",
        u(
            "".join(
                f"  s{i:<6}  {i * 0.25:.2f}   {i / 7:.3f}  {'cp' if i % 3 else 'im'}\n"
                for i in range(1, 31)
            )
        ),
        ("column 1", "column 2", "column 3", "column 4"),
        30,
        ("s1", "0.25", "0.143", "cp"),
        header=0,
    ),
    Ugly(
        "comma and blank",
        u("a, b, y\n" + ROWS).replace(b",", b", "),
        ABC,
        40,
        ("1", "1.5", "no"),
    ),
    Ugly(
        "quoted texts with commas",
        u("a,b,y\n" + "".join(f'"Street {i}, town",{i},{i % 2}\n' for i in range(30))),
        ABC,
        30,
        ("Street 0, town", "0", "0"),
        delimiter=",",
    ),
    Ugly(
        "free text full of semicolons",
        u("id,text,y\n" + "".join(f'{i},"a; b; c; d; e",{i % 2}\n' for i in range(30))),
        ("id", "text", "y"),
        30,
        ("0", "a; b; c; d; e", "0"),
        delimiter=",",
    ),
    Ugly(
        "free text full of commas in a file of semicolons",
        u(
            "id;text;y\n"
            + "".join(f"{i};well, this, and that;{i % 2}\n" for i in range(30))
        ),
        ("id", "text", "y"),
        30,
        ("0", "well, this, and that", "0"),
        delimiter=";",
    ),
    Ugly(
        "all quoted",
        u("a,b,y\n" + ROWS)
        .replace(b",", b'","')
        .replace(b"\n", b'"\n"')
        .replace(b"a", b'"a', 1)[:-1],
        ABC,
        40,
        ("1", "1.5", "no"),
    ),
    Ugly(
        "single quotes",
        u("a,b,y\n" + "".join(f"'x, {i}',{i},'p'\n" for i in range(30))),
        ABC,
        30,
        ("x, 0", "0", "p"),
    ),
    Ugly(
        "backslash before a quote",
        u("a,b,y\n" + "".join(f'"he said \\"no\\", {i}",{i},1\n' for i in range(30))),
        ABC,
        30,
        ('he said "no", 0', "0", "1"),
    ),
    Ugly(
        "doubled quotes and line breaks",
        u("a,b,y\n" + "".join(f'"line ""{i}""\nand more",{i},1\n' for i in range(30))),
        ABC,
        30,
        ('line "0"\nand more', "0", "1"),
    ),
    Ugly(
        "inches",
        u("a,b,y\n" + "".join(f'{i}" pipe,{i},1\n' for i in range(30))),
        ABC,
        30,
        ('0" pipe', "0", "1"),
    ),
    Ugly(
        "a quote that begins a text and never ends",
        u("a,b,y\n" + "x,1,0\n" * 20 + '"open,2,1\n' + "x,1,0\n" * 20),
        ABC,
        41,
        ("x", "1", "0"),
        said=("quotes mean nothing",),
    ),
    Ugly(
        "quotes that mean nothing",
        u("a,b,y\n" + "".join(f'"tis {i},{i},1\n' for i in range(30))),
        ABC,
        30,
        ('"tis 0', "0", "1"),
        said=("quotes",),
    ),
    Ugly(
        "no header",
        u(ROWS),
        ("column 1", "column 2", "column 3"),
        40,
        ("1", "1.5", "no"),
        said=("header",),
        header=0,
    ),
    Ugly(
        "no header, all words",
        u(
            "".join(
                f"{('low', 'high', 'vhigh')[i % 3]},{('more', '2')[i % 2]},"
                f"{'unacc' if i % 5 else 'good'}\n"
                for i in range(60)
            )
        ),
        ("column 1", "column 2", "column 3"),
        60,
        header=0,
    ),
    Ugly(
        "a header of years",
        u("country,2019,2020\n" + "".join(f"c{i},{i}.5,{i}.7\n" for i in range(30))),
        ("country", "2019", "2020"),
        30,
        header=1,
    ),
    Ugly(
        "all words with a header",
        u(
            "colour,size,class\n"
            + "".join(
                f"{('blue', 'red', 'red')[i % 3]},{('small', 'big')[i % 2]},"
                f"{'p' if i % 5 else 'n'}\n"
                for i in range(60)
            )
        ),
        ("colour", "size", "class"),
        60,
        header=1,
    ),
    Ugly(
        "a line of units below the header",
        u(
            "age,weight,y\nyears,kg,\n"
            + "".join(f"{i},{i * 1.5},{i % 2}\n" for i in range(1, 31))
        ),
        ("age years", "weight kg", "y"),
        30,
        ("1", "1.5", "1"),
        said=("header",),
        header=2,
    ),
    Ugly(
        "two headers, the second one names",
        u(
            "X1,X2,Y\nLIMIT,AGE,default\n"
            + "".join(f"{i}000,{20 + i},{i % 2}\n" for i in range(1, 31))
        ),
        ("LIMIT", "AGE", "default"),
        30,
        said=("header",),
        header=2,
    ),
    Ugly(
        "preamble",
        u("Report of the hospital\nmade on 2024-01-01\n\na,b,y\n" + ROWS),
        ABC,
        40,
        ("1", "1.5", "no"),
        said=("2 lines",),
    ),
    Ugly(
        "a quote that swallows a row",
        u('id,name,y\n1,"x,0\n2,"y",1\n3,"z",0\n4,"w",1\n5,"v",0\n'),
        refused="line 2",
    ),
    Ugly(
        "a quote that swallows a row far down",
        u("id,name,y\n" + '7,"fine",1\n' * 30000 + '1,"x,0\n2,"y",1\n3,"z",0\n'),
        refused="line 30,002",
    ),
    Ugly(
        "paths, and one escaped quote",
        u(
            "path,n,y\n"
            + "".join(f'"C:\\temp\\n{i}",{i},1\n' for i in range(10))
            + '"say \\"hi\\"",10,0\n'
        ),
        ("path", "n", "y"),
        11,
        ("C:\\temp\\n0", "0", "1"),
        ('say "hi"', "10", "0"),
    ),
    Ugly(
        "fractions with decimal commas in quotes",
        u("n,y\n" + "".join(f'"0,{i:03d}",1\n' for i in range(123, 160))),
        ("n", "y"),
        37,
        ("0.123", "1"),
        said=("decimal comma",),
    ),
    Ugly(
        "telephone numbers",
        u("tel,y\n" + "".join(f"030 123 {i:03d},1\n" for i in range(30))),
        ("tel", "y"),
        30,
        ("030 123 000", "1"),
    ),
    Ugly(
        "points for thousands beside decimal commas",
        u("a;b;y\n" + "".join(f"{i}.100;{i},5;0\n" for i in range(1, 31))),
        ABC,
        30,
        ("1100", "1.5", "0"),
        said=("points read as thousands",),
    ),
    Ugly(
        "several currencies",
        u("price,y\n" + "$10,1\n€20,0\n" * 20),
        ("price", "y"),
        40,
        ("$10", "1"),
    ),
    Ugly(
        "a value in the last field without a name",
        u("a,b,y,\n" + "1,2,0,\n" * 500 + "7,8,0,LOST\n"),
        refused="row 501",
    ),
    Ugly(
        "one field too many in one row, and an empty one in all others",
        u("id,amount,y\n" + "1,3,0,\n" * 30 + "31,99,1,see note\n"),
        refused="line 1",
    ),
    Ugly(
        "a preamble as wide as the table",
        u("Report:,Sales,,\nDate:,2024-01-01,,\n,,,\nid,amount,region,y\n")
        + u("".join(f"{i},{i * 1.5},N,{i % 2}\n" for i in range(30))),
        ("id", "amount", "region", "y"),
        30,
        ("0", "0", "N", "0"),
        said=("before the header",),
    ),
    Ugly(
        "a first row of 1, 2, 3",
        u("1,2,3\n" + "".join(f"{i * 7 % 50},{i},{i * 3}\n" for i in range(5, 35))),
        ("column 1", "column 2", "column 3"),
        31,
        ("1", "2", "3"),
        header=0,
    ),
    Ugly(
        "a mark, and a byte that is no UTF-8",
        b"\xef\xbb\xbfa,b\n1,x\n2,caf\xe9\n3,z\n4,w\n",
        refused="line 3",
    ),
    Ugly(
        "infinite beside NA",
        u("x,b,y\n" + ROWS.replace("5,7.5", "inf,7.5", 1) + "NA,1,no\n"),
        ("x", "b", "y"),
        41,
        said=("1 infinite",),
    ),
    Ugly(
        "a NUL byte far down",
        u("a,b,y\n" + "1,x,0\n" * 90_000) + b"1,\x00,0\n",
        refused="line 90,002",
    ),
    Ugly(
        "comments first",
        u("# made by hand\n# version 2, of three\na,b,y\n" + ROWS),
        ABC,
        40,
        said=("2 lines",),
    ),
    Ugly("excel's sep line", u("sep=;\na;b;y\n" + SEMI), ABC, 40, delimiter=";"),
    Ugly("blank lines between", u("a,b,y\n\n" + ROWS.replace("\n", "\n\n")), ABC, 40),
    Ugly("a long line", u("a,b,y\n" + ROWS + "1,2,3,4\n" + ROWS), refused="line 42"),
    Ugly("a short line", u("a,b,y\n" + ROWS + "1,2\n" + ROWS), refused="line 42"),
    Ugly("cut off", u("a,b,y\n" + ROWS + "41,6"), refused="line 42"),
    Ugly(
        "a comma at the end of each line",
        u("a,b,y,\n" + ROWS.replace("\n", ",\n")),
        ABC,
        40,
        said=("empty",),
    ),
    Ugly(
        "a comma at the end of each line but the header",
        u("a,b,y\n" + ROWS.replace("\n", ",\n")),
        ABC,
        40,
        said=("empty",),
    ),
    Ugly(
        "row names without a name",
        u("a,b,y\n" + "".join(f"r{i},{i},{i * 1.5},{i % 2}\n" for i in range(1, 31))),
        ("row name", *ABC),
        30,
        ("r1", "1", "1.5", "1"),
        said=("row name",),
    ),
    Ugly(
        "an index without a name",
        u(",a,b\n" + "".join(f"{i},{i * 1.5},{i % 2}\n" for i in range(40))),
        ("column 1", "a", "b"),
        40,
        said=("name",),
    ),
    Ugly(
        "the same name twice", u("a,a,y\n" + ROWS), ("a", "a.2", "y"), 40, said=("'a'",)
    ),
    Ugly(
        "the same name twice, and a third like its new one",
        u("a,a,a.2\n" + ROWS),
        ("a", "a.3", "a.2"),
        40,
    ),
    Ugly("names with blanks about them", u(" a ,b ,a\n" + ROWS), ("a", "b", "a.2"), 40),
    Ugly(
        "names without a name",
        u("a,,\n" + ROWS),
        ("a", "column 2", "column 3"),
        40,
        said=("name",),
    ),
    Ugly(
        "a bad byte in UTF-8",
        u("a,b,y\n" + "é,1,0\n" * 30) + b"\xff,1,0\n",
        refused="line 32",
    ),
    Ugly("empty", b"", refused="empty"),
    Ugly("only line breaks", b"\n\n\r\n\n", refused="blank lines"),
    Ugly("only a header", u("a,b,y\n"), refused="no rows"),
    Ugly("only zeros", b"\x00" * 4096, refused="NUL"),
    Ugly("zeros inside", u("a,b,y\n1,2,0\n") + b"\x00\x00" + u("1,2\n"), refused="NUL"),
    Ugly("one column", u("y\n" + "1\n0\n" * 20), ("y",), 40, ("1",)),
    Ugly("one row", u("a,b,y\n1,x,0\n"), ABC, 1, ("1", "x", "0")),
    Ugly(
        "prose",
        u("This is a letter, of sorts.\nIt has lines; and commas.\n\nYours, truly\n"),
        refused="line|table",
    ),
    Ugly(
        "html",
        u(
            "<!DOCTYPE html>\n<html><head><title>Not found</title></head>\n"
            "<body>a, b</body></html>\n"
        ),
        refused="HTML",
    ),
)
