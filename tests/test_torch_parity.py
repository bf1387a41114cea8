"""Values, gradients and second derivatives equal PyTorch's, op by op, at kinks, ties and extremes too."""

import warnings

import numpy as np
import pytest

import pydl
from tests.samples import ALL, SAMPLES
from tests.samples.derivatives import directions

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
pytestmark = pytest.mark.torch
F = torch.nn.functional


def every_axis(function):
    """Let a reduction take axis and keepdims as NumPy calls them; no axis means all of them."""
    return lambda x, axis=None, keepdims=False: function(x, all_axes(x, axis), keepdims)


def all_axes(x, axis):
    return tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, int) else tuple(axis)


def moment(function):
    return lambda x, axis=None, correction=0, keepdims=False: function(
        x, all_axes(x, axis), correction=correction, keepdim=keepdims
    )


def product(x, axis=None, keepdims=False):
    if axis is not None:
        return torch.prod(x, axis, keepdims)
    return torch.prod(x).reshape([1] * x.ndim) if keepdims else torch.prod(x)


def index(i):
    """Return an index as PyTorch takes it."""
    return tuple(map(index, i)) if isinstance(i, tuple) else torch.as_tensor(i) if isinstance(i, np.ndarray) else i


def getitem(x, i):
    if isinstance(i, slice) and i.step is not None and i.step < 0:  # PyTorch has no negative steps
        return x.flip(0)[slice(i.start, i.stop, -i.step)]
    return x[index(i)]


def index_add(x, i, shape):
    places = torch.arange(int(np.prod(shape))).reshape(shape)
    return torch.zeros(int(np.prod(shape)), dtype=x.dtype).index_add(
        0, getitem(places, i).reshape(-1), x.reshape(-1)
    ).reshape(shape)  # fmt: skip


def probabilities_or_labels(function):
    return lambda x, t, **reduction: function(x, t if t.is_floating_point() else t.long(), **reduction)


def binary(function):
    """Let a function of two tensors take numbers, at the other's dtype."""

    def call(a, b):
        like = a if isinstance(a, torch.Tensor) else b
        return function(torch.as_tensor(a, dtype=like.dtype), torch.as_tensor(b, dtype=like.dtype))

    return call


def symmetric(function):
    return lambda a: function(a + a.mT)


def states(cell, x, state, weight, bias=None):
    """Return all states of one of PyTorch's cells, given projected inputs: its own input weight is the identity."""
    every = []
    for a in x:
        state = cell(a, state, torch.eye(len(weight), dtype=x.dtype), weight, None if bias is None else 0 * bias, bias)
        every.append(state if isinstance(state, torch.Tensor) else torch.stack(state))
    return torch.stack(every, every[0].ndim - 2)


def mask(x, *args, **settings):
    """Return dropout's factors as the samples state them: PyTorch draws its own."""
    ones = np.ones(x.shape, x.numpy(force=True).dtype)
    return torch.as_tensor(SAMPLES["dropout"][0].reference(ones, *args, **settings), dtype=x.dtype)


def layers(x, weight, bias):
    """Return what several affine maps yield side by side."""
    y = torch.bmm(x, weight.mT)
    return y if bias is None else y + bias[:, None]


