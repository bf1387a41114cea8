"""The systems of the lecture, built from the package's parts.

====================== ============================================================
`perceptron`           Rosenblatt's rule, its margin and its bound
`k_means`              Lloyd's algorithm with k-means++ seeding
`growing_neural_gas`   Fritzke's network, which grows to the shape of a distribution
`rbf`                  radial basis functions
`rbf_centres`          where they sit, how wide they are: the first phase of training
`rbf_phases`           training in two or three phases
====================== ============================================================
"""

from pydl.models.growing_neural_gas import GrowingNeuralGas
from pydl.models.k_means import Clustering, k_means
from pydl.models.perceptron import Perceptron, margin, novikoff_bound
from pydl.models.rbf import RBFNetwork
from pydl.models.rbf_centres import choose_widths, place_centres
from pydl.models.rbf_phases import objective, third_phase, three_phase, two_phase

__all__ = [
    "Clustering",
    "GrowingNeuralGas",
    "Perceptron",
    "RBFNetwork",
    "choose_widths",
    "k_means",
    "margin",
    "novikoff_bound",
    "objective",
    "place_centres",
    "third_phase",
    "three_phase",
    "two_phase",
]
