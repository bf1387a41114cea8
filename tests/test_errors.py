"""Errors teach: the op's name, both shapes or values, and a way out, in one of four kinds of exception."""

import re
import warnings

import numpy as np
import pytest

import pydl
from pydl.backend import to_device
from pydl.errors import DeviceError, GraphError
from tests.strict import install

install()


def tensor(*shape, dtype="float32", requires_grad=False):
    return pydl.Tensor(np.ones(shape, dtype), requires_grad)


def freed():
    loss = pydl.exp(tensor(2, requires_grad=True)).sum()
    loss.backward()
    loss.backward()


def changed():
    w = tensor(2, requires_grad=True)
    loss = (w * w).sum()
    with pydl.no_grad():
        w.copy_(5)
    loss.backward()


ERRORS = {  # what is called, the error, and what the message must say
    "broadcast": (lambda: tensor(2, 3) + tensor(4), ValueError, ["add", "(2, 3)", "(4,)", "reshape"]),
    "broadcast, recorded": (lambda: tensor(2, 3, requires_grad=True) * np.ones(4), ValueError,
                            ["multiply", "float32(2, 3)", "float64(4,)", "keepdims"]),
    "product": (lambda: tensor(2, 3) @ tensor(4, 5), ValueError, ["matmul", "(2, 3)", "(4, 5)", "transpose"]),
    "product in batches": (lambda: tensor(7, 2, 3) @ tensor(7, 4, 5), ValueError, ["matmul", "(7, 4, 5)", "transpose"]),
    "where": (lambda: pydl.where(tensor(3) > 0, tensor(2), 0), ValueError, ["where", "(3,)", "(2,)", "reshape"]),
    "reshape": (lambda: tensor(2, 3).reshape(4, 2), ValueError, ["reshape", "(2, 3)", "(4, 2)"]),
    "axis": (lambda: tensor(2, 3).sum(axis=2), IndexError, ["sum", "(2, 3)", "axis=2", "axis 2 is out of bounds"]),
    "concatenate": (lambda: pydl.concatenate([tensor(2, 3), tensor(2, 4)]), ValueError,
                    ["concatenate", "(2, 3)", "(2, 4)"]),
    "split": (lambda: pydl.split(tensor(5), 2), ValueError, ["split", "5", "2"]),
    "pad": (lambda: pydl.pad(tensor(2, 3), [(1, 1)]), ValueError, ["pad", "got 1 for 2 axes"]),
    "einsum": (lambda: pydl.einsum("ij,jk", tensor(2, 3)), ValueError, ["einsum", "'ij,jk'", "2 operands", "1"]),
    "einsum axes": (lambda: pydl.einsum("ijk->i", tensor(2, 3)), ValueError, ["einsum", "'ijk'", "(2, 3)"]),
    "clip": (lambda: tensor(2).clip(), ValueError, ["clip", "at least one of low and high"]),
    "outer": (lambda: pydl.outer(tensor(2, 3), tensor(2)), ValueError, ["outer", "vectors", "(2, 3)"]),
    "mean of nothing": (lambda: tensor(0, 3).mean(), ValueError, ["mean", "(0, 3)", "undefined"]),
    "var of one": (lambda: tensor(1).var(correction=1), ValueError, ["variance of 1 entries", "correction 1"]),
    "norm": (lambda: pydl.norm(tensor(2), 3), ValueError, ["norm", "1, 2 or inf", "3"]),
    "index": (lambda: tensor(2, 3)[5], IndexError, ["getitem", "(2, 3)", "5"]),
    "mask": (lambda: tensor(2, 3)[np.array([True] * 4)], IndexError, ["getitem", "(2, 3)", "4"]),
    "singular": (lambda: pydl.inv(tensor(2, 2)), ValueError, ["inv", "(2, 2)", "Singular", "identity"]),
    "not definite": (lambda: pydl.cholesky(-tensor(2, 2)), ValueError,
                     ["cholesky", "not positive definite", "symmetric"]),
    "prelu": (lambda: pydl.prelu(tensor(2, 3), tensor(4)), ValueError, ["prelu", "4 slopes", "(2, 3)", "one slope"]),
    "gelu": (lambda: pydl.gelu(tensor(2), "quick"), ValueError, ["gelu", "'none' or 'tanh'", "'quick'"]),
    "linear": (lambda: pydl.linear(tensor(4, 7), tensor(2, 3)), ValueError, ["linear", "7 features", "3", "(2, 3)"]),
    "linear bias": (lambda: pydl.linear(tensor(4, 3), tensor(2, 3), tensor(1)), ValueError, ["linear", "(1,)", "(2,)"]),
    "linear activation": (lambda: pydl.linear(tensor(4, 3), tensor(2, 3), None, "rlu"), ValueError,
                          ["linear", "'rlu'", "relu", "sigmoid", "tanh"]),
    "a list": (lambda: pydl.mean([1.0, 2.0]), TypeError, ["mean", "[1.0, 2.0]", "pydl.tensor"]),
    "a list, in a composed one": (lambda: pydl.var([1.0, 2.0]), TypeError, ["var", "[1.0, 2.0]", "pydl.tensor"]),
    "None": (lambda: tensor(2) * None, TypeError, ["multiply", "(2,)", "None"]),
    "text": (lambda: pydl.tensor("abc"), TypeError, ["numeric", "'abc'"]),
    "ragged": (lambda: pydl.tensor([[1.0], [1.0, 2.0]]), ValueError, ["cannot make an array", "[[1.0], [1.0, 2.0]]"]),
    "a missing argument": (lambda: pydl.cumsum(tensor(2)), TypeError, ["cumsum", "axis"]),
    "an unknown setting": (lambda: pydl.sum(tensor(2), dim=0), TypeError, ["sum", "dim"]),
    "a tensor as setting": (lambda: pydl.clip(tensor(2), tensor()), TypeError, ["clip", "low", ".item()"]),
    "integers cannot have gradients": (lambda: pydl.tensor([1, 2], requires_grad=True), TypeError,
                                       ["int64", "astype('float32')"]),
    "labels out of range": (lambda: pydl.cross_entropy(tensor(3, 10), np.array([1, 10, -1])), IndexError,
                            ["cross_entropy", "[0, 10)", "2 of 3", "labels[1] is 10"]),
    "labels below range": (lambda: pydl.nll_loss(tensor(2, 3), np.array([0, -1])), IndexError,
                           ["nll_loss", "[0, 3)", "labels[1] is -1"]),
    "small labels": (lambda: pydl.cross_entropy(tensor(1, 3), np.array([200], "uint8")), IndexError,
                     ["labels[0] is 200"]),
    "labels that are floats": (lambda: pydl.cross_entropy(tensor(3, 10), np.ones(3)), TypeError,
                               ["cross_entropy", "float64", "astype('int64')"]),
    "too few labels": (lambda: pydl.cross_entropy(tensor(3, 10), np.array([1, 2])), ValueError,
                       ["(3, 10)", "(3,)", "(2,)"]),
    "scores of one sample": (lambda: pydl.cross_entropy(tensor(10), np.array([1])), ValueError,
                             ["cross_entropy", "(10,)"]),
    "reduction": (lambda: pydl.cross_entropy(tensor(1, 2), np.array([0]), reduction="avg"), ValueError,
                  ["cross_entropy", "'mean', 'sum' or 'none'", "'avg'"]),
    "mse": (lambda: pydl.mse_loss(tensor(3, 1), tensor(3)), ValueError,
            ["mse_loss", "(3, 1)", "(3,)", "reshape(-1, 1)"]),
    "bce": (lambda: pydl.binary_cross_entropy_with_logits(tensor(3, 1), np.ones(3)), ValueError,
            ["binary_cross_entropy_with_logits", "(3, 1)", "(3,)", "reshape"]),
    "losses of nothing": (lambda: pydl.mse_loss(tensor(0), tensor(0)), ValueError, ["mse_loss", "reduction='sum'"]),
    "non-scalar backward": (lambda: tensor(2, 3, requires_grad=True).backward(), ValueError,
                            ["scalar", "(2, 3)", ".sum()", "pass the gradient"]),
    "backward of nothing": (lambda: tensor().backward(), GraphError, ["requires_grad=True", "no_grad"]),
    "backward's gradient": (lambda: tensor(2, requires_grad=True).backward(np.ones(3)), ValueError, ["(3,)", "(2,)"]),
    "freed": (freed, GraphError, ["sum", "freed", "retain_graph=True"]),
    "changed": (changed, GraphError, ["multiply", "changed in place", "optimizer step"]),
    "devices": (lambda: tensor(2) + tensor(2).to("strict"), TypeError, ["add", "cpu, strict", "x.to(device)"]),
    "devices, in a product": (lambda: tensor(2, 2) @ tensor(2, 2).to("strict"), TypeError,
                              ["matmul", "cpu, strict", "x.to(device)"]),
    "devices, raw": (lambda: pydl.mse_loss(np.ones(2), to_device(np.ones(2), "strict")), TypeError,
                     ["mse_loss", "cpu, strict", "x.to(device)"]),
    "unknown device": (lambda: tensor(2).to("tpu"), ValueError, ["'tpu'", "cuda"]),
    "dtype": (lambda: pydl.set_default_dtype("int32"), ValueError, ["float32", "float64", "int32"]),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "parts"), ERRORS.values(), ids=ERRORS)
def test_errors_teach(call, error, parts):
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    missing = [part for part in parts if part not in message]
    assert not missing, message
    assert "\n" not in message
    assert not re.search(r" at 0x[0-9a-f]+", message), "no addresses"


def test_cuda_without_a_gpu_says_what_to_do():
    problem = pydl.backend.cuda_problem()
    if problem is None:
        pytest.skip("this machine has a GPU")
    with pytest.raises(DeviceError, match=r"cuda.*PYDL_DEVICE=cpu"):
        tensor(2).to("cuda")


def test_errors_are_catchable_as_pythons_own():
    with pytest.raises(RuntimeError):
        freed()
    with pytest.raises(pydl.PydlError):
        changed()


def test_valid_calls_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w = tensor(3, 3, requires_grad=True)
        pydl.cross_entropy(pydl.linear(tensor(2, 3), w), np.array([0, 2])).backward()
        assert w.grad.shape == (3, 3)
