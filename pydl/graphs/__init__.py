"""Computational graphs of recorded results: drawn, counted, and walked step by step.

Nodes are variables, edges are operations. The drawings are SVG written by the package itself.
"""

from pydl.graphs.drawing import Drawing
from pydl.graphs.graph import Edge, Graph, Node
from pydl.graphs.stepping import Stepping
from pydl.graphs.tracing import trace

__all__ = ["Drawing", "Edge", "Graph", "Node", "Stepping", "trace"]
