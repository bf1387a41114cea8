"""The figure of the optimizer race: its functions, rules and noise are those of pydl, its verdicts what they say."""

import inspect
import math

import interactive_figures
import numpy as np
import pytest
from matplotlib.path import Path

import pydl
from pydl.landscape import SURFACES
from tests.test_figures import build, needs_node, run_js

SCRIPTS = ["kit", "rules", "functions", "contours", "race"]
OPTIMIZERS = {
    "sgd": pydl.optim.SGD,
    "momentum": lambda p, **given: pydl.optim.SGD(p, momentum=0.9, **given),
    "nesterov": lambda p, **given: pydl.optim.SGD(p, momentum=0.9, nesterov=True, **given),
    "adagrad": pydl.optim.Adagrad,
    "rmsprop": pydl.optim.RMSprop,
    "adadelta": pydl.optim.Adadelta,
    "adam": pydl.optim.Adam,
    "amsgrad": lambda p, **given: pydl.optim.Adam(p, amsgrad=True, **given),
    "nadam": pydl.optim.NAdam,
}
GENTLE = {  # rates under which a path is no chaos: rounding errors do not grow
    "beale": 1e-3,
    "rosenbrock": 3e-4,
    "himmelblau": 2e-3,
    "saddle": 0.1,
    "ravine": 5e-3,
    "turned_ravine": 5e-3,
    "plateau": 0.3,
    "waves": 0.05,
}
RATES = {"adagrad": 0.3, "rmsprop": 0.01, "adadelta": 1.0, "adam": 0.03, "amsgrad": 0.03, "nadam": 0.02}
LANES = """given.lanes.map(([method, lr, name]) => race.lane(method, lr, {
    fn: functions[name], start: functions[name].start, sigma: given.sigma ?? 0, noise: race.normals(given.seed ?? 1),
}).to(given.steps))"""


def normals(seed, count):
    """Return `count` standard normal pairs: Park, Miller and Stockmeyer's generator, made normal by Box and Muller."""
    s, uniform = seed, []
    for _ in range(8 + 2 * count):
        s = 48271 * s % (2**31 - 1)
        uniform.append(s / (2**31 - 1))
    u, v = np.reshape(uniform[8:], (count, 2)).T
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def path_of_pydl(method, lr, surface, start, steps, sigma=0.0, seed=1):
    """Return where pydl's optimizer leads, with gradients from reverse mode and the figure's noise on them."""
    theta = pydl.nn.Parameter(np.array(start, float))
    optimizer, noise, path = OPTIMIZERS[method]([theta], lr=lr), sigma * normals(seed, steps), [theta.numpy().copy()]
    for draw in noise:
        optimizer.zero_grad()
        (surface(theta) + (pydl.tensor(draw) * theta).sum()).backward()
        optimizer.step()
        path.append(theta.numpy().copy())
    return np.array(path)


@needs_node
def test_functions_are_those_of_pydl():
    rng = np.random.default_rng(0)
    points = {name: rng.uniform(*np.transpose(s.window), (60, 2)) for name, s in SURFACES.items()}
    found = run_js(
        SCRIPTS,
        "Object.fromEntries(Object.entries(functions).map(([name, fn]) => [name, { ...fn,"
        " values: given.points[name].map(fn.f), slopes: given.points[name].map(fn.grad) }]))",
        points={name: p.tolist() for name, p in points.items()},
    )
    assert list(found) == list(SURFACES)
    for name, surface in SURFACES.items():
        here = found[name]
        assert (here["window"]["x"], here["window"]["y"]) == tuple(map(list, surface.window))
        assert here["start"] == list(surface.start)
        assert here["minima"] == [list(point) for point in surface.minimizers]
        np.testing.assert_allclose(here["values"], surface(points[name]), rtol=1e-13, atol=1e-13)
        slopes = pydl.grad(lambda p, f=surface: f(p).sum())(points[name])
        np.testing.assert_allclose(here["slopes"], slopes, rtol=1e-11, atol=1e-12)


@needs_node
@pytest.mark.parametrize("method", OPTIMIZERS)
def test_every_method_goes_on_every_function_as_in_pydl(method):
    steps, slower = 120, 5 if method in ("momentum", "nesterov") else 1
    lanes = [[method, RATES.get(method, GENTLE[name] / slower), name] for name in SURFACES]
    for (_, lr, name), found in zip(lanes, run_js(SCRIPTS, LANES, lanes=lanes, steps=steps), strict=True):
        surface = SURFACES[name]
        expected = path_of_pydl(method, lr, surface, surface.start, steps)
        assert np.abs(expected[-1] - expected[0]).max() > 0.03, "it moves"
        np.testing.assert_allclose(found["path"], expected, rtol=0, atol=1e-10, err_msg=name)
        np.testing.assert_allclose(found["values"], surface(expected), rtol=1e-9, atol=1e-10)


