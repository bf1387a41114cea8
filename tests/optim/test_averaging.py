"""Average: its definitions, PyTorch's AveragedModel, changing places with θ, and going on from a checkpoint."""

import numpy as np
import pytest

import pydl
from pydl import data, nn, optim
from pydl.errors import GraphError
from tests.strict import StrictArray, install

install()
KINDS = [{}, {"start": 4}, {"decay": 0.8}, {"decay": 0.8, "bias_correction": True}, {"decay": 0.8, "start": 4}]
SHAPES = [(4, 3), (5,), ()]


def names(options):
    return " ".join(f"{k}={v}" for k, v in options.items()) or "mean"


def parameters(dtype="float64"):
    """Return parameters as networks have them: one transposed in memory, a vector, a number."""
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]
    return [nn.Parameter(np.asfortranarray(a) if a.ndim == 2 else a) for a in arrays]


def walk(ps, steps, average=None, optimizer=None, seed=1):
    """Move the parameters by random steps; return what they were after each."""
    rng, path = np.random.default_rng(seed), []
    for _ in range(steps):
        for p in ps:
            g = rng.standard_normal(p.shape).astype(p.dtype)
            if optimizer is None:
                p.copy_(p.data - g)
            else:
                p.grad = g
        if optimizer is not None:
            optimizer.step()
        if average is not None:
            average.update()
        path.append([p.numpy().copy() for p in ps])
    return path


def of(average, ps):
    with average.applied():
        return [p.numpy().copy() for p in ps]


def expected(path, decay=None, start=0, bias_correction=False):
    """Return the weighted sum of the iterates, from all of them at once."""
    path = path[min(start, len(path) - 1) :]
    weights = np.ones(len(path)) if decay is None else decay ** np.arange(len(path) - 1, -1, -1.0)
    if decay is not None and not bias_correction:
        weights[1:] *= 1 - decay  # the first has what all earlier ones would have had
    weights /= weights.sum()
    return [sum(w * a for w, a in zip(weights, arrays, strict=True)) for arrays in zip(*path, strict=True)]


# ------------------------------------------------------------ what it computes


@pytest.mark.parametrize("through", ["optimizer", "groups", "parameters", "parameters, then optimizer"])
@pytest.mark.parametrize("options", KINDS, ids=names)
def test_the_weighted_sum_of_the_iterates(options, through):
    ps = parameters()
    groups = [{"params": ps[:1]}, {"params": ps[1:], "lr": 0.2}] if through == "groups" else ps
    average = optim.Average(ps, **options) if through.startswith("param") else None
    optimizer = None if through == "parameters" else optim.SGD(groups, lr=0.1)
    average = average or optim.Average(optimizer, **options)
    path = []
    for steps in (1, 2, 1, 10):
        path += walk(ps, steps, average, optimizer, seed=steps)
        for mine, right in zip(of(average, ps), expected(path, **options), strict=True):
            np.testing.assert_allclose(mine, right, rtol=1e-13, atol=1e-14)
    assert average.steps == 14


def test_long_vectors_are_averaged_in_pieces():
    """More than a piece of 2¹⁵ entries, in rows, in columns, and where one row is longer than a piece."""
    for shape, order in (((100_001,), "C"), ((300, 301), "C"), ((300, 301), "F"), ((2, 40_000), "C")):
        p = nn.Parameter(np.asarray(np.random.default_rng(0).standard_normal(shape), order=order))
        average = optim.Average([p])
        path = walk([p], 3, average)
        np.testing.assert_allclose(of(average, [p])[0], np.mean([a for (a,) in path], axis=0), rtol=1e-12, atol=1e-15)


def test_float32_stays_and_keeps_its_digits():
    ps = parameters("float32")
    average = optim.Average(optim.SGD(ps, lr=0.01))
    assert average._means[0].dtype == "float32"
    path = walk(ps, 2000, average, average.optimizer)
    exact = expected([[a.astype("float64") for a in arrays] for arrays in path])
    for mine, right in zip(of(average, ps), exact, strict=True):
        assert mine.dtype == "float32"
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5)


