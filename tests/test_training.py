"""Training: fit is the loop of the book, bit for bit, and what it tells and does when things go wrong."""

import os
import subprocess
import sys

import numpy as np
import pytest

import pydl
from pydl import data, nn, optim, training
from pydl.training.progress import progress_bar
from tests.strict import install

install()
RNG = np.random.default_rng(0)
X = RNG.standard_normal((50, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] ** 2 > 0.7).astype(int)


@pytest.fixture(autouse=True)
def _without_a_bar(monkeypatch):
    monkeypatch.setenv("PYDL_PROGRESS", "0")


def network(seed=0):
    pydl.seed(seed)
    return nn.Sequential(nn.Linear(4, 6, activation="tanh"), nn.Linear(6, 2))


def sgd(net, lr=0.05, **options):
    return optim.SGD(net.parameters(), lr=lr, momentum=0.9, **options)


def loader(rng=1, **settings):
    return data.DataLoader((X, Y), **({"batch_size": 16, "shuffle": True, "rng": rng} | settings))


def bits(net):
    return b"".join(a.tobytes() for a in net.state_dict().values())


def run(program, **environment):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PYDL_PROGRESS"} | environment,
    )
    assert done.returncode == 0, done.stderr
    return done


# ------------------------------------------------------------ fit is the loop


def test_fit_equals_the_loop_written_by_hand():
    net, twin, criterion = network(), network(), nn.CrossEntropyLoss()
    history = training.fit(net, loader(), criterion, sgd(net), epochs=4)
    optimizer, batches, losses = sgd(twin), loader(), []
    for _ in range(4):
        for x, t in batches:
            optimizer.zero_grad()
            j = criterion(twin(x), t)
            j.backward()
            optimizer.step()
            losses.append(j.item())
    assert bits(net) == bits(twin)
    assert history.steps.tolist() == losses
    assert history.epochs == 4
    assert history["loss"][-1] < history["loss"][0]


def test_an_epochs_loss_is_the_mean_over_samples():
    net = network()
    history = training.fit(net, loader(), nn.CrossEntropyLoss(), sgd(net), epochs=2)
    sizes = [16, 16, 16, 2]
    assert history.steps.shape == (8,)
    for epoch, losses in enumerate(history.steps.reshape(2, 4)):
        assert history["loss"][epoch] == pytest.approx(np.dot(losses, sizes) / 50, rel=1e-12)


def test_batches_may_be_plain_arrays():
    net, twin = network(), network()
    training.fit(net, [(X, Y)], nn.CrossEntropyLoss(), sgd(net), epochs=2)
    training.fit(twin, loader(batch_size=50, shuffle=False), nn.CrossEntropyLoss(), sgd(twin), epochs=2)
    assert bits(net) == bits(twin)


def test_no_epochs_change_nothing():
    net = network()
    before = bits(net)
    history = training.fit(net, loader(), nn.CrossEntropyLoss(), sgd(net), epochs=0)
    assert (history.epochs, len(history.steps), dict(history)) == (0, 0, {"loss": []})
    assert bits(net) == before
    assert repr(history) == "History(0 epochs, 0 steps; last: )"


def test_the_history_in_a_line():
    history = training.fit(net := network(), loader(), nn.CrossEntropyLoss(), sgd(net), epochs=3)
    assert repr(history) == f"History(3 epochs, 12 steps; last: loss={history['loss'][-1]:.4g})"


# ------------------------------------------------------------ validation


def test_validation_metrics_by_epoch():
    net, criterion, seen = network(), nn.CrossEntropyLoss(), []
    held_out = data.DataLoader((X[:30], Y[:30]), batch_size=7)

    def by_hand(epoch, history):
        with pydl.no_grad():
            scores = net(X[:30])
        right = np.argmax(scores.numpy(), axis=1) == Y[:30]
        seen.append((criterion(scores, Y[:30]).item(), 1 - right.mean(), right.mean()))

    metrics = {"error": training.error_rate, "accuracy": training.accuracy}
    history = training.fit(
        net, loader(), criterion, sgd(net), epochs=3, validation=held_out, metrics=metrics, callbacks=[by_hand]
    )
    assert list(history) == ["loss", "val_loss", "val_error", "val_accuracy"]
    found = np.array([history["val_loss"], history["val_error"], history["val_accuracy"]]).T
    np.testing.assert_allclose(found, seen, rtol=1e-6)