@needs_node
def test_all_methods_meet_the_same_noise():
    given, surface = {"sigma": 0.3, "seed": 5, "steps": 150}, SURFACES["beale"]
    lanes = [[method, RATES.get(method, 2e-4), "beale"] for method in OPTIMIZERS]
    for (method, lr, _), found in zip(lanes, run_js(SCRIPTS, LANES, lanes=lanes, **given), strict=True):
        expected = path_of_pydl(method, lr, surface, surface.start, **given)
        np.testing.assert_allclose(found["path"], expected, rtol=0, atol=1e-10, err_msg=method)


@needs_node
def test_noise_is_the_documented_sequence():
    found = run_js(SCRIPTS, "[1, 2, 77].map(seed => { const at = race.normals(seed);"
        " at(3); return given.steps.map(at); })", steps=list(range(2000)))  # fmt: skip
    for seed, pairs in zip([1, 2, 77], found, strict=True):
        np.testing.assert_allclose(pairs, normals(seed, 2000), rtol=0, atol=1e-12)
    values = np.array(found).reshape(3, -1)  # 4000 numbers a seed: four standard errors
    assert np.abs(values.mean(axis=1)).max() < 4 / math.sqrt(4000)
    assert np.abs(values.var(axis=1) - 1).max() < 4 * math.sqrt(2 / 4000)
    assert np.abs(np.corrcoef(values) - np.eye(3)).max() < 4 / math.sqrt(4000)


