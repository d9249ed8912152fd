"""Reduced decision diagrams, so that «no answer can change this any more» is exact and costs microseconds.

An ordered, reduced, multi-valued diagram of the outcome is built once for what is in force in a place. In such a diagram
a fact occurs exactly if the outcome depends on it (R. E. Bryant, Graph-Based Algorithms, 1986, carried to several values).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from knowledge_base.rules.outcome import Result

_LAST: Final = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A fact and where each of its classes of values leads; a leaf has no children and its possible results."""

    variable: int
    children: tuple["Node", ...]
    results: frozenset[Result]


class Diagrams:
    """A family of diagrams that share every equal part, so that equal means identical."""

    def __init__(self) -> None:
        self._leaves: dict[frozenset[Result], Node] = {}
        self._nodes: dict[tuple[int, tuple[int, ...]], Node] = {}
        self._cofactors: dict[tuple[int, int, int], Node] = {}
        self._supports: dict[int, frozenset[int]] = {}

    def leaf(self, results: frozenset[Result]) -> Node:
        """Return the leaf with these possible results."""
        return self._leaves.setdefault(results, Node(_LAST, (), results))

    def node(self, variable: int, children: Sequence[Node]) -> Node:
        """Return the node with these children; a fact that changes nothing leaves no node."""
        first = children[0]
        if all(child is first for child in children):
            return first
        key = (variable, tuple(map(id, children)))
        found = self._nodes.get(key)
        if found is None:
            found = Node(variable, tuple(children), frozenset().union(*(child.results for child in children)))
            self._nodes[key] = found
        return found

    def support(self, node: Node) -> frozenset[int]:
        """Return the facts the outcome depends on."""
        found = self._supports.get(id(node))
        if found is None:
            below = (self.support(child) for child in node.children)
            found = reduce(frozenset.union, below, frozenset({node.variable} if node.children else ()))
            self._supports[id(node)] = found
        return found

    def cofactor(self, node: Node, variable: int, index: int) -> Node:
        """Return the diagram once a fact is known."""
        if node.variable > variable:
            return node
        if node.variable == variable:
            return node.children[index]
        key = (id(node), variable, index)
        found = self._cofactors.get(key)
        if found is None:
            found = self.node(node.variable, [self.cofactor(child, variable, index) for child in node.children])
            self._cofactors[key] = found
        return found

    def narrow(self, node: Node, variable: int, indices: Sequence[int]) -> Node:
        """Return the diagram once a fact is known to be one of several classes. Only for the first variable."""
        if node.variable != variable:
            return node
        return self.node(variable, [node.children[index] for index in indices])

    def forget(self, node: Node, variable: int) -> Node:
        """Return the diagram when a fact will never be known: every result it might have led to stays possible."""
        if node.variable > variable:
            return node
        if node.variable == variable:
            return self._union(node.children)
        return self.node(node.variable, [self.forget(child, variable) for child in node.children])

    def _union(self, nodes: Sequence[Node]) -> Node:
        first = min(node.variable for node in nodes)
        if first == _LAST:
            return self.leaf(frozenset().union(*(node.results for node in nodes)))
        width = next(len(node.children) for node in nodes if node.variable == first)
        return self.node(
            first,
            [
                self._union([node.children[index] if node.variable == first else node for node in nodes])
                for index in range(width)
            ],
        )

    def relabel(self, node: Node, label: Callable[[frozenset[Result]], Result]) -> Node:
        """Return the diagram with every leaf given one result."""
        known: dict[int, Node] = {}

        def walk(current: Node) -> Node:
            if not current.children:
                return self.leaf(frozenset({label(current.results)}))
            found = known.get(id(current))
            if found is None:
                found = known[id(current)] = self.node(current.variable, [walk(child) for child in current.children])
            return found

        return walk(node)


class Planner:
    """Finds the question that leaves the fewest to ask, on average over its answers."""

    def __init__(
        self, diagrams: Diagrams, *, widths: Mapping[int, int], last: frozenset[int], first: frozenset[int]
    ) -> None:
        self._diagrams = diagrams
        self._widths = widths
        self._last = last
        self._first = first
        self._costs: dict[int, float] = {}

    def order(self, node: Node) -> tuple[int, ...]:
        """Return the facts the outcome depends on, the most deciding first."""
        candidates = self._candidates(node)
        if len(candidates) == 1:
            return (*candidates, *sorted(self._diagrams.support(node) - set(candidates)))
        ranked = sorted(candidates, key=lambda variable: (round(self._cost_of(node, variable), 9), variable))
        return (*ranked, *sorted(self._diagrams.support(node) - set(candidates)))

    def cost(self, node: Node) -> float:
        """Return the mean number of questions still to ask."""
        if not node.children:
            return 0.0
        found = self._costs.get(id(node))
        if found is None:
            found = self._costs[id(node)] = min(self._cost_of(node, each) for each in self._candidates(node))
        return found

    def _candidates(self, node: Node) -> Sequence[int]:
        support = self._diagrams.support(node)
        return sorted(support & self._first or support - self._last or support)

    def _cost_of(self, node: Node, variable: int) -> float:
        branches = list(self._branches(node, variable))
        return 1.0 + sum(map(self.cost, branches)) / len(branches)

    def _branches(self, node: Node, variable: int) -> Iterator[Node]:
        if variable == node.variable:  # also the narrowed first variable, which has fewer branches than its fact
            yield from node.children
            return
        for index in range(self._widths[variable]):
            yield self._diagrams.cofactor(node, variable, index)
