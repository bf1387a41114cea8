"""Early stopping: when it ends, and that the weights are those of the lowest value, bit for bit."""

import math

import numpy as np
import pytest

import pydl
from pydl import data, nn, optim, training
from pydl.optim import schedules
from pydl.training.stopping import EarlyStopping

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3)).astype("float32")
Y = (X[:, :1] + 0.5 * RNG.standard_normal((60, 1))).astype("float32")
TRAIN, HELD_OUT = [(X[:20], Y[:20])], [(X[20:], Y[20:])]


@pytest.fixture(autouse=True)
def _without_a_bar(monkeypatch):
    monkeypatch.setenv("PYDL_PROGRESS", "0")


def network():
    pydl.seed(0)
    return nn.Sequential(nn.Linear(3, 30, activation="tanh"), nn.Linear(30, 1))


def bits(state):
    return b"".join(a.tobytes() for a in state.values())


def train(epochs=400, **options):
    """Return the history, the network and its weights after each epoch."""
    net, states = network(), []
    history = training.fit(
        net,
        TRAIN,
        nn.MSELoss(),
        optim.SGD(net.parameters(), lr=0.05, momentum=0.9),
        epochs=epochs,
        **{"validation": HELD_OUT, "callbacks": [lambda epoch, history: states.append(net.state_dict())]} | options,
    )
    return history, net, states


def test_the_weights_are_those_of_the_minimum():
    history, net, states = train(patience=20)
    best = history.best_epoch
    assert best == int(np.argmin(history["val_loss"]))
    assert history.epochs == best + 21
    assert bits(net.state_dict()) == bits(states[best]) != bits(states[-1])
    held_out = training.evaluate(net, HELD_OUT, {"loss": nn.MSELoss()})["loss"]
    assert held_out == min(history["val_loss"])


def test_training_itself_is_not_changed():
    stopped, _, states = train(patience=20)
    free, net, all_states = train(epochs=stopped.epochs)
    assert free["val_loss"] == stopped["val_loss"]
    assert [bits(s) for s in states] == [bits(s) for s in all_states]
    assert free.best_epoch is None
    assert bits(net.state_dict()) == bits(states[-1]), "without patience the last weights stay"


def test_the_best_weights_return_however_training_ends(capsys):
    def interrupt(epoch, history):
        if epoch == 60:
            raise KeyboardInterrupt

    for options in ({"epochs": 61}, {"callbacks": [interrupt]}, {"callbacks": [lambda epoch, history: epoch == 60]}):
        history, net, _ = train(patience=10_000, **options)
        assert history.epochs == 61
        assert training.evaluate(net, HELD_OUT, {"loss": nn.MSELoss()})["loss"] == min(history["val_loss"])
        assert history.best_epoch < 60
    assert "interrupted in epoch 62" in capsys.readouterr().out


def test_a_small_gain_is_kept_but_buys_no_time():
    values = [5.0, 4.0, 3.9, 3.8, 3.7, 4.0]
    net, history = nn.Linear(1, 1), training.History()
    stopping, answers = EarlyStopping(net, patience=3, min_delta=0.5), []
    for epoch, value in enumerate(values[:5]):
        net.weight.copy_([[value]])
        history.setdefault("val_loss", []).append(value)
        answers.append(stopping(epoch, history))
    assert answers == [False, False, False, False, True]
    stopping.restore()
    assert history.best_epoch == 4
    assert net.weight.item() == np.float32(3.7)


def test_it_watches_what_it_is_told():
    def size(scores, targets):
        return abs(float(np.mean(scores.numpy())))

    history, net, _ = train(patience=5, stop_on="val_size", metrics={"size": size})
    assert history.best_epoch == int(np.argmin(history["val_size"]))
    assert training.evaluate(net, HELD_OUT, {"size": size})["size"] == min(history["val_size"])
    history, _, _ = train(epochs=30, patience=5, stop_on="loss", validation=None)
    assert history.best_epoch == int(np.argmin(history["loss"]))


