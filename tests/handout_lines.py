"""The command lines of the handouts of homework 2, 2018 to 2026, and what each of them sets."""

import itertools

# What the scripts of each year take for granted.
SINCE_2023 = {
    **{"network": None, "layers": 2, "layer_size": 64, "iterations": 200, "stop_at": None},
    **{"episodes": None, "steps": 1000, "evaluation_steps": 400, "seed": 1, "horizon": None},
    **{"step": "gradient", "learning_rate": 0.005, "discount": 1.0, "action_noise_std": 0},
    **{"reward_to_go": False, "normalize": False, "baseline": False, "gae_lambda": None},
    **{"baseline_learning_rate": 0.005, "baseline_steps": 5, "truncation_is_terminal": True},
    **{"gradient_steps": 1, "importance_weighting": False, "normalize_targets": False},
    **{"log_every": 1, "video_every": -1},
}
BEFORE_2023 = SINCE_2023 | {"normalize": True, "baseline_steps": 1, "normalize_targets": True}
IN_2018 = BEFORE_2023 | {"iterations": 100, "evaluation_steps": None}

# What stands for one of several values.
VALUES = {
    "<b>": (10000, 30000, 50000),
    "<r>": (0.005, 0.01, 0.02),
    "<b*>": (50, 500),
    "<r*>": (0.02, 0.1),
    "<l>": (0, 0.95, 0.98, 0.99, 1),
    "<seed>": (1, 2, 3, 4, 5),
    "<bgs>": (1, 2),
}

RTG, BASELINE = {"reward_to_go": True}, {"baseline": True}
SEARCHED = {"steps": "<b>", "learning_rate": "<r>"}
BEST = {"steps": "<b*>", "learning_rate": "<r*>"}
PENDULUM = BEST | {"horizon": 1000, "discount": 0.9, "iterations": 100}
LANDER = {"horizon": 1000, "discount": 0.99, "iterations": 100, "learning_rate": 0.005}
CHEETAH = {"horizon": 150, "discount": 0.95, "iterations": 100, "layer_size": 32}
HOPPER = {"horizon": 1000, "discount": 0.99, "iterations": 300, "layer_size": 32, "steps": 2000}
NOISY = {"learning_rate": 0.001, "action_noise_std": 0.5, "gae_lambda": "<l>"}


def cartpole(begins, unnormalized, name=""):
    """The six of each year before 2023: two batches, each with and without reward-to-go and -dsa."""
    for batch, steps in (("sb", 1000), ("lb", 5000)):
        start = f"{begins} -n 100 -b {steps}"
        expected = {"iterations": 100, "steps": steps}
        off = expected | {"normalize": False}
        dna = unnormalized[1:]
        yield f"{start} {unnormalized} --exp_name {name}{batch}_no_rtg_{dna}", off
        yield f"{start} -rtg {unnormalized} --exp_name {name}{batch}_rtg_{dna}", off | RTG
        yield f"{start} -rtg --exp_name {name}{batch}_rtg_na", expected | RTG


def four(start, name, expected, tagged=True):
    """The four of HalfCheetah: with and without reward-to-go and baseline."""
    for rtg, baseline in itertools.product((False, True), repeat=2):
        flags = "-rtg " * rtg + "--nn_baseline " * baseline
        tags = ("_rtg" * rtg + "_nnbaseline" * baseline) * tagged
        both = {"reward_to_go": rtg, "baseline": baseline}
        yield f"{start} {flags}--exp_name {name}{tags}", expected | both


