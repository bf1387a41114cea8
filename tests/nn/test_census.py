"""The census counts what is there, sees every kind of pass, and changes nothing."""

import math

import numpy as np
import pytest

import pydl
from pydl import data, nn, optim, training
from pydl.nn.tally import Tally
from tests.strict import install

install()
RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("float32")
T = (X[:, 0] > 0).astype(int)


def network(seed=0, fused=True):
    pydl.seed(seed)
    if fused:
        return nn.Sequential(nn.Linear(4, 6, activation="relu"), nn.Linear(6, 5, activation="tanh"), nn.Linear(5, 2))
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))


def passes(net, times=1):
    """Go forward and backward on parts of X; return outputs and gradients of each layer, by hand."""
    outputs, gradients, weights = {}, {}, {}
    for x, t in zip(np.split(X, times), np.split(T, times), strict=True):
        net.zero_grad()
        y, chain = x, []
        for layer in net:
            y = layer(y)
            y.retain_grad()
            chain.append(y)
        pydl.cross_entropy(y, t).backward()
        for i, (layer, y) in enumerate(zip(net, chain, strict=True)):
            outputs.setdefault(str(i), []).append(y.numpy())
            gradients.setdefault(str(i), []).append(y.grad.numpy())
            weights.setdefault(str(i), []).append([p.grad.numpy().copy() for p in layer.parameters()])
    return outputs, gradients, weights


# ------------------------------------------------------------ tally


def test_a_tally_over_batches_is_that_of_all():
    batches = [np.zeros(7), RNG.standard_normal(50) * 1e-20, RNG.standard_normal((30, 40)) * 0.3, np.array([]),
               RNG.standard_normal(500) * 17 + 5, np.array([64.0, -64.0])]  # fmt: skip
    tally, whole = Tally(), np.concatenate([b.ravel() for b in batches])
    for batch in batches:
        tally.add(batch)
    assert (tally.count, tally.zeros) == (whole.size, 7)
    assert tally.mean == pytest.approx(whole.mean(), rel=1e-12)
    assert tally.std == pytest.approx(whole.std(), rel=1e-12)
    assert tally.square_sum == pytest.approx((whole**2).sum(), rel=1e-12)
    assert tally.limit == 128, "a power of two above the largest"
    np.testing.assert_array_equal(tally.counts, np.histogram(whole, tally.edges)[0])


def test_a_tally_of_small_numbers_after_zeros_is_fine_enough():
    tally = Tally()
    for batch in (np.zeros(3), np.array([1e-30, -2e-30, 3e-30])):
        tally.add(batch)
    assert tally.limit < 1e-29
    np.testing.assert_array_equal(tally.counts, np.histogram([0, 0, 0, 1e-30, -2e-30, 3e-30], tally.edges)[0])


def test_a_tally_of_nothing_and_of_numbers_that_are_none():
    tally = Tally()
    assert math.isnan(tally.std)
    tally.add(np.array([1.0, np.nan, np.inf, -np.inf]))
    assert (tally.count, tally.counts.sum(), tally.limit) == (4, 1, 2)
    assert math.isnan(tally.mean)


# ------------------------------------------------------------ figures


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("fused", [True, False])
def test_figures_by_hand(fused, times):
    net = network(fused=fused)
    with nn.Census(net) as census:
        outputs, gradients, weights = passes(net, times)
    assert list(census.layers) == [str(i) for i in range(len(net))]
    for name, layer in census.layers.items():
        y = np.concatenate(outputs[name]).astype("float64")
        assert (layer.units, layer.samples, layer.passes) == (y.shape[1], 20, times)
        assert layer.mean == pytest.approx(y.mean(), rel=1e-10)
        assert layer.std == pytest.approx(y.std(), rel=1e-10)
        norms = [np.linalg.norm(g.astype("float64")) for g in gradients[name]]
        assert layer.gradient_norm == pytest.approx(np.sqrt(np.mean(np.square(norms))), rel=1e-10)
        if weights[name][0]:
            norms = [sum((g.astype("float64") ** 2).sum() for g in w) for w in weights[name]]
            assert layer.weight_gradient_norm == pytest.approx(np.sqrt(np.mean(norms)), rel=1e-10)
        else:
            assert math.isnan(layer.weight_gradient_norm)
        found = census.summary()[name]
        assert found == {key: getattr(layer, key) for key in found}