def test_buffers_return_too():
    class Counted(nn.Module):
        def __init__(self):
            self.inner, self.seen = nn.Linear(3, 1), nn.module.Buffer(np.zeros(1, "float32"))

        def forward(self, x):
            if self.training:
                self.seen.copy_(self.seen.numpy() + 1)
            return self.inner(x)

    net, values = Counted(), iter([3.0, 1.0, 2.0, 2.0, 2.0])
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    history = training.fit(
        net,
        TRAIN,
        nn.MSELoss(),
        optimizer,
        epochs=5,
        validation=HELD_OUT,
        metrics={"given": lambda y, t: next(values)},
        patience=3,
        stop_on="val_given",
    )
    assert (history.best_epoch, history.epochs, net.seen.item()) == (1, 5, 2.0)


def test_a_divergence_gives_the_last_good_weights_back():
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=schedules.exponential(0.01, factor=1.5))
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="not finite in epoch"):
        history = training.fit(net, TRAIN, nn.MSELoss(), optimizer, epochs=80, validation=HELD_OUT, patience=100)
    assert 0 < history.best_epoch < history.epochs - 5
    assert training.evaluate(net, HELD_OUT, {"loss": nn.MSELoss()})["loss"] == history["val_loss"][history.best_epoch]


def test_a_value_that_is_never_finite_is_told():
    with pytest.warns(RuntimeWarning, match="val_nothing was never finite, so no epoch is the best"):
        history, _, _ = train(patience=3, stop_on="val_nothing", metrics={"nothing": lambda y, t: math.nan})
    assert (history.epochs, history.best_epoch) == (3, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"validation": None}, r"watches 'val_loss', but only \['loss'\] are measured: pass validation"),
        (
            {"stop_on": "val_eror", "metrics": {"error": training.error_rate}},
            r"only \['loss', 'val_loss', 'val_error'\]",
        ),
        ({"stop_on": "val_right", "metrics": {"right": training.accuracy}}, "the worst of accuracy: take error_rate"),
        ({"patience": 0}, "patience must be a number of epochs >= 1, not 0"),
        ({"min_delta": -0.1}, "min_delta must be >= 0"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_training(options, words):
    with pytest.raises(ValueError, match=words):
        train(**{"patience": 3, "callbacks": [lambda epoch, history: pytest.fail("trained")]} | options)


def test_stopping_goes_on_from_its_state():
    values = [5.0, 3.0, 4.0, 4.0, 2.0, 4.0, 4.0, 4.0]
    net, history = nn.Linear(1, 1), training.History()
    stopping, answers = EarlyStopping(net, patience=3), []
    for epoch, value in enumerate(values):
        if epoch == 3:
            stopping, state = EarlyStopping(net, patience=3), stopping.state_dict()
            stopping.load_state_dict(state)
        net.weight.copy_([[value]])
        history.setdefault("val_loss", []).append(value)
        answers.append(stopping(epoch, history))
    assert answers == [False] * 7 + [True]
    stopping.restore()
    assert (history.best_epoch, net.weight.item()) == (4, 2.0)


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_an_interrupted_run_goes_on_to_the_same_best_weights(cut, tmp_path):
    whole, expected, _ = train(patience=20, callbacks=[])
    assert whole.best_epoch + 21 == whole.epochs > cut
    path = tmp_path / "run.npz"
    train(epochs=cut, patience=20, callbacks=[], checkpoint=path)
    resumed, net, _ = train(patience=20, callbacks=[], checkpoint=path)
    assert (resumed.epochs, resumed.best_epoch) == (whole.epochs, whole.best_epoch)
    assert resumed["val_loss"] == whole["val_loss"]
    assert bits(net.state_dict()) == bits(expected.state_dict())


def test_halving_on_a_plateau_within_fit():
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    rates = []
    training.fit(
        net,
        data.DataLoader(TRAIN[0], 20),
        nn.MSELoss(),
        optimizer,
        epochs=100,
        validation=HELD_OUT,
        callbacks=[optim.Plateau(optimizer, patience=5), lambda epoch, history: rates.append(optimizer.lr)],
    )
    assert rates[0] == 0.05
    assert rates == sorted(rates, reverse=True)
    assert {round(math.log2(0.05 / rate), 9) % 1 for rate in rates} == {0}
    assert rates[-1] <= 0.05 / 8