def from_2020(version, lander, hopper):
    """Those of 2020 to 2022 and of CMU 16-831, whose environments have another version each year."""
    yield from cartpole("--env_name CartPole-v0", "-dsa", "q1_")
    yield (
        (
            f"--env_name InvertedPendulum-{version} --ep_len 1000 --discount 0.9 -n 100 -l 2 -s 64 "
            "-b <b*> -lr <r*> -rtg --exp_name q2_b<b*>_r<r*>"
        ),
        PENDULUM | RTG,
    )
    yield (
        (
            "--env_name LunarLanderContinuous-v2 --ep_len 1000 --discount 0.99 -n 100 -l 2 -s 64 "
            f"-b {lander} -lr 0.005 --reward_to_go --nn_baseline --exp_name q3_b{lander}_r0.005"
        ),
        LANDER | RTG | BASELINE | {"steps": lander},
    )
    cheetah = f"--env_name HalfCheetah-{version} --ep_len 150 --discount 0.95 -n 100 -l 2 -s 32"
    name = "--exp_name q4_search_b<b>_lr<r>_rtg_nnbaseline"
    yield (f"{cheetah} -b <b> -lr <r> -rtg --nn_baseline {name}", CHEETAH | SEARCHED | RTG | BASELINE)
    yield from four(f"{cheetah} -b <b*> -lr <r*>", "q4_b<b*>_r<r*>", CHEETAH | BEST)
    if hopper:
        yield (
            (
                f"--env_name Hopper-{version} --ep_len 1000 --discount 0.99 -n 300 -l 2 -s 32 -b 2000 "
                "-lr 0.001 --reward_to_go --nn_baseline --action_noise_std 0.5 --gae_lambda <l> "
                "--exp_name q5_b2000_r0.001_lambda<l>"
            ),
            HOPPER | NOISY | RTG | BASELINE,
        )


def from_2023(iterations, cheetah, lander):
    """What 2023 and 2026 have in common; a few flags are only in the later one."""
    for steps, batch in ((1000, ""), (4000, "_lb")):
        for flags, name, expected in (
            ("", "", {}),
            ("-rtg ", "_rtg", RTG),
            ("-na ", "_na", {"normalize": True}),
            ("-rtg -na ", "_rtg_na", RTG | {"normalize": True}),
        ):
            line = f"--env_name CartPole-v0 -n 100 -b {steps} {flags}--exp_name cartpole{batch}{name}"
            yield line, expected | {"iterations": 100, "steps": steps}
    evaluation = {"evaluation_steps": int(cheetah.split()[-1])} if cheetah else {}
    start = f"--env_name HalfCheetah-v4 -n 100 -b 5000 {cheetah} -rtg --discount 0.95 -lr 0.01"
    expected = RTG | evaluation | {"iterations": 100, "steps": 5000, "discount": 0.95}
    expected |= {"learning_rate": 0.01}
    fitted = BASELINE | {"baseline_learning_rate": 0.01}
    yield f"{start} --exp_name cheetah", expected
    yield f"{start} --use_baseline -blr 0.01 -bgs 5 --exp_name cheetah_baseline", expected | fitted
    fewer = f"{start} --use_baseline -blr 0.01 -bgs <bgs> -na --exp_name cheetah_baseline_<bgs>"
    yield fewer, expected | fitted | {"baseline_steps": "<bgs>", "normalize": True}
    evaluation = {"evaluation_steps": int(lander.split()[-1])} if lander else {}
    yield (
        (
            f"--env_name LunarLander-v2 --ep_len 1000 --discount 0.99 -n {iterations} -b 2000 {lander} "
            "-l 3 -s 128 -lr 0.001 --use_reward_to_go --use_baseline --gae_lambda <l> "
            "--exp_name lunar_lander_lambda<l>"
        ),
        {
            **{"horizon": 1000, "discount": 0.99, "iterations": iterations, "steps": 2000, "layers": 3},
            **{"layer_size": 128, "learning_rate": 0.001, "gae_lambda": "<l>"},
            **RTG,
            **BASELINE,
            **evaluation,
        },
    )


