"""Logs in the shapes in which the homework's scripts have written them, year by year."""

import dataclasses
import pickle

import numpy as np
import pytest
import tensorflow as tf
from test_curves import BASE, colours_in, write_run

import tfpg
from tfpg.cli.main import main
from tfpg.runs import curves
from tfpg.runs.foreign_logs import read_logs

RETURNS = [9.5, 20.0, 31.25, 40.0]
CURVE = [
    {"environment_steps": 100.0 * (index + 1), "mean_return": mean}
    for index, mean in enumerate(RETURNS)
]
DATE = "12-09-2023_10-11-12"


def of_2018(place, returns=RETURNS):
    """data/NAME_ENVIRONMENT_DATE/SEED/log.txt"""
    place.mkdir(parents=True)
    rows = ["Time\tIteration\tAverageReturn\tStdReturn\tTimestepsThisBatch\tTimestepsSoFar"]
    rows += [f"0.5\t{i}\t{mean}\t1.5\t100\t{100 * (i + 1)}" for i, mean in enumerate(returns)]
    (place / "log.txt").write_text("\n".join([*rows, ""]))
    return place


def of_2023(place, returns=RETURNS, tensors=False, file="events.out.tfevents.1694500000.host"):
    """data/q2_pg_NAME_ENVIRONMENT_DATE/events.out.tfevents...: one event for each number."""
    place.mkdir(parents=True, exist_ok=True)
    event, summary = tf.compat.v1.Event, tf.compat.v1.Summary
    with tf.io.TFRecordWriter(str(place / file)) as writer:
        writer.write(event(file_version="brain.Event:2").SerializeToString())
        for step, mean in enumerate(returns):
            tags = {"Eval_AverageReturn": -1, "Train_AverageReturn": mean, "TimeSinceStart": 0.25}
            for tag, number in {**tags, "Train_EnvstepsSoFar": 100 * (step + 1)}.items():
                value = summary.Value(tag=tag, simple_value=number)
                if tensors:
                    value = summary.Value(tag=tag, tensor=tf.make_tensor_proto(float(number)))
                writer.write(event(step=step, summary=summary(value=[value])).SerializeToString())
    return place


def of_2026(place, returns=RETURNS):
    """exp/ENVIRONMENT_NAME_sdSEED_DATE/{log.csv, log.pkl, flags.json, agent.pt}"""
    place.mkdir(parents=True)
    first = "Initial_DataCollection_AverageReturn"
    rows = [f"Eval_AverageReturn,Train_AverageReturn,Actor Loss,Train_EnvstepsSoFar,{first},step"]
    for i, mean in enumerate(returns):
        rows.append(f"-1.0,{mean},0.1,{100 * (i + 1)},{'' if i else mean},{i}")
    (place / "log.csv").write_text("\n".join([*rows, ""]))
    (place / "log.pkl").write_bytes(pickle.dumps(Bomb(), protocol=0))
    return place


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


@pytest.mark.parametrize(
    ("write", "folder", "told"),
    [
        (of_2018, f"data/sb_rtg_na_CartPole-v0_{DATE}/11", ("sb_rtg_na", "CartPole-v0", 11)),
        (of_2023, f"data/pg_hc_b1_r0.1_HalfCheetah-v2_{DATE}", ("hc_b1_r0.1", "HalfCheetah-v2", None)),
        (of_2023, f"data/q1_lb_Hopper-v2_{DATE}", ("q1_lb", "Hopper-v2", None)),
        (of_2023, f"data/q2_pg_cartpole_CartPole-v0_{DATE}", ("cartpole", "CartPole-v0", None)),
        (of_2023, "data/renamed", ("renamed", "renamed", None)),
        (of_2026, "exp/HalfCheetah-v4_my_run_sd7_20260206_101112", ("my_run", "HalfCheetah-v4", 7)),
    ],
)
def test_each_years_log_is_a_run_and_its_folder_tells_which(write, folder, told, tmp_path):
    (log,) = read_logs(write(tmp_path / folder))
    assert (log.name, log.environment, log.seed) == told
    assert log.progress == CURVE


def test_a_folder_of_2018_has_a_run_for_each_seed(tmp_path):
    data = tmp_path / f"sb_CartPole-v0_{DATE}"
    for seed in (1, 11, 21):
        of_2018(data / str(seed))
    assert [log.seed for log in read_logs(data)] == [1, 11, 21]


