"""Whatever reports outputs may be forged: what is no number, or not the right one, is wrong.

The right outputs of every exercise, as `observe` reports them, are forged in all the ways below, so
that every comparison meets every kind of array.
"""

import functools

import numpy as np
import pytest
from support import some_slow

from tfpg.homework.box.observing import PROTOCOLS
from tfpg.homework.box.policy_protocols import weights_of
from tfpg.homework.checks import judging, naming
from tfpg.homework.checks.trials import REPORTED, is_right, tried
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.catalog import EXERCISES, named

OF_A_LOSS = ("loss", "gaussian_loss")
FORMS = [(exercise, False) for exercise in EXERCISES]
FORMS += [
    (exercise, True) for exercise in EXERCISES if exercise.protocol in OF_A_LOSS
]  # with the framework's own
OBSERVED = {}  # what mistakes do
BESIDE = ("losses", "other seed", "same seed")  # no numbers are expected of these, but numbers


def judge(exercise, cases, observed, language="en"):
    return judging.judge(exercise, tried(exercise, cases, observed), language=language)


def name_of(form):
    exercise, own = form
    return f"{exercise.name}-{exercise.protocol}{'-autodiff' * own}"


def is_dear(form):
    """Whether it takes long to find out which mistake its outputs show."""
    exercise, _ = form
    return exercise.needs_tensorflow or exercise.protocol in (*OF_A_LOSS, "sample")


def parameters(forms):
    return some_slow({name_of(form): form for form in forms}, lambda name: name in DEAR)


DEAR = {name_of(form) for form in FORMS if is_dear(form)}
of_every_form = pytest.mark.parametrize("form", parameters(FORMS))
pytestmark = pytest.mark.xdist_group("comparators")  # what mistakes do is observed once


@functools.cache
def right_outputs(form):
    """The cases of an exercise, and what a right function is observed to do."""
    exercise, own = form
    cases = exercise.cases(np.random.default_rng(1))
    return cases, [_right(exercise, own, case.inputs) for case in cases]


def _right(exercise, own, inputs):
    outputs = exercise.expected(inputs)
    if exercise.protocol == "sample":
        return {
            name: draw(outputs["probabilities"], seed)
            for name, seed in (("actions", 0), ("other seed", 1), ("same seed", 0))
        }
    if "fishers" in outputs:
        steps = np.linalg.lstsq(outputs["fishers"][0], outputs["gradient"], rcond=1e-9)[0]
        return {"gradient": steps, "steps": outputs["steps"]}
    if exercise.protocol in OF_A_LOSS:
        outputs |= {"losses": np.full(2, np.pi)}
    if own:  # the differences of exp(log pi - stopped(log pi)) are 0
        outputs |= {"autodiff": outputs["gradient"], "gradient": np.zeros_like(outputs["gradient"])}
    return outputs


def draw(probabilities, seed):
    uniform = np.random.default_rng(seed).random((len(probabilities), 1))
    return np.minimum((uniform > probabilities.cumsum(1)).sum(1), probabilities.shape[1] - 1)


@pytest.fixture(autouse=True)
def _mistakes_are_observed_once(monkeypatch):
    """They do the same to the same inputs, however often somebody else's outputs are judged."""

    def remembered(exercise, case, mistake, lent, observed=naming.signature):
        key = exercise.protocol, id(case.inputs), id(mistake), lent
        if key not in OBSERVED:
            OBSERVED[key] = case, observed(exercise, case, mistake, lent)
        return OBSERVED[key][1]

    monkeypatch.setattr(naming, "signature", remembered)


def assert_wrong(form, forged, what):
    cases, _ = right_outputs(form)
    with np.errstate(all="raise", under="ignore"):
        assert not is_right(form[0], cases, forged), what
        verdict = judge(form[0], cases, forged)
    assert not verdict.right, what
    assert "{" not in verdict.evidence


@of_every_form
def test_right_outputs_are_right(form):
    cases, outputs = right_outputs(form)
    assert is_right(form[0], cases, outputs)
    assert judge(form[0], cases, outputs)


def test_the_exercises_use_every_comparison_and_every_protocol():
    public = {"elementwise", "exact_shape", "rows_or_mean", "normalized", "estimated"}
    public |= {"up_to_scale", "natural", "frequencies"}
    assert {exercise.compare.__name__ for exercise in EXERCISES} == public
    assert set(REPORTED) == set(PROTOCOLS)


def test_right_answers_are_numbers_whatever_the_seed():
    """So that what is found where one is expected must be a number."""
    for exercise in EXERCISES:
        for seed in range(5):
            for case in exercise.cases(np.random.default_rng(seed)):
                assert all(map(comparators.computable, exercise.expected(case.inputs).values()))


