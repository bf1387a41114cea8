"""Residual connections: y = x + f(x), and what that does to gradients."""

import numpy as np
import pytest

import pydl
from pydl import nn
from tests.strict import install

install()


def test_it_adds_its_input():
    f = nn.Linear(3, 3)
    x = np.random.default_rng(0).standard_normal((5, 3)).astype("float32")
    np.testing.assert_array_equal(nn.Residual(f)(x).numpy(), x + f(x).numpy())
    assert [name for name, _ in nn.Residual(f).named_parameters()] == ["module.weight", "module.bias"]


def test_with_nothing_to_add_gradients_pass_unchanged():
    chain = nn.Sequential(*[nn.Residual(nn.Linear(4, 4, init=nn.init.zeros_)) for _ in range(50)])
    x = pydl.tensor(np.ones((2, 4)), requires_grad=True)
    g = np.random.default_rng(0).standard_normal((2, 4))
    chain(x).backward(g)
    np.testing.assert_array_equal(x.grad.numpy(), g)


def test_derivatives():
    block = nn.Residual(nn.Sequential(nn.Linear(3, 3), nn.Tanh()))
    assert pydl.testing.gradcheck(block, np.random.default_rng(0).standard_normal((2, 3)), rtol=1e-4)


def test_over_the_strict_kind():
    block = nn.Residual(nn.Linear(3, 3)).to("strict")
    y = block(pydl.tensor(np.ones((2, 3), "float32")).to("strict"))
    y.sum().backward()
    assert y.device == block.module.weight.grad.device == "strict"


def test_what_cannot_be_added_is_refused():
    with pytest.raises(ValueError, match=r"f maps shape \(2, 3\) to \(2, 4\), but y = x \+ f\(x\) needs both alike"):
        nn.Residual(nn.Linear(3, 4))(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match=r"maps shape \(2, 3\) to \(2, 1\)"):  # broadcasting would hide it
        nn.Residual(nn.Linear(3, 1))(np.ones((2, 3), "float32"))
    with pytest.raises(TypeError, match="Residual takes a module, not int 3"):
        nn.Residual(3)


def test_text():
    assert repr(nn.Residual(nn.Linear(2, 2))) == "Residual(\n  (module): Linear(2, 2)\n)"
