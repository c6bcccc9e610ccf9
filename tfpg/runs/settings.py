"""The settings of a run: each with its default, bounds, flags and help; our presets, the homework's.

A field of `Settings` is a flag of `tfpg train` (tfpg/cli/train.py), --NAME, and a line of config.json.
"""

import dataclasses
import math
import numbers
from collections.abc import Mapping
from string import Template
from types import NoneType
from typing import Any, get_args, get_type_hints

from tfpg.base.arguments import AT_LEAST_ONE, FRACTION, NOT_NEGATIVE, POSITIVE, SEED, Bounds
from tfpg.base.errors import BadInput
from tfpg.rollout.batch_size import BatchSize

STEPS = ("gradient", "trust-region")
# Settings that do nothing unless another one has this value.
NEEDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("learning_rate", "gradient_steps"), ("step", "gradient")),
    "max_kl": ("step", "trust-region"),
    **dict.fromkeys(
        ("baseline_learning_rate", "baseline_steps", "truncation_is_terminal", "normalize_targets"),
        ("baseline", True),
    ),
}
EPISODES = 32  # in a batch, unless a number of episodes or of steps is given


class BadSetting(BadInput):
    """A setting that no run can have: in Python `horizon`, on the command line --horizon/--ep-len.

    Args:
        sentence: with a $ before each name of a setting.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence.replace("$", ""))
        self.sentence = sentence

    def with_flags(self) -> str:
        """The sentence with the flags of each setting in place of its name."""
        every = {field.name: flags_of(field) for field in dataclasses.fields(Settings)[1:]}
        return Template(self.sentence).safe_substitute(
            {name: "/".join(flags) for name, flags in every.items()}
        )


def setting(
    default: Any, flags: str, help: str, bounds: Bounds | None = None, own_flag: str | None = None
) -> Any:
    """A field of `Settings`.

    Args:
        default: its value unless another is given.
        flags: those besides --NAME, short ones and the homework's; then what stands for the value.
        help: its line in `tfpg train --help`, where the default is added.
        bounds: what a number must be.
        own_flag: is used in place of --NAME.
    """
    about = {"flags": flags.split(), "help": help, "bounds": bounds, "own_flag": own_flag}
    return dataclasses.field(default=default, metadata=about)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that a run depends on; the same settings give the same run.

    The defaults are those of `tfpg train --help`. What the command line adds by itself is given here:
    `stop_at`, and for CartPole-v1 `layers=1, learning_rate=0.05, episodes=64, iterations=500`.

    Raises BadInput for settings that no run can have.
    """

    environment: str
    network: str | None = setting(None, "FILE", "start from the network in a .keras file")
    layers: int = setting(2, "-l --n-layers N", "number of hidden layers", NOT_NEGATIVE)
    layer_size: int = setting(64, "-s N", "units per hidden layer", AT_LEAST_ONE)

    iterations: int = setting(
        100, "-n --n-iter N", "run N iterations; without it, stop early when solved", AT_LEAST_ONE
    )
    stop_at: float | None = setting(None, "RETURN", "stop when evaluations reach this mean return")
    episodes: int | None = setting(
        None, "N", f"sample N episodes in each iteration (default {EPISODES})", AT_LEAST_ONE
    )
    steps: int | None = setting(
        None,
        "-b --batch-size STEPS",
        "sample at least STEPS environment steps in each iteration, instead of N episodes",
        AT_LEAST_ONE,
        own_flag="--batch-steps",
    )
    learning_rate: float = setting(0.01, "-lr RATE", "Adam's learning rate", POSITIVE)
    gradient_steps: int = setting(
        1,
        "--num-agent-train-steps-per-iter N",
        "gradient steps on each batch; those after the first are off-policy",
        AT_LEAST_ONE,
    )
    importance_weighting: bool = setting(
        False, "", "correct the gradient steps after the first by importance weights"
    )
    step: str = setting(
        "gradient",
        "RULE",
        "update rule: gradient (Adam) or trust-region (natural gradient with a KL limit, as in TRPO)",
    )
    max_kl: float = setting(0.01, "KL", "KL limit of a trust-region step, in nats", POSITIVE)
    discount: float = setting(0.99, "D", "discount of the rewards, 0 to 1", FRACTION)
    reward_to_go: bool = setting(
        True,
        "-rtg --use-reward-to-go",
        "weight each action by its reward-to-go instead of the total reward",
    )
    normalize: bool = setting(
        True, "-na --normalize-advantages", "give the q-values mean 0 and standard deviation 1"
    )
    horizon: int | None = setting(None, "--ep-len T", "cut episodes after T steps", AT_LEAST_ONE)
    action_noise_std: float = setting(
        0.0, "STD", "standard deviation of the noise added to actions", NOT_NEGATIVE
    )
    seed: int = setting(1, "N", "random seed; the same seed repeats the run", SEED)
    baseline: bool = setting(False, "--use-baseline", "subtract a learned value-function baseline")
    baseline_learning_rate: float = setting(
        5e-3, "-blr RATE", "learning rate of the value function", POSITIVE
    )
    baseline_steps: int = setting(
        5,
        "-bgs --baseline-gradient-steps N",
        "gradient steps of the value function per iteration",
        AT_LEAST_ONE,
    )
    normalize_targets: bool = setting(
        False, "", "fit the value function to targets of mean 0 and standard deviation 1"
    )
    gae_lambda: float | None = setting(
        None, "L", "use GAE(L) advantages, with L from 0 to 1; needs --baseline", FRACTION
    )
    truncation_is_terminal: bool = setting(
        False, "", "treat a time limit as a terminal state, as the homework does, without adding V(s)"
    )

    name: str | None = setting(None, "--exp-name NAME", "name of the run, for its folder and for plots")
    evaluation_steps: int | None = setting(
        None,
        "-eb --eval-batch-size STEPS",
        "at each logged iteration, evaluate the policy on at least STEPS more steps",
        AT_LEAST_ONE,
    )
    log_every: int = setting(
        1, "--scalar-log-freq N", "print, evaluate and log every N iterations; never if N < 1"
    )
    video_every: int = setting(
        -1, "--video-log-freq N", "record a video in RUN/videos every N iterations; never if N < 1"
    )

    def __post_init__(self) -> None:
        kinds = get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value, kind = getattr(self, field.name), kinds[field.name]
            if not _is_of(value, kind):
                told = getattr(kind, "__name__", str(kind).replace(" | ", " or "))
                raise BadSetting(f"${field.name} must be of type {told}, got {value!r}")
            if isinstance(value, numbers.Real):  # a NumPy number, or 1 for 1.0
                object.__setattr__(self, field.name, kind_of(field)(value))
        for field in dataclasses.fields(self)[1:]:
            value, bounds = getattr(self, field.name), field.metadata["bounds"]
            finite = not isinstance(value, float) or math.isfinite(value)
            if value is None or (finite and (bounds is None or bounds.allows(value))):
                continue
            wanted = bounds.wanted if bounds else "be a finite number"
            raise BadSetting(f"${field.name} must {wanted}, got {value}")
        if self.episodes is None and self.steps is None:
            object.__setattr__(self, "episodes", EPISODES)
        if self.episodes is not None and self.steps is not None:
            raise BadSetting(
                "a batch is a number of episodes or of steps: give one of $episodes and $steps"
            )
        if self.step not in STEPS:
            raise BadSetting(f"$step must be {' or '.join(STEPS)}, got {self.step!r}")
        if self.importance_weighting and self.gradient_steps == 1:
            raise BadSetting("$importance_weighting corrects more steps than one: add $gradient_steps")
        if self.gae_lambda is not None and not self.baseline:
            raise BadSetting("$gae_lambda needs a value function: add $baseline")

    @property
    def batch_size(self) -> BatchSize:
        """How much one batch holds."""
        return BatchSize(self.episodes, self.steps)

    @property
    def hidden(self) -> tuple[int, ...]:
        """The units of each hidden layer."""
        return (self.layer_size,) * self.layers

    def uses(self, name: str) -> bool:
        """Whether the setting of this name does anything beside the others."""
        other, value = NEEDS.get(name, (name, getattr(self, name)))
        return bool(getattr(self, other) == value)

    def apart_from_seed(self) -> dict[str, Any]:
        """What runs that differ only in their seed have in common: the settings that do something."""
        return {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if key != "seed" and self.uses(key)
        }


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value has the type of a setting; every int is a float, and no bool is a number."""
    kinds = get_args(kind) or (kind,)
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, numbers.Integral):
        return int in kinds or float in kinds
    if isinstance(value, numbers.Real):
        return float in kinds
    return isinstance(value, kinds)


def kind_of(field: dataclasses.Field) -> type:
    """The type of a setting's values; that of `int | None` is int."""
    kind = get_type_hints(Settings)[field.name]
    return next((part for part in get_args(kind) if part is not NoneType), kind)


def flags_of(field: dataclasses.Field) -> list[str]:
    """The flags of a setting, short ones first, then its own, then the homework's."""
    flags = [flag for flag in field.metadata["flags"] if flag.startswith("-")] + [own_flag(field)]
    return sorted(flags, key=lambda flag: (flag.startswith("--"), flag != own_flag(field)))


def own_flag(field: dataclasses.Field) -> str:
    """The flag of a setting that bears its name: --layer-size."""
    return field.metadata["own_flag"] or "--" + field.name.replace("_", "-")


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
