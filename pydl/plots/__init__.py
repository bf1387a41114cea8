"""Figures that the book draws more than once, and its style. Matplotlib is imported when one is drawn."""

from pydl.plots.census import activation_histograms, dead_units, gradient_norms
from pydl.plots.figures import confusion_matrix, contours, image_grid, learning_curves
from pydl.plots.style import use_style

__all__ = [
    "activation_histograms",
    "confusion_matrix",
    "contours",
    "dead_units",
    "gradient_norms",
    "image_grid",
    "learning_curves",
    "use_style",
]
