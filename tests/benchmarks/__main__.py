"""How fast tfpg is, as ratios against peers and the machine's limit, measured in turn in one run.

    python tests/benchmarks                  everything, 18 minutes on two cores
    python tests/benchmarks solve --seeds 9  one part

Needs `pip install -e ".[benchmarks]"`; install torch's CPU build first, or several GB of CUDA come
along. Each measurement is a process of its own, contenders take turns, medians are compared. Every
peer runs on one thread and on the environments that suit it best. Prints tables in Markdown.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


def measure(script: str, *arguments: object) -> dict[str, float]:
    """Run one script with the moment of its start as last argument; the JSON that it prints."""
    print(f"  {script} {' '.join(map(str, arguments))}", end=" ", file=sys.stderr, flush=True)
    command = [sys.executable, str(HERE / script), *map(str, arguments), str(time.time())]
    done = subprocess.run(command, env=QUIET, check=True, stdout=subprocess.PIPE, text=True)
    result = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(result), file=sys.stderr)
    return result


def table(title: str, *rows: tuple[str, ...]) -> None:
    print(f"\n{title}\n")
    header, *body = rows
    for row in (header, ("---",) * len(header), *body):
        print("| " + " | ".join(row) + " |", flush=True)


def solve(rounds: int) -> None:
    """CartPole-v1 to a sampled mean return of 475 over 100 new episodes."""
    names = {
        "tfpg": "tfpg",
        "ppo": "PPO, zoo settings, 8 Python environments",
        "a2c": "A2C, zoo settings, 64 sub-environments",
        "a2c-tuned": "A2C, tuned by us (learning rate .005, 16 steps), 64 sub-environments",
        "jax": "REINFORCE compiled whole in JAX, 64 sub-environments",
        "jax-compiled": "the same, compiled beforehand",
    }
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(1, rounds + 1):
        for name in [name for name in names if name != "jax-compiled"]:
            result = measure("solve.py", name, seed)
            results[name].append(result)
            if name == "jax":
                results["jax-compiled"].append(result | {"training": result["without_compiling"]})
    medians = {
        name: {key: median(one[key] for one in several) for key in ("training", "process", "steps")}
        for name, several in results.items()
    }
    ours = medians["tfpg"]
    rows = [
        (
            title,
            f"{sum(one['mean'] >= 475 for one in results[name])} of {rounds}",
            f"{medians[name]['training']:.2f} s",
            f"{ours['training'] / medians[name]['training']:.2f}",
            f"{medians[name]['process']:.2f} s",
            f"{ours['process'] / medians[name]['process']:.2f}",
            f"{medians[name]['steps']:,.0f}",
        )
        for name, title in names.items()
    ]
    table(
        "CartPole-v1 until the mean return of 100 new episodes, actions sampled, is 475; medians of "
        f"{rounds} seeds",
        (
            "",
            "solved",
            "training",
            "tfpg's time / this time",
            "from process start",
            "tfpg's time / this time",
            "environment steps",
        ),
        *rows,
    )


def seeds(rounds: int) -> None:
    """Whether CartPole-v1 is solved whatever the seed is."""
    found = measure("seeds.py", rounds)
    table(
        f"`tfpg train CartPole-v1 --seed 1` to `{rounds}`, each evaluated over 100 new episodes",
        (
            "seeds solved",
            "worst mean return, sampled",
            "greedy",
            "seconds of training, median",
            "slowest",
        ),
        (
            f"{found['solved']} of {rounds}",
            f"{found['sampled']:.1f}",
            f"{found['greedy']:.1f}",
            f"{found['training']:.2f}",
            f"{found['slowest']:.2f}",
        ),
    )


def throughput(rounds: int) -> None:
    """Steps per second of training, complete episodes, against A2C on the same environments."""
    cases = (
        ("CartPole-v1, 64 sub-environments", "native", 50_000, "untrained"),
        ("CartPole-v1, 64 sub-environments", "native", 50_000, "solved"),
        ("CartPole-v1, 64 sub-environments", "native", 5_000, "untrained"),
        ("CartPole-v1, 64 sub-environments", "native", 5_000, "solved"),
        ("CartPole-v1, 8 Python environments", "plain", 5_000, "untrained"),
        ("CartPole-v1, 8 Python environments", "plain", 5_000, "solved"),
        ("HalfCheetah-v5, 5 environments", "cheetah", 5_000, "untrained"),
        ("CartPole-v1, as `tfpg train` has it; A2C: 8 environments", "own", 1_000, "untrained"),
        ("CartPole-v1, as `tfpg train` has it; A2C: 8 environments", "own", 4_000, "untrained"),
        ("HalfCheetah-v5; A2C: 8 environments", "cheetah, 8", 5_000, "untrained"),
    )
    rows = []
    with TemporaryDirectory() as folder:
        weights = Path(folder, "solved.npz")
        measure("throughput.py", "solve", weights)
        for title, environment, steps, policy in cases:
            rates: dict[str, list[float]] = {"tfpg": [], "a2c": []}
            case = environment, steps, weights if policy == "solved" else policy
            for _ in range(rounds):
                for name, found in rates.items():
                    found.append(measure("throughput.py", name, *case)["steps_per_second"])
            ours, theirs = median(rates["tfpg"]), median(rates["a2c"])
            numbers = f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.1f}"
            rows.append((title, f"{steps:,}", policy, *numbers))
    table(
        f"Environment steps per second of training, 2x64 network, medians of {rounds}",
        ("", "steps per iteration", "policy", "tfpg", "A2C", "tfpg / A2C"),
        *rows,
    )


def sampling(rounds: int) -> None:
    """Trajectories with log-likelihoods, against stepping that replays the same actions."""
    cases = (
        ("CartPole-v1, 64 sub-environments", "CartPole-v1", "native", 128),
        ("CartPole-v1, 8 Python environments", "CartPole-v1", "plain", 8),
        ("Acrobot-v1, 8 Python environments", "Acrobot-v1", "plain", 8),
        ("HalfCheetah-v5, 8 environments", "HalfCheetah-v5", "plain", 8),
    )
    rows = []
    for title, *case in cases:
        found = [measure("sampling.py", *case) for _ in range(rounds)]
        rows.append(
            (
                title,
                f"{median(one['sampled'] for one in found):,.0f}",
                f"{median(one['raw'] for one in found):,.0f}",
                f"{median(one['sampled'] / one['raw'] for one in found):.2f}",
            )
        )
    table(
        f"Environment steps per second of sampling, 2x64 network, medians of {rounds}",
        ("", "sampling", "raw stepping", "sampling / raw"),
        *rows,
    )


def step(rounds: int) -> None:
    """The compiled step on a network of a million parameters, against a matrix product."""
    rows = []
    for samples in (5_000, 100_000):
        found = [measure("step.py", samples) for _ in range(rounds)]
        rows.append(
            (
                f"{samples:,}",
                f"{median(one['step'] for one in found):.3f} s",
                f"{median(one['ratio'] for one in found):.2f}",
                f"{median(one['megabytes'] for one in found):,.0f} MB",
            )
        )
    table(
        f"One compiled step with 1,000,000 parameters, medians of {rounds}",
        ("samples", "step", "of the speed of sgemm", "peak memory above the imports"),
        *rows,
    )


def start(rounds: int) -> None:
    """How long a person waits for help."""
    times = []
    for _ in range(3 * rounds):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tfpg", "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begun)
    table("Start", ("", "seconds"), ("`tfpg --help`", f"{median(times):.2f}"))


PARTS: dict[str, Callable[[int], None]] = {
    one.__name__: one for one in (solve, seeds, throughput, sampling, step, start)
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS) + "; all by default")
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds to solve (5)")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of the other parts (3)")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}: choose from {', '.join(PARTS)}")
    for part in arguments.parts or PARTS:
        print(part, file=sys.stderr)
        PARTS[part](arguments.seeds if part in ("solve", "seeds") else arguments.rounds)


if __name__ == "__main__":
    main()
