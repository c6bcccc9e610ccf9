"""The many ways to write the slide's line of likelihoods, and the one of logits before it."""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from tfpg.slides.compare.following import Expr, resolve, returned
from tfpg.slides.compare.layouts import Layout, argument, name_of, number, reshaped, summed
from tfpg.slides.compare.remarks import REMARKS, Remark

LOGITS, LIKELIHOODS = "logits", "negative_likelihoods"
CROSS_ENTROPY = "tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)"
LOG_PROB = "-policy.distribution(logits).log_prob(actions)"
KERAS_LOSSES = ("categorical_crossentropy", "CategoricalCrossentropy")
SPARSE_LOSSES = ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy")
GATHERS = ("gather", "gather_nd", "take_along_axis", "batch_gather")
MODULES = ("tf", "np", "keras", "math", "nn", "ops", "K", "K.backend")


class Part(NamedTuple):
    """What a line of the slide became: an expression of the function, put in the slide's words."""

    name: str  # what it assigns on the slide
    code: str  # the whole assignment, with the slide's names
    expr: Expr
    reworded: bool  # the function says it otherwise
    remarks: tuple[Remark, ...] = ()


class Likelihood(NamedTuple):
    """Likelihoods of the actions, one for each sample."""

    parts: tuple[Part, ...]  # the logits, if they are computed, and the likelihoods
    layout: Layout
    turned: bool  # log-likelihoods, without the minus
    distribution: bool  # of any distribution, as in the twins
    names: Mapping[str, str]  # what the function calls what the slide calls so
    reduced: bool = False  # a Keras loss takes the mean itself
    weights: ast.expr | None = None  # and multiplies


def likelihood(one: Expr) -> Likelihood | None:
    """Recognise likelihoods; None if the expression is something else."""
    node = one.node
    if isinstance(node, ast.Call):
        name = name_of(node)
        if name.endswith("softmax_cross_entropy_with_logits") or name.endswith(
            "entropy_with_logits_v2"
        ):
            return _cross_entropy(one, node, sparse=name.startswith("sparse"))
        if name == "sigmoid_cross_entropy_with_logits":
            return _cross_entropy(one, node, remarks=(Remark(REMARKS["sigmoid"], wrong=True),))
        if name in (KERAS_LOSSES[0], SPARSE_LOSSES[0]):
            return _keras_loss(one, node, node)
        maker = resolve(one.part(node.func)).node
        if isinstance(maker, ast.Call) and name_of(maker) in (KERAS_LOSSES[1], SPARSE_LOSSES[1]):
            return _keras_loss(one, node, maker)
        if name == "log_prob" and isinstance(node.func, ast.Attribute):
            return _log_prob(one, node, node.func.value)
    return _picked(one) or _squared_error(one)


def _cross_entropy(
    one: Expr, call: ast.Call, sparse: bool = False, remarks: tuple[Remark, ...] = ()
) -> Likelihood | None:
    labels, logits = argument(call, 0, "labels"), argument(call, 1, "logits")
    if labels is None or logits is None:
        return None
    literal = name_of(call) == "softmax_cross_entropy_with_logits" and {
        keyword.arg for keyword in call.keywords
    } == {"labels", "logits"}
    return _of_classes(one, labels, logits, sparse, literal, remarks)


def _of_classes(
    one: Expr,
    labels: ast.expr,
    logits: ast.expr,
    sparse: bool,
    literal: bool = False,
    remarks: tuple[Remark, ...] = (),
) -> Likelihood:
    """Likelihoods of a choice among Da actions."""
    code = f"{LIKELIHOODS} = {CROSS_ENTROPY}"
    if _is_prediction(one.part(labels)) and not _is_prediction(one.part(logits)):
        labels, logits = logits, labels
        remarks = (*remarks, Remark(REMARKS["swapped"], wrong=True))
        code = f"{LIKELIHOODS} = " + CROSS_ENTROPY.replace("=actions", "=logits", 1).replace(
            "logits=logits)", "logits=actions)"
        )
    if name_of(resolve(one.part(logits)).node) == "softmax":
        inner = resolve(one.part(logits))
        logits_of = inner.part(inner.node.args[0])  # type: ignore[attr-defined]
        remarks = (*remarks, Remark(REMARKS["twice"], wrong=True))
    else:
        logits_of = one.part(logits)
    if sparse:
        remarks = (*remarks, Remark(REMARKS["sparse"], wrong=False))
    plain = isinstance(labels, ast.Name | ast.Attribute | ast.Subscript)
    parts, names = _prediction(logits_of)
    own = Part(LIKELIHOODS, code, one, not (literal and plain), remarks)
    return Likelihood(
        (*parts, own), Layout.ROW, False, False, {**named(one.part(labels), "actions"), **names}
    )