TRANSFER = {None: lambda y: y, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}
NAMESAKES = (
    "absolute add arccos arcsin arctan arctan2 arctanh argmax argmin broadcast_to ceil cos cosh cumsum divide einsum"
    " erf exp expm1 floor isfinite isnan log log10 log1p log2 multiply negative outer ravel reciprocal relu sigmoid"
    " sign sin sinh sqrt square subtract tan tanh where"
)
PARITY = {name: getattr(torch, name) for name in NAMESAKES.split(" ")}
PARITY |= {
    "power": torch.pow,
    "maximum": binary(torch.maximum),
    "minimum": binary(torch.minimum),
    "logaddexp": binary(torch.logaddexp),
    "clip": lambda x, low=None, high=None: torch.clamp(x, low, high),
    "rint": torch.round,
    "logical_not": torch.logical_not,
    **{name: binary(getattr(torch, name)) for name in ("greater", "greater_equal", "less", "less_equal", "not_equal")},
    "equal": binary(torch.eq),
    "logical_and": binary(torch.logical_and),
    "logical_or": binary(torch.logical_or),
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "prelu": F.prelu,
    "selu": F.selu,
    "softplus": F.softplus,
    "log_sigmoid": F.logsigmoid,
    "silu": F.silu,
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate),
    "reshape": lambda x, shape: torch.reshape(x, shape if isinstance(shape, tuple) else (shape,)),
    "tril": lambda x, k=0: torch.tril(x, k),
    "triu": lambda x, k=0: torch.triu(x, k),
    "transpose": lambda x, axes=None: x.permute(tuple(axes or range(x.ndim)[::-1])),
    "swapaxes": torch.swapaxes,
    "moveaxis": torch.moveaxis,
    "expand_dims": lambda x, axis: x[:, None] if axis == 1 else x[None, ..., None],
    "squeeze": lambda x, axis=None: x.squeeze() if axis is None else x.squeeze(axis),
    "astype": lambda x, dtype: x.double(),
    "flip": lambda x, axis=None: x.flip(all_axes(x, axis)) if not isinstance(axis, int) else x.flip(axis),
    "roll": torch.roll,
    "pad": lambda x, width, value=0.0: F.pad(x, [n for pair in width[::-1] for n in pair], value=value),
    "getitem": getitem,
    "index_add": index_add,
    "take_along_axis": lambda x, i, axis: torch.take_along_dim(x, i, axis),
    "diagonal": lambda x: torch.diagonal(x, dim1=-2, dim2=-1),
    "trace": lambda x: torch.diagonal(x, dim1=-2, dim2=-1).sum(-1),
    "concatenate": lambda *xs, axis=0: torch.cat(xs, axis),
    "stack": lambda *xs, axis=0: torch.stack(xs, axis),
    "split": lambda x, n, axis=0: torch.split(x, x.shape[axis] // n, axis),
    "repeat": lambda x, n, axis: torch.repeat_interleave(x, n, axis),
    "tile": lambda x, n, axis: torch.cat([x] * n, axis),
    "sum": every_axis(torch.sum),
    "mean": every_axis(torch.mean),
    "max": every_axis(torch.amax),
    "min": every_axis(torch.amin),
    "prod": product,
    "var": moment(torch.var),
    "std": moment(torch.std),
    "matmul": torch.matmul,
    "solve": lambda a, b: torch.linalg.solve(a, b),
    "inv": torch.linalg.inv,
    "det": torch.linalg.det,
    "slogdet": lambda a: (torch.linalg.slogdet(a)[0].detach(), torch.linalg.slogdet(a)[1]),
    "norm": lambda x, ord=2, axis=None, keepdims=False: torch.linalg.vector_norm(x, ord, axis, keepdims),
    "eigh": symmetric(torch.linalg.eigh),
    "eigvalsh": symmetric(torch.linalg.eigvalsh),
    "cholesky": lambda a: torch.linalg.cholesky(a @ a.mT),
    "linear": lambda x, weight, bias=None, activation=None: TRANSFER[activation](
        F.linear(x, weight, bias) if weight.ndim == 2 else layers(x, weight, bias)
    ),
    "rnn": lambda x, h, w, nonlinearity="tanh": states(getattr(torch, f"rnn_{nonlinearity}_cell"), x, h, w),
    "lstm": lambda x, h, c, w: states(torch.lstm_cell, x, (h, c), w),
    "gru": lambda x, h, w, bias=None: states(torch.gru_cell, x, h, w, bias),
    "dropout": lambda x, *args, **settings: x * mask(x, *args, **settings),
    "logsumexp": torch.logsumexp,
    "softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    "mse_loss": F.mse_loss,
    "binary_cross_entropy_with_logits": lambda x, t, **reduction: F.binary_cross_entropy_with_logits(
        x, t.to(x.dtype), **reduction
    ),
    "cross_entropy": probabilities_or_labels(F.cross_entropy),
    "nll_loss": F.nll_loss,
}

