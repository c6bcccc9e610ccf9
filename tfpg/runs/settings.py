"""The settings of a run: each with its default, bounds, flags and help; our presets, the homework's.

A field of `Settings` is a flag of `tfpg train` (tfpg/cli/train.py) and a line of config.json.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.rollout.batch_size import BatchSize

STEPS = ("gradient", "trust-region")


def setting(
    default: Any,
    help: str,
    *flags: str,
    metavar: str = "N",
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
) -> Any:
    """A field of `Settings`: its default, help, flags, and the bounds of a (finite) number."""
    bounds = {"least": least, "most": most, "above": above}
    return dataclasses.field(
        default=default, metadata={"help": help, "flags": flags, "metavar": metavar, **bounds}
    )


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that a run depends on; the same settings give the same run.

    Raises BadInput for settings that no run can have.
    """

    environment: str
    network: str | None = setting(
        None, "start from the network in a .keras file", "--network", metavar="FILE"
    )
    layers: int = setting(2, "number of hidden layers", "-l", "--layers", "--n-layers", least=0)
    layer_size: int = setting(64, "units per hidden layer", "-s", "--layer-size", least=1)

    iterations: int = setting(
        100,
        "number of iterations; without it, training stops once the environment is solved",
        *("-n", "--iterations", "--n-iter"),
        least=0,
    )
    stop_at: float | None = setting(
        None, "stop once evaluations stay above this mean return", "--stop-at", metavar="RETURN"
    )
    episodes: int | None = setting(32, "batch of N episodes", "--episodes", least=1)
    steps: int | None = setting(
        None,
        "batch of at least STEPS environment steps, instead of --episodes",
        *("-b", "--batch-steps", "--batch-size"),
        metavar="STEPS",
        least=1,
    )
    learning_rate: float = setting(
        0.01, "Adam's learning rate", "-lr", "--learning-rate", metavar="RATE", above=0
    )
    step: str = setting(
        "gradient",
        "update rule: gradient (Adam) or trust-region (natural gradient with a KL limit, as in TRPO)",
        "--step",
        metavar="RULE",
    )
    max_kl: float = setting(
        0.01, "KL limit of a trust-region step, in nats", "--max-kl", metavar="KL", above=0
    )
    discount: float = setting(
        0.99, "discount of the rewards, 0 to 1", "--discount", metavar="D", least=0, most=1
    )
    reward_to_go: bool = setting(
        True,
        "weight each action by its reward-to-go instead of the total reward",
        *("-rtg", "--reward-to-go", "--use-reward-to-go"),
    )
    normalize: bool = setting(
        True,
        "give the q-values mean 0 and standard deviation 1",
        *("-na", "--normalize", "--normalize-advantages"),
    )
    horizon: int | None = setting(
        None, "cut episodes after T steps", "--horizon", "--ep-len", metavar="T", least=1
    )
    action_noise_std: float = setting(
        0.0,
        "standard deviation of the noise added to actions",
        "--action-noise-std",
        metavar="STD",
        least=0,
    )
    seed: int = setting(1, "random seed; the same seed repeats the run", "--seed", least=0)
    baseline: bool = setting(
        False, "subtract a learned value-function baseline", "--baseline", "--use-baseline"
    )
    baseline_learning_rate: float = setting(
        5e-3,
        "learning rate of the value function",
        *("-blr", "--baseline-learning-rate"),
        metavar="RATE",
        above=0,
    )
    baseline_steps: int = setting(
        5,
        "gradient steps of the value function per iteration",
        *("-bgs", "--baseline-steps", "--baseline-gradient-steps"),
        least=1,
    )
    gae_lambda: float | None = setting(
        None, "use GAE(L) advantages, with L from 0 to 1", "--gae-lambda", metavar="L", least=0, most=1
    )
    truncation_is_terminal: bool = setting(
        False,
        "treat a time limit as a terminal state, as the homework does, instead of adding V(s)",
        "--truncation-is-terminal",
    )

    name: str | None = setting(
        None, "name of the run, for its folder and for plots", "--name", "--exp-name", metavar="NAME"
    )
    evaluation_steps: int | None = setting(
        None,
        "evaluate on at least STEPS other steps at each logged iteration",
        *("-eb", "--evaluation-steps", "--eval-batch-size"),
        metavar="STEPS",
        least=1,
    )
    log_every: int = setting(
        1,
        "print, evaluate and log to TensorBoard every N iterations; never if N < 1",
        *("--log-every", "--scalar-log-freq"),
    )
    video_every: int = setting(
        -1, "record a video every N iterations; never if N < 1", "--video-every", "--video-log-freq"
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self)[1:]:
            _check(field.name.replace("_", " "), getattr(self, field.name), field.metadata)
        BatchSize(self.episodes, self.steps)
        if self.step not in STEPS:
            raise BadInput(f"step must be {' or '.join(STEPS)}, got {self.step!r}")
        if self.gae_lambda is not None and not self.baseline:
            raise BadInput("--gae-lambda needs a value function: add --baseline")

    @property
    def batch_size(self) -> BatchSize:
        """How much one batch holds."""
        return BatchSize(self.episodes, self.steps)

    def apart_from_seed(self) -> dict[str, Any]:
        """What runs that differ only in their seed have in common."""
        return {key: value for key, value in dataclasses.asdict(self).items() if key != "seed"}


def _check(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    """Raise BadInput for a number outside its bounds."""
    least, most, above = bounds["least"], bounds["most"], bounds["above"]
    if value is None or (least is None and above is None):
        return
    low, high = -math.inf if least is None else least, math.inf if most is None else most
    if not (math.isfinite(value) and low <= value <= high and (above is None or value > above)):
        wanted = f"lie between {least} and {most}" if most is not None else f"be at least {least}"
        wanted = wanted if above is None else f"be a number greater than {above}"
        raise BadInput(f"{name} must {wanted}, got {value}")


def with_todays_names(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as version 0.1 named them, in its config.json and in command lines, by today's names."""
    renamed = {"size": "layer_size", "film_every": "video_every"}
    today = {renamed.get(name, name): value for name, value in settings.items()}
    return today | {"step": "trust-region"} if today.get("step") == "natural" else today


# Where the general settings can be improved. One hidden layer is enough for CartPole, and with 64
# episodes, which its vector environment samples at once, a larger learning rate works on every seed.
PRESETS: dict[str, dict[str, Any]] = {
    "CartPole-v1": {"layers": 1, "learning_rate": 0.05, "episodes": 64, "iterations": 500}
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
