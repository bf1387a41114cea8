"""What a drawing writes: names with their indices, numbers with three digits, operations by their signs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["FONT", "formula", "number", "operation", "pretty", "shape", "summary", "width"]

SIGNS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "power": "^",
    "matmul": "@",
    "negative": "− ( )",
    "absolute": "| |",
    "square": "^ 2",
    "sqrt": "√",
    "reciprocal": "1 ÷",
}
"""Operations that have a sign; the others are called by their names."""
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FONT = 13.0  # pixels: legible where a drawing is shown in its own size
WRITTEN = 4  # entries of an array that are written out, at most
WIDTHS = {
    "'ijlI|.,:;·J -": 0.36,
    "f()[]rt₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻‖": 0.42,
    "sz∂_cL": 0.55,
    "wGUDHNOQ": 0.8,
    "mMW@+−×÷=^∞…": 0.95,
}
"""Widths of characters as parts of the font's size, in DejaVu Sans, the widest of the usual fonts; others: 0.64."""
WIDTH = {c: w for text, w in WIDTHS.items() for c in text}


def pretty(name: str) -> str:
    """Write the number behind a letter as its index: ``u3`` becomes u₃, and ``layer.0.weight`` stays."""
    return re.sub(r"^([^\W\d_]+)_?(\d+)$", lambda found: found[1] + found[2].translate(LOWERED), name)


def number(x: float) -> str:
    """Write a number with three significant digits: −0.123, 1.2·10⁻⁵."""
    text = f"{float(x):.3g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}·10{str(int(exponent)).translate(RAISED)}"
    return {"nan": "NaN", "inf": "∞", "-inf": "−∞", "-0": "0"}.get(text, text.replace("-", "−"))


def shape(value: np.ndarray) -> str:
    """Write the shape of an array; a single number has none."""
    return str(value.shape) if value.ndim else ""


def summary(value: np.ndarray, room: float, sign: str = "") -> str:
    """Write after `sign` a number, or a vector that fits into `room`; otherwise, where there is a sign, the norm."""
    if value.size == 1:
        return f"{sign} {number(value.item())}".strip()
    if value.ndim == 1 and value.size <= WRITTEN:
        text = f"{sign} [{', '.join(map(number, value))}]".strip()
        if width(text) <= room:
            return text
    return f"‖{sign}‖ {number(float(np.sqrt(np.sum(np.square(value, dtype=np.float64)))))}" if sign else ""


def operation(op: str, operands: Sequence[str | None], settings: Mapping[str, Any]) -> str:
    """Write an operation, with the numbers among its operands (None where there is a variable).

    ``add`` of a variable and 1 is ``"+ 1"``; ``linear`` names its transfer function, ``sum`` its axis.
    """
    sign = SIGNS.get(op, op.replace("_", " "))
    if op in SIGNS and len(operands) == 2:
        return " ".join(filter(None, [operands[0], sign, operands[1]]))
    more = [settings["activation"]] if settings.get("activation") else []
    more += [f"axis {settings['axis']}"] if settings.get("axis") is not None else []
    return ", ".join([sign, *more])


def formula(op: str, operands: Sequence[str], settings: Mapping[str, Any]) -> str:
    """Write an operation on its operands: ``x₁ × x₂``, ``tanh(a)``."""
    if op in SIGNS and len(operands) == 2:
        return f"{operands[0]} {SIGNS[op]} {operands[1]}"
    name = settings.get("activation")
    inner = f"{op.replace('_', ' ')}({', '.join(operands)})"
    return f"{name}({inner})" if name else inner


def width(text: str, size: float = FONT, bold: bool = False) -> float:
    """Return how long a text of a font of `size` becomes at most; `bold` letters are a tenth wider."""
    return size * sum(WIDTH.get(c, 0.64) for c in text) * (1.1 if bold else 1.0)