def test_saturation_is_where_the_slope_is_a_twentieth():
    y = {"relu": [-1.0, 0.0, 0.1, 9.0], "tanh": [-3.0, 2.1, 2.2, 0.0], "sigmoid": [-5.0, 4.3, 4.4, 0.0]}
    expected = {"relu": 0.5, "tanh": 0.5, "sigmoid": 0.5}  # tanh′(2.18) = σ′(4.35)·4 = 0.05
    for name, module in {"relu": nn.ReLU(), "tanh": nn.Tanh(), "sigmoid": nn.Sigmoid()}.items():
        with nn.Census(module) as census:
            module(np.array([y[name]]))
        assert census.layers[""].saturated == expected[name]
    with nn.Census(module := nn.GELU()) as census:
        module(np.array([[-9.0, 9.0]]))
    assert math.isnan(census.layers[""].saturated), "its slope is not a function of its value"


def test_a_fused_layer_counts_behind_its_transfer_function():
    fused, plain = network(), network(fused=False)
    with nn.Census(fused) as a, nn.Census(plain) as b:
        pydl.cross_entropy(fused(X), T).backward()
        pydl.cross_entropy(plain(X), T).backward()
    for one, other in (("0", "1"), ("1", "3"), ("2", "4")):
        for column in ("mean", "std", "saturated", "gradient_norm"):
            found, right = (c.layers[n].row()[column] for c, n in ((a, one), (b, other)))
            assert found == pytest.approx(right, rel=1e-6, nan_ok=True), column
        np.testing.assert_array_equal(a.layers[one].dead_units, b.layers[other].dead_units)


# ------------------------------------------------------------ dead units


def test_dead_units_are_those_that_no_sample_wakes():
    net = network(fused=False)
    with pydl.no_grad():
        net[0].bias[:2] = -100.0  # two rectifiers that never fire
    with nn.Census(net) as census:
        for x in np.split(X, 4):
            pydl.cross_entropy(net(x), T[: len(x)]).backward()
    assert census.layers["1"].dead_units[:2].all()
    assert census.layers["0"].dead_units[:2].all(), "no gradient comes back to their inputs"
    quiet = ~(np.maximum(net[0](X).numpy(), 0) > 0).any(axis=0)
    np.testing.assert_array_equal(census.layers["1"].dead_units, quiet)
    assert census.layers["1"].dead == quiet.sum()
    assert census.layers["4"].dead == 0


def test_one_sample_wakes_a_unit():
    module = nn.ReLU()
    with nn.Census(module) as census:
        module(np.array([[-1.0, -1.0, 1.0], [-1.0, -2.0, 2.0]]))
        assert census.layers[""].dead_units.tolist() == [True, True, False]
        module(np.array([[-1.0, 3.0, -1.0]]))
    assert census.layers[""].dead_units.tolist() == [True, False, False]


def test_a_leaky_rectifier_has_no_dead_unit_where_a_rectifier_has():
    dead = {}
    for f in (nn.ReLU(), nn.LeakyReLU()):
        net = nn.Sequential(network(fused=False)[0], f)
        with pydl.no_grad():
            net[0].bias[...] = -100.0
        with nn.Census(net) as census:
            net(X).sum().backward()
        dead[type(f).__name__] = census.layers["1"].dead, census.layers["0"].dead
    assert dead == {"ReLU": (6, 6), "LeakyReLU": (0, 0)}


# ------------------------------------------------------------ which passes, which layers


def test_training_is_the_same_bit_for_bit():
    watched, alone = network(), network()
    for net in (watched, alone):
        batches = data.DataLoader((X, T), batch_size=6, shuffle=True, rng=1)
        optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        settings = {"epochs": 5, "validation": [(X, T)], "clip_norm": 0.5, "progress": False}
        if net is watched:
            with nn.Census(net) as census:
                with_it = training.fit(net, batches, nn.CrossEntropyLoss(), optimizer, **settings)
        else:
            without = training.fit(net, batches, nn.CrossEntropyLoss(), optimizer, **settings)
    assert with_it == without
    assert with_it.steps.tobytes() == without.steps.tobytes()
    for a, b in zip(watched.state_dict().values(), alone.state_dict().values(), strict=True):
        assert a.tobytes() == b.tobytes()
    assert census.layers["0"].passes == 5 * 4
    assert census.layers["0"].samples == 5 * 20, "validation ran in evaluation mode and was not counted"


def test_hooks_are_gone_at_the_end():
    net = network()
    with nn.Census(net) as census:
        loss = pydl.cross_entropy(net(X), T)
    assert all(m._hooks == [] for _, m in net.named_modules())
    assert not any(p.hooks for p in net.parameters())
    loss.backward()
    net(X)
    assert (census.layers["0"].samples, census.layers["0"].passes) == (20, 0)
    with pytest.raises(ZeroDivisionError), census:
        raise ZeroDivisionError
    assert all(m._hooks == [] for _, m in net.named_modules())


