"""Figures: what the artists hold is what was given; the style changes what it says, and SVG bytes repeat."""

import io
import re

import matplotlib as mpl
import numpy as np
import pytest

import pydl
from pydl import nn, plots
from pydl.plots import style

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _own_figures():
    """Draw without a screen, and leave no figure and no setting behind."""
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    with mpl.rc_context():
        yield
    plt.close("all")


def new_axes():
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


# ------------------------------------------------------------ learning curves


def test_learning_curves_draw_every_list_and_mark_the_best():
    history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 1.5, 2.5], "val_error": [0.5, 0.6, 0.4]}
    ax = plots.learning_curves(history, ylabel="loss (nats)")
    curves = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    assert list(curves) == ["loss", "validation loss", "validation error"]
    for line, values in zip(curves.values(), history.values(), strict=True):
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert list(line.get_ydata()) == values
    best = [line for line in ax.lines if line.get_marker() == "o"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in best] == [(2, 1.5), (3, 0.4)]
    assert best[0].get_color() == curves["validation loss"].get_color()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats)")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(curves)


def test_learning_curves_of_a_training_that_diverged():
    ax = plots.learning_curves({"val_loss": [2.0, 1.0, np.nan], "val_error": [np.nan, np.nan]})
    best = [line for line in ax.lines if line.get_marker() == "o"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in best] == [(2, 1.0)]


def test_learning_curves_of_a_history():
    history = pydl.training.History()
    history["loss"] += [1.0, 0.5]
    ax = new_axes()
    assert plots.learning_curves(history, ax) is ax
    assert list(ax.lines[0].get_ydata()) == [1.0, 0.5]


# ------------------------------------------------------------ image grid


@pytest.mark.parametrize("kind", [np.asarray, pydl.tensor], ids=["array", "tensor"])
def test_images_lie_in_rows_on_one_scale(kind):
    images = RNG.random((7, 4, 5)) * np.arange(1, 8)[:, None, None]  # each brighter than the one before
    figure = plots.image_grid(kind(images), columns=3, titles=list("abcdefg"), size=1.0)
    axes = np.array(figure.axes).reshape(3, 3)
    shown = [ax.images[0] for ax in axes.flat if ax.images]
    assert [len(ax.images) for ax in axes.flat] == [1] * 7 + [0] * 2
    for artist, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(artist.get_array(), image)
        assert artist.get_clim() == (images.min(), images.max())
        assert artist.get_cmap().name == "gray_r"
    assert [ax.get_title() for ax in axes.flat] == [*"abcdefg", "", ""]
    assert not any(ax.axison for ax in axes.flat)
    assert figure.get_size_inches().tolist() == pytest.approx([3.0, 3.9])


def test_diverging_images_have_white_at_zero():
    images = np.array([[[-3.0, 1.0]], [[0.0, 2.0]]])
    figure = plots.image_grid(images, columns=2, diverging=True)
    for ax in figure.axes:
        assert ax.images[0].get_clim() == (-3, 3)
        assert ax.images[0].get_cmap().name == "RdBu_r"


# ------------------------------------------------------------ confusion matrix


def test_confusion_matrix_counts_and_shades_errors_by_their_share():
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    predictions = pydl.tensor(np.array([0, 0, 1, 2, 1, 0, 2]))
    ax = plots.confusion_matrix(labels, predictions, ["x", "y", "z"])
    counts = {tuple(map(int, text.get_position()[::-1])): int(text.get_text()) for text in ax.texts}
    assert counts == {(0, 0): 2, (0, 1): 1, (0, 2): 1, (1, 0): 1, (1, 1): 1, (2, 2): 1}, "(true, predicted)"
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 0.25, 0.25], [0.5, 0, 0], [0, 0, 0]])
    assert ax.images[0].get_clim()[1] == pytest.approx(0.8)
    assert [t.get_text() for t in ax.get_xticklabels()] == [t.get_text() for t in ax.get_yticklabels()] == list("xyz")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


def test_confusion_matrix_without_errors():
    ax = plots.confusion_matrix([0, 1], [0, 1], ["no", "yes"], ax=new_axes())
    assert [text.get_text() for text in ax.texts] == ["1", "1"]
    assert not ax.images[0].get_array().any()
    with pytest.raises(IndexError):
        plots.confusion_matrix([0, 2], [0, 1], ["no", "yes"])


# ------------------------------------------------------------ contours


def test_contours_are_level_lines_of_the_function():
    def bowl(x, y):
        return x**2 + 4 * y**2

    path = pydl.tensor([[2.0, 1.0], [1.0, 0.5], [0.5, 0.1]])
    ax = plots.contours(bowl, (-3, 3), (-2, 2), path=path, levels=[1.0, 4.0])
    (lines,) = ax.collections
    assert lines.levels.tolist() == [1, 4]
    for level, line in zip(lines.levels, lines.get_paths(), strict=True):
        points = np.array([p for p, code in line.iter_segments()])
        assert len(points) > 20
        np.testing.assert_allclose(bowl(*points.T), level, atol=5e-3)  # linear between points of the mesh
    walked, start, end = ax.lines
    np.testing.assert_array_equal(np.array(walked.get_data()).T, path.numpy())
    assert (start.get_xydata().tolist(), end.get_xydata().tolist()) == ([[2, 1]], [path.numpy()[-1].tolist()])
    assert start.get_markerfacecolor() == "white"
    assert (ax.get_xlim(), ax.get_ylim()) == ((-3, 3), (-2, 2))
    assert plots.contours(bowl, (-1, 1), (-1, 1), ax=(other := new_axes())) is other
    assert not other.lines


# ------------------------------------------------------------ census


