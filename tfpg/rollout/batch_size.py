"""How much one batch holds."""

from dataclasses import dataclass
from typing import Self

from tfpg.base.arguments import COUNT
from tfpg.base.errors import BadInput


@dataclass(frozen=True)
class BatchSize:
    """How much one batch holds: N episodes, or the complete episodes that reach a number of steps.

    Raises BadInput unless exactly one of the two is given, as a positive integer.
    """

    episodes: int | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if (self.episodes is None) == (self.steps is None):
            raise BadInput(
                "a batch is a number of episodes or a number of steps: give exactly one of episodes "
                f"and steps, got episodes={self.episodes} and steps={self.steps}"
            )
        check_positive(episodes=self.episodes, steps=self.steps)

    def minus(self, episodes: int, steps: int) -> Self | None:
        """What is missing after so many episodes with so many steps in all; None if nothing is."""
        missing = self.episodes - episodes if self.episodes else (self.steps or 0) - steps
        if missing <= 0:
            return None
        return type(self)(episodes=missing) if self.episodes else type(self)(steps=missing)

    def most_samples(self, limit: int | None) -> int | None:
        """The largest N*T that such a batch can have if episodes have a limit."""
        if limit is None:
            return None
        return self.episodes * limit if self.episodes else (self.steps or 0) + limit


def check_positive(**values: int | None) -> None:
    """Raises BadInput for a value that is neither None nor a positive integer; keywords name them."""
    for name, value in values.items():
        if value is not None:
            COUNT.check(name, value)
