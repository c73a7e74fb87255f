"""Damaged tables as text, and the shape that Python's own reader finds in them."""

import contextlib
import csv
import io
import random
import signal

from engine.core.errors import DataError
from engine.data import load_table as load
from tests.support.each import each

SECONDS = 60


def table(seed):
    """Make a text of a few columns in one of several dialects."""
    draw = random.Random(seed)
    delimiter = draw.choice(",;\t|")
    words = [
        "red",
        "light blue",
        'the "big" one',
        "a" + delimiter + "b",
        "é",
        "",
        "line\nbreak",
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=delimiter, lineterminator=draw.choice(["\n", "\r\n"])
    )
    writer.writerow(["n", "x", "word", "y"])
    for row in range(draw.randint(5, 60)):
        writer.writerow(
            [row, round(draw.gauss(0, 3), 3), draw.choice(words), draw.choice("01")]
        )
    return out.getvalue().encode()


def damage(content, draw):
    """Cut, flip, swap, double or insert some bytes."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        if not data:
            break
        place = draw.randrange(len(data))
        match draw.randrange(6):
            case 0:
                del data[place:]
            case 1:
                data[place] ^= 1 << draw.randrange(8)
            case 2:
                end = min(len(data), place + draw.randint(1, 40))
                part = list(data[place:end])
                draw.shuffle(part)
                data[place:end] = bytes(part)
            case 3:
                data[place:place] = data[place : place + 30]
            case 4:
                data.insert(place, draw.choice(b"\",;\t\n\r \x00\xff'\\"))
            case _:
                del data[place : place + draw.randint(1, 10)]
    return bytes(data)


def oracle(content, reader):
    """Return the shape that Python's csv module finds, None if it finds no table."""
    if reader.delimiter == "whitespace" or reader.encoding is None:
        return None
    text = content.decode(reader.encoding).removeprefix("\ufeff")
    escape = "\\" if any("meaning of the quote" in n for n in reader.notes) else None
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=reader.delimiter or "\x1f",
        quotechar=None if reader.quoting == "none" else reader.quoting,
        quoting=csv.QUOTE_NONE if reader.quoting == "none" else csv.QUOTE_MINIMAL,
        escapechar=escape,
        skipinitialspace=any("blanks before a quote" in n for n in reader.notes),
    )
    lines = [(rows.line_num, row) for row in rows if "".join(row).strip()]
    # Every line before the header counts as skipped, blank or not.
    lines = [row for number, row in lines if number > reader.skipped]
    body = lines[reader.header :]
    return len(body), {len(row) for row in body}


@contextlib.contextmanager
def deadline(seconds):
    def late(*_):
        raise AssertionError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check(folder, seeds):
    """Check that each damaged text is refused, or has the shape that is in it."""
    path = folder / "t.csv"
    read = 0
    refused = []
    with each() as row:
        for seed in seeds:
            content = damage(table(seed), random.Random(seed))
            path.write_bytes(content)
            with row(f"seed {seed}"):
                try:
                    with deadline(SECONDS):
                        found = load(path)
                except DataError as error:
                    refused.append(error)
                    continue
                read += 1
                expected = oracle(content, found.reader)
                if expected is None:
                    continue
                rows, widths = expected
                assert len(found.frame) == rows, found.reader
                named = found.frame.shape[1]
                left_out = "left out" in " ".join(found.notes)
                assert widths == {named} or (left_out and widths == {named + 1})
    assert read, "every file was refused"
    assert refused, "every file was read"
    assert all("\n" not in str(error) and error.fix for error in refused)