def _keras_loss(one: Expr, call: ast.Call, maker: ast.Call) -> Likelihood | None:
    """keras.losses: a function, or an object that is called."""
    labels = argument(call, 0, "y_true", "target")
    predicted = argument(call, 1, "y_pred", "output")
    if labels is None or predicted is None:
        return None
    said = {keyword.arg: ast.unparse(keyword.value) for keyword in maker.keywords}
    from_logits = argument(maker, 2 if maker is call else 0, "from_logits")
    remarks: tuple[Remark, ...] = ()
    inner = resolve(one.part(predicted))
    if from_logits is None or ast.unparse(from_logits) != "True":
        if name_of(inner.node) == "softmax":
            predicted, one_of = inner.node.args[0], inner  # type: ignore[attr-defined]
            found = _of_classes(one_of, labels, predicted, name_of(maker) in SPARSE_LOSSES)
            own = found.parts[-1]._replace(expr=one)
            found = found._replace(parts=(*found.parts[:-1], own))
            return _with_reduction(found, call, maker, said)
        remarks = (Remark(REMARKS["from_logits"], wrong=True),)
    found = _of_classes(one, labels, predicted, name_of(maker) in SPARSE_LOSSES, remarks=remarks)
    return _with_reduction(found, call, maker, said)


def _with_reduction(
    found: Likelihood, call: ast.Call, maker: ast.Call, said: Mapping[str | None, str]
) -> Likelihood:
    reduced = (
        name_of(maker) in (KERAS_LOSSES[1], SPARSE_LOSSES[1])
        and "none" not in said.get("reduction", "").lower()
    )
    weights = argument(call, 2, "sample_weight") if maker is not call else None
    return found._replace(reduced=reduced, weights=weights)


def _log_prob(one: Expr, call: ast.Call, distribution: ast.expr) -> Likelihood | None:
    actions = argument(call, 0, "value")
    if actions is None:
        return None
    made = resolve(one.part(distribution))
    names = named(one.part(actions), "actions")
    kind = name_of(made.node)
    if kind in ("Categorical", "OneHotCategorical") and isinstance(made.node, ast.Call):
        logits = argument(made.node, 0, "logits")
        probabilities = argument(made.node, 1, "probs")
        if logits is None and probabilities is not None:
            parts, more = _probabilities(made.part(probabilities))
        else:
            parts, more = _prediction(made.part(logits)) if logits is not None else ((), {})
        remarks = (Remark(REMARKS["sparse"], wrong=False),) if kind == "Categorical" else ()
        own = Part(LIKELIHOODS, f"{LIKELIHOODS} = {CROSS_ENTROPY}", one, True, remarks)
        return Likelihood((*parts, own), Layout.ROW, True, False, names | more)
    layout, remarks, as_in_the_twin = Layout.UNKNOWN, (), False
    if kind == "distribution" and isinstance(made.node, ast.Call) and made.node.args:
        parts, more = _prediction(made.part(made.node.args[0]))
        layout, as_in_the_twin = Layout.ROW, True
    elif kind in ("Normal", "Independent", "MultivariateNormalDiag") and made.node.args:  # type: ignore[attr-defined]
        inner = resolve(made.part(made.node.args[0]))  # type: ignore[attr-defined]
        if kind == "Independent" and isinstance(inner.node, ast.Call) and inner.node.args:
            inner = inner.part(inner.node.args[0])
        parts, more = _prediction(inner)
        layout = Layout.MATRIX if kind == "Normal" else Layout.ROW
        remarks = (Remark(REMARKS["not_summed"], wrong=False),) if kind == "Normal" else ()
    else:  # the policy gives the distribution itself
        parts, more = _prediction(made)
        layout = Layout.ROW if parts else Layout.UNKNOWN
    own = Part(LIKELIHOODS, f"{LIKELIHOODS} = {LOG_PROB}", one, not as_in_the_twin, remarks)
    return Likelihood((*parts, own), layout, True, True, names | more)


