"""Every first-order optimizer: PyTorch's trajectory for every combination of its options, and the ways to run it."""

import copy
import itertools
import multiprocessing
import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from pydl import backend, nn, optim
from pydl.backend import cuda_problem
from pydl.optim import kernel as kernels
from tests.strict import StrictArray, install

install()
STREAMS, STEPS = 5, 12
SHAPES = [(4, 3), (4,), (1, 4)]


def grid(**choices):
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


OPTIONS = {
    "SGD": [
        options
        for options in grid(
            lr=[0.1], momentum=[0.0, 0.9], dampening=[0.0, 0.3], weight_decay=[0.0, 0.05], nesterov=[False, True],
            maximize=[False, True],
        )
        if not (options["nesterov"] and (options["momentum"] == 0 or options["dampening"]))
    ],
    "Adagrad": grid(
        lr=[0.1], lr_decay=[0.0, 0.2], weight_decay=[0.0, 0.05], initial_accumulator_value=[0.0, 0.3],
        eps=[1e-10, 0.1], maximize=[False, True],
    ),
    "RMSprop": grid(
        lr=[0.05], alpha=[0.99, 0.7], eps=[1e-8, 0.1], weight_decay=[0.0, 0.05], momentum=[0.0, 0.8],
        centered=[False, True], maximize=[False, True],
    ),
    "Adadelta": grid(lr=[1.0, 0.3], rho=[0.9, 0.5], eps=[1e-6, 0.1], weight_decay=[0.0, 0.05], maximize=[False, True]),
    "Adam": grid(
        lr=[0.05], betas=[(0.9, 0.999), (0.5, 0.8)], eps=[1e-8, 0.1], weight_decay=[0.0, 0.05],
        amsgrad=[False, True], maximize=[False, True], decoupled_weight_decay=[False, True],
    ),
    "AdamW": grid(
        lr=[0.05], betas=[(0.9, 0.999), (0.5, 0.8)], eps=[1e-8, 0.1], weight_decay=[0.0, 0.3],
        amsgrad=[False, True], maximize=[False, True],
    ),
    "NAdam": grid(
        lr=[0.05], betas=[(0.9, 0.999), (0.5, 0.8)], eps=[1e-8, 0.1], weight_decay=[0.0, 0.05],
        momentum_decay=[4e-3, 0.2], decoupled_weight_decay=[False, True], maximize=[False, True],
    ),
}  # fmt: skip
EVERY = [(name, options) for name, several in OPTIONS.items() for options in several]
SOME = [(name, options) for name, several in OPTIONS.items() for options in several[:: max(len(several) // 6, 1)]]


def words(value):
    if isinstance(value, dict):
        return " ".join(f"{k}={v}" for k, v in value.items())
    return value


def stream(seed, dtype="float64"):
    """Return starting values and, for each step, gradients: steady, noisy, rare or of very different sizes."""
    rng = np.random.default_rng(seed)
    start = [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]
    steady = [rng.standard_normal(shape) for shape in SHAPES]
    scale = [10.0 ** rng.uniform(-3, 3, shape) for shape in SHAPES]

    def draw(shape, k):
        noise = rng.standard_normal(shape)
        kinds = (steady[k] + 0.1 * noise, noise, noise * (rng.random(shape) < 0.2), noise * scale[k], noise**3)
        return kinds[seed].astype(dtype)

    return start, [[draw(shape, k) for k, shape in enumerate(SHAPES)] for _ in range(STEPS)]


def make(name, start, options):
    """Return parameters, the first one transposed in memory as `Linear` has it, and their optimizer."""
    parameters = [nn.Parameter(np.asfortranarray(a) if a.shape == (4, 3) else a.copy()) for a in start]
    return parameters, getattr(optim, name)(parameters, **options)


def follow(parameters, optimizer, gradients):
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = None if g is None else g
    optimizer.step()
    return np.concatenate([p.numpy().ravel() for p in parameters])


# ------------------------------------------------------------ PyTorch


@pytest.fixture
def torch():
    """PyTorch in float64 throughout: NAdam's product of momenta has its default type, whatever the parameters'."""
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(STREAMS))
@pytest.mark.parametrize(("name", "options"), EVERY, ids=words)
def test_trajectory_is_pytorchs(torch, name, options, seed):
    start, gradients = stream(seed)
    parameters, ours = make(name, start, options)
    others = [torch.tensor(a, requires_grad=True) for a in start]
    theirs = getattr(torch.optim, name)(others, **options)
    for each in gradients:
        mine = follow(parameters, ours, each)
        for q, g in zip(others, each, strict=True):
            q.grad = torch.tensor(g)
        theirs.step()
        expected = np.concatenate([q.detach().numpy().ravel() for q in others])
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)
    assert np.abs(mine - np.concatenate([a.ravel() for a in start])).max() > 1e-3


@pytest.mark.torch
@pytest.mark.parametrize(("name", "options"), SOME, ids=words)
def test_missing_gradients_and_schedules_as_in_pytorch(torch, name, options):
    start, gradients = stream(1)

    def rate(t):
        return options["lr"] / (1 + t) ** 0.5

    parameters, ours = make(name, start, options | {"lr": rate})
    others = [torch.tensor(a, requires_grad=True) for a in start]
    theirs = getattr(torch.optim, name)(others, **options | {"lr": 1.0})
    schedule = torch.optim.lr_scheduler.LambdaLR(theirs, rate)
    for t, each in enumerate(gradients):
        given = [
            None if (t, k) in {(0, 1), (3, 0), (3, 1), (4, 2), (7, 0), (7, 1), (7, 2)} else g
            for k, g in enumerate(each)
        ]
        mine = follow(parameters, ours, given)
        for q, g in zip(others, given, strict=True):
            q.grad = None if g is None else torch.tensor(g)
        theirs.step()
        schedule.step()
        np.testing.assert_allclose(
            mine, np.concatenate([q.detach().numpy().ravel() for q in others]), rtol=1e-12, atol=1e-12
        )


@pytest.mark.torch
def test_options_and_defaults_are_pytorchs(torch):
    only_there = {"params", "foreach", "capturable", "differentiable", "fused"}  # ways of running, not of reckoning
    for name in OPTIONS:
        theirs = getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)]).param_groups[0]
        _, ours = make(name, stream(0)[0], {"lr": 1e-3} if name == "SGD" else {})
        expected = {k: v for k, v in theirs.items() if k not in only_there}
        assert ours.groups[0].options == expected