def test_validation_changes_nothing_in_training():
    net, twin = network(), network()
    training.fit(net, loader(), nn.CrossEntropyLoss(), sgd(net), epochs=2, validation=loader(shuffle=False))
    training.fit(twin, loader(), nn.CrossEntropyLoss(), sgd(twin), epochs=2)
    assert bits(net) == bits(twin)


class Watched(nn.Module):
    """Notes in which mode, and whether recording, it is called."""

    def __init__(self):
        self.inner, self.frozen, self.log = nn.Linear(4, 2), nn.Identity(), []

    def forward(self, x):
        y = self.frozen(self.inner(x))
        self.log.append((self.training, y.requires_grad))
        return y


def test_training_and_evaluation_modes():
    net = Watched().eval()
    training.fit(net, [(X, Y)], nn.CrossEntropyLoss(), sgd(net), epochs=2, validation=[(X, Y)])
    assert net.log == [(True, True), (False, False)] * 2
    assert net.training


@pytest.mark.parametrize("fails", [False, True])
def test_evaluate_restores_each_modules_mode(fails):
    def metric(scores, labels):
        if fails:
            raise ZeroDivisionError
        return 1.0

    net = Watched()
    net.frozen.eval()
    if fails:
        with pytest.raises(ZeroDivisionError):
            training.evaluate(net, [(X, Y)], {"one": metric})
    else:
        assert training.evaluate(net, [(X, Y)], {"one": metric}) == {"one": 1.0}
    assert (net.training, net.inner.training, net.frozen.training) == (True, True, False)
    assert net.log == [(False, False)]
    assert pydl.is_grad_enabled()


def test_error_and_accuracy():
    scores = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [0.5, 0.2]])
    assert training.accuracy(scores, [1, 0, 0, 0]) == 0.75
    assert training.error_rate(pydl.tensor(scores, requires_grad=True), pydl.tensor([1, 0, 0, 0])) == 0.25
    assert training.accuracy(pydl.tensor(scores).to("strict"), pydl.tensor(np.array([1, 0, 1, 0])).to("strict")) == 1


# ------------------------------------------------------------ ends


def test_callbacks_are_all_called_and_any_may_stop():
    calls, net = [], network()

    def stop_at_third(epoch, history):
        calls.append(("a", epoch, history.epochs))
        return epoch == 2

    history = training.fit(
        net,
        loader(),
        nn.CrossEntropyLoss(),
        sgd(net),
        epochs=10,
        callbacks=[stop_at_third, lambda epoch, history: calls.append(("b", epoch, len(history["loss"])))],
    )
    assert history.epochs == 3
    assert calls == [(name, i, i + 1) for i in range(3) for name in "ab"]


def test_an_interrupt_returns_the_history_so_far(capsys):
    class Interrupted:
        passes = 0

        def __iter__(self):
            self.passes += 1
            for i, batch in enumerate(loader(shuffle=False)):
                if self.passes == 3 and i == 2:
                    raise KeyboardInterrupt
                yield batch

    net = network()
    history = training.fit(net, Interrupted(), nn.CrossEntropyLoss(), sgd(net), epochs=10)
    assert history.epochs == 2
    assert history.steps.shape == (2 * 4 + 2,), "also the steps of the epoch that was not finished"
    assert history.steps.dtype == np.float64
    assert capsys.readouterr().out == "fit: interrupted in epoch 3; the history so far is returned\n"


def test_divergence_warns_and_stops():
    net = nn.Linear(4, 1)
    target = X[:, :1] * 3
    optimizer = optim.SGD(net.parameters(), lr=1e6)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="not finite in epoch.*lower the learning rate"):
        history = training.fit(net, [(X, target)] * 5, nn.MSELoss(), optimizer, epochs=50)
    assert 1 <= history.epochs < 50
    assert not np.isfinite(history["loss"][-1])
    assert np.isfinite(history["loss"][:-1]).all()