# Where second derivatives depart from PyTorch's, at zeros, kinks and extremes, and why.
DEPARTURES = {
    "power-12": "PyTorch loses ∂²/∂a∂b = 1/a at b = 0",
    "power-17": "PyTorch is NaN at a = 0",
    "logaddexp-9": "PyTorch is NaN at ±1000",
    "norm-15": "PyTorch is NaN at the origin, pydl 0",
    "norm-16": "PyTorch is NaN at the origin, pydl 0",
    "elu-6": "at the kink, pydl has the left derivative, PyTorch 0",
    "selu-5": "at the kink, pydl has the left derivative, PyTorch 0",
    "prelu-4": "at the kink, pydl has the left derivative, PyTorch 0",
}


def test_every_function_that_pytorch_has_is_compared():
    assert set(PARITY) == set(SAMPLES)


def tracked(y):
    return getattr(y, "requires_grad", False)  # the sign of slogdet is a plain array


def along_directions(outputs, seed, make):
    """Return the scalar Σ⟨direction, output⟩ over the outputs that depend on something, or None."""
    weights = directions(outputs, seed)
    terms = [(make(w) * y).sum() for w, y in zip(weights, outputs, strict=True) if tracked(y)]
    return sum(terms) if terms else None


def in_pydl(sample, dtype):
    """Return values, gradients and second derivatives by pydl."""

    def make(array):
        return pydl.Tensor(array.astype(dtype))

    def gradients_of(outputs, seed):
        if (total := along_directions(outputs, seed, make)) is not None:
            total.backward(create_graph=True)
        found = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = None
        return [zeros if g is None else g for g, zeros in zip(found, nothing, strict=True)]

    leaves = [make(x).requires_grad_() for x in sample.inputs]
    nothing = [make(np.zeros_like(x)) for x in sample.inputs]
    values = [pydl.Tensor(v) for v in sample.run(leaves)]
    gradients = gradients_of(sample.run(leaves), 5)
    return values, gradients, gradients_of(gradients, 6)


def in_torch(sample, dtype):
    """Return the same by PyTorch."""

    def make(array):
        return torch.tensor(array.astype(dtype))

    def gradients_of(outputs, seed):
        total = along_directions(outputs, seed, make)
        if total is None:
            return nothing
        found = torch.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
        return [zeros if g is None else g for g, zeros in zip(found, nothing, strict=True)]

    leaves = [make(x).requires_grad_() for x in sample.inputs]
    nothing = [make(np.zeros_like(x)) for x in sample.inputs]
    place = (lambda array: array) if sample.name in ("getitem", "index_add") else torch.as_tensor
    values = sample.run(leaves, PARITY[sample.name], place)
    gradients = gradients_of(values, 5)
    return values, gradients, gradients_of(gradients, 6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ALL)
def test_parity(name, dtype):
    sample = ALL[name]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="torch")
        expected = [[e.numpy(force=True) for e in group] for group in in_torch(sample, dtype)]
    found = in_pydl(sample, dtype)
    tolerance = {"float64": 1e-10, "float32": 2e-5}[dtype]
    orders = range(2 if name in DEPARTURES else 3)
    for order in orders:
        scale = np.clip(max((np.max(np.abs(e), initial=0) for e in expected[order]), default=1), 1, 1e3)
        for y, e in zip(found[order], expected[order], strict=True):
            assert y.shape == e.shape
            np.testing.assert_allclose(y.data, e, rtol=tolerance, atol=tolerance * scale, err_msg=f"order {order}")
