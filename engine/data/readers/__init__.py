"""From bytes to cells: what a file is, how it is unpacked, and a reader per format.

`open` tells a file by its content and unpacks it; each reader returns a `raw.RawTable`,
its cells as they were read. Names are repaired and cells cleaned after that, for all
alike.
"""
