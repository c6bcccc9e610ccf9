"""Where Optuna looks: the trials of a sweep, in any number of processes, none of them lost."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tfpg.base.locks import alone, lock
from tfpg.runs.sweep import LOGARITHMIC, Values

ENOUGH = 5  # trials, before it is said which setting mattered


class Search:
    """Optuna's choices: an iterator of the name and the values of each trial that is to be run.

    What is known is in the folder's trials.log. A search goes on from there: first with the trials of
    a process that has ended. Several processes may search in one folder.

    Args:
        folder: of the sweep.
        ranges: the ends of a range for two numbers, and choices for anything else.
        trials: how many there are to be in all, whoever did them.
    """

    def __init__(self, folder: Path, ranges: Mapping[str, Sequence[Any]], trials: int) -> None:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.states = optuna, optuna.trial.TrialState
        self.folder, self.ranges, self.trials = folder, ranges, trials
        self.study = optuna.create_study(
            study_name="sweep",
            storage=JournalStorage(JournalFileBackend(str(folder / "trials.log"))),
            direction="maximize",
            load_if_exists=True,
        )
        self.locks: dict[int, IO[str]] = {}  # of the trials that this process runs, by their numbers

    def __iter__(self) -> Iterator[tuple[str, Values]]:
        while chosen := self._next():
            number, values = chosen
            yield f"trial{number}", values

    def tell(self, name: str, score: float | None) -> None:
        """The mean return of a trial, or None if it came to nothing."""
        number = int(name.removeprefix("trial"))
        self.study.tell(number, score, self.states.FAIL if score is None else self.states.COMPLETE)
        self.locks.pop(number).close()
        self._lock_of(number).unlink(missing_ok=True)

    def complete(self) -> dict[str, Values]:
        """The values of each trial that is complete, by its name."""
        complete = self.study.get_trials(states=(self.states.COMPLETE,))
        return {f"trial{trial.number}": trial.params for trial in complete}

    def importance(self) -> dict[str, float]:
        """The share of each setting in how far the scores differ; nothing if that cannot be told."""
        if len(self.complete()) < ENOUGH:
            return {}
        evaluator = self.optuna.importance.PedAnovaImportanceEvaluator()
        return self.optuna.importance.get_param_importances(self.study, evaluator=evaluator)

    def _next(self) -> tuple[int, Values] | None:
        """A trial that nobody runs any more, or a new one, while there are to be more."""
        with alone(self.folder / ".choosing"):
            begun = self.study.get_trials(states=(self.states.RUNNING,))
            left = [trial for trial in begun if not self._is_run(trial.number)]
            if len(self.complete()) + len(begun) - len(left) >= self.trials:
                return None
            for trial in left:
                if trial.params.keys() == self.ranges.keys():
                    return self._run(trial.number), trial.params
                self.study.tell(trial.number, state=self.states.FAIL)  # it ended amid the choice
            new = self.study.ask()
            values = {name: _suggested(new, name, given) for name, given in self.ranges.items()}
            return self._run(new.number), values

    def _run(self, number: int) -> int:
        file = self._lock_of(number).open("a")
        lock(file)
        self.locks[number] = file
        return number

    def _is_run(self, number: int) -> bool:
        if number in self.locks:
            return True
        with self._lock_of(number).open("a") as file:
            return not lock(file)

    def _lock_of(self, number: int) -> Path:
        return self.folder / f".trial{number}"


def _suggested(trial: Any, name: str, given: Sequence[Any]) -> Any:
    """Optuna's choice within the ends of a range, or of the values."""
    if len(given) != 2 or not all(type(value) in (int, float) for value in given):
        return trial.suggest_categorical(name, list(given))
    low, high = min(given), max(given)
    suggest = trial.suggest_int if isinstance(low, int) else trial.suggest_float
    return suggest(name, low, high, log=low > 0 and high / low >= LOGARITHMIC)
