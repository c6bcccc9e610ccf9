"""Ids of actions may be a column, as whoever samples them makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def with_columns(call: Callable[[Mapping[str, Any]], Any], inputs: Mapping[str, Any]) -> Any:
    """What a call gives; where it fails on ids in a row, what it gives on ids in a column."""
    try:
        return call(inputs)
    except (RuntimeError, IndexError):
        columns = {
            name: _column(value) if name.startswith("actions") else value
            for name, value in inputs.items()
        }
        if all(columns[name] is value for name, value in inputs.items()):
            raise
        return call(columns)


def _column(value: Any) -> Any:
    if isinstance(value, list):
        parts = [_column(part) for part in value]
        return value if all(new is old for new, old in zip(parts, value)) else parts
    return value[:, None] if isinstance(value, np.ndarray) and value.ndim == 1 else value
