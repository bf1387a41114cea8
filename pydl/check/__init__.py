"""Checks of the book's exercises: ``pydl.check.<exercise>(your_function)`` prints ✓ or gives a hint.

Nothing is hidden: every reference is in the book's solution. What is checked are your function's values
on random inputs that are drawn afresh each time. The exercises of a notebook are in the module of its name.
"""

from pydl.check.adaptive_rates import *
from pydl.check.chain_rule import *
from pydl.check.convex_functions import *
from pydl.check.critical_points import *
from pydl.check.dropout import *
from pydl.check.exercise import CheckError, Exercise
from pydl.check.forward_mode import *
from pydl.check.gradients_as_graphs import *
from pydl.check.keeping_the_flow import *
from pydl.check.l1 import *
from pydl.check.l2 import *
from pydl.check.l2_trap import *
from pydl.check.linear_regression import *
from pydl.check.logistic_regression import *
from pydl.check.momentum_and_nesterov import *
from pydl.check.multilayer_perceptron import *
from pydl.check.perceptron_and_xor import *
from pydl.check.rbf_networks import *
from pydl.check.rectifiers import *
from pydl.check.reverse_mode import *
from pydl.check.schedules import *
from pydl.check.softmax_regression import *
from pydl.check.splits_and_early_stopping import *
from pydl.check.stochastic_gradient_descent import *
from pydl.check.universal_approximation import *
from pydl.check.vanishing_gradients import *
from pydl.check.which_optimizer import *
from pydl.check.why_depth import *