def test_events_of_tensorflow_2_are_read_and_the_later_of_two_files_holds(tmp_path):
    place = of_2023(tmp_path / "run", [1, 2, 3], file="events.out.tfevents.1.host")
    of_2023(place, RETURNS[:2], tensors=True, file="events.out.tfevents.2.host")
    (log,) = read_logs(place)
    assert [row["mean_return"] for row in log.progress] == [*RETURNS[:2], 3]


def test_a_log_that_was_cut_off_is_read_up_to_there(tmp_path):
    (events,) = of_2023(tmp_path / "a").iterdir()
    events.write_bytes(events.read_bytes()[:-20])
    table = of_2026(tmp_path / "b") / "log.csv"
    table.write_text(table.read_text()[:-5])
    for name in "ab":
        (log,) = read_logs(tmp_path / name)
        assert log.progress == CURVE[:-1]


def test_a_batch_without_a_return_is_no_point(tmp_path):
    (log,) = read_logs(of_2026(tmp_path / "run", [1.0, float("nan"), 3.0]))
    assert [row["mean_return"] for row in log.progress] == [1, 3]


def test_their_runs_are_drawn_beside_ours(tmp_path, monkeypatch):
    drawn = []

    def draw_line(axes, *rest, draw_line=curves.draw_line, **options):
        drawn.append((axes, options["label"]))
        draw_line(axes, *rest, **options)

    monkeypatch.setattr(curves, "draw_line", draw_line)
    place = tmp_path / f"q2_pg_small_CartPole-v1_{DATE}"
    other = dataclasses.replace(BASE, seed=2)
    folders = [
        *(write_run(tmp_path / str(run.seed), RETURNS, run) for run in (BASE, other)),
        *(of_2026(tmp_path / f"CartPole-v1_cart_sd{seed}_20260206_101112") for seed in (1, 2, 3)),
        *(of_2023(place), of_2023(place.with_name(place.name[:-2] + "13"))),
        of_2023(tmp_path / "renamed"),
    ]
    assert curves.draw_curves(folders, tmp_path / "curves.png") == []
    assert [label for _, label in drawn] == [
        *(
            "CartPole-v1 (2 seeds, their range)",
            "homework: cart (3 seeds, 95 % interval)",
            "homework: small",
        ),
        *(f"homework: q2_pg_small_CartPole-v1_{DATE[:-2]}13", "homework: renamed"),
    ]
    panels = [axes for axes, _ in drawn]
    assert len(set(panels[:4])) == 1
    assert panels[4] is not panels[0]


def test_plot_draws_the_homeworks_folders(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    of_2026(tmp_path / "exp/CartPole-v0_cart_sd1_20260206_101112")
    of_2018(tmp_path / f"exp/sb_CartPole-v0_{DATE}/1", np.arange(9.0))
    assert main(["plot", *(str(path) for path in (tmp_path / "exp").iterdir())]) == 0
    assert capsys.readouterr().err == ""
    assert min(colours_in("curves.png")[:2]) > 300


def test_what_cannot_be_read_is_left_out_with_a_reason_each(tmp_path):
    drawn = of_2026(tmp_path / "good")
    short = of_2026(tmp_path / "short", [1.0])
    strange, words, bytes_, empty = (of_2026(tmp_path / name) for name in ("a", "b", "c", "d"))
    (strange / "log.csv").write_text("x,y\n1,2\n")
    (words / "log.csv").write_text("Train_EnvstepsSoFar,Train_AverageReturn\n1,many\n")
    (bytes_ / "log.csv").write_bytes(b"\xff\xfe\x00\x9f\n")
    (empty / "log.csv").unlink()
    (empty / "events.out.tfevents.1").write_bytes(b"nothing")
    left_out = curves.draw_curves([drawn, short, strange, words, bytes_, empty], tmp_path / "x.png")
    for line, reason in zip(
        left_out,
        [
            *("no curve yet", "lacks the column 'Train_EnvstepsSoFar'", "cannot be read: could not"),
            *("cannot be read: 'utf-8'", "has no Train_EnvstepsSoFar and Train_AverageReturn"),
        ],
        strict=True,
    ):
        assert reason in line
        assert "\n" not in line
    with pytest.raises(tfpg.BadInput, match="is not a run folder"):
        curves.draw_curves([tmp_path], tmp_path / "y.png")
