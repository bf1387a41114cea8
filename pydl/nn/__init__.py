"""Networks: modules, layers, losses and initial values, under PyTorch's names.

================= ==================================================================
`module`          Module, Parameter, Buffer: a function with parameters
`layers`          Linear and the transfer functions
`containers`      Sequential
`losses`          CrossEntropyLoss, MSELoss, …
`init`            how parameters start
`functional`      a module as a function of its parameters
================= ==================================================================
"""

from pydl.nn import init
from pydl.nn.containers import *
from pydl.nn.functional import *
from pydl.nn.layers import *
from pydl.nn.losses import *
from pydl.nn.module import *
