"""``python -m imbtui`` is the command ``imbtui``."""

import sys

from tui.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
