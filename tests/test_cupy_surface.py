"""Read pydl's source: whatever it calls of NumPy on device arrays must exist in CuPy, keywords too."""

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import pydl
from tests.strict.table import TABLE, VERSION, RefusedError, check, check_ufunc

ROOT = Path(pydl.__file__).parent
# These work on the host alone; "models/x.py" would name one file, "data" names a folder.
HOST_ONLY = {
    "backend.py",  # the seam itself
    "check",  # grades students' code
    "checkpoint",  # files
    "claims.py",  # numbers for the reader
    "doctor.py",  # looks at the host
    "data",  # loading and shuffling, before anything moves to a device
    "plots",  # figures
    "random.py",  # draws on the host by design
    "testing.py",  # finite differences
}
# These concern types and shapes, never the elements of an array.
HOST_FUNCTIONS = {"broadcast_shapes", "isdtype", "issubdtype", "iterable", "promote_types"}
# NumPy does not hand these over to the array's own kind: on a device array they raise.
NOT_DISPATCHED = {"asanyarray", "ascontiguousarray", "asfortranarray", "require"}
# Where array methods can be known: these files handle raw arrays, not Tensors.
RAW = ("ops", "optim")


def sources():
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        if not HOST_ONLY & {relative.parts[0], relative.as_posix()}:
            yield relative


def numpy_names(tree):
    """Map each name that stands for NumPy or a part of it to its path in NumPy."""
    names = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=modules):
                for module in modules:
                    root, _, rest = module.name.partition(".")
                    if root == "numpy":
                        names[module.asname or root] = rest if module.asname else ""
            case ast.ImportFrom(module=str(module), names=members) if module.split(".")[0] == "numpy":
                prefix = module.partition(".")[2]
                names |= {m.asname or m.name: f"{prefix}.{m.name}".lstrip(".") for m in members}
    return names


def namespace_names(tree):
    """Map each name to which some ``namespace(x)`` is assigned likewise."""
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    pairs = [pair for node in assigned for target in node.targets for pair in _unpacked(target, node.value)]
    return {target.id: "" for target, value in pairs if isinstance(target, ast.Name) and is_namespace(value)}


def _unpacked(target, value):
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def is_namespace(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == "namespace"


def imported_names(tree):
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}


def path_of(node, names):
    """Return the path in NumPy that `node` spells, such as ``"linalg.norm"``; None if it is not NumPy's."""
    match node:
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Attribute(value=value, attr=attr):
            prefix = path_of(value, names)
            return None if prefix is None else f"{prefix}.{attr}".lstrip(".")
    return "" if is_namespace(node) else None


def check_numpy(path, args, kwargs, partial):
    """Raise RefusedError if CuPy lacks the function at `path` or an argument given to it."""
    owner, value = None, np
    for part in path.split("."):
        owner, value = value, getattr(value, part, None)
    if isinstance(owner, np.ufunc):
        check_ufunc(owner.__name__, path.rpartition(".")[2], args, kwargs, partial)
    elif value is None:
        check(path, args, kwargs, partial=partial)
    elif callable(value) and not isinstance(value, type) and path not in HOST_FUNCTIONS:
        module = (getattr(value, "__module__", None) or "numpy").partition(".")[2]
        dispatched = f"{module}.{value.__name__}".lstrip(".")
        check(path if path in TABLE["functions"] else dispatched, args, kwargs, partial=partial)


def check_method(name, kwargs):
    """Raise RefusedError for a method, or its keyword, that `numpy.ndarray` has and CuPy's lacks."""
    if name.startswith("_") or not hasattr(np.ndarray, name) or name in TABLE["properties"].split():
        return
    if name not in TABLE["methods"]:
        raise RefusedError(f"{VERSION}'s arrays have no {name!r}")
    try:
        known = inspect.signature(getattr(np, name)).parameters
    except (AttributeError, ValueError):  # written in C, or a method only
        known = {}
    check(name, (), {key: None for key in kwargs if key in known}, "methods", partial=True)


