"""What several seeds came to, and the report of it."""

import csv

import numpy as np
import pytest
from PIL import Image

from tfpg.base.errors import BadInput
from tfpg.base.intervals import mean_interval
from tfpg.runs.coursework.report import answers, results_of, table, write_report
from tfpg.runs.coursework.rows import ROWS, Row, row_of
from tfpg.runs.folder import append_progress
from tfpg.runs.results import Result, difference, read_results

ROW = Row(
    "9-X1",
    compares="two runs",
    command="tfpg train --env_name CartPole-v0 -n 12",
    stated="20 at once",
    runs={"good": "-rtg", "bad": ""},
    asks={"Is good better?": [["good", "bad"]], "Is bad better?": [["bad", "good"]]},
    reaches=20,
)


def progress(*returns):
    return [
        {
            "iteration": index,
            "environment_steps": 100 * (index + 1),
            "seconds": 60.0 * (index + 1),
            "mean_return": value,
        }
        for index, value in enumerate(returns)
    ]


def write(root, name, seed, returns):
    folder = root / f"{name}-seed{seed}"
    folder.mkdir(parents=True)
    for row in progress(*returns):
        append_progress(folder, row)


@pytest.fixture
def experiment(tmp_path):
    """Of the good run three seeds of 12 iterations, of the bad one two."""
    for seed in (1, 2, 3):
        write(tmp_path, "good", seed, [*range(seed, seed + 11), 20 + seed])
    for seed in (1, 2):
        write(tmp_path, "bad", seed, [seed] * 12)
    return tmp_path


def test_the_numbers_of_a_run():
    returns = [5.0, 1.0, 2.0, 3.0, 30.0, *[4.0] * 10]
    rows = progress(*returns)
    assert Result.best(rows) == 30
    assert Result.last(rows) == 4
    assert Result.best_ten(rows) == pytest.approx(max(np.mean(returns[i : i + 10]) for i in range(6)))
    assert Result.best_ten(rows[:3]) == pytest.approx(8 / 3)
    assert Result.steps(rows) == 1500
    assert Result.minutes(rows) == 15
    assert Result({1: rows, 2: progress(1.0)}).reached(3) == [100]
    assert Result({1: rows, 2: progress(1.0)}).reached(31) == []


def test_only_the_folders_of_a_run_are_its_seeds(experiment):
    write(experiment, "good_too", 1, [1.0])
    (experiment / "good-seed9").mkdir()  # nothing was done there
    found = read_results(experiment, ["good", "bad", "none"])
    assert {name: list(result.seeds) for name, result in found.items()} == {
        "good": [1, 2, 3],
        "bad": [1, 2],
    }


def test_a_difference_is_paired_by_seed_and_answered_by_its_interval(experiment):
    found = read_results(experiment, ["good", "bad"])
    good, bad = found["good"], found["bad"]
    gained = difference(good, bad)
    each = [Result.last(good.seeds[seed]) - Result.last(bad.seeds[seed]) for seed in (1, 2)]
    assert gained.seeds == 2
    assert gained.mean == pytest.approx(np.mean(each))
    assert (gained.low, gained.high) == pytest.approx(mean_interval(np.array(each)))
    assert gained.answer == "yes"
    assert difference(bad, good).answer == "no"
    assert difference(bad, bad).answer == "not decided"
    one = Result({1: good.seeds[1]})
    assert difference(one, bad).answer == "not decided"  # a single seed tells nothing


def test_the_table_and_the_answers_are_of_the_numbers(experiment):
    found = read_results(experiment, list(ROW.runs))
    header, good, bad = table(ROW, found)
    assert header[5] == "reached 20"
    last = found["good"].of_seeds("last")
    assert good[:2] == ["good", f"{last.mean():.0f}"]
    assert good[5:8] == ["3 of 3, at 1,200", "3", "1,200"]
    assert bad[5] == "0 of 2"
    told = answers(ROW, found)
    assert told["Is good better?"][0].startswith("yes: `good` ends with")
    assert told["Is bad better?"][0].startswith("no: `bad` ends with")
    assert answers(ROW, {"good": found["good"]}) == {"Is good better?": [], "Is bad better?": []}


def test_the_report_is_a_page_a_picture_and_the_numbers(experiment):
    write(experiment, "bad", 3, [1.0] * 4)
    page, picture, numbers = write_report(
        ROW, results_of(ROW, experiment), experiment, "Tiny --quick --out 'a b'"
    )
    text = page.read_text()
    assert "Written over by tfpg coursework report Tiny --quick --out 'a b'" in text
    assert "a run by itself and with all its iterations is" in text
    assert "tfpg train --env_name CartPole-v0 -n 12 -rtg --exp_name good --seed 1" in text
    assert "`bad-seed3` has 4 of 12 iterations" in text
    assert "20 at once" in text
    with Image.open(picture) as image:
        assert len({image.getpixel((x, 300)) for x in range(image.width)}) > 3
    with numbers.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 12 + 4
    assert rows[0] == {
        "run": "good",
        "seed": "1",
        "iteration": "0",
        "environment_steps": "100",
        "mean_return": "1.00",
    }


def test_where_nothing_has_run_the_command_is_told(tmp_path):
    with pytest.raises(BadInput, match="tfpg coursework run 9-X1"):
        results_of(ROW, tmp_path)


# --- the rows


def test_an_unknown_row_is_told_with_the_nearest_one():
    assert row_of("2023-e1") is ROWS["2023-E1"]
    with pytest.raises(BadInput, match=r"no experiment '2023-E11': did you mean 2023-E1\?"):
        row_of("2023-E11")
    with pytest.raises(BadInput, match="see tfpg coursework list"):
        row_of("cartpole")


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_what_is_drawn_and_asked_is_run(row):
    shown = [name for names in row.panels.values() for name in names]
    assert not shown or sorted(shown) == sorted(row.runs)
    compared = {name for pairs in row.asks.values() for pair in pairs for name in pair}
    assert compared <= row.runs.keys()
    assert all(len(pair) == 2 for pairs in row.asks.values() for pair in pairs)
