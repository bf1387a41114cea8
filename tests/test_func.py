"""Transforms: nested in every order, closures, trees, agreement with each other, and errors."""

import itertools

import numpy as np
import pytest

import pydl

# f with its first three derivatives
FUNCTIONS = {
    "power": (lambda x: x**5, lambda x: 5 * x**4, lambda x: 20 * x**3, lambda x: 60 * x**2),
    "sin": (pydl.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "exp": (lambda x: pydl.exp(2 * x), *[lambda x, n=n: 2**n * np.exp(2 * x) for n in (1, 2, 3)]),
    "log": (pydl.log, lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3),
    "rational": (lambda x: 1 / (1 + x), lambda x: -((1 + x) ** -2.0), lambda x: 2 * (1 + x) ** -3.0,
                 lambda x: -6 * (1 + x) ** -4.0),
    "sqrt": (pydl.sqrt, lambda x: 0.5 * x**-0.5, lambda x: -0.25 * x**-1.5, lambda x: 0.375 * x**-2.5),
    "softplus": (pydl.softplus, lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
                 lambda x: np.exp(-x) * (np.exp(-x) - 1) / (1 + np.exp(-x)) ** 3),
    "sum of squares": (lambda x: (x * np.ones(3)) @ (x * np.ones(3)), lambda x: 6 * x, lambda x: 6.0, lambda x: 0.0),
    "matrix": (lambda x: pydl.det(pydl.stack([pydl.stack([x, 2 + 0 * x]), pydl.stack([x * x, x])])),
               lambda x: 2 * x - 4 * x, lambda x: -2.0, lambda x: 0.0),
}  # fmt: skip
X = np.array(0.7)


def grad(f):
    return pydl.grad(f)


def jvp(f):
    return lambda x: pydl.jvp(f, (x,), (np.array(1.0),))[1]


def vjp(f):
    return lambda x: pydl.vjp(f, x)[1](np.array(1.0))[0]


def forward_jacobian(f):
    return pydl.jacobian(f, mode="forward")


MODES = {"grad": grad, "jvp": jvp, "vjp": vjp, "jacobian": forward_jacobian}
NESTINGS = {"∘".join(names): names for n in (1, 2, 3) for names in itertools.product(MODES, repeat=n)}


@pytest.mark.parametrize("names", NESTINGS.values(), ids=NESTINGS)
def test_nested_to_third_order(names):
    for name, (f, *derivatives) in FUNCTIONS.items():
        transformed = f
        for mode in names:
            transformed = MODES[mode](transformed)
        result = transformed(X)
        assert isinstance(result, (np.ndarray, np.generic)), "arrays in, arrays out"
        np.testing.assert_allclose(result, derivatives[len(names) - 1](X), rtol=1e-9, atol=1e-12, err_msg=name)


# ------------------------------------------------------------ perturbation confusion


@pytest.mark.parametrize("outer", MODES.values(), ids=MODES)
@pytest.mark.parametrize("inner", MODES.values(), ids=MODES)
def test_perturbations_are_not_confused(outer, inner):
    """d/dx [x · d/dy (x + y)] = 1, not 2 (Siskind & Pearlmutter 2005)."""
    assert outer(lambda x: x * inner(lambda y: x + y)(np.array(1.0)))(np.array(1.0)) == 1
    # the inner argument carries the outer perturbation: d/dx [d/dy (x·y²) at y = x] = d/dx 2x² = 4x
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(np.array(3.0)) == 12
    # and the inner derivative may depend on neither
    assert outer(lambda x: x + 0 * inner(lambda y: 3 * y)(x))(np.array(2.0)) == 1


def test_a_leak_of_an_inner_variable_is_a_constant():
    kept = []

    def inner(y):
        kept.append(y)
        return y * y

    def outer(x):
        pydl.grad(inner)(x)
        return x * kept[-1]

    # what an inner run saw is x itself, and still differentiable
    assert pydl.grad(outer)(np.array(3.0)) == 6


# ------------------------------------------------------------ closures


def test_closures_over_tensors_that_require_gradients():
    w = pydl.tensor(np.array([2.0, 3.0]), requires_grad=True)
    slope = pydl.grad(lambda x: (w * x**3).sum())(np.array([1.0, 2.0]))
    assert isinstance(slope, pydl.Tensor)
    slope.sum().backward()
    np.testing.assert_allclose(slope.numpy(), [6, 36])
    np.testing.assert_allclose(w.grad.numpy(), [3, 12])  # ∂(Σ 3wx²)/∂w


def test_a_closure_within_no_grad_is_a_constant():
    w = pydl.tensor(np.array(2.0), requires_grad=True)
    with pydl.no_grad():
        slope = pydl.grad(lambda x: w * x * x)(np.array(3.0))
    assert slope == 12
    assert w.grad is None


def test_a_transform_leaves_leaves_alone():
    w = pydl.tensor(np.array([1.0, 2.0]), requires_grad=True)
    gradient = pydl.grad(lambda w: (w * w).sum())(w)
    assert w.grad is None
    np.testing.assert_array_equal(gradient.numpy(), [2, 4])
    gradient.sum().backward()  # a tensor that requires a gradient: its derivative can go on
    np.testing.assert_array_equal(w.grad.numpy(), [2, 2])


def test_the_jvp_of_a_tangent_that_requires_a_gradient():
    t = pydl.tensor(np.array([1.0, 2.0]), requires_grad=True)
    moved = pydl.jvp(lambda x: x**2, (np.array([3.0, 4.0]),), (t,))[1]
    moved.sum().backward()
    np.testing.assert_array_equal(t.grad.numpy(), [6, 8])


# ------------------------------------------------------------ trees, several arguments, aux


def test_trees_of_parameters():
    parameters = {"layers": [{"w": np.array([1.0, 2.0]), "b": np.array(3.0)}, {"w": np.array([4.0, 5.0])}], "c": (6.0,)}

    def f(p):
        first, second = p["layers"]
        return (first["w"] * second["w"]).sum() * first["b"] + p["c"][0] ** 2

    value, g = pydl.value_and_grad(f)(parameters)
    assert value == 14 * 3 + 36
    assert set(g) == {"layers", "c"}
    assert isinstance(g["c"], tuple)
    np.testing.assert_array_equal(g["layers"][0]["w"], [12, 15])
    np.testing.assert_array_equal(g["layers"][0]["b"], 14)
    np.testing.assert_array_equal(g["layers"][1]["w"], [3, 6])
    assert g["c"][0] == 12


def test_outputs_may_be_trees_in_vjp_and_jvp():
    def f(x):
        return {"square": x * x, "pair": (pydl.sin(x), np.array(5.0))}

    x = np.array([1.0, 2.0])
    value, pull = pydl.vjp(f, x)
    np.testing.assert_array_equal(value["square"], x * x)
    (g,) = pull({"square": np.ones(2), "pair": (np.ones(2), np.array(1.0))})
    np.testing.assert_allclose(g, 2 * x + np.cos(x))
    (again,) = pull({"square": np.zeros(2), "pair": (np.ones(2), np.array(1.0))})
    np.testing.assert_allclose(again, np.cos(x))
    _, moved = pydl.jvp(f, (x,), (np.ones(2),))
    np.testing.assert_allclose(moved["square"], 2 * x)
    np.testing.assert_array_equal(moved["pair"][1], 0)


def test_argnums_and_settings():
    def f(a, b, scale=1.0):
        return (a * b * b).sum() * scale

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(pydl.grad(f, 1)(a, b), 2 * a * b)
    np.testing.assert_array_equal(pydl.grad(f, -1)(a, b, scale=10), 20 * a * b)
    ga, gb = pydl.grad(f, (0, 1))(a, b)
    np.testing.assert_array_equal(ga, b * b)
    np.testing.assert_array_equal(gb, 2 * a * b)
    np.testing.assert_array_equal(pydl.jacobian(f, 1)(a, b), 2 * a * b)


def test_aux_is_passed_through():
    def f(x):
        return (x * x).sum(), {"name": "square", "x": x}

    x = np.array([1.0, 2.0])
    (value, aux), g = pydl.value_and_grad(f, has_aux=True)(x)
    assert (value, aux["name"]) == (5, "square")
    np.testing.assert_array_equal(g, 2 * x)
    g, aux = pydl.grad(f, has_aux=True)(x)
    assert aux["name"] == "square"


def test_an_output_that_depends_on_nothing_has_derivative_0():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(pydl.grad(lambda x: np.array(3.0))(x), [0, 0])
    np.testing.assert_array_equal(pydl.jvp(lambda x: np.ones(3), (x,), (x,))[1], np.zeros(3))
    np.testing.assert_array_equal(pydl.jacobian(lambda x: np.ones(3))(x), np.zeros((3, 2)))
    np.testing.assert_array_equal(pydl.hessian(lambda x: x.sum())(x), np.zeros((2, 2)))


def test_the_identity():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(pydl.jacobian(lambda x: x)(x), np.eye(2))
    np.testing.assert_array_equal(pydl.jacobian(lambda x: x, mode="forward")(x), np.eye(2))
    assert pydl.grad(lambda x: x)(np.array(2.0)) == 1


# ------------------------------------------------------------ agreement

MAPS = {
    "vector to vector": (lambda x: pydl.tanh(x) * x[::-1] + pydl.cumsum(x, 0), (4,)),
    "matrix to vector": (lambda x: pydl.softmax(x, 0).sum(1) * x[:, 0], (3, 2)),
    "scalar to matrix": (lambda x: x * np.arange(6.0).reshape(2, 3) + pydl.sin(x), ()),
    "vector to scalar": (lambda x: pydl.logsumexp(x, 0), (5,)),
}


@pytest.mark.parametrize(("f", "shape"), MAPS.values(), ids=MAPS)
def test_jacobians_agree_with_each_other_and_with_differences(f, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    x = np.asarray(x)
    reverse, forward = (pydl.jacobian(f, mode=mode)(x) for mode in ("reverse", "forward"))
    assert reverse.shape == np.shape(f(x)) + shape
    np.testing.assert_allclose(reverse, forward, rtol=1e-12, atol=1e-12)
    t = np.random.default_rng(1).standard_normal(shape)
    expected = pydl.testing.numerical_jvp(f, [x], [t])
    np.testing.assert_allclose(np.tensordot(reverse, t, x.ndim), expected, rtol=1e-6, atol=1e-8)


def test_hessian_and_hvp_agree():
    def f(x):
        return (pydl.sin(x[0]) * x[1] ** 2 + pydl.exp(x @ x / 10)).sum()

    x, t = np.array([0.3, -1.2]), np.array([0.5, 2.0])
    H = pydl.hessian(f)(x)
    np.testing.assert_allclose(H, H.T, rtol=1e-12)
    np.testing.assert_allclose(pydl.hvp(f, (x,), (t,)), H @ t, rtol=1e-12)
    reverse = pydl.jacobian(pydl.grad(f))(x)
    np.testing.assert_allclose(reverse, H, rtol=1e-12)
    a, b = pydl.hvp(lambda a, b: (a * a * b).sum(), (x, t), (t, x))
    np.testing.assert_allclose(a, 2 * t * t + 2 * x * x)
    np.testing.assert_allclose(b, 2 * x * t)


def test_third_derivatives_of_a_vector_function():
    third = pydl.jacobian(pydl.hessian(lambda x: (x**3).sum() + x[0] * x[1] * x[1]))(np.array([1.0, 2.0]))
    expected = np.zeros((2, 2, 2))
    expected[0, 0, 0] = expected[1, 1, 1] = 6
    expected[0, 1, 1] = expected[1, 0, 1] = expected[1, 1, 0] = 2
    np.testing.assert_allclose(third, expected)


# ------------------------------------------------------------ what goes in comes out


def test_tensors_in_tensors_out_and_numbers():
    x = pydl.tensor([1.0, 2.0])
    for result in (
        pydl.grad(lambda x: (x * x).sum())(x),
        pydl.jvp(lambda x: x * x, (x,), (x,))[1],
        pydl.jacobian(lambda x: x * x)(x),
        pydl.hvp(lambda x: (x * x).sum(), (x,), (x,)),
        pydl.vjp(lambda x: x * x, x)[1](x)[0],
    ):
        assert isinstance(result, pydl.Tensor)
        assert result.dtype == "float32"
        assert not result.requires_grad
    assert pydl.grad(lambda x: x * x)(3.0) == 6
    assert pydl.grad(lambda x: x * x)(3.0).dtype == "float32"
    assert pydl.grad(lambda x: x * x)(np.float64(3.0)).dtype == "float64"


def test_results_are_writable_and_inputs_unchanged():
    x = np.ones(3)
    g = pydl.grad(lambda x: x.sum())(x)
    g[0] = 5
    np.testing.assert_array_equal(x, 1)
    _, pull = pydl.vjp(lambda x: x + 0, x)
    given = np.ones(3)
    pull(given)[0][...] = 7
    np.testing.assert_array_equal(given, 1)


# ------------------------------------------------------------ errors

ERRORS = {
    "grad of a vector": (lambda: pydl.grad(lambda x: x)(np.ones(2)), ValueError, r"grad.*scalar.*\(2,\).*jacobian"),
    "grad of a pair": (lambda: pydl.grad(lambda x: (x.sum(), x.sum()))(np.ones(2)), ValueError, "one scalar value"),
    "grad at integers": (lambda: pydl.grad(lambda x: x.sum())(np.ones(2, int)), TypeError, "int64.*astype"),
    "argnums": (lambda: pydl.grad(lambda x: x, 1)(1.0), ValueError, "argnums 1.*1 were given"),
    "cotangent": (lambda: pydl.vjp(lambda x: x, np.ones(2))[1](np.ones(3)), ValueError, r"\(3,\).*\(2,\)"),
    "tangent": (lambda: pydl.jvp(lambda x: x, (np.ones(2),), (np.ones(3),)), ValueError, r"\(3,\).*\(2,\)"),
    "tangents": (lambda: pydl.jvp(lambda x: x, (np.ones(2),), ()), ValueError, "got 0 for 1"),
    "mode": (lambda: pydl.jacobian(lambda x: x, mode="back"), ValueError, "'reverse' or 'forward', not 'back'"),
    "jacobian of a list": (lambda: pydl.jacobian(lambda x: x)([1.0, 2.0]), ValueError, "one array"),
    "text": (lambda: pydl.grad(lambda x: x)("text"), TypeError, "'text'"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_gradcheck_can_fail():
    def wrong(x):  # its derivative is stated as that of x²
        return pydl.stack([x[0] * x[0].detach(), x[1]]) if isinstance(x, pydl.Tensor) else np.array([x[0] ** 2, x[1]])

    with pytest.raises(pydl.testing.GradientError, match=r"forward mode.*sign, factor"):
        pydl.testing.gradcheck(wrong, np.array([1.0, 2.0]))
    with pytest.raises(pydl.testing.GradientError, match="reverse mode"):
        pydl.testing.gradcheck(wrong, np.array([1.0, 2.0]), modes=["reverse"])