def one_entry(value):
    def forge(array):
        forged = array.astype(np.float64)
        forged.flat[forged.size // 2] = value
        return forged

    return forge


def all_entries(value, dtype=np.float64):
    return lambda array: np.full(array.shape, value, dtype)


def largest(dtype):
    return all_entries(np.iinfo(dtype).max, dtype)


NO_NUMBERS = {
    "NaN": all_entries(np.nan),
    "one NaN": one_entry(np.nan),
    "infinity": all_entries(np.inf),
    "minus infinity": all_entries(-np.inf),
    "one infinity": one_entry(np.inf),
    "one minus infinity": one_entry(-np.inf),
    "the largest double": all_entries(np.finfo(float).max),
    "one double that overflows when squared": one_entry(-1e200),
    "infinity in half precision": all_entries(np.inf, np.float16),
    "NaN in single precision": all_entries(np.nan, np.float32),
    "long doubles": all_entries(np.longdouble(10) ** 4000, np.longdouble),
    "the largest int64": largest(np.int64),
    "the smallest int64": all_entries(np.iinfo(np.int64).min, np.int64),
    "the largest uint64": largest(np.uint64),
    "complex": lambda array: array.astype(complex),
    "objects": lambda array: array.astype(object),
    "text": lambda array: array.astype(str),
    "dates": lambda array: np.zeros(array.shape, "datetime64[s]"),
    "a list": lambda array: array.tolist(),
}
OTHER_SHAPES = {
    "empty": lambda array: np.empty(0),
    "empty rows": lambda array: np.empty((0, *array.shape)),
    "twice": lambda array: np.stack([array, array]),
    "repeated": lambda array: np.repeat(np.atleast_1d(array), 2, 0),
    "one number": lambda array: array.ravel()[:1].reshape(()),
    "a row": lambda array: array[np.newaxis],
    "one too many": lambda array: np.append(array, array.ravel()[:1]),
    "a million": lambda array: np.zeros(2**20 + 1, np.uint8),
    "many axes": lambda array: np.stack([array, array]).reshape((1, 1, 1, 1, -1, 1)),
}
OTHER_NUMBERS = {
    "subnormal": lambda array: array * 1e-310,
    "squares that underflow": lambda array: array * 1e-180,
    "scaled by 1e7": lambda array: array * 1e7,
    "scaled by 1e-7": lambda array: array * 1e-7,
    "scaled by 1e12": lambda array: array * 1e12,
    "scaled until it overflows": lambda array: array / max(np.abs(array).max(), 1e-3) * 1.7e308,
    "turned": lambda array: -1.0 - array,
    "whole numbers": lambda array: np.floor(array * 3).astype(np.int64),
    "bytes that wrap around": lambda array: (array * 300).astype(np.int64).astype(np.uint8),
    "signed bytes": lambda array: np.full(array.shape, -128, np.int8),
    "flags": lambda array: array < 0.3,
    "half precision": lambda array: np.clip(array * 3 + 1, -6e4, 6e4).astype(np.float16),
}


@of_every_form
@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_number_is_wrong_wherever_it_stands(form, kind):
    """In all outputs, in all outputs of one name, in one output."""
    cases, outputs = right_outputs(form)
    forge = NO_NUMBERS[kind]
    assert_wrong(form, [{name: forge(a) for name, a in output.items()} for output in outputs], "all")
    for name in outputs[0]:
        assert_wrong(form, [output | {name: forge(output[name])} for output in outputs], name)
        for case, output in zip(cases, outputs, strict=True):
            if not (form[0].nan_for_one_sample and output[name].size == 1 and "NaN" in kind):
                assert not is_right(form[0], [case], [output | {name: forge(output[name])}]), name


@of_every_form
@pytest.mark.parametrize("kind", OTHER_SHAPES)
def test_arrays_of_another_shape_are_wrong(form, kind):
    _, outputs = right_outputs(form)
    for name in outputs[0]:
        forged = [output | {name: OTHER_SHAPES[kind](output[name])} for output in outputs]
        arrays = [output[name] for output in [*outputs, *forged]]
        if any(array.size > 1 for array in arrays):  # a number may be an array of one
            assert_wrong(form, forged, name)


@of_every_form
@pytest.mark.parametrize("kind", OTHER_NUMBERS)
def test_numbers_of_another_kind_or_scale_are_wrong(form, kind):
    exercise, own = form
    cases, outputs = right_outputs(form)
    for name in outputs[0]:
        forged = [output | {name: OTHER_NUMBERS[kind](output[name])} for output in outputs]
        same = all(
            np.array_equal(output[name], it[name]) for output, it in zip(outputs, forged, strict=True)
        )
        if same or name in BESIDE or (own and name == "gradient"):  # whatever they are, nothing breaks
            judge(exercise, cases, forged)
        else:
            assert_wrong(form, forged, name)


@of_every_form
def test_names_that_are_missing_or_too_many_are_wrong(form):
    _, outputs = right_outputs(form)
    for name in set(outputs[0]) - {"autodiff"}:
        forged = [{other: it for other, it in output.items() if other != name} for output in outputs]
        assert_wrong(form, forged, name)
    for name in ("", "changes", "changes points", "right", "probabilities", "fishers"):
        assert_wrong(form, [output | {name: np.ones(1)} for output in outputs], name)
    assert_wrong(form, [{} for _ in outputs], "nothing")
    assert_wrong(form, [outputs[0], *({} for _ in outputs[1:])], "nothing after the first")


@of_every_form
def test_no_garbage_is_right_and_none_breaks_the_judge(form):
    generator = np.random.default_rng(len(name_of(form)))
    _, outputs = right_outputs(form)
    kinds = [*NO_NUMBERS.values(), *OTHER_SHAPES.values(), *OTHER_NUMBERS.values()]
    for _ in range(30):
        forged = [dict(output) for output in outputs]
        for output in forged:
            for name in output:
                if generator.random() < 0.7:
                    output[name] = kinds[generator.integers(len(kinds))](output[name])
        forge = list(NO_NUMBERS.values())[generator.integers(len(NO_NUMBERS))]
        place = int(np.argmax([sum(it.size for it in output.values()) for output in outputs]))
        name = generator.choice(sorted(forged[place]))
        forged[place][name] = forge(outputs[place][name])
        assert_wrong(form, forged, name)


# --- in the places where something slipped through


def gradients_of(form):
    return "autodiff" if form[1] else "gradient"


OF_A_SCALE = [form for form in FORMS if form[0].up_to_scale or form[0].compare is comparators.natural]


@pytest.mark.parametrize("form", parameters(OF_A_SCALE))
def test_a_gradient_is_right_up_to_a_positive_factor_that_code_may_have(form):
    cases, outputs = right_outputs(form)
    name = gradients_of(form)
    for scale in (1e-5, 1e-3, 12.0, 1e5):
        scaled = [output | {name: scale * output[name].astype(np.float64)} for output in outputs]
        assert is_right(form[0], cases, scaled), scale
    for scale in (0.0, -1.0, 1e-8, 1e8, 1e300, np.inf, np.nan):
        with np.errstate(all="ignore"):
            scaled = [output | {name: scale * output[name].astype(np.float64)} for output in outputs]
        assert_wrong(form, scaled, scale)


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e5])
def test_a_scale_is_the_same_for_the_same_shapes_however_small_it_is(scale):
    form = (named("loss")[0], False)
    cases, outputs = right_outputs(form)
    scaled = [output | {"gradient": scale * output["gradient"]} for output in outputs]
    assert is_right(form[0], cases, scaled)
    assert_wrong(form, [scaled[0] | {"gradient": 1.0055 * scaled[0]["gradient"]}, *scaled[1:]], scale)


