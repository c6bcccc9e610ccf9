"""All that courses ask, by its name in their tables."""

from __future__ import annotations

from collections.abc import Mapping

from tfpg.homework.courses import (
    acting,
    advantages,
    gradients,
    language_models,
    model_updates,
    returns,
    rollouts,
    tutorials,
    whole,
)
from tfpg.homework.courses.asking import Ask

TOPICS = (
    returns,
    advantages,
    gradients,
    acting,
    rollouts,
    whole,
    language_models,
    model_updates,
    tutorials,
)
ASKS: Mapping[str, Ask] = {name: ask for topic in TOPICS for name, ask in topic.ASKS.items()}