def _picked(one: Expr) -> Likelihood | None:
    """The log-probabilities of the actions, picked by hand: sums over one-hot actions, gathers."""
    node, logarithm = one.node, False
    if isinstance(node, ast.Call) and name_of(node) == "log" and node.args:
        inner = resolve(one.part(node.args[0]))
        one_of, logarithm = resolve(inner.part(_without_epsilon(inner.node))), True
        node = one_of.node
    else:
        one_of = one
    if not isinstance(node, ast.Call):
        return None
    name, layout = name_of(node), Layout.ROW
    table: Expr | None = None
    actions: ast.expr | None = None
    if name in ("reduce_sum", "sum") and argument(node, 1, "axis") is not None:
        product = resolve(one_of.part(node.args[0]))
        sides = _factors(product.node)
        if sides is None:
            return None
        for side, other in (sides, sides[::-1]):
            if _is_table(product.part(side), logarithm) and table is None:
                table, actions = product.part(side), other
        one_of = product
        layout = summed(node)  # type: ignore[arg-type]
    elif name in GATHERS and len(node.args) > 1 and _is_table(one_of.part(node.args[0]), logarithm):
        table, actions = one_of.part(node.args[0]), node.args[1]
    if table is None or actions is None:
        return None
    made = resolve(table)
    if name_of(made.node) == "log":  # of softmax
        made = resolve(made.part(_without_epsilon(made.node.args[0])))  # type: ignore[attr-defined]
    if name_of(made.node) in ("log_softmax", "softmax"):
        parts, more = _prediction(made.part(made.node.args[0]))  # type: ignore[attr-defined]
    else:
        parts, more = _probabilities(made)
    remarks = () if name in ("reduce_sum", "sum") else (Remark(REMARKS["sparse"], wrong=False),)
    own = Part(LIKELIHOODS, f"{LIKELIHOODS} = {CROSS_ENTROPY}", one, True, remarks)
    return Likelihood(
        (*parts, own), layout, True, False, {**named(one_of.part(actions), "actions"), **more}
    )


def _squared_error(one: Expr) -> Likelihood | None:
    """A Gaussian's negative log-likelihood, but for constants: sum((actions - means)^2) / 2."""
    node, layout = one.node, Layout.MATRIX
    if name_of(node) in ("reduce_sum", "sum") and argument(node, 1, "axis") is not None:  # type: ignore[arg-type]
        inner = resolve(one.part(node.args[0]))  # type: ignore[attr-defined]
        layout = summed(node)  # type: ignore[arg-type]
    else:
        inner = one
    square = inner.node
    if isinstance(square, ast.BinOp) and isinstance(square.op, ast.Pow) and number(square.right) == 2:
        inner = resolve(inner.part(square.left))
    elif name_of(square) == "square" and square.args:  # type: ignore[attr-defined]
        inner = resolve(inner.part(square.args[0]))  # type: ignore[attr-defined]
    elif name_of(square) != "squared_difference":
        return None
    if isinstance(inner.node, ast.BinOp) and isinstance(inner.node.op, ast.Sub):
        sides = [inner.node.left, inner.node.right]
    elif name_of(inner.node) == "squared_difference":
        sides = list(inner.node.args[:2])  # type: ignore[attr-defined]
    else:
        return None
    means = [side for side in sides if _is_prediction(inner.part(side))]
    if len(means) != 1:
        return None
    actions = sides[1 - sides.index(means[0])]
    parts, more = _prediction(inner.part(means[0]))
    own = Part(LIKELIHOODS, f"{LIKELIHOODS} = {LOG_PROB}", one, True)
    return Likelihood(
        (*parts, own), layout, False, True, {**named(inner.part(actions), "actions"), **more}
    )


