"""How long until CartPole-v1 is solved? One contender and seed; prints one line of JSON.

Solved: after an update, 100 fresh episodes of sampled actions have a mean return of at least 475.
Those episodes are not counted, neither in time nor in steps.
"""

import contextlib
import json
import sys
import time

THRESHOLD = 475


class Clock:
    """Seconds since the process began and since training began, without those of looking."""

    def __init__(self, process_began):
        self.process_began, self.looking = process_began, 0.0

    def pause(self, look):
        before = time.time()
        result = look()
        self.looking += time.time() - before
        return result

    def since_the_process_began(self):
        return time.time() - self.process_began - self.looking


def fresh_mean(act, seed):
    """The mean return of 100 fresh episodes; less than it where the threshold is out of reach."""
    import gymnasium
    import numpy as np

    lanes = gymnasium.make_vec("CartPole-v1", 100, vectorization_mode="vector_entry_point")
    states, _ = lanes.reset(seed=seed)
    alive, returns = np.ones(100, bool), np.zeros(100)
    while alive.any() and np.where(alive, 500, returns).mean() >= THRESHOLD:
        states, rewards, terminated, truncated, _ = lanes.step(act(states))
        returns += rewards * alive
        alive &= ~(terminated | truncated)
    return float(returns.mean())


def tfpg_(seed, clock):
    from tfpg.base.tensorflow import import_tensorflow

    import_tensorflow()
    import keras
    import numpy as np

    import tfpg
    from tfpg.runs.settings import PRESETS, Settings

    settings = Settings("CartPole-v1", **PRESETS["CartPole-v1"])
    keras.utils.set_random_seed(seed)
    policy = tfpg.policy_for("CartPole-v1", settings.hidden)
    optimizer = keras.optimizers.Adam(settings.learning_rate)
    generator = np.random.default_rng(seed)

    def act(states):
        actor = policy.actor()
        return actor.sample(actor.logits(states), actor.noise(generator, (len(states), 2)))

    for iteration in tfpg.train(
        "CartPole-v1",
        policy,
        optimizer,
        iterations=settings.iterations,
        episodes=settings.episodes,
        seed=seed,
    ):
        mean = clock.pause(lambda: fresh_mean(act, iteration.index))  # noqa: B023
        if mean >= THRESHOLD:
            break
    return {"training": iteration.seconds, "steps": iteration.environment_steps, "mean": mean}


def stable_baselines(make, most_steps):
    def contender(seed, clock):
        import peers

        model, result = make(peers, seed), {}
        act = peers.sampled_actions(model)

        def look(model, seconds):
            mean = clock.pause(lambda: fresh_mean(act, model.num_timesteps))
            result.update(training=seconds, steps=model.num_timesteps, mean=mean)
            return mean >= THRESHOLD

        with contextlib.suppress(StopIteration):
            model.learn(most_steps, callback=peers.AfterEachUpdate(look))
        return result

    return contender


def jax_(seed, clock):
    import jax
    from jax_reinforce import iteration, mean_return, new_weights

    key = jax.random.key(seed)
    weights = new_weights(key)
    moments, count, steps = (jax.tree.map(lambda w: 0 * w, weights),) * 2, 0.0, 0
    clock.pause(lambda: mean_return(weights, key).block_until_ready())
    begun, looking_before = time.time(), clock.looking
    for index in range(1000):
        keys = jax.random.split(jax.random.fold_in(key, index))
        weights, moments, count, samples = iteration(weights, moments, count, keys[0])
        steps += int(samples)
        seconds = time.time() - begun - (clock.looking - looking_before)
        if index == 0:
            compiling = seconds
        mean = clock.pause(lambda: float(mean_return(weights, keys[1])))  # noqa: B023
        if mean >= THRESHOLD:
            break
    return {"training": seconds, "steps": steps, "mean": mean, "without_compiling": seconds - compiling}


CONTENDERS = {
    "tfpg": tfpg_,
    "ppo": stable_baselines(lambda peers, seed: peers.ppo(seed), 100_000),
    "a2c": stable_baselines(lambda peers, seed: peers.a2c(seed), 500_000),
    "a2c-tuned": stable_baselines(
        lambda peers, seed: peers.a2c(seed, learning_rate=5e-3, n_steps=16), 500_000
    ),
    "jax": jax_,
}

if __name__ == "__main__":
    name, seed, process_began = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    clock = Clock(process_began)
    result = CONTENDERS[name](seed, clock)
    print(json.dumps(result | {"process": clock.since_the_process_began()}))