@pytest.mark.parametrize("scale", [1e-3, 1e-2, 1.0])
def test_a_step_is_the_difference_of_rounded_weights(scale):
    form = (named("policy_gradient_step")[0], False)
    cases, outputs = right_outputs(form)
    moved = []
    for case, output in zip(cases, outputs, strict=True):
        before = np.concatenate([it.ravel() for it in weights_of(case.inputs)]).astype(np.float32)
        after = before - np.float32(scale) * output["gradient"].astype(np.float32)
        moved.append(output | {"gradient": before - after})
    assert is_right(form[0], cases, moved)


@pytest.mark.parametrize("losses", [np.nan, np.inf, 1e300, 1e12, 0.0])
@pytest.mark.parametrize("form", parameters(form for form in FORMS if form[0].protocol in OF_A_LOSS))
def test_no_losses_excuse_a_gradient(form, losses):
    """Neither one that overflows, nor one so small that the losses' rounding errors drown it."""
    _, outputs = right_outputs(form)
    name = gradients_of(form)
    generator = np.random.default_rng(0)

    def nearly(gradient, scale):
        """Of the same scale, by least squares, but in another direction."""
        noise = generator.normal(size=gradient.shape)
        noise -= gradient * (gradient @ noise) / max(gradient @ gradient, 1e-9)
        largest = np.abs(gradient).max(initial=0)
        return scale * (gradient + 0.3 * noise / np.abs(noise).max() * largest)

    for scale in (1e-5, 1e-3, 1e-2, 1.0, 1e3, 1e300):
        forged = [
            output | {name: nearly(output[name], scale), "losses": np.full(2, losses)}
            if output[name].any()
            else output  # where nothing is to be found, the truth
            for output in outputs
        ]
        assert_wrong(form, forged, scale)


