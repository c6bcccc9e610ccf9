"""Tables of data that lie beside the code: TOML, or JSON where an older Python is to read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def is_table(path: Path) -> bool:
    """Whether there is a file with this table."""
    return path.is_file() or path.with_suffix(".json").is_file()


def table(path: Path) -> dict[str, Any]:
    """The table in a file, or in JSON beside it. Raises ValueError for what is no table."""
    twin = path.with_suffix(".json")
    if twin.is_file():
        return json.loads(twin.read_text(encoding="utf-8"))
    import tomllib  # not in Python 3.9

    return tomllib.loads(path.read_text(encoding="utf-8"))