@needs_node
@pytest.mark.torch
def test_default_rates_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    found = run_js(SCRIPTS, "race.METHODS")
    assert list(found) == list(OPTIMIZERS)
    kinds = ["SGD", "SGD", "SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "Adam", "NAdam"]
    for kind, shown in zip(kinds, found.values(), strict=True):
        assert shown["lr"] == inspect.signature(getattr(torch.optim, kind)).parameters["lr"].default, shown["label"]


STANDINGS = """(() => {
    const fn = functions[given.name], course = { fn, start: given.start ?? fn.start, sigma: 0, noise: race.normals(1) };
    const now = given.lanes.map(entry => race.standing(race.lane(...entry, course).to(given.k), given.k, fn));
    return { now, first: race.leaders(now).map(s => s.method), over: now.map(race.finished) }; })()"""


@needs_node
def test_who_arrives_and_who_leads():
    surface, lanes, k = SURFACES["ravine"], [["sgd", 0.02], ["momentum", 0.01], ["nesterov", 0.01]], 300
    result = run_js(SCRIPTS, STANDINGS, name="ravine", lanes=lanes, k=k)
    arrivals = []
    for (method, lr), now in zip(lanes, result["now"], strict=True):
        path = path_of_pydl(method, lr, surface, surface.start, k)
        near = surface(path) <= 1e-3
        arrivals.append(int(np.argmax(np.lib.stride_tricks.sliding_window_view(near, 10).all(axis=1))))
        assert now["arrived"] == arrivals[-1] > 0
        assert now["value"] == pytest.approx(surface(path[-1]), rel=1e-8)
        assert now["distance"] == pytest.approx(np.linalg.norm(path[-1]), rel=1e-8)
    assert result["first"] == [lanes[np.argmin(arrivals)][0]]
    before = run_js(SCRIPTS, STANDINGS, name="ravine", lanes=lanes, k=min(arrivals) + 8)
    values = [now["value"] for now in before["now"]]
    assert before["over"] == [False] * 3
    assert before["first"] == [lanes[np.argmin(values)][0]], "before anyone has arrived, the lowest leads"


@needs_node
def test_divergence_and_rest_are_told():
    result = run_js(SCRIPTS, STANDINGS, name="ravine", lanes=[["sgd", 0.05], ["sgd", 0.01]], k=60)
    # y is multiplied by 1 − 50·0.05 = −1.5 a step, until it is beyond a million
    assert result["now"][0]["diverged"] == result["now"][0]["k"] == math.ceil(math.log(1e6) / math.log(1.5))
    assert result["now"][1]["diverged"] is None
    assert result["first"] == ["sgd"]
    result = run_js(SCRIPTS, STANDINGS, name="saddle", start=[0, 0], lanes=[["adam", 0.1]], k=5)
    assert result["now"][0]["rests"] == 1, "on the saddle the gradient is 0"
    assert result["now"][0]["arrived"] is None
    result = run_js(SCRIPTS, STANDINGS, name="himmelblau", start=[3, 2], lanes=[["sgd", 0.01]], k=9)
    assert result["now"][0]["arrived"] == 0


@needs_node
@pytest.mark.parametrize("name", ["ravine", "waves", "rosenbrock"])
def test_the_best_rate_is_the_best_of_a_sweep(name):
    found = run_js(
        SCRIPTS,
        """(() => { const fn = functions[given.name];
        return [race.RATES, race.tune("sgd", { fn, start: fn.start, sigma: 0, noise: race.normals(1) }, 400)]; })()""",
        name=name,
    )
    rates, surface = np.array(found[0]), SURFACES[name]
    assert len(set(rates)) == 51
    assert (rates.min(), rates.max()) == (1e-4, 10)
    theta = np.tile(surface.start, (51, 1))
    (left, right), (low, high) = surface.window
    cost, inside, end = np.full(51, np.inf), np.full(51, True), np.zeros(51)
    near = np.zeros(51, int)
    for k in range(1, 410):
        with np.errstate(over="ignore", invalid="ignore"):
            theta = theta - rates[:, None] * pydl.grad(lambda p: surface(p).sum())(np.where(inside[:, None], theta, 0))
        x, y = theta.T
        inside &= (x >= left) & (x <= right) & (y >= low) & (y <= high)
        values = surface(np.where(inside[:, None], theta, 9))
        near = np.where(values <= 1e-3, near + 1, 0)
        cost[np.isinf(cost) & inside & (near == 10)] = k - 9
        end = np.maximum(end, values * (k > 309))
    late = np.isinf(cost) & inside
    cost[late] = [400 + float(f"{value:.2e}") for value in end[late]]
    padded = np.concatenate([cost[:1], cost, cost[-1:]])
    worst = np.max([padded[:-2], cost, padded[2:]], axis=0)
    assert found[1] == rates[worst == worst.min()].max()


@needs_node
@pytest.mark.parametrize("name", SURFACES)
def test_contours_hold_the_points_that_lie_below_their_level(name):
    levels, rings = run_js(
        SCRIPTS,
        """(({ f, window }) => { const levels = contours.levels(f, window, 16);
        return [levels, contours.contours(f, window, levels)]; })(functions[given.name])""",
        name=name,
    )
    surface = SURFACES[name]
    points = np.random.default_rng(1).uniform(*np.transpose(surface.window), (4000, 2))
    values = surface(points)
    assert np.diff(np.log(levels)) == pytest.approx(np.log(levels[1] / levels[0]))
    for level, loops in zip(levels, rings, strict=True):
        inside = sum(Path(loop).contains_points(points) for loop in loops) % 2 == 1
        clear = np.abs(np.log(values / level)) > 0.3  # the others lie near the line, where the grid decides
        assert np.mean(inside[clear] == (values[clear] < level)) > 0.998
        assert 0 < inside.sum() < len(points)


@needs_node
def test_directive_knows_the_functions_and_methods_of_the_script():
    assert run_js(SCRIPTS, "[functions, race.METHODS].map(Object.keys)") == [
        list(interactive_figures.SURFACES),
        list(interactive_figures.METHODS),
    ]


FIGURE = ":::{{interactive}} race\n:{}\n\nThe caption.\n\nOn paper, this.\n:::\n"
WRONG = {
    "methods: sgd sgd": "'methods': got 'sgd sgd', expected one to 6 different names",
    "methods:": "'methods': got '', expected one to 6 different names",
    "methods: " + " ".join(OPTIMIZERS): "adam amsgrad nadam', expected one to 6 different names",
    "methods: sgd newton": '"newton" unknown',
    "function: parabola": '"parabola" unknown',
}


def test_directive_takes_up_to_six_methods(tmp_path):
    built = build(tmp_path, "# A page\n\n" + FIGURE.format("methods: sgd adam\n:function: waves\n:noise: 0.5"))
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8").replace("&quot;", '"')
    assert '{"methods": ["sgd", "adam"], "function": "waves", "noise": 0.5}' in page


def test_directive_teaches(tmp_path):
    built = build(tmp_path, "# A page\n\n" + "\n".join(FIGURE.format(option) for option in WRONG))
    assert built.returncode != 0
    assert [message for message in WRONG.values() if message not in built.stderr] == [], built.stderr
