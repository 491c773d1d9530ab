"""Expectations, integrals and indicators. Owns: what can be known of them without computing one.

An expectation is a mean over points that nobody knows, an integral a sum over points with weights that nobody knows:
what holds for all of them holds. What needs more (independence, a value) is not decided here. Never: derives.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import ONE, divide, entry, mul, rename, size, subtract, total
from gradwright.core.index import Index, free_index
from gradwright.core.node import Node
from gradwright.core.value import Value
from gradwright.read.tree import Tree, subtrees
from gradwright.referee.meaning.calls import Calls
from gradwright.referee.meaning.symbols import symbol_key
from gradwright.referee.meaning.value import KINDS, scalar


class Averages(Calls):
    """Functionals of what is random or integrated."""

    def _expect(self, tree: Tree) -> Value:
        moment, names, law, given, bodies, drawn = tree.parts
        if moment == "E" and drawn is not None and (weighted := self.weighted(names[0], drawn, bodies[0], tree)):
            return self.value(weighted)
        variables = [self.symbols.key(n, "") for n in names] or self.random(bodies, tree)
        tag = f"E{law}|{given}"
        if moment == "E":
            return self.mean(bodies[0], variables, tag, tree, "")
        first, second = bodies[0], bodies[-1]
        turned = Tree("T", (second,), second.span)
        both = Tree("mul", ((("juxt", first), ("juxt", turned)),), tree.span)
        if not self.value(first).axes:
            both = Tree("mul", ((("juxt", first), ("juxt", second)),), tree.span)
        one, two = self.mean(first, variables, tag, tree, "a"), self.mean(second, variables, tag, tree, "b")
        whole = self.mean(both, variables, tag, tree, "c")
        if not one.axes:
            return scalar(subtract(whole.body, mul(one.body, two.body)))
        product = self.product(one, Value("row", two.axes, two.body), "juxt", tree)
        return self.entrywise(whole, product, subtract, tree)

    def weighted(self, name: str, law: Tree, body: Tree, tree: Tree) -> Tree | None:
        """E_{x ∼ p}[f(x)] as Σ_x p(x) f(x), where the document speaks of p(x) too."""
        variable = Tree("sym", (name, ""), law.span)
        if law.kind in ("sym", "index") and symbol_key(self.symbols, law) in self.symbols.laws:
            law = Tree("call", (law, (variable,), 0), law.span)
        elif law.kind != "call":
            return None
        product = Tree("mul", ((("juxt", law), ("juxt", Tree("group", (body,), body.span))),), tree.span)
        return Tree("big", ("sum", ((name, None, None),), (), product), tree.span)

    def mean(self, body: Tree, variables: Sequence[str], tag: str, tree: Tree, mark: str) -> Value:
        point = free_index(f"~e{tree.span[0]}{mark}", self.find(f"?{tag}"))
        value = self.placed(body, variables, tag, point)
        return Value(value.kind, value.axes, divide(total([point], value.body), size(point.dim)))

    def placed(self, body: Tree, variables: Sequence[str], tag: str, point: Index) -> Value:
        """The body at one of the points; a defined symbol that rests on what is random is not followed."""
        self.world.averaged = True
        env = dict(self.env)
        for key in variables:
            shape = () if self.is_lone(key, "") else self.symbols.shape(key)
            axes = tuple(free_index(f"~{tag}{point.name}{key}{k}", d) for k, d in enumerate(shape))
            kind = KINDS[len(axes)] if len(axes) < 3 else "tensor"
            self.env[key] = Value(kind, axes, entry(f"{key}~{tag}", point, *axes))
        try:
            heads = {id(n.parts[0]) for n in subtrees(body) if n.kind == "call"}
            for node in subtrees(body):
                if id(node) in heads:
                    continue
                key = symbol_key(self.symbols, node) if node.kind in ("sym", "index") else ""
                if key and key not in variables and set(variables) & self.reaches(key):
                    self.fail(f"{key} rests on what is averaged here", node)
            return self.value(body)
        finally:
            self.env = env

    def random(self, bodies: Sequence[Tree], tree: Tree) -> list[str]:
        """What is random where no subscript says so: what is said to be drawn, capitals, or the only symbol."""
        nodes = [
            n for b in bodies for n in subtrees(b) if n.kind == "sym" and str(n.parts[0]) not in self.symbols.functions
        ]
        keys = dict.fromkeys(self.symbols.key(str(n.parts[0]), str(n.parts[1])) for n in nodes)
        for chosen in (
            [k for k in keys if k in self.symbols.random],
            [k for k in keys if len(k) == 1 and k in "XYZUV"],
            list(keys) if len(keys) == 1 else [],
        ):
            if chosen:
                return chosen
        self.fail("it is not said what is random here", tree)

    def _integral(self, tree: Tree) -> Value:
        variables, bounds, body = tree.parts
        keys = [symbol_key(self.symbols, v) for v in variables]
        if not all(keys):
            self.fail("an integral in what is not a symbol", tree)
        tag = f"∫{','.join(keys)}{bounds}"
        point = free_index(f"~i{tree.span[0]}", self.find(f"?{tag}"))
        value = self.placed(body, keys, tag, point)
        return Value(value.kind, value.axes, total([point], mul(entry(f"d~{tag}", point), value.body)))

    def _indicator(self, tree: Tree) -> Value:
        """1 where a condition holds; of a class label, an entry of the one-hot vector of the class."""
        factors = []
        for op, left, right in tree.parts[0]:
            a, b = self.index_of(left), self.index_of(right)
            if (a is None) != (b is None) and op in ("=", "!="):
                chosen = self.classed(left if a is None else right, right if a is None else left, tree)
                factors.append(chosen if op == "=" else subtract(ONE, chosen))
            else:
                factors.append(self.condition(op, left, right, tree))
        return scalar(mul(*factors))

    def classed(self, label: Tree, letter: Tree, tree: Tree) -> Node:
        items = [*label.parts[1]] if label.kind == "index" else []
        base = label.parts[0] if label.kind == "index" else label
        if base.kind != "sym" or not all(i.kind in ("letter", "place") for i in items):
            self.fail("a condition on a value", tree)
        key = f"1{{{base.parts[0]}}}"
        self.symbols.ranks[key] = len(items) + 1
        self.symbols.state("onehot", key, "a class label")
        value = self.entry_value(key, tree)
        index = self.index_of(letter)
        assert index is not None
        slots = [*self.slots([Tree(i.kind, i.parts[:1], i.span) for i in items], value, tree), index]
        for axis, slot in zip(value.axes, slots, strict=True):
            self.unify(axis.dim, slot.dim, tree)
        slots[-1] = self.index_of(letter) or index
        return rename(value.body, dict(zip(value.axes, slots, strict=True)))
