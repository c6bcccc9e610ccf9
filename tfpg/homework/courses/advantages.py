"""Advantages: without a baseline, with one, generalized; normalized or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single
from tfpg.homework.courses.returns import q_values_of, reward_to_go, wrong_q_values
from tfpg.homework.exercises.batches import flat_advantages
from tfpg.homework.exercises.mistake import GALLERY

LENGTHS = (3, 5, 2)


def batch(generator: Generator, discount: float = 0.9) -> dict[str, Any]:
    """A small batch of three episodes, as the courses lay it out."""
    size = sum(LENGTHS)
    rewards = [single(generator.normal(1.5, 2.0, length)) for length in LENGTHS]
    ends = np.zeros(size)
    ends[np.cumsum(LENGTHS) - 1] = 1
    return {
        "states": single(generator.normal(size=(size, 3))),
        "rewards": rewards,
        "flat_rewards": np.concatenate(rewards),
        "q_values": single(np.concatenate([reward_to_go(r.astype(float), discount) for r in rewards])),
        "terminals": single(ends),
        "predictions": single(generator.normal(2.0, 1.5, size)),
    }


def _cases(generator: Generator, generalized: bool, rescaled: bool) -> list[Case]:
    inputs = batch(generator)
    cases = [case("no baseline", inputs)]
    cases.append(case("normalized", inputs, normalize=True))
    cases.append(case("baseline", inputs, baseline=True))
    cases.append(case("baseline", inputs, baseline=True, normalize=True))
    for lambda_ in (0.95, 0.5, 0.0, 1.0) if generalized else ():
        cases.append(case("gae", inputs, baseline=True, gae_lambda=lambda_))
    if generalized:
        cases.append(case("gae", inputs, baseline=True, gae_lambda=0.5, normalize=True))
    return [c._replace(settings={**c.settings, "rescaled": rescaled}) for c in cases]


def _predictions(case: Case, got: Arrays) -> Mapping[str, Array]:
    """The values that a baseline gives, by what there is to remark."""
    if not case.settings["baseline"]:
        return {"": np.zeros(0)}
    raw = np.asarray(got.get("predictions", case.inputs["predictions"]), np.float64)
    q = case.inputs["q_values"].astype(np.float64)
    standard = (raw - raw.mean()) / (raw.std() or 1.0) * q.std() + q.mean()
    sample = (raw - raw.mean()) / raw.std(ddof=1) * q.std() + q.mean()
    from_mean = raw * q.std() + q.mean()
    if case.settings["rescaled"]:
        return {"": standard, "ddof": sample, "not_standardized": from_mean}
    return {"": raw, "rescaled": standard, "rescaled_raw": from_mean}


def advantages_of(case: Case, values: Array, wrong: Any = None) -> Array:
    """Before normalizing; `wrong` computes generalized advantages in another way."""
    q = case.inputs["q_values"].astype(np.float64)
    if not case.settings["baseline"]:
        return q
    if case.settings["gae_lambda"] is None:
        return q - values
    rewards = case.inputs["flat_rewards"].astype(np.float64)
    ends = case.inputs["terminals"].astype(np.float64)
    settings = {"discount": case.settings["discount"], "lambda_": case.settings["gae_lambda"]}
    how = wrong or flat_advantages
    return how(rewards=rewards, values=values, terminals=ends, **settings)


def normalized(values: Array, ddof: int = 0) -> Array:
    """To mean 0 and standard deviation 1."""
    return (values - values.mean()) / (values.std(ddof=ddof) + 1e-8)


def _accepted(case: Case, got: Arrays) -> dict[str, Array]:
    right = {}
    for remark, values in _predictions(case, got).items():
        advantages = advantages_of(case, values)
        if case.settings["normalize"]:
            right[remark] = normalized(advantages)
            right[f"{remark} ddof"] = normalized(advantages, 1)
        else:
            right[remark] = advantages
    return right


def _wrong(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    return list(_mistakes(case, got))


def _mistakes(case: Case, got: Arrays) -> Iterator[tuple[str, Array]]:
    for values in _predictions(case, got).values():
        for id, wrong in _wrong_here(case, values, got):
            yield id, normalized(wrong) if case.settings["normalize"] else wrong
    if case.settings["normalize"]:
        advantages = advantages_of(case, next(iter(_predictions(case, got).values())))
        spread = advantages.std()
        yield "E6", advantages
        yield "E6", advantages - advantages.mean()
        yield "E6", (advantages - advantages.mean()) / spread**2
        yield "E6", advantages - advantages.mean() / spread
        yield "E6", advantages / spread
        yield "E6", (advantages - advantages.mean()) / np.linalg.norm(advantages)


def _wrong_here(case: Case, values: Array, got: Arrays) -> Iterator[tuple[str, Array]]:
    if not case.settings["baseline"]:
        return
    q = case.inputs["q_values"].astype(np.float64)
    if case.settings["gae_lambda"] is None:
        yield "E7", values - q
        yield "E7", q
        yield "B1", (q[None] - values[:, None]).ravel()
        yield "B1", (q[:, None] - values[None]).ravel()
        raw = np.asarray(got.get("predictions", values), np.float64)
        if case.settings["rescaled"]:
            yield "W9", q - ((raw * raw.std() + raw.mean()) - q.mean()) / q.std()
            yield "W9", q - ((raw - raw.mean()) / raw.std() + q.mean() * q.std())
            yield "W9", q - (raw + q.mean() * q.std())
            yield "W9", q - (raw * q.mean() + q.std())
            yield "W9", q - raw
    else:
        for mistake in GALLERY:
            if mistake.exercise == "advantages":
                with np.errstate(all="ignore"):
                    yield mistake.id, advantages_of(case, values, mistake.function)


def _plain(generator: Generator) -> list[Case]:
    return [case("no baseline", batch(generator))]


def _of_rewards(generator: Generator) -> list[Case]:
    inputs = batch(generator)
    return [
        case("rtg" if to_go else "total", inputs, reward_to_go=to_go, normalize=normal)
        for to_go in (True, False)
        for normal in (False, True)
    ]


def _q_values_and_advantages(case: Case, got: Arrays) -> dict[str, Array]:
    q = q_values_of(case)
    if not case.settings["normalize"]:
        return {"": np.concatenate([q, q])}
    return {"ddof" if ddof else "": np.concatenate([q, normalized(q, ddof)]) for ddof in (0, 1)}


def _wrong_both(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    made = []
    for id, q in wrong_q_values(case, got):
        both = [q, normalized(q) if case.settings["normalize"] else q]
        made.append((id, np.concatenate(both)))
    return made


def _asked(generalized: bool, rescaled: bool) -> Ask:
    cases = partial(_cases, generalized=generalized, rescaled=rescaled)
    return Ask("advantages", cases, _accepted, _wrong)


ASKS = {
    "plain_advantages": Ask("values", _plain, _accepted, networks=False),
    "returns_and_advantages": Ask(
        "values", _of_rewards, _q_values_and_advantages, _wrong_both, networks=False
    ),
    "advantages": _asked(generalized=True, rescaled=False),
    "rescaled_advantages": _asked(generalized=True, rescaled=True),
    "rescaled_advantages_without_gae": _asked(generalized=False, rescaled=True),
}
