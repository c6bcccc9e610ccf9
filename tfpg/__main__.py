"""`python -m tfpg`."""

import sys

from tfpg.cli import main

if __name__ == "__main__":
    sys.exit(main())
