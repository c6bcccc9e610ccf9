"""`python -m tfpg`.

Python imports a types.py or warnings.py of the current folder before tfpg can prevent it: where
strangers' files lie, write `tfpg` or `python -P -m tfpg`.
"""

import sys

from tfpg.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