def census_of(*activations):
    pydl.seed(0)
    net = nn.Sequential(*[nn.Linear(8, 8, activation=f) for f in activations])
    with nn.Census(net) as census:
        net(RNG.standard_normal((50, 8)).astype("float32")).sum().backward()
    return census


def test_activation_histograms_draw_each_layer_on_one_scale():
    census = census_of("relu", "tanh", None)
    figure = plots.activation_histograms(census)
    assert [ax.get_ylabel() for ax in figure.axes] == ["0", "1", "2"]
    for ax, layer in zip(figure.axes, census.layers.values(), strict=True):
        (steps,) = [p for p in ax.patches if hasattr(p, "get_data")]
        heights, edges, _ = steps.get_data()
        tally = layer.outputs
        finest = np.histogram(0, tally.edges)[0] * tally.zeros  # zeros are left out
        group = len(tally.counts) // len(heights)
        expected = (tally.counts - finest).reshape(-1, group).sum(axis=1)
        np.testing.assert_allclose(heights, expected / expected.max())
        assert (edges[0], edges[-1]) == (-tally.limit, tally.limit)
        note = f"std {tally.std:.2g}" + (f", {tally.zeros / tally.count:.0%} at 0" if tally.zeros else "")
        assert [text.get_text() for text in ax.texts] == [note]
    assert "at 0" in figure.axes[0].texts[0].get_text()
    assert len({ax.get_xlim() for ax in figure.axes}) == 1
    assert figure.axes[-1].get_xlabel() == "output y"
    low, high = figure.axes[0].get_xlim()
    for layer in census.layers.values():
        occupied = layer.outputs.edges[:-1][layer.outputs.counts > 0]
        assert low <= occupied.min() < occupied.max() <= high


def test_histograms_of_gradients_and_of_chosen_layers():
    census = census_of("relu", "tanh", None)
    figure = plots.activation_histograms(census, layers=["2", "0"], gradients=True)
    assert [ax.get_ylabel() for ax in figure.axes] == ["2", "0"]
    assert figure.axes[-1].get_xlabel() == "∂J/∂y"
    empty = nn.Census(nn.ReLU())
    with pytest.raises(ValueError, match=r"no outputs were seen in \[''\]: run the network inside the census"):
        plots.activation_histograms(empty)


@pytest.mark.parametrize(("of", "figure"), [("outputs", "gradient_norm"), ("weights", "weight_gradient_norm")])
def test_gradient_norms_by_layer(of, figure):
    one, other = census_of("relu", None), census_of("tanh", "tanh", None)
    ax = plots.gradient_norms({"one": one, "other": other}, of=of)
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "other"]
    for line, census in zip(ax.lines, (one, other), strict=True):
        assert list(line.get_ydata()) == [getattr(layer, figure) for layer in census.layers.values()]
        assert list(line.get_xdata()) == list(range(1, len(census.layers) + 1))
    cut = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    with nn.Census(cut) as census:
        cut[2](cut[1](cut[0](np.ones((5, 8), "float32"))).detach()).sum().backward()
    (line,) = plots.gradient_norms(census, of=of, layers=nn.Linear).lines
    np.testing.assert_array_equal(np.isnan(line.get_ydata()), [True, False], "a layer without gradient keeps its place")
    single = plots.gradient_norms(one, ax=(given := new_axes()))
    assert single is given
    assert single.get_legend() is None
    with pytest.raises(ValueError, match="of must be 'outputs' or 'weights', not 'biases'"):
        plots.gradient_norms(one, of="biases")


def test_dead_units_by_layer_of_a_kind():
    net = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU())
    with pydl.no_grad():
        net[0].bias[:3] = -100.0
    with nn.Census(net) as census:
        net(RNG.standard_normal((50, 8)).astype("float32")).sum().backward()
    ax = plots.dead_units(census, nn.ReLU)
    dead = [100 * census.layers[name].dead / 4 for name in "13"]
    assert dead[0] >= 75
    assert list(ax.lines[0].get_ydata()) == dead
    assert ax.get_ylabel() == "dead units (%)"


# ------------------------------------------------------------ style


def settings_of_the_sheet():
    return mpl.rc_params_from_file(style.Path(style.__file__).with_name("book.mplstyle"), use_default_template=False)


def test_the_style_sets_what_its_sheet_says_and_nothing_else():
    mpl.rcParams["axes.facecolor"] = "0.9"
    mpl.rcParams["figure.max_open_warning"] = 7
    before = dict(mpl.rcParams)
    plots.use_style()
    sheet = settings_of_the_sheet()
    assert len(sheet) > 20
    for name, value in mpl.rcParams.items():
        assert value == (sheet[name] if name in sheet else before[name]), name
    plots.use_style("png")
    assert all(mpl.rcParams[name] == value for name, value in sheet.items())


def test_an_unknown_format_teaches():
    with pytest.raises(ValueError, match="format must be 'svg' or 'png', not 'pdf'"):
        plots.use_style("pdf")


def svg():
    figure = plots.image_grid(RNG_IMAGES, columns=2).axes[0].figure
    curves = plots.learning_curves({"loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}).figure
    surface = plots.contours(lambda x, y: np.sin(x) * y, (-1, 1), (-1, 1), path=np.zeros((2, 2))).figure
    texts = []
    for drawn in (figure, curves, surface):
        stream = io.BytesIO()
        drawn.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
        texts.append(stream.getvalue())
    return texts


RNG_IMAGES = RNG.random((3, 4, 4))


def test_svg_bytes_repeat():
    plots.use_style()
    first, second = svg(), svg()
    assert first == second
    assert all(len(text) > 1000 for text in first)
    assert not any(re.search(rb"<dc:date>|Matplotlib v", text) for text in first)