def test_the_mode_at_the_start_is_the_one_that_counts():
    net = network().eval()
    with nn.Census(net) as census:
        net(X)
        net.train()
        net(X)
    assert census.layers["0"].samples == 20


def test_chosen_layers():
    net = nn.Sequential(network(fused=False), nn.Linear(2, 1))
    assert list(nn.Census(net).layers) == ["0.0", "0.1", "0.2", "0.3", "0.4", "1"]
    assert list(nn.Census(net, nn.Linear).layers) == ["0.0", "0.2", "0.4", "1"]
    assert list(nn.Census(net, (nn.ReLU, nn.Tanh)).layers) == ["0.1", "0.3"]
    with nn.Census(net, nn.Sequential) as census:
        net(X).sum().backward()
    whole = math.sqrt(sum((p.grad.numpy() ** 2).sum() for p in net.parameters()))
    assert census.layers[""].weight_gradient_norm == pytest.approx(whole, rel=1e-5)
    with pytest.raises(ValueError, match=r"Sequential has no layer of .*GELU.*its modules are Sequential\("):
        nn.Census(net, nn.GELU)


def test_layers_that_are_used_twice_frozen_or_without_gradient():
    layer = nn.Linear(4, 4)
    layer.bias.requires_grad_(False)
    net = nn.Sequential(layer, layer)
    with nn.Census(net) as census:
        net(X).sum().backward()
        with pydl.no_grad():
            net(X)
    (counted,) = census.layers.values()
    assert (counted.samples, counted.passes) == (80, 2)
    assert counted.weight_gradient_norm == pytest.approx(np.linalg.norm(layer.weight.grad.numpy()), rel=1e-6)


def test_derivatives_of_a_watched_network():
    """Transforms run the network on tensors of their own."""
    net = network()
    with nn.Census(net) as census:
        pydl.hessian(lambda b: nn.functional_call(net, {"2.bias": b}, X).sum())(net[2].bias.numpy())
        _, slope = pydl.jvp(lambda x: net(x).sum(), (X,), (np.ones_like(X),))
    assert np.isfinite(slope)
    assert census.layers["2"].samples >= 40


def test_snapshots_make_a_history():
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    with nn.Census(net) as census:
        training.fit(
            net,
            [(X, T)] * 2,
            nn.CrossEntropyLoss(),
            optimizer,
            epochs=3,
            callbacks=[lambda epoch, history: census.snapshot() and None],
            progress=False,
        )
    assert len(census.history) == 3
    assert [row["0"]["samples"] for row in census.history] == [40] * 3
    assert len({row["2"]["gradient_norm"] for row in census.history}) == 3
    assert census.layers["0"].samples == 0
    assert census.layers["0"].units == 0
    assert math.isnan(census.layers["0"].gradient_norm)


def test_over_the_strict_kind():
    here, there = network(), network().to("strict")
    with nn.Census(here) as a, nn.Census(there) as b:
        pydl.cross_entropy(here(X), T).backward()
        pydl.cross_entropy(there(pydl.Tensor(X).to("strict")), pydl.Tensor(T).to("strict")).backward()
    for name, row in a.summary().items():
        assert b.summary()[name] == pytest.approx(row, rel=1e-5, nan_ok=True)


# ------------------------------------------------------------ words


def test_the_table():
    net = network(fused=False)
    with nn.Census(net) as census:
        net(X).sum().backward()
    lines = repr(census).splitlines()
    titles = ["layer", "units", "samples", "mean", "std", "sat.", "dead", "‖∂J/∂y‖", "‖∂J/∂w‖"]
    assert lines[0].split() == " ".join(titles).split()
    assert [line.split()[:2] for line in lines[1:]] == [[str(i), type(m).__name__] for i, m in enumerate(net)]
    assert lines[2].split()[2:4] == ["6", "20"]
    assert lines[2].split()[-1] == "–"
    assert len({len(line) for line in lines}) == 1
    page = census._repr_html_()
    assert page.count("<tr>") == 6
    assert page.count('<th scope="col">') == 9
    assert "<td>1 ReLU</td>" in page


def test_errors_teach():
    net = nn.Sequential(nn.Identity())
    with nn.Census(net) as census:
        net(X)
        with pytest.raises(ValueError, match="had 4 units and now has 3: units are counted along the last axis"):
            net(X[:, :3])
        with pytest.raises(ValueError, match="counting already"), census:
            pass
