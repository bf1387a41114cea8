"""Inputs that the samples share: float64, drawn once from a fixed seed."""

import numpy as np

draw = np.random.default_rng(7)


def normal(*shape):
    """Numbers of either sign, at least 0.1 away from 0 and from each other, so that kinks are far."""
    size = int(np.prod(shape))
    spaced = (np.arange(size) - size // 2 + 0.5) * 0.37 + draw.uniform(-0.1, 0.1, size)
    return draw.permutation(spaced).reshape(shape)


def positive(*shape):
    """Numbers between 0.3 and 2.5."""
    return draw.uniform(0.3, 2.5, shape)


def inside(*shape):
    """Numbers between −0.9 and 0.9."""
    return draw.uniform(-0.9, 0.9, shape)


def regular(*shape):
    """Square matrices that are far from singular."""
    return draw.uniform(-1, 1, shape) + 3 * np.eye(shape[-1])


X, Y = normal(2, 3), normal(2, 3)
ROW, COLUMN, ONE, SCALAR, EMPTY = normal(3), normal(2, 1), normal(1), normal(), np.zeros((0, 3))
CUBE = normal(2, 3, 4)
VECTOR = normal(6)
SQUARE, SQUARES = regular(3, 3), regular(2, 3, 3)