def test_a_mean_in_place_of_rows_is_a_number_too():
    exercise = named("entropy")[0]
    cases, outputs = right_outputs((exercise, False))
    means = [{"values": np.array(output["values"].mean())} for output in outputs]
    assert is_right(exercise, cases, means)
    for kind, forge in NO_NUMBERS.items():
        assert_wrong((exercise, False), [{"values": forge(output["values"])} for output in means], kind)


def test_what_is_cut_off_is_wrong_whatever_its_scale():
    form = (named("loss")[0], False)
    cases, outputs = right_outputs(form)
    for scale in (1.0, 1e4):
        forged = [
            output
            | {"gradient": scale * output["gradient"], "autodiff": np.zeros_like(output["gradient"])}
            for output in outputs
        ]
        assert_wrong(form, forged, scale)
        assert "nothing would be trained" in judge(form[0], cases, forged).evidence


def test_numbers_that_underflow_are_what_they_nearly_are():
    form = (named("total_reward")[0], False)
    cases, outputs = right_outputs(form)
    for tiny in (1e-320, -1e-320, -0.0):
        assert is_right(form[0], cases, [{"values": output["values"] + tiny} for output in outputs])
        zeros = [
            {"values": np.where(output["values"] == 0, tiny, output["values"])} for output in outputs
        ]
        assert is_right(form[0], cases, zeros)


@pytest.mark.parametrize("name", ["normalize", "reward_to_go_estimator"])
def test_one_sample_may_be_nan_if_it_is_normalised_and_nothing_else_may(name):
    exercise = named(name)[0]
    cases, outputs = right_outputs((exercise, False))

    def forged(value, normalized):
        return [
            {"values": np.full_like(output["values"], value)}
            if output["values"].size == 1 and case.inputs.get("normalized", True) == normalized
            else output
            for case, output in zip(cases, outputs, strict=True)
        ]

    assert is_right(exercise, cases, forged(np.nan, True))
    assert "ddof=1" in judge(exercise, cases, forged(np.nan, True)).evidence
    for value in (np.inf, -np.inf, 1e308):
        assert not is_right(exercise, cases, forged(value, True))
    if name != "normalize":
        assert not is_right(exercise, cases, forged(np.nan, False))
    else:
        alone = {"values": np.full((1, 1), np.nan), "changes q_values": np.array(np.nan)}
        assert not is_right(exercise, cases, [*outputs[:-1], alone])


def test_a_known_mistake_without_numbers_is_met_by_the_same_in_the_same_places_alone():
    wrong = {"gradient": np.array([np.nan, np.inf, 1.0, -2.0])}

    def agrees(*found):
        return comparators.up_to_scale("f", {}, wrong, {"gradient": np.array(found)}).agrees

    assert agrees(np.nan, np.inf, 1.0, -2.0)
    assert agrees(np.nan, np.inf, 3.0, -6.0)
    assert not agrees(np.inf, np.inf, 1.0, -2.0)
    assert not agrees(np.nan, -np.inf, 1.0, -2.0)
    assert not agrees(np.nan, np.inf, np.nan, -2.0)
    assert not agrees(np.nan, np.inf, 1.0, 2.0)
    assert not agrees(0.0, np.inf, 1.0, -2.0)
    of_a_loss = [
        {"losses": np.full(2, np.nan), "gradient": np.array(slopes)}
        for slopes in ([np.nan, 2.0, 1.0], [np.nan, 1.0, 2.0])
    ]
    assert comparators.up_to_scale("f", {}, of_a_loss[0], of_a_loss[0]).agrees
    assert not comparators.up_to_scale("f", {}, *of_a_loss).agrees
    values = {"values": np.array([np.nan, np.inf, 1.0])}
    found = {"values": np.array([np.nan, -np.inf, 1.0])}
    assert comparators.elementwise("f", {"x": np.ones(3)}, values, values).agrees
    assert not comparators.elementwise("f", {"x": np.ones(3)}, values, found).agrees


def test_what_is_no_number_is_told_in_both_languages():
    form = (named("loss")[0], False)
    cases, outputs = right_outputs(form)
    for name, value, en, zh in (
        (
            "losses",
            np.nan,
            "gives [nan, nan]: not finite, or too large",
            "不是有限数，或者大得无法计算",
        ),
        ("gradient", np.nan, "which is not finite", "不是有限数"),
        ("gradient", 1e8, "the gradient is 1e+08 times what it should be", "梯度是应有值的 1e+08 倍"),
        ("right", 1.0, "did not return the arrays that this check asks for", "不是本检验所要求的那些"),
    ):
        forged = [output | {name: output.get(name, np.ones(1)) * value} for output in outputs]
        assert en in judge(form[0], cases, forged).evidence
        assert zh in judge(form[0], cases, forged, language="zh").evidence
    many = [
        output | {"gradient": np.zeros(2**20 + 1)} for output in outputs
    ]  # nothing is done with them
    assert "did not return the arrays that this check asks for" in judge(form[0], cases, many).evidence