@pytest.mark.torch
@pytest.mark.parametrize("decay", [None, 0.9, 0.999])
def test_pytorchs_averaged_model(decay):
    torch = pytest.importorskip("torch")
    swa_utils = torch.optim.swa_utils
    ps = parameters()
    model = torch.nn.ParameterList(torch.nn.Parameter(torch.from_numpy(p.numpy().copy())) for p in ps)
    how = {} if decay is None else {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(decay)}
    theirs = swa_utils.AveragedModel(model, **how)
    average = optim.Average(ps, decay=decay)
    for step in range(50):
        walk(ps, 1, average, seed=step)
        for p, q in zip(ps, model.parameters(), strict=True):
            q.data.copy_(torch.from_numpy(p.numpy().copy()))
        theirs.update_parameters(model)
        for mine, right in zip(of(average, ps), theirs.module.parameters(), strict=True):
            np.testing.assert_allclose(mine, right.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_on_a_device():
    ps = [nn.Parameter(pydl.tensor(p.numpy()).to("strict").data) for p in parameters()]
    optimizer = optim.SGD(ps, lr=0.1)
    average = optim.Average(optimizer, decay=0.9, bias_correction=True)
    for _ in range(3):
        for p in ps:
            p.grad = p * 1.0
        optimizer.step()
        average.update()
    state = average.state_dict()
    assert isinstance(ps[0].data, StrictArray)
    assert type(state["means"][0]) is np.ndarray
    average.load_state_dict(state)
    weights = 0.9 ** np.arange(2, -1, -1) * 0.9 ** np.arange(1, 4)  # each step shrinks θ to 0.9
    factor = weights.sum() / (0.9 ** np.arange(3)).sum()
    for mine, start in zip(of(average, ps), parameters(), strict=True):
        np.testing.assert_allclose(mine, factor * start.numpy(), rtol=1e-13)


def test_infinite_weights_are_not_hidden():
    p = nn.Parameter([1.0, 2.0])
    average = optim.Average([p])
    average.update()
    p.copy_([np.inf, 3.0])
    average.update()
    np.testing.assert_array_equal(of(average, [p])[0], [np.inf, 2.5])


# ------------------------------------------------------------ changing places


@pytest.mark.parametrize("through", ["optimizer", "parameters"])
def test_the_weights_come_back_bit_for_bit_also_after_an_error(through):
    ps = parameters()
    optimizer = optim.SGD(ps, lr=0.1)
    average = optim.Average(optimizer if through == "optimizer" else ps)
    walk(ps, 5, average, optimizer)
    before, means = optimizer.groups[0].theta.copy(), average.state_dict()["means"]
    within = []

    def fail():
        within.extend([np.shares_memory(ps[0].data, optimizer.groups[0].theta), optimizer.groups[0].theta != before])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), average.applied():
        fail()
    assert np.all(within[0])
    assert np.all(within[1])
    np.testing.assert_array_equal(optimizer.groups[0].theta, before)
    for mine, right in zip(average.state_dict()["means"], means, strict=True):
        np.testing.assert_array_equal(mine, right)
    with average.applied():  # and it works again
        pass


def test_a_graph_that_recorded_the_other_weights_refuses():
    p = nn.Parameter([1.0, 2.0])
    average = optim.Average([p])
    walk([p], 2, average)
    j = (p * p).sum()
    with average.applied():
        k = (p * p).sum()
        with pytest.raises(GraphError, match="changed in place"):
            j.backward()
    with pytest.raises(GraphError, match="changed in place"):
        k.backward()


def test_within_applied_nothing_else_is_taken():
    p = nn.Parameter([1.0])
    average = optim.Average([p])
    with pytest.raises(ValueError, match=r"nothing has been averaged: call update\(\)"), average.applied():
        pass
    average.update()
    state = average.state_dict()
    with average.applied():
        for what in (average.update, average.state_dict, lambda: average.load_state_dict(state)):
            with pytest.raises(GraphError, match=r"within `with average\.applied"):
                what()
        with pytest.raises(GraphError, match=r"Average.applied\(\) within"), average.applied():
            pass
    assert average.steps == 1


def test_another_optimizer_takes_the_weights_away():
    ps = parameters()
    average = optim.Average(optim.SGD(ps, lr=0.1))
    optim.SGD(ps[1:], lr=0.1)
    with pytest.raises(GraphError, match="were handed to another one"):
        average.update()


# ------------------------------------------------------------ going on


