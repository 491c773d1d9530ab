"""One of many: x_i, x^{(i)}, rows of a matrix, and what is said of one made to hold for each. Owns: indexed symbols.

Never: operators.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import ONE, delta, rename
from gradwright.core.index import Index, position
from gradwright.core.node import Node
from gradwright.core.value import Value
from gradwright.read.tree import Tree, subtrees
from gradwright.referee.meaning.basics import Basics
from gradwright.referee.meaning.symbols import MATRIX_LETTERS, family_name
from gradwright.referee.meaning.value import KINDS, scalar


class Members(Basics):
    """What an index makes of a symbol."""

    # --- indices

    def _index(self, tree: Tree) -> Value:
        items: list[Tree] = list(tree.parts[1])
        base = tree.parts[0]
        while base.kind == "index":
            items = [*base.parts[1], *items]
            base = base.parts[0]
        if base.kind == "T" and base.parts[0].kind in ("sym", "group", "index"):
            pass
        if base.kind == "sym":
            return self.indexed_symbol(base, items, tree)
        if base.kind == "norm":
            return self.norm(base, items)
        labels = [i for i in items if i.kind == "label"]
        if labels and base.kind in ("group", "bars"):
            self.fail("a subscript that is not understood", tree)
        value = self.value(base)
        return scalar(self.pick(value, self.slots(items, value, tree), tree))

    def slots(self, items: Sequence[Tree], value: Value, tree: Tree) -> list[Index]:
        found: list[Index] = []
        dims = [a.dim for a in value.axes]
        for item in items:
            if item.kind == "letter":
                found.append(self.letter(str(item.parts[0])))
            elif item.kind in ("place", "pair"):
                for digit in str(item.parts[0]) if item.kind == "pair" else [str(item.parts[0])]:
                    if digit == "0" or int(digit) > 9:
                        self.fail("an entry counted from 0, or a far one", item)
                    dim = dims[len(found)] if len(found) < len(dims) else 0
                    if self.world.most and dim:
                        self.unify(dim, self.world.most, tree)
                    found.append(position(int(digit) - 1, self.find(dim)))
            else:
                self.fail(f"the subscript {item.parts[0]} is not understood here", item)
        return found

    def pick(self, value: Value, slots: Sequence[Index], tree: Tree) -> Node:
        if len(slots) != len(value.axes):
            self.fail(f"{len(slots)} indices for a {value.kind}", tree)
        for axis, slot in zip(value.axes, slots, strict=True):
            self.unify(axis.dim, slot.dim, tree)
        return rename(value.body, dict(zip(value.axes, slots, strict=True)))

    def indexed_symbol(self, base: Tree, items: Sequence[Tree], tree: Tree) -> Value:
        name, style = str(base.parts[0]), str(base.parts[1])
        real = [i for i in items if i.kind in ("letter", "place", "pair")]
        if name in ("delta",) and len(real) == 2 and self.symbols.definition("delta", self.world.place) is None:
            left, right = self.slots(real, Value("tensor", (), ONE), tree)
            self.unify(left.dim, right.dim, tree)
            return scalar(delta(left, right))
        samples = [i for i in real if len(i.parts) > 1]
        if real and not samples and self.symbols.family(tree) and len(real) == len(items):
            return self.member_of(family_name(tree), real, tree)
        if samples:
            return self.sampled(base, [i for i in real if len(i.parts) == 1], samples, tree)
        labels = [str(i.parts[0]) for i in items if i.kind == "label"]
        if name in self.symbols.labelled and not labels and real and not any(i.kind == "letter" for i in real):
            labels, real = ["".join(str(i.parts[0]) for i in real)], []
        if name in ("1", "0") and style == "bold" and len(items) == 1:
            return self._sym(Tree("sym", (name, style), tree.span))
        if name == "I" and len(items) == 1 and self.symbols.definition("I", self.world.place) is None:
            return self.identity(str(items[0].parts[0]), tree)
        if labels:
            name = f"{name}_{','.join(labels)}"
            self.symbols.ranks.setdefault(self.symbols.key(name, style), self.guess(str(base.parts[0]), style, real))
        key = self.symbols.key(name, style, sum(2 if i.kind == "pair" else 1 for i in real))
        value = self.env[key] if key in self.env else self.entry_value(key, Tree(base.kind, base.parts, tree.span))
        if not real:
            return value
        if not value.axes and key not in self.env and (each := self.for_each(base, key, items, self.symbols.lettered)):
            return each
        if not value.axes and key not in self.env and self.symbols.rank(key) == 0:
            # y is one number, y_i one of many such: a symbol of its own, related to y by nothing that is said
            self.world.lifted = True
            self.symbols.ranks[key + "[]"] = len(real)
            value = self.entry_value(key + "[]", base)
        if style == "bold" and len(real) < len(value.axes):
            self.fail("a row or a column of an array taken by a subscript", tree)
        return scalar(self.pick(value, self.slots(real, value, tree), tree))

    def member_of(self, key: str, real: Sequence[Tree], tree: Tree) -> Value:
        """x_n, the n-th of many vectors, or x_{nd}, an entry of it."""
        rank = self.symbols.families[key]
        value = self.held_in(key, tree)
        if value is None:
            self.symbols.ranks[key] = rank + 1
            value = self.entry_value(key, tree.parts[0])
        if len(value.axes) != rank + 1:
            self.fail("of many vectors under one letter, this has another shape", tree)
        first = self.slots(real[:1], value, tree)[0]
        self.unify(value.axes[0].dim, first.dim, tree)
        first = self.slots(real[:1], value, tree)[0]
        kind = "row" if rank == 1 and self.symbols.row_vectors else KINDS[rank]
        one = Value(kind, value.axes[1:], rename(value.body, {value.axes[0]: first}))
        return scalar(self.pick(one, self.slots(real[1:], one, tree), tree)) if real[1:] else one

    def sampled(self, base: Tree, real: Sequence[Tree], samples: Sequence[Tree], tree: Tree) -> Value:
        """x^{(i)}, x_j^{(i)}: the i-th of many x; the sample's axis stands last."""
        key = self.symbols.key(str(base.parts[0]), str(base.parts[1]), len(real))
        many = key + "()"
        if not real and self.symbols.definition(many, self.world.place) is None:
            each = self.for_each(base, key, samples, self.symbols.sampled)
            if each is not None:
                return each
        rank = max(len(real), self.symbols.rank(key))
        self.symbols.ranks.setdefault(many, rank + 1)
        value = self.entry_value(many, base)
        if len(value.axes) != rank + 1:
            self.fail(f"{key} with a sample's number has not the shape it has without", tree)
        last = value.axes[-1]
        index = self.letter(str(samples[0].parts[0]))
        self.unify(last.dim, index.dim, tree)
        body = rename(value.body, {last: self.letter(str(samples[0].parts[0]))})
        kind = KINDS[rank] if rank < 3 else "tensor"
        one = Value(kind, value.axes[:-1], body)
        return scalar(self.pick(one, self.slots(real, one, tree), tree)) if real else one

    def held_in(self, key: str, tree: Tree) -> Value | None:
        """X for x_n, where X is a matrix that holds the x_n in its rows, or its columns where these are spoken of."""
        if self.symbols.families[key] != 1 or self.symbols.definition(key, self.world.place) is not None:
            return None
        base = tree.parts[0]
        above = self.symbols.key(str(base.parts[0]).upper(), str(base.parts[1]))
        if above not in self.symbols.holders or self.symbols.rank(above) != 2 or above in self.world.busy:
            return None
        value = self.entry_value(above, base)
        if value.kind != "matrix":
            return None
        self.world.holder = above
        self.world.held = f"{above} is taken to hold the {base.parts[0]}_i in its {self.symbols.holders[above]}"
        self.world.notes[self.world.held] = None
        return value if self.symbols.holders[above] == "rows" else Value("matrix", value.axes[::-1], value.body)

    def for_each(self, base: Tree, key: str, items: Sequence[Tree], many: set[str]) -> Value | None:
        """y_i, where y = f(z) is said of one: f(z_i), every symbol in it that has indices elsewhere taking these."""
        definition = self.symbols.definition(key, self.world.place)
        if definition is None or definition.letters or key in self.world.busy or key in self.world.own:
            return None
        nodes = [n for n in subtrees(definition.body) if n.kind == "sym"]
        inside = {str(n.parts[0]): n for n in nodes if self.rests_on(n, many, frozenset({key}))}
        if not inside:
            return None
        self.world.busy.add(key)
        try:
            inner = type(self)(self.world, self.scope)
            inner.own = self.own
            for node in inside.values():
                one = Tree("index", (node, tuple(items)), node.span)
                inner.env[self.symbols.key(str(node.parts[0]), str(node.parts[1]))] = inner.value(one)
            return inner.value(definition.body)
        finally:
            self.world.busy.discard(key)

    def rests_on(self, node: Tree, many: set[str], above: frozenset[str]) -> bool:
        """Whether a symbol has indices somewhere, or is made of one that has."""
        key = self.symbols.key(str(node.parts[0]), str(node.parts[1]))
        if str(node.parts[0]) in many:
            return True
        definition = self.symbols.definition(key, self.world.place)
        if key in above or definition is None or definition.letters or definition.params:
            return False
        inner = (n for n in subtrees(definition.body) if n.kind == "sym")
        return any(self.rests_on(n, many, above | {key}) for n in inner)

    def guess(self, name: str, style: str, real: Sequence[Tree]) -> int:
        if real:
            return len(real)
        if style == "bold":
            return 2 if name[:1].isupper() else 1
        if name in MATRIX_LETTERS:
            return 2
        return self.symbols.rank(self.symbols.key(name, style)) if name in self.symbols.alone else 0