LINES_2018 = [
    *cartpole("CartPole-v0 -e 3", "-dna"),
    (
        "InvertedPendulum-v2 -ep 1000 --discount 0.9 -n 100 -e 3 -l 2 -s 64 -b <b*> -lr <r*> -rtg "
        "--exp_name ip_b<b*>_r<r*>",
        PENDULUM | RTG,
    ),
    (
        "LunarLanderContinuous-v2 -ep 1000 --discount 0.99 -n 100 -e 3 -l 2 -s 64 -b 40000 -lr 0.005 "
        "-rtg --nn_baseline --exp_name ll_b40000_r0.005",
        LANDER | RTG | BASELINE | {"steps": 40000},
    ),
    (
        "HalfCheetah-v2 -ep 150 --discount 0.9 -n 100 -e 3 -l 2 -s 32 -b <b> -lr <r> -rtg "
        "--nn_baseline --exp_name hc_b<b>_r<r>",
        CHEETAH | SEARCHED | RTG | BASELINE | {"discount": 0.9},
    ),
    *four(
        "HalfCheetah-v2 -ep 150 --discount 0.95 -n 100 -e 3 -l 2 -s 32 -b <b*> -lr <r*>",
        "hc_b<b*>_r<r*>",
        CHEETAH | BEST,
        tagged=False,
    ),
]
LINES_2019 = [
    *cartpole("--env_name CartPole-v0", "-dsa"),
    (
        "--env_name InvertedPendulum-v2 --ep_len 1000 --discount 0.9 -n 100 -l 2 -s 64 -b <b*> "
        "-lr <r*> -rtg --exp_name ip_b<b*>_r<r*>",
        PENDULUM | RTG,
    ),
    (
        "--env_name LunarLanderContinuous-v2 --ep_len 1000 --discount 0.99 -n 100 -l 2 -s 64 -b 40000 "
        "-lr 0.005 -rtg --nn_baseline --exp_name ll_b40000_r0.005",
        LANDER | RTG | BASELINE | {"steps": 40000},
    ),
    (
        "--env_name HalfCheetah-v2 --ep_len 150 --discount 0.95 -n 100 -l 2 -s 32 -b <b> -lr <r> "
        "--video_log_freq -1 --reward_to_go --nn_baseline --exp_name hc_b<b>_lr<r>_nnbaseline",
        CHEETAH | SEARCHED | RTG | BASELINE,
    ),
    *four(
        "--env_name HalfCheetah-v2 --ep_len 150 --discount 0.95 -n 100 -l 2 -s 32 -b <b*> -lr <r*>",
        "hc_b<b*>_r<r*>",
        CHEETAH | BEST,
        tagged=False,
    ),
]
LINES_2023 = [
    *from_2023(300, "", ""),
    (
        "--env_name InvertedPendulum-v4 -n 100 --exp_name pendulum_default_s<seed> -rtg "
        "--use_baseline -na --batch_size 5000 --seed <seed>",
        {"iterations": 100, "steps": 5000, "normalize": True, "seed": "<seed>"} | RTG | BASELINE,
    ),
    (
        "--env_name Humanoid-v4 --ep_len 1000 --discount 0.99 -n 1000 -l 3 -s 256 -b 50000 -lr 0.001 "
        "--baseline_gradient_steps 50 -na --use_reward_to_go --use_baseline --gae_lambda 0.97 "
        "--exp_name humanoid --video_log_freq 5",
        {
            **{"horizon": 1000, "discount": 0.99, "iterations": 1000, "layers": 3, "layer_size": 256},
            **{"steps": 50000, "learning_rate": 0.001, "baseline_steps": 50, "normalize": True},
            **{"gae_lambda": 0.97, "video_every": 5},
            **RTG,
            **BASELINE,
        },
    ),
]
LINES_2026 = [
    *from_2023(200, "-eb 3000", "-eb 2000"),
    (
        "--env_name InvertedPendulum-v4 -n 100 -b 5000 -eb 1000 --exp_name pendulum",
        {"iterations": 100, "steps": 5000, "evaluation_steps": 1000},
    ),
]