@pytest.mark.parametrize("options", KINDS, ids=names)
def test_it_goes_on_from_its_state_bit_for_bit(options):
    ps = parameters("float32")
    optimizer = optim.SGD(ps, lr=0.1)
    average = optim.Average(optimizer, **options)
    walk(ps, 7, average, optimizer, seed=1)
    state, weights, theta = average.state_dict(), optimizer.state_dict(), [p.numpy().copy() for p in ps]
    walk(ps, 9, average, optimizer, seed=2)
    ps_again = [nn.Parameter(np.asfortranarray(a) if a.ndim == 2 else a) for a in theta]
    optimizer = optim.SGD(ps_again, lr=0.1)
    optimizer.load_state_dict(weights)
    again = optim.Average(optimizer, **options)
    again.load_state_dict(state)
    walk(ps_again, 9, again, optimizer, seed=2)
    for mine, right in zip(of(again, ps_again), of(average, ps), strict=True):
        np.testing.assert_array_equal(mine, right)


def test_a_checkpoint_has_it(tmp_path):
    ps = parameters()
    average = optim.Average(ps)
    walk(ps, 5, average)
    pydl.save(tmp_path / "run.npz", average=average)
    again = optim.Average(parameters())
    pydl.load(tmp_path / "run.npz", average=again)
    assert again.steps == 5
    for mine, right in zip(of(again, again.parameters), of(average, ps), strict=True):
        np.testing.assert_array_equal(mine, right)


def test_fit_averages_and_goes_on_with_the_average(tmp_path, monkeypatch):
    monkeypatch.setenv("PYDL_PROGRESS", "0")
    X, y = data.moons(40, rng=0)

    def run(path=None, epochs=6):
        pydl.seed(0)
        net = nn.Sequential(nn.Linear(2, 6, activation="tanh"), nn.Linear(6, 2))
        optimizer = optim.SGD(net.parameters(), lr=0.1)
        average = optim.Average(optimizer, start=3)
        batches = data.DataLoader((X, y), 8, shuffle=True)
        keep = {"after_step": [average.update], "checkpoint": path}
        pydl.fit(net, batches, nn.CrossEntropyLoss(), optimizer, epochs, **keep)
        assert average.steps == 5 * epochs
        with average.applied():
            return b"".join(a.tobytes() for a in net.state_dict().values())

    run(tmp_path / "run.npz", epochs=2)
    assert run(tmp_path / "run.npz") == run()


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("error", "make", "words"),
    [
        (ValueError, lambda: optim.Average([nn.Parameter([1.0])], decay=1.0), "decay must lie between 0 and 1"),
        (ValueError, lambda: optim.Average([nn.Parameter([1.0])], bias_correction=True), "belongs to a decay"),
        (ValueError, lambda: optim.Average([nn.Parameter([1.0])], start=-1), "start must be a number of steps >= 0"),
        (ValueError, lambda: optim.Average([]), "got no parameters: pass an optimizer"),
        (ValueError, lambda: optim.Average(2 * [nn.Parameter([1.0])]), "given twice"),
        (TypeError, lambda: optim.Average(nn.Linear(2, 1)), r"e.g. module.parameters\(\), not Linear"),
        (TypeError, lambda: optim.Average(nn.Parameter([[1.0, 2.0]])), "an optimizer or a list of parameters"),
        (TypeError, lambda: optim.Average([np.ones(2)]), "not ndarray"),
    ],
)
def test_impossible_options_teach(error, make, words):
    with pytest.raises(error, match=words):
        make()


def test_a_state_that_does_not_fit_changes_nothing():
    ps = parameters()
    average = optim.Average(ps)
    walk(ps, 3, average)
    before = average.state_dict()
    for state, words in (
        ({"steps": 1}, "an average's state with 'steps' and 'means'"),
        ({"steps": 1, "means": [np.ones(3)]}, r"it has the shapes \[\(3,\)\], here are \[\(4, 3\), \(5,\), \(\)\]"),
        (optim.Average(optim.SGD(parameters(), lr=0.1)).state_dict(), r"\[\(18,\)\], here"),
    ):
        with pytest.raises(ValueError, match=words):
            average.load_state_dict(state)
    assert average.state_dict()["steps"] == 3
    np.testing.assert_array_equal(average.state_dict()["means"][0], before["means"][0])
    assert repr(average) == "Average(18 weights, equal weights, 3 steps)"
    assert repr(optim.Average(ps, decay=0.9)) == "Average(18 weights, decay=0.9, 0 steps)"
