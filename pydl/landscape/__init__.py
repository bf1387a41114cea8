"""The landscape of a function: critical points and their kind, spectra of Hessians, slices by planes.

================== ==============================================================================
`critical_points`  searches for points without gradient, of whatever kind; rejects are counted
`classify`         minimum, maximum, saddle or undecided; degenerate points by higher derivatives
`spectrum`         all eigenvalues of the Hessian
`lanczos`          its extreme eigenvalues by Hessian-vector products
`density`          how its eigenvalues are distributed
`Plane`            a slice through the landscape, and trajectories projected on it
`SURFACES`         functions of two variables to race on: Beale's, Rosenbrock's, a saddle, …
`Chain`            prototype shapes side by side, as a function of one coordinate
`Problem`, `SUITE` losses made of chains, with noise, rotation, curl and change; 41 of them
`race`             all learning rates and all runs of an optimizer on a problem at once
================== ==============================================================================
"""

from pydl.landscape.classify import CriticalPoint, classify
from pydl.landscape.critical import Search, critical_points
from pydl.landscape.functions import SURFACES, Surface
from pydl.landscape.noise import Additive, Cauchy, Drift, Flip, MaskOut, Multiplicative, Rescale
from pydl.landscape.plane import Plane, Projection
from pydl.landscape.problems import Problem, rotation
from pydl.landscape.prototypes import SHAPES, Chain, Shape
from pydl.landscape.races import VERDICTS, Race, race, verdict
from pydl.landscape.spectrum import Extremes, density, lanczos, spectrum
from pydl.landscape.suite import SUITE

__all__ = [
    "SHAPES",
    "SUITE",
    "SURFACES",
    "VERDICTS",
    "Additive",
    "Cauchy",
    "Chain",
    "CriticalPoint",
    "Drift",
    "Extremes",
    "Flip",
    "MaskOut",
    "Multiplicative",
    "Plane",
    "Problem",
    "Projection",
    "Race",
    "Rescale",
    "Search",
    "Shape",
    "Surface",
    "classify",
    "critical_points",
    "density",
    "lanczos",
    "race",
    "rotation",
    "spectrum",
    "verdict",
]
