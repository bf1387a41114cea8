"""Go forward, backward and away through a chain of ops that is deeper than Python's stack.

    python tests/stress/depth.py [--ops 1000000]

The last line counts the ops; the exit status is 1 if the derivative is wrong.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import pydl


def chain(ops: int) -> int:
    """Record `ops` additions, walk them both ways, drop them; return dy/dx by both, which is their number."""
    x = pydl.tensor(np.zeros(1), requires_grad=True)
    y = ones = x * 1.0
    for _ in range(ops - 1):
        y = y + ones
    y.backward()
    del y, ones

    def repeated(x: pydl.Tensor) -> pydl.Tensor:
        y = x
        for _ in range(ops):
            y = y + x
        return y - x

    forward = pydl.jvp(repeated, (np.zeros(1),), (np.ones(1),))[1]
    if forward.item() != x.grad.item():
        raise ValueError(f"reverse mode gives {x.grad.item()}, forward mode {forward.item()}")
    return int(forward.item())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ops", type=int, default=1_000_000)
    ops = parser.parse_args().ops
    found = chain(ops)
    print(f"{ops} ops in one chain: derivative {found}, limit of recursion {sys.getrecursionlimit()}")
    return int(found != ops)


if __name__ == "__main__":
    sys.exit(main())
