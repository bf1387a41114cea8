"""What `import pydl` costs, and what it says when the device it is asked for is not there."""

import os
import subprocess
import sys

import pytest

from pydl.backend import cuda_problem

HEAVY = {"IPython", "PIL", "cupy", "matplotlib", "pooch", "requests", "scipy", "sklearn", "torch", "tqdm"}


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYDL_DEVICE"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def modules_of(code: str) -> set[str]:
    """Return the top-level names in `sys.modules` of a fresh interpreter after `code`."""
    done = python(f"import sys; {code}; print(*sorted(sys.modules))")
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_import_loads_numpy_alone() -> None:
    loaded = modules_of("import pydl") - modules_of("import numpy")
    third = {name for name in loaded - sys.stdlib_module_names if not name.startswith("_")}
    assert third - {"cython_runtime"} == {"pydl"}  # (numpy.random's own)


def test_import_loads_nothing_heavy() -> None:
    assert modules_of("import pydl").isdisjoint(HEAVY)


def test_import_draws_no_numbers() -> None:
    """Nobody's own random stream moves because pydl was imported."""
    done = python(
        "import numpy as np; s = np.random.get_state()[1].tolist(), np.random.get_state()[2]; import pydl;"
        "print(s == (np.random.get_state()[1].tolist(), np.random.get_state()[2]))"
    )
    assert done.stdout == "True\n", done.stderr


def test_unknown_device_stops_the_import() -> None:
    done = python("import pydl", PYDL_DEVICE="nonsense")
    assert done.returncode != 0
    assert "unknown device 'nonsense'" in done.stderr
    assert "'cpu'" in done.stderr
    assert "'cuda'" in done.stderr


@pytest.mark.skipif(cuda_problem() is None, reason="this machine has a GPU")
def test_cuda_without_driver_says_the_way_out() -> None:
    done = python("import pydl", PYDL_DEVICE="cuda")
    assert done.returncode != 0
    assert "device 'cuda'" in done.stderr
    assert "PYDL_DEVICE=cpu" in done.stderr


def test_cuda_without_cupy_says_what_to_install() -> None:
    done = python("import sys; sys.modules['cupy'] = None; import pydl", PYDL_DEVICE="cuda")
    assert done.returncode != 0
    assert "needs CuPy" in done.stderr
    assert "pydl-course[cuda12]" in done.stderr
    assert "PYDL_DEVICE=cpu" in done.stderr


def test_auto_falls_back_to_the_cpu() -> None:
    done = python(
        "import sys; sys.modules['cupy'] = None; import pydl; from pydl.backend import default_device;"
        "print(default_device())",
        PYDL_DEVICE="auto",
    )
    assert done.stdout == "cpu\n", done.stderr