def _prediction(one: Expr) -> tuple[tuple[Part, ...], dict[str, str]]:
    """The line that calls the policy on the states; nothing if the logits are given."""
    called = _called(one)
    if called is None:
        return (), named(one, LOGITS)
    found, call = called, called.node
    assert isinstance(call, ast.Call)
    policy = ast.unparse(call.func)
    remarks: tuple[Remark, ...] = ()
    if policy.endswith((".predict", ".predict_on_batch")):
        remarks = (Remark(REMARKS["predict"], wrong=True),)
    predictions = policy.endswith(".predictions")
    owner = policy.removesuffix(".predictions").removesuffix(".predict").removesuffix(".call")
    code = f"logits = {'policy.predictions' if predictions else 'policy'}(states)"
    names = {owner: "policy"}
    states = call.args[0] if call.args else call.keywords[0].value if call.keywords else None
    plain = len(call.args) == 1 and not call.keywords
    while states is not None:  # through other layers, casts and the like, down to what is given
        inner = resolve(found.part(states))
        if not (isinstance(inner.node, ast.Call) and inner.node.args):
            names |= named(found.part(states), "states")
            break
        plain = plain and isinstance(states, ast.Name)
        found, states = inner, inner.node.args[0]
    return (Part(LOGITS, code, called, not plain, remarks),), names


def _probabilities(one: Expr) -> tuple[tuple[Part, ...], dict[str, str]]:
    """A network, or a distribution, that is taken for probabilities."""
    made = resolve(one)
    if name_of(made.node) == "softmax":
        return _prediction(made.part(made.node.args[0]))  # type: ignore[attr-defined]
    parts, names = _prediction(one)
    remark = Remark(REMARKS["probabilities"], False, {"code": ast.unparse(one.node)})
    parts = tuple(part._replace(reworded=True, remarks=(*part.remarks, remark)) for part in parts)
    return parts, names


def _called(one: Expr) -> Expr | None:
    """The call that makes these logits, through what only lays them out anew."""
    one = resolve(one)
    while (again := reshaped(one.node, Layout.UNKNOWN)) is not None and name_of(one.node):
        one = resolve(one.part(again[0]))
    if not isinstance(one.node, ast.Call):
        return None
    inside = returned(one)
    if inside is not None and _is_prediction(inside):
        return _called(inside)
    return one


def outside_of_tape(part: Part) -> Part:
    """The same part, with the remark that the tape does not see it."""
    return part._replace(remarks=(*part.remarks, Remark(REMARKS["outside"], wrong=True)))


def _is_prediction(one: Expr) -> bool:
    """Whether a network is called to make it."""
    one = resolve(one)
    if not isinstance(one.node, ast.Call):
        return False
    if name_of(one.node) in ("softmax", "log_softmax"):
        return True
    again = reshaped(one.node, Layout.UNKNOWN)
    if again is not None:
        return _is_prediction(one.part(again[0]))
    return ast.unparse(one.node.func).partition(".")[0] not in MODULES


def _is_table(one: Expr, probabilities: bool) -> bool:
    """Whether it holds a number for each action: (log-)probabilities."""
    made = resolve(one)
    if name_of(made.node) == "log_softmax":
        return not probabilities
    if name_of(made.node) == "log" and made.node.args:  # type: ignore[attr-defined]
        inner = made.part(_without_epsilon(made.node.args[0]))  # type: ignore[attr-defined]
        return not probabilities and (_is_prediction(inner) or name_of(inner.node) == "softmax")
    return probabilities and _is_prediction(one)


def _without_epsilon(node: ast.expr) -> ast.expr:
    """log(p + 1e-8) is log(p)."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return node.left
    if name_of(node) in ("clip_by_value", "maximum"):
        return node.args[0]  # type: ignore[attr-defined]
    return node


def _factors(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return node.left, node.right
    if name_of(node) == "multiply" and len(node.args) == 2:  # type: ignore[attr-defined]
        return node.args[0], node.args[1]  # type: ignore[attr-defined]
    return None


def named(one: Expr, name: str) -> dict[str, str]:
    """What is given under another name, through casts and one-hot rows."""
    while True:
        one = resolve(one)
        if isinstance(one.node, ast.Call) and one.node.args:
            one = one.part(one.node.args[0])
        elif isinstance(one.node, ast.Subscript) and reshaped(one.node, Layout.UNKNOWN):
            one = one.part(one.node.value)
        else:
            break
    leaf = isinstance(one.node, ast.Name | ast.Attribute | ast.Subscript)
    return {ast.unparse(one.node): name} if leaf else {}