@pytest.mark.torch
@pytest.mark.parametrize(("name", "options"), SOME, ids=words)
def test_state_has_pytorchs_names_and_values(torch, name, options):
    start, gradients = stream(0)
    parameters, ours = make(name, start, options)
    others = [torch.tensor(a, requires_grad=True) for a in start]
    theirs = getattr(torch.optim, name)(others, **options)
    for each in gradients:
        follow(parameters, ours, each)
        for q, g in zip(others, each, strict=True):
            q.grad = torch.tensor(g)
        theirs.step()
    (state,) = [group["state"] for group in ours.state_dict()["groups"]]
    held = {k for k, v in theirs.state[others[1]].items() if isinstance(v, torch.Tensor) and v.ndim == 1}
    assert set(state) == held
    for key, vector in state.items():
        (i, j) = ours.groups[0].bounds[1]
        np.testing.assert_allclose(vector[i:j], theirs.state[others[1]][key].numpy(), rtol=1e-12, atol=1e-300)


# ------------------------------------------------------------ resuming


@pytest.mark.parametrize(("name", "options"), SOME, ids=words)
def test_a_state_saved_midway_resumes_bit_for_bit(name, options):
    start, gradients = stream(2, "float32")
    parameters, optimizer = make(name, start, options)
    for each in gradients[:5]:
        follow(parameters, optimizer, each)
    weights, state = [p.numpy().copy() for p in parameters], copy.deepcopy(optimizer.state_dict())
    expected = [follow(parameters, optimizer, each).tobytes() for each in gradients[5:]]
    assert len(set(expected)) == len(expected) or name == "SGD", (
        "the rare gradients can be all 0, SGD then stands still"
    )
    resumed, other = make(name, weights, options)
    other.load_state_dict(state)
    assert [follow(resumed, other, each).tobytes() for each in gradients[5:]] == expected


# ------------------------------------------------------------ three ways to run a formula


SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e38, 1e-45, 1.0]


def long(name, options, dtype, size):
    """Return a long parameter, its optimizer and gradients of all sizes, which end in zeros, infinities and NaN."""
    rng = np.random.default_rng(0)
    p = nn.Parameter(rng.standard_normal(size).astype(dtype))
    optimizer = getattr(optim, name)([p], **options)
    gradients = [(rng.standard_normal(size) * 10.0 ** rng.uniform(-6, 6, size)).astype(dtype) for _ in range(3)]
    for g in gradients:
        g[-8:] = np.array(SPECIAL, dtype)
    return p, optimizer, gradients