def problems(source, filename, raw=False):
    """Return one line, ``file:line: what: why``, per use that CuPy would refuse."""
    tree, found, seen = ast.parse(source), [], set()
    names, known = numpy_names(tree), imported_names(tree) | {"self"}
    all_names = names | namespace_names(tree)
    for node in ast.walk(tree):  # a call comes before its function, a chain before its links
        spelled = node.func if isinstance(node, ast.Call) else node
        if spelled in seen or not isinstance(spelled, (ast.Attribute, ast.Name)):
            continue
        seen |= {spelled, getattr(spelled, "value", None)}
        args, kwargs, partial = (), {}, True
        if isinstance(node, ast.Call):
            kwargs = {keyword.arg: None for keyword in node.keywords if keyword.arg}
            partial = len(kwargs) < len(node.keywords) or any(isinstance(a, ast.Starred) for a in node.args)
            args = () if partial else node.args
        path = path_of(spelled, all_names)
        root = next((n.id for n in ast.walk(spelled) if isinstance(n, ast.Name)), None)
        try:
            if path in NOT_DISPATCHED and root in names:
                raise RefusedError(f"NumPy converts to its own array here: call namespace(x).{path}")
            if path:
                check_numpy(path, args, kwargs, partial)
            elif raw and path is None and root not in known and isinstance(spelled, ast.Attribute):
                check_method(spelled.attr, kwargs)
        except RefusedError as refusal:
            found.append(f"{filename}:{node.lineno}: {ast.unparse(spelled)}: {refusal}")
    return found


@pytest.mark.parametrize("relative", list(sources()), ids=str)
def test_everything_used_exists_in_cupy(relative):
    found = problems((ROOT / relative).read_text(), f"pydl/{relative}", raw=relative.parts[0] in RAW)
    assert not found, "\n".join(["not for device arrays:", *found])


FAULTS = {
    "np.insert(x, 0, 1)": "np.insert: CuPy .* has no function 'insert'",
    "np.linalg.svdvals(x)": "np.linalg.svdvals: .* has no function 'linalg.svdvals'",
    "np.sum(x, axis=0, where=m)": "np.sum: .*unexpected keyword argument 'where'",
    "np.clip(x, min=0, max=1)": "np.clip: .*'a_min'",
    "np.add(x, x, where=m)": "np.add: .*'where'",
    "np.maximum.reduce(x)": "np.maximum.reduce: .* has no maximum.reduce",
    "np.multiply.at(x, i, 2)": "np.multiply.at: .* has no multiply.at",
    "np.ascontiguousarray(x.T)": r"np.ascontiguousarray: .* namespace\(x\).ascontiguousarray",
    "f = np.vecdot": "np.vecdot: ",
    "np.no_such_function(x)": "np.no_such_function: ",
    "np.random.default_rng(0)": "np.random.default_rng: ",
    "x.sum(axis=0, where=m)": "x.sum: .*'where'",
    "(x + 1).argsort(stable=True)": r"\(x \+ 1\).argsort: .*'stable'",
    "np.linalg.outer(x, x)": "np.linalg.outer: .* has no function 'linalg.outer'",
    "x.setflags(write=False)": "x.setflags: ",
    "from numpy import block\nblock(x)": "block: ",
    "import numpy.linalg as la\nla.multi_dot(x)": "la.multi_dot: ",
    "xp = namespace(x)\nxp.geomspace(1, 2)": "xp.geomspace: ",
    "xp, n = namespace(x), 3\nxp.nanpercentile(x, n)": "xp.nanpercentile: ",
    "namespace(x).nanquantile(x, 0.5)": r"namespace\(x\).nanquantile: ",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named_with_its_line(fault):
    (problem,) = problems(f"import numpy as np\n{fault}\n", "pydl/ops/planted.py", raw=True)
    line = 2 + fault.count("\n")
    assert re.match(f"pydl/ops/planted.py:{line}: {FAULTS[fault]}", problem), problem


@pytest.mark.parametrize(
    "source",
    [
        "np.sum(x, axis=0, keepdims=True)",
        "np.float32(1) + np.pi * np.inf",
        "def f(x: np.ndarray, rng: np.random.Generator): ...",
        "np.add.at(x, i, v)",
        "namespace(x).ascontiguousarray(x.T)",
        "np.einsum('ij,jk', a, b, optimize=True)",
        "np.concatenate(*parts, **options)",
        "np.lib.stride_tricks.sliding_window_view(x, 3, axis=1)",
        "x.sum(axis=0, keepdims=True).T.reshape(2, -1)",
        "np.errstate(divide='ignore')",
        "np.concat([x, x]), np.acos(x), np.permute_dims(x, (1, 0)), np.fix(x), np.matmul(x, x)",
    ],
)
def test_what_cupy_has_passes(source):
    assert problems(f"import numpy as np\n{source}\n", "pydl/ops/fine.py", raw=True) == []
