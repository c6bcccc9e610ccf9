"""The gallery: wrong solutions that people really write, each small enough to be run.

A submission that fails its check and does what one of these does, on every input, has made that
mistake. Several functions may show one mistake. Those of `loss` and `gaussian_loss` count for every
exercise whose gradient comes from one, `policy_gradient` above all. None is ever trained with.
"""

from tfpg.homework.exercises import (  # noqa: F401
    baselines,
    batches,
    entropy_and_samples,
    likelihoods,
    losses,
    ratios,
    rewards,
)
from tfpg.homework.exercises.mistake import GALLERY, Mistake
from tfpg.homework.exercises.mistakes import gaussian_losses, policies  # noqa: F401


def of_exercise(name: str) -> list[Mistake]:
    """The known mistakes of an exercise."""
    return [one for one in GALLERY if one.exercise == name]