def results(name, options, dtype, size, monkeypatch):
    """Return θ and the state after three steps in blocks, and after three in a compiled loop."""
    pytest.importorskip("numba")
    both = []
    for patience in (float("inf"), 0):
        p, optimizer, gradients = long(name, options, dtype, size)
        kernel = optimizer.groups[0].kernel
        monkeypatch.setattr(kernel, "patience", patience)
        before = kernel.entries
        with np.errstate(all="ignore"):
            for g in gradients:
                follow([p], optimizer, [g])
        assert (kernel.entries == before) == (patience == 0), "or the other way was run"
        both.append({"theta": p.numpy().copy()} | optimizer.groups[0].state)
    return both


def bits(vector):
    """Return a vector's bits, with one NaN for all: which of them an operation gives is nobody's promise."""
    return np.where(np.isnan(vector), np.nan, vector).tobytes()


EXTREMES = [(name, options) for name, several in OPTIONS.items() for options in (several[0], several[-1])]


@pytest.mark.parametrize(("name", "options"), EXTREMES, ids=words)
def test_the_compiled_loop_gives_the_same_bits(name, options, monkeypatch):
    blocks, loop = results(name, options, "float32", 2 * kernels.BLOCK + 17, monkeypatch)
    for key, vector in blocks.items():
        assert bits(loop[key]) == bits(vector), key


def test_threads_share_a_long_vector(monkeypatch):
    monkeypatch.setattr(kernels, "PIECE", 1000)
    monkeypatch.setattr(kernels, "_cores", lambda: 3)
    started, submit = [], ThreadPoolExecutor.submit
    monkeypatch.setattr(ThreadPoolExecutor, "submit", lambda *args: started.append(args) or submit(*args))
    blocks, loop = results("Adam", {"lr": 0.1, "amsgrad": True}, "float64", 3001, monkeypatch)
    for key, vector in blocks.items():
        assert bits(loop[key]) == bits(vector), key
    assert len(started) == 2 * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_threads_work_after_a_fork(monkeypatch):
    """Threads do not survive a fork, and a pool that believed in them would wait for ever."""
    monkeypatch.setattr(kernels, "PIECE", 1000)
    monkeypatch.setattr(kernels, "_cores", lambda: 3)
    _, before = results("Adagrad", {}, "float64", 3001, monkeypatch)
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        vector = pool.apply_async(_loop_in_child).get(timeout=60)
    assert bits(vector) == bits(before["theta"])


def _loop_in_child():
    p, optimizer, gradients = long("Adagrad", {}, "float64", 3001)
    with np.errstate(all="ignore"):
        for g in gradients:
            follow([p], optimizer, [g])
    return p.numpy().copy()


