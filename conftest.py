"""Gives nbval's kernels the environment in which the notebooks' outputs were stored."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "tools"))


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the kernels' environment when, and only when, notebooks are checked."""
    if config.getoption("nbval", default=False):
        from notebook_environment import prepare

        prepare()