# All flags of each year's script, long and short.
EVERY = "--discount 0.9 --seed 4 --exp_name mine"
LONG = f"{EVERY} --n_iter 5 --batch_size 99 --ep_len 50 --learning_rate 0.1 --n_layers 1"
SHORT = f"{EVERY} -n 5 -b 99 -lr 0.1 -l 1 -s 8"
SET = {
    **{"discount": 0.9, "seed": 4, "iterations": 5, "steps": 99, "learning_rate": 0.1},
    **{"layers": 1, "layer_size": 8},
}
OLD = SET | RTG | BASELINE | {"normalize": False}
OLD_LONG = "--reward_to_go --nn_baseline --size 8 --save_params --num_agent_train_steps_per_iter 1"
LOGS = "--eval_batch_size 7 --video_log_freq 2 --scalar_log_freq 3 --which_gpu 0"
LOGGED = {"evaluation_steps": 7, "video_every": 2, "log_every": 3, "horizon": 50}
FLAGS_2018 = [
    (
        f"CartPole-v0 {LONG} --size 8 --render --reward_to_go --dont_normalize_advantages "
        "--nn_baseline --n_experiments 3",
        OLD | {"horizon": 50},
    ),
    (f"CartPole-v0 {SHORT} -ep 50 -rtg -dna -bl -e 3", OLD | {"horizon": 50}),
]
FLAGS_2019 = [
    (
        f"--env_name CartPole-v0 {LONG} {OLD_LONG} {LOGS} --dont_standardize_advantages --use_gpu",
        OLD | LOGGED,
    ),
    (
        f"--env_name CartPole-v0 {SHORT} -rtg -dsa --nn_baseline -gpu -gpu_id 0 -eb 7",
        OLD | {"evaluation_steps": 7},
    ),
]
FLAGS_2021 = [
    (
        f"--env_name Pendulum-v1 {LONG} {OLD_LONG} {LOGS} --dont_standardize_advantages --no_gpu "
        "--train_batch_size 3 --gae_lambda 0.5 --action_noise_std 0.25",
        OLD | LOGGED | {"gae_lambda": 0.5, "action_noise_std": 0.25},
    ),
    (f"--env_name CartPole-v0 {SHORT} -rtg -dsa --nn_baseline -ngpu -tb 3", OLD),
]
NEW = SET | RTG | BASELINE | {"normalize": True, "baseline_learning_rate": 0.2, "baseline_steps": 9}
FLAGS_2023 = [
    (
        f"--env_name Pendulum-v1 {LONG} {LOGS} --layer_size 8 --use_reward_to_go --use_baseline "
        "--baseline_learning_rate 0.2 --baseline_gradient_steps 9 --normalize_advantages --no_gpu "
        "--gae_lambda 0.5 --action_noise_std 0.25",
        NEW | LOGGED | {"gae_lambda": 0.5, "action_noise_std": 0.25},
    ),
    (f"--env_name CartPole-v0 {SHORT} -rtg --use_baseline -blr 0.2 -bgs 9 -na -ngpu", NEW),
]

HANDOUTS = {
    "2018": (IN_2018, LINES_2018 + FLAGS_2018),
    "2019": (BEFORE_2023, LINES_2019 + FLAGS_2019),
    "2020": (BEFORE_2023, [*from_2020("v2", 40000, hopper=False)]),
    "2021": (BEFORE_2023, [*from_2020("v2", 40000, hopper=True), *FLAGS_2021]),
    "2022": (BEFORE_2023, [*from_2020("v4", 40000, hopper=True)]),
    "CMU": (BEFORE_2023, [*from_2020("v4", 10000, hopper=True)]),
    "2023": (SINCE_2023, LINES_2023 + FLAGS_2023),
    "2026": (SINCE_2023, LINES_2026),
}


def expanded(line, expected):
    """A line for every choice of what stands in angle brackets, and what it should give."""
    places = [place for place in VALUES if place in line]
    for values in itertools.product(*(VALUES[place] for place in places)):
        chosen = dict(zip(places, values, strict=True))
        pasted = line
        for place, value in chosen.items():
            pasted = pasted.replace(place, str(value))
        yield pasted, {key: chosen.get(value, value) for key, value in expected.items()}