def test_compiling_waits_until_it_pays(monkeypatch):
    pytest.importorskip("numba")
    p, optimizer, _ = long("Adagrad", {"eps": 0.3}, "float32", 100)
    g = np.ones(100, "float32")
    kernel = kernels.Kernel(optim.Adagrad.formula(), [True])
    monkeypatch.setattr(optimizer.groups[0], "kernel", kernel)
    monkeypatch.setattr(kernel, "patience", 250)
    assert [(follow([p], optimizer, [g]).size and kernel.entries, bool(kernel.loops)) for _ in range(5)] == [
        (100, False), (200, False), (300, False), (300, True), (300, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("wish", "patience"), [("", 1 << 28), ("always", 0), ("never", float("inf"))])
def test_the_environment_decides_about_compiling(monkeypatch, wish, patience):
    monkeypatch.setenv("PYDL_COMPILE", wish)
    assert kernels.Kernel(optim.Adagrad.formula(), [True]).patience == patience
    monkeypatch.setenv("PYDL_COMPILE", "perhaps")
    with pytest.raises(ValueError, match=r"PYDL_COMPILE must be one of .*'always', 'never'.*, not 'perhaps'"):
        kernels.Kernel(optim.Adagrad.formula(), [True])


@pytest.mark.parametrize(("name", "options"), SOME, ids=words)
def test_a_gpu_gets_one_kernel_made_of_its_own_functions(name, options, monkeypatch):
    """Without a GPU: CuPy's tracer is played by a function that runs what it was given, and keeps account."""
    made, called = [], []

    def fuse(kernel_name):
        def decorate(function):
            made.append(kernel_name)
            return function

        return decorate

    def own(function):
        return lambda *args: (called.append(function.__name__), function(*args))[1]

    cupy = SimpleNamespace(fuse=fuse, sqrt=own(np.sqrt), maximum=own(np.maximum))
    monkeypatch.setattr(backend, "_cuda", lambda: SimpleNamespace(namespace=cupy))
    monkeypatch.setattr(kernels, "device_of", lambda array: "cuda" if isinstance(array, StrictArray) else "cpu")
    start, gradients = stream(0)
    parameters, optimizer = make(name, start, options)
    there = [nn.Parameter(p.detach().to("strict").data) for p in parameters]
    other = getattr(optim, name)(there, **options)
    monkeypatch.delitem(vars(other.groups[0].kernel), "fused", raising=False)
    for each in gradients:
        expected = follow(parameters, optimizer, each)
        for p, g in zip(there, each, strict=True):
            p.grad = nn.Parameter(g).detach().to("strict")
        other.step()
    del vars(other.groups[0].kernel)["fused"]
    assert made == [name.lower() if name != "AdamW" else "adam"]
    assert called or name == "SGD"
    np.testing.assert_allclose(np.concatenate([p.numpy().ravel() for p in there]), expected, rtol=1e-12)


def test_blocks_need_no_memory_beyond_the_cache(monkeypatch):
    for name in OPTIONS:
        p, optimizer, (g, *_) = long(name, {"lr": 0.1} if name == "SGD" else {}, "float32", 1 << 20)
        monkeypatch.setattr(optimizer.groups[0].kernel, "patience", float("inf"))
        g[-8:] = 1
        follow([p], optimizer, [g])
        tracemalloc.start()
        optimizer.step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4 * (4 * kernels.BLOCK), f"{name}: {peak} bytes beside 4 MiB of weights"


@pytest.mark.parametrize(("name", "options"), SOME, ids=words)
def test_over_the_strict_kind(name, options):
    start, gradients = stream(0, "float32")
    parameters, optimizer = make(name, start, options)
    there = [nn.Parameter(p.detach().to("strict").data) for p in parameters]
    other = getattr(optim, name)(there, **options)
    waited = StrictArray.synchronisations
    for each in gradients:
        expected = follow(parameters, optimizer, each)
        for p, g in zip(there, each, strict=True):
            p.grad = nn.Parameter(g).detach().to("strict")
        other.step()
    assert StrictArray.synchronisations == waited
    assert {p.device for p in there} == {"strict"}
    np.testing.assert_allclose(np.concatenate([p.numpy().ravel() for p in there]), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.gpu
@pytest.mark.skipif(cuda_problem() is not None, reason=str(cuda_problem()))
@pytest.mark.parametrize(("name", "options"), SOME, ids=words)
def test_on_a_gpu_as_one_kernel(name, options):
    start, gradients = stream(0)
    parameters, optimizer = make(name, start, options)
    there = [nn.Parameter(p.detach().to("cuda").data) for p in parameters]
    other = getattr(optim, name)(there, **options)
    for each in gradients:
        expected = follow(parameters, optimizer, each)
        for p, g in zip(there, each, strict=True):
            p.grad = nn.Parameter(g).detach().to("cuda")
        other.step()
    assert "fused" in vars(other.groups[0].kernel)
    np.testing.assert_allclose(np.concatenate([p.numpy().ravel() for p in there]), expected, rtol=1e-12, atol=1e-12)


# ------------------------------------------------------------ options


def test_a_formula_must_return_all_that_it_changes():
    class Forgetful(optim.Optimizer):
        slots: ClassVar = {"sum": None}

        @staticmethod
        def formula():
            return lambda theta, grad, r, lr: (theta - lr * grad,)

    w = nn.Parameter([1.0])
    optimizer = Forgetful([w], lr=0.1)
    w.grad = [1.0]
    with pytest.raises(ValueError, match=r"must return θ and the state, 2 in all"):
        optimizer.step()


def test_a_formula_that_numba_cannot_take_goes_on_in_blocks(monkeypatch):
    pytest.importorskip("numba")

    class Sorted(optim.Optimizer):
        @staticmethod
        def formula():
            def step(theta, grad, lr):
                return (theta - lr * np.sort(grad),)  # of an entry, there is nothing to sort

            return step

    w = nn.Parameter([1.0, 2.0])
    optimizer = Sorted([w], lr=1.0)
    monkeypatch.setattr(optimizer.groups[0].kernel, "patience", 0)
    with pytest.warns(RuntimeWarning, match=r"cannot compile the formula step .*NumPy goes on with it"):
        follow([w], optimizer, [[4.0, 3.0]])
    assert w.tolist() == [-2.0, -2.0]
    assert follow([w], optimizer, [[1.0, 0.0]]).tolist() == [-2.0, -3.0], "and says so once"


def test_a_formula_may_leave_its_arrays_alone():
    class Functional(optim.Optimizer):
        slots: ClassVar = {"velocity": None}

        @staticmethod
        def formula():
            def step(theta, grad, v, lr):
                v = 0.5 * v - lr * grad
                return theta + v, v

            return step

    (w, v), start = (nn.Parameter([1.0, 2.0]) for _ in range(2)), np.array([1.0, 2.0], "float32")
    ours, other = Functional([w], lr=0.25), optim.SGD([v], lr=0.25, momentum=0.5)
    for g in ([1.0, -1.0], [2.0, 0.5], [0.0, 4.0]):
        np.testing.assert_array_equal(follow([w], ours, [g]), follow([v], other, [g]))
    assert (w.numpy() != start).all()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("Adagrad", {"lr_decay": -1}, "Adagrad: lr_decay must be a number >= 0, not -1"),
        ("RMSprop", {"alpha": 1.0}, r"RMSprop: alpha must be a number in \[0, 1\), not 1.0"),
        ("Adadelta", {"rho": 1.5}, r"Adadelta: rho must be a number in \[0, 1\], not 1.5"),
        ("Adam", {"betas": (0.9, 1.0)}, r"Adam: betas must be a number in \[0, 1\), not \(0.9, 1.0\)"),
        ("AdamW", {"weight_decay": -0.1}, "AdamW: weight_decay must be a number >= 0, not -0.1"),
        ("NAdam", {"eps": float("nan")}, "NAdam: eps must be a number >= 0, not nan"),
    ],
)
def test_options_out_of_range_teach(name, options, words):
    with pytest.raises(ValueError, match=words):
        make(name, stream(0)[0], options)


