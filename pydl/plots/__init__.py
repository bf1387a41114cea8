"""Figures that the book draws more than once, and its style. Matplotlib is imported when one is drawn."""

from pydl.plots.figures import confusion_matrix, contours, image_grid, learning_curves
from pydl.plots.style import use_style

__all__ = ["confusion_matrix", "contours", "image_grid", "learning_curves", "use_style"]
