"""Checks of the book's exercises: ``pydl.check.<exercise>(your_function)`` prints ✓ or gives a hint.

Nothing is hidden: every reference is in the book's solution. What is checked are your function's values
on random inputs that are drawn afresh each time. The exercises of a notebook are in the module of its name.
"""

from pydl.check.exercise import CheckError, Exercise
from pydl.check.linear_regression import *
from pydl.check.softmax_regression import *
