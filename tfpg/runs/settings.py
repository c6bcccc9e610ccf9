"""The settings of a run: our presets, the homework's defaults, and what is impossible."""

import dataclasses
import math
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.rollout.trajectories import BatchSize

STEPS = ("gradient", "natural")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that a run depends on; the same settings give the same run.

    Raises BadInput for settings that no run can have.
    """

    environment: str
    iterations: int = 100
    episodes: int | None = 32  # a batch is so many episodes,
    steps: int | None = None  # or at least so many steps
    reward_to_go: bool = True
    normalize: bool = True
    discount: float = 0.99
    step: str = "gradient"  # or "natural", which takes no learning rate but max_kl
    learning_rate: float = 0.01
    max_kl: float = 0.01  # nats between the policies before and after a natural step
    baseline: bool = False  # a value function
    baseline_learning_rate: float = 5e-3
    baseline_steps: int = 5  # of its gradient, in each iteration
    gae_lambda: float | None = None
    truncation_is_terminal: bool = False  # for the value function: the homework's habit
    layers: int = 2
    size: int = 64
    horizon: int | None = None
    action_noise_std: float = 0.0
    seed: int = 1
    stop_at: float | None = None
    network: str | None = None  # a .keras file to begin with, in place of a new dense network
    evaluation_steps: int | None = None  # of a fresh evaluation at each logged iteration
    log_every: int = 1  # iterations between evaluations and TensorBoard entries; never if < 1
    film_every: int = -1  # iterations between films; never if < 1
    name: str | None = None

    def __post_init__(self) -> None:
        for field in (
            "iterations",
            "episodes",
            "steps",
            "layers",
            "size",
            "horizon",
            "evaluation_steps",
            "baseline_steps",
        ):
            value = getattr(self, field)
            least = 0 if field in ("iterations", "layers") else 1
            if value is not None and value < least:
                raise BadInput(f"{field} must be at least {least}, got {value}")
        BatchSize(self.episodes, self.steps)
        if not 0 <= self.discount <= 1:
            raise BadInput(f"discount must lie between 0 and 1, got {self.discount}")
        if self.step not in STEPS:
            raise BadInput(f"step must be {' or '.join(STEPS)}, got {self.step!r}")
        for field in ("learning_rate", "baseline_learning_rate", "max_kl"):
            rate = getattr(self, field)
            if not (rate > 0 and math.isfinite(rate)):
                raise BadInput(f"{field.replace('_', ' ')} must be a positive number, got {rate}")
        if self.gae_lambda is not None and not 0 <= self.gae_lambda <= 1:
            raise BadInput(f"lambda must lie between 0 and 1, got {self.gae_lambda}")
        if self.gae_lambda is not None and not self.baseline:
            raise BadInput("--gae_lambda needs a value function: add --use_baseline")
        if not (self.action_noise_std >= 0 and math.isfinite(self.action_noise_std)):
            raise BadInput(f"action noise std must not be negative, got {self.action_noise_std}")
        if self.seed < 0:
            raise BadInput(f"seed must be a whole number from 0 on, got {self.seed}")

    @property
    def batch_size(self) -> BatchSize:
        """How much one batch holds."""
        return BatchSize(self.episodes, self.steps)

    def apart_from_seed(self) -> dict[str, Any]:
        """What runs that differ only in their seed have in common."""
        return {key: value for key, value in dataclasses.asdict(self).items() if key != "seed"}


# Where the general settings can be improved. One hidden layer is enough for CartPole, and with 64
# episodes, which its vector environment samples at once, a larger learning rate works on every seed.
PRESETS: dict[str, dict[str, Any]] = {
    "CartPole-v1": {"layers": 1, "learning_rate": 0.05, "episodes": 64, "iterations": 500},
}

# The scripts of the course's homework 2 (2023 and 2026).
HOMEWORK: dict[str, Any] = {
    "iterations": 200,
    "episodes": None,
    "steps": 1000,
    "evaluation_steps": 400,
    "reward_to_go": False,
    "normalize": False,
    "discount": 1.0,
    "learning_rate": 5e-3,
    "truncation_is_terminal": True,
}
