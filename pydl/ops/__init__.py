"""Differentiable operations by family. Raw arrays in, raw arrays out; tensors in, recorded tensors out.

================= ===================================================================================
`arithmetic`      add, multiply, power, maximum, where, comparisons
`elementwise`     exp, log, sin, tanh, erf, …
`shapes`          reshape, transpose, broadcast_to, flip, …
`indexing`        getitem, concatenate, stack, pad, triangles, …
`reductions`      sum, mean, var, prod, max, cumsum, argmax
`linalg`          matmul, solve, inv, det, norm; `factorizations`: eigh, cholesky; `einsum`
`activations`     relu, leaky_relu, elu, sigmoid, softplus, gelu, …
`probability`     logsumexp, softmax, log_softmax; `losses`: cross_entropy, mse_loss, …
`affine`          linear: product, bias and transfer function in one op
`dropout`         dropout: entries set to 0 at random
`recurrent`       rnn, lstm, gru: all time steps of a layer in one op
================= ===================================================================================
"""

from pydl.ops.activations import *
from pydl.ops.affine import linear
from pydl.ops.arithmetic import *
from pydl.ops.dropout import dropout
from pydl.ops.einsum import *
from pydl.ops.elementwise import *
from pydl.ops.factorizations import *
from pydl.ops.indexing import *
from pydl.ops.linalg import *
from pydl.ops.losses import *
from pydl.ops.probability import *
from pydl.ops.recurrent import *
from pydl.ops.reductions import *
from pydl.ops.shapes import *
