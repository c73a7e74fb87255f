"""A made-up table's points without the libraries that draw them."""

from __future__ import annotations

import math

from engine.core.messages import Sketch, Sketched, TableWritten, WriteMade
from engine.io.make_spec import parse

GOLDEN = (math.sqrt(5) - 1) / 2


def sketched(request: Sketch) -> Sketched:
    """Half circles, one per class, with the noise that the source says."""
    make = parse(request.source)
    points = {}
    for place, (label, count) in enumerate(make.counts.items()):
        xs, ys = [], []
        for n in range(min(count, 300)):
            turn = math.pi * n / min(count, 300)
            blur = make.noise * ((n * GOLDEN) % 1 - 0.5)
            sign = -1 if place % 2 else 1
            xs.append(round(sign * math.cos(turn) + place + blur, 3))
            ys.append(round(sign * math.sin(turn) + place / 2 - blur, 3))
        points[label] = (tuple(xs), tuple(ys))
    return Sketched(source=make.source, points=points, counts=make.counts)


def serve(service):
    """Let a scripted service answer for made-up tables; return it."""
    service.answers[Sketch] = sketched
    service.answers[WriteMade] = lambda r: TableWritten(path=r.path, rows=7)
    return service
