"""Networks: modules, layers, losses and initial values, under PyTorch's names.

================= ==================================================================
`module`          Module, Parameter, Buffer: a function with parameters
`layers`          Linear, and what reshapes between layers
`activations`     the transfer functions
`dropout`         Dropout
`containers`      Sequential, Residual
`recurrent`       RNN, LSTM, GRU; `cells`: one step of each
`losses`          CrossEntropyLoss, MSELoss, …
`ensemble`        Ensemble, EnsembleLoss: many networks of one shape as one
`penalties`       L1, L2, ElasticNet
`init`            how parameters start
`functional`      a module as a function of its parameters
`census`          a live census of activations, gradients and dead units
================= ==================================================================
"""

from pydl.nn import init
from pydl.nn.activations import *
from pydl.nn.cells import GRUCell, LSTMCell, RNNCell
from pydl.nn.census import Census
from pydl.nn.containers import *
from pydl.nn.dropout import Dropout
from pydl.nn.ensemble import *
from pydl.nn.functional import *
from pydl.nn.layers import *
from pydl.nn.losses import *
from pydl.nn.module import *
from pydl.nn.penalties import *
from pydl.nn.recurrent import *