def test_any_number_may_be_a_schedule_and_its_values_are_checked():
    start, gradients = stream(1)
    parameters, optimizer = make("SGD", start, {"lr": 0.1, "momentum": lambda t: 0.5 + 0.1 * t})
    others, other = make("SGD", start, {"lr": 0.1, "momentum": 0.5})
    for t, each in enumerate(gradients[:5]):
        other.groups[0].options["momentum"] = 0.5 + 0.1 * t
        np.testing.assert_array_equal(follow(parameters, optimizer, each), follow(others, other, each))
    before = [p.numpy().copy() for p in parameters]
    with pytest.raises(ValueError, match=r"momentum must be a number in \[0, 1\), not 1.0"):
        follow(parameters, optimizer, gradients[5])
    assert all((p.numpy() == a).all() for p, a in zip(parameters, before, strict=True))


def test_weight_decay_may_be_a_schedule_that_passes_through_zero():
    start, gradients = stream(1)
    for name, decoupled in (("SGD", {}), ("Adam", {"decoupled_weight_decay": True})):
        parameters, optimizer = make(name, start, {"lr": 0.1, "weight_decay": lambda t: 0.3 * (t % 2), **decoupled})
        others, other = make(name, start, {"lr": 0.1, "weight_decay": 0.3, **decoupled})
        for t, each in enumerate(gradients):
            other.groups[0].options["weight_decay"] = 0.3 * (t % 2)
            np.testing.assert_allclose(follow(parameters, optimizer, each), follow(others, other, each), rtol=1e-14)


def test_a_bad_option_in_the_second_group_stops_the_first_one_too():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.1)
    optimizer.groups[1].options["lr"] = -1.0
    a.grad = b.grad = [1.0]
    with pytest.raises(ValueError, match=r"SGD: lr must be a number >= 0 or a schedule, not -1.0"):
        optimizer.step()
    assert (a.tolist(), b.tolist()) == ([1.0], [1.0])


def test_an_option_turned_on_later_gets_its_state():
    start, gradients = stream(1)
    parameters, optimizer = make("SGD", start, {"lr": 0.1})
    others, other = make("SGD", start, {"lr": 0.1, "momentum": 0.9})
    assert not optimizer.groups[0].state
    optimizer.groups[0].options["momentum"] = 0.9
    for each in gradients:
        np.testing.assert_array_equal(follow(parameters, optimizer, each), follow(others, other, each))
    optimizer.groups[0].options["weight_decay"] = other.groups[0].options["weight_decay"] = 0.1
    for each in gradients:
        np.testing.assert_array_equal(follow(parameters, optimizer, each), follow(others, other, each))


def test_memory_is_taken_for_state_that_is_used():
    count = {
        "SGD": ({"lr": 0.1}, 0), "Adagrad": ({}, 1), "RMSprop": ({}, 1), "Adadelta": ({}, 2), "Adam": ({}, 2),
        "NAdam": ({}, 2),
    }  # fmt: skip
    for name, (options, vectors) in count.items():
        assert len(make(name, stream(0)[0], options)[1].groups[0].state) == vectors
    assert set(make("RMSprop", stream(0)[0], {"momentum": 0.5, "centered": True})[1].groups[0].state) == {
        "square_avg", "grad_avg", "momentum_buffer",
    }  # fmt: skip
