"""Functions with one word changed: whatever is not the slide's gradient is not to be called right."""

import ast
import copy
import inspect
import linecache
import random
import textwrap

WRAPPED = ("tf.stop_gradient({})", "tf.abs({})", "tf.exp({})", "({}).numpy()", "(-({}))")


class Mutant(ast.NodeTransformer):
    """Changes the k-th place that can be changed; `places` is how many there are."""

    OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)

    def __init__(self, place, names, wrapped):
        self.place, self.places, self.names, self.wrapped = place, 0, names, wrapped

    def change(self, node, others):
        for other in others:
            if self.places == self.place:
                node = other
            self.places += 1
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        others = [one for one in self.OPERATORS if not isinstance(node.op, one)]
        return self.change(node, [ast.BinOp(node.left, one(), node.right) for one in others])

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        return self.change(node, [node.operand])

    def visit_Constant(self, node):
        if isinstance(node.value, bool):
            return self.change(node, [ast.Constant(not node.value)])
        is_number = isinstance(node.value, int | float)
        return self.change(node, [ast.Constant(node.value + 1)] if is_number else [])

    def visit_Name(self, node):
        if node.id not in self.names or not isinstance(node.ctx, ast.Load):
            return node
        return self.change(node, [ast.Name(one, node.ctx) for one in self.names if one != node.id])

    def visit_Call(self, node):
        self.generic_visit(node)
        written = ast.unparse(node)
        wrapped = [ast.parse(one.format(written), mode="eval").body for one in self.wrapped]
        return self.change(node, wrapped)


def mutants(function, count, wrapped=WRAPPED):
    """Some of those that are made by one change, as functions with a source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = [argument.arg for argument in tree.body[0].args.args]

    def mutated(place):
        mutant = Mutant(place, names, wrapped)
        changed = copy.deepcopy(tree)
        changed.body[0].body = [mutant.visit(one) for one in changed.body[0].body]
        return mutant.places, ast.unparse(ast.fix_missing_locations(changed))

    places, _ = mutated(-1)
    chosen = random.Random(function.__name__).sample(range(places), min(count, places))
    for place in chosen:
        _, source = mutated(place)
        name, space = f"<{function.__name__} {place}>", dict(function.__globals__)
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        exec(compile(source, name, "exec"), space)
        yield source, space[function.__name__]
