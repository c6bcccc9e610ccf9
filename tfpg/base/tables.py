"""Tables of data that lie beside the code: TOML, or JSON where an older Python is to read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def table(path: Path) -> dict[str, Any]:
    """The table in a file; of the same name in JSON, if that is there. Raises ValueError for nonsense."""
    twin = path.with_suffix(".json")
    if twin.is_file():
        return json.loads(twin.read_text(encoding="utf-8"))
    import tomllib  # not in Python 3.9

    return tomllib.loads(path.read_text(encoding="utf-8"))
