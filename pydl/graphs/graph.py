"""The graph of a recorded result: its variables, the operations between them, values, gradients, paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from pydl.graphs.drawing import Direction, Drawing, Show, draw
from pydl.graphs.stepping import Stepping, step_through

__all__ = ["Edge", "Graph", "Kind", "Node"]

Kind = Literal["constant", "input", "parameter", "result"]


@dataclass(frozen=True, eq=False)
class Node:
    """A variable of a graph.

    Parameters
    ----------
    name : str
        The name given to `trace`; results without one are u1, u2, …, leaves x1, x2, …, constants c1, c2, ….
    kind : {"constant", "input", "parameter", "result"}
        What it is: an array without a gradient, a leaf with one, a leaf named by a module, or an op's result.
    op : str or None
        The op that made it, as `pydl` calls it; None for what was not made by one.
    operation : str
        The op with its constants, as a drawing writes it: ``"×"``, ``"^ 2"``, ``"linear, tanh"``.
    operands : tuple of str
        The op's arguments, as a drawing writes them: names and numbers.
    formula : str
        The op with its arguments: ``"x₁ × x₂"``.
    settings : mapping
        The op's keywords: axis, shape, ….
    value : numpy.ndarray
        A copy of its value.
    gradient : numpy.ndarray or None
        ∂y/∂(this), of the value's shape, where `trace` was asked for gradients.
    """

    name: str
    kind: Kind
    op: str | None
    operation: str
    operands: tuple[str, ...]
    formula: str
    settings: Mapping[str, Any]
    value: np.ndarray
    gradient: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape


@dataclass(frozen=True, eq=False)
class Edge:
    """The way from an argument of an operation to its result.

    Parameters
    ----------
    source, target : int
        Numbers of the argument and of the result among the graph's nodes.
    argument : int
        Which argument it is, counted from 0.
    share : numpy.ndarray or None
        What flows back along it: ∂y/∂target · ∂target/∂source, where `trace` was asked for gradients.
    partial : float or None
        ∂target/∂source, if both are single numbers, and `trace` was asked for gradients.
    """

    source: int
    target: int
    argument: int
    share: np.ndarray | None = None
    partial: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """A computational graph: nodes are variables, edges are operations.

    Parameters
    ----------
    nodes : tuple of Node
        In topological order: arguments before results. The last one is the result that was traced.
    edges : tuple of Edge
        In the order of their results.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    _numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {node.name: i for i, node in enumerate(self.nodes)})

    def __getitem__(self, name: str) -> Node:
        """Return the node of this name."""
        return self.nodes[self.number(name)]

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"Graph of {self.nodes[-1].name}: {len(self.nodes)} nodes, {len(self.edges)} edges"

    def number(self, name: str) -> int:
        """Return the number of the node called `name`; raise ValueError where there is none."""
        if name not in self._numbers:
            some = ", ".join(list(self._numbers)[:12]) + (", …" if len(self._numbers) > 12 else "")
            raise ValueError(f"no node of this graph is called {name!r}; there are {some}")
        return self._numbers[name]

    def _ends(self, source: str, target: str | None) -> tuple[int, int]:
        return self.number(source), len(self.nodes) - 1 if target is None else self.number(target)

    def count_paths(self, source: str, target: str | None = None) -> int:
        """Count the paths from one node to another, exactly.

        One addition an edge, in the order of the graph: as many paths end in a node as in its arguments together.

        Parameters
        ----------
        source : str
            Name of the node to begin at.
        target : str, optional
            Name of the node to end at: the graph's result, unless given.

        Returns
        -------
        int
            A Python integer, and so never too large; 1 if both are the same node.

        Raises
        ------
        ValueError
            If there is no node of that name.

        Examples
        --------
        >>> import pydl
        >>> x = pydl.tensor(2.0, requires_grad=True)
        >>> y = x
        >>> for _ in range(100):
        ...     y = y + y
        >>> pydl.graphs.trace(y, {"x": x}).count_paths("x") == 2**100
        True
        """
        start, end = self._ends(source, target)
        ways = [0] * len(self.nodes)
        ways[start] = 1
        for edge in self.edges:
            ways[edge.target] += ways[edge.source]
        return ways[end]

    def paths(self, source: str, target: str | None = None) -> Iterator[tuple[Edge, ...]]:
        """Yield the paths from one node to another, each as its edges; count them first.

        Parameters
        ----------
        source : str
            Name of the node to begin at.
        target : str, optional
            Name of the node to end at: the graph's result, unless given.

        Yields
        ------
        tuple of Edge
            A path, from source to target.

        Raises
        ------
        ValueError
            If there is no node of that name.
        """
        start, end = self._ends(source, target)
        onward: dict[int, list[Edge]] = {}
        leads = {end}  # nodes from which there is a way to the end
        for edge in reversed(self.edges):
            if edge.target in leads:
                leads.add(edge.source)
                onward.setdefault(edge.source, []).append(edge)
        # each entry: where a path has come to, its last edge, and the entry that it came from
        stack: list[tuple[int, Edge | None, Any]] = [(start, None, None)] if start in leads else []
        while stack:
            entry = stack.pop()
            if entry[0] == end:
                path = []
                while entry[1] is not None:
                    path.append(entry[1])
                    entry = entry[2]
                yield tuple(reversed(path))
            else:
                stack += [(edge.target, edge, entry) for edge in onward.get(entry[0], [])]

    def draw(
        self,
        show: Show = ("shape", "value", "gradient"),
        *,
        direction: Direction = "down",
        title: str | None = None,
        limit: int = 200,
    ) -> Drawing:
        """Draw the graph as SVG; a notebook displays it, and ``.save("graph.svg")`` writes it.

        Parameters
        ----------
        show : sequence of {"shape", "value", "gradient", "partial"}
            What to write into the boxes. A value is written out where it has at most four entries, a gradient
            of more is given by its norm. ``"partial"`` writes on each edge ∂result/∂argument, where both are
            single numbers.
        direction : {"down", "right"}
            Where the result lies, seen from the inputs.
        title : str, optional
            What the drawing is called for readers who cannot see it.
        limit : int
            The largest number of nodes to draw.

        Returns
        -------
        Drawing
            The drawing.

        Raises
        ------
        ValueError
            If there is nothing of that kind to show, or there are more nodes than the limit.

        Examples
        --------
        >>> import pydl
        >>> x = pydl.tensor(2.0, requires_grad=True)
        >>> pydl.graphs.trace(x * x, {"x": x}).draw()
        Drawing of a graph: 2 nodes, 2 edges
        """
        return draw(self, show, direction=direction, title=title, limit=limit)

    def step_through(self, *, direction: Direction = "down", title: str | None = None) -> Stepping:
        """Show the forward pass and the backward pass step by step, as a figure with buttons.

        In a page of the book it can be operated; where no scripts run, it is the finished drawing.

        Parameters
        ----------
        direction : {"down", "right"}
            Where the result lies, seen from the inputs.
        title : str, optional
            What the figure is called for readers who cannot see it.

        Returns
        -------
        Stepping
            The figure; its `steps` are the data.

        Raises
        ------
        ValueError
            If the graph was traced without gradients, or has too many nodes to draw.
        """
        return step_through(self, direction=direction, title=title)