@pytest.mark.parametrize("empty", [[], iter([(X, Y)])], ids=["empty", "used up"])
def test_no_batches_teach(empty):
    net = network()
    with pytest.raises(ValueError, match=r"an epoch has no batches .*pass a DataLoader"):
        training.fit(net, empty, nn.CrossEntropyLoss(), sgd(net), epochs=2)
    with pytest.raises(ValueError, match="evaluate: there are no samples"):
        training.evaluate(net, [], {"error": training.error_rate})


def test_negative_epochs_teach():
    with pytest.raises(ValueError, match="epochs must be >= 0, not -1"):
        training.fit(network(), loader(), nn.CrossEntropyLoss(), sgd(network()), epochs=-1)


# ------------------------------------------------------------ progress


@pytest.mark.parametrize(
    ("progress", "environment", "shown"),
    [("None", {}, False), ("False", {}, False), ("True", {}, True), ("True", {"PYDL_PROGRESS": "0"}, True)],
)
def test_progress_is_written_to_stderr_only_when_asked(progress, environment, shown):
    done = run(
        "import pydl\nfrom pydl import nn, optim, training\n"
        "net = nn.Linear(1, 1)\n"
        "batch = (pydl.tensor([[1.0]]), pydl.tensor([[2.0]]))\n"
        f"training.fit(net, [batch], nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), epochs=3, progress={progress})",
        **environment,
    )
    assert done.stdout == ""
    assert ("epochs" in done.stderr) == shown
    assert ("0/3" in done.stderr) == shown


@pytest.mark.parametrize(("setting", "shown"), [(None, True), ("0", False), ("1", True)])
def test_a_terminal_shows_progress_unless_told_otherwise(setting, shown, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("PYDL_PROGRESS", raising=False)
    if setting is not None:
        monkeypatch.setenv("PYDL_PROGRESS", setting)
    bar = progress_bar(1, None)
    assert bar.disable != shown
    bar.close()


def test_training_needs_no_plots():
    program = (
        "import sys, pydl\n"
        "heavy = {'matplotlib', 'tqdm', 'pooch', 'cupy', 'torch', 'sklearn', 'IPython'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run(program).stdout == "[]\n"


# ------------------------------------------------------------ devices


def test_fit_over_the_strict_kind_equals_numpys():
    here, there = network(), network().to("strict")
    batches = [(X[i : i + 16], Y[i : i + 16]) for i in range(0, 50, 16)]
    moved = [(pydl.Tensor(x).to("strict"), pydl.Tensor(t).to("strict")) for x, t in batches]
    metrics = {"error": training.error_rate}
    for net, source in ((here, batches), (there, moved)):
        net.history = training.fit(
            net, source, nn.CrossEntropyLoss(), sgd(net), epochs=5, validation=source, metrics=metrics
        )
    assert {p.device for p in there.parameters()} == {"strict"}
    assert here.history.keys() == there.history.keys()
    for name in here.history:
        np.testing.assert_allclose(there.history[name], here.history[name], rtol=1e-5)
    for a, b in zip(here.state_dict().values(), there.state_dict().values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_nothing_but_the_default_device_need_be_said():
    losses = []
    for device in ("cpu", "strict"):
        pydl.set_default_device(device)
        try:
            net = network()
            history = training.fit(net, loader(), nn.CrossEntropyLoss(), sgd(net), epochs=2, validation=loader())
        finally:
            pydl.set_default_device("cpu")
        assert {p.device for p in net.parameters()} == {device}
        losses.append(history["val_loss"])
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_metrics_without_validation_data_are_refused_before_training():
    net = network()
    before = net.state_dict()
    with pytest.raises(ValueError, match="metrics are measured on validation data"):
        training.fit(net, [(X, Y)], nn.CrossEntropyLoss(), sgd(net), metrics={"error": training.error_rate})
    assert all(np.array_equal(before[name], now) for name, now in net.state_dict().items())
