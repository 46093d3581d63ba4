"""Rules of the house that a machine can check: light import, one direction, public names."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hotspot as hs

PACKAGE = Path(hs.__file__).parent
ORDER = [
    "errors",
    "text",
    "recording",
    "provenance",
    "geography",
    "intake",
    "statistics",
    "ranking",
    "decisions",
    "publish",
    "cli_check",
    "cli_review",
    "cli",
    "__main__",
]
HEAVY = [
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyarrow",
    "scipy",
    "folium",
    "matplotlib",
    "click",
]


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=True)


def test_importing_hotspot_loads_nothing_heavy() -> None:
    loaded = run(f"import hotspot, sys; print([m for m in {HEAVY!r} if m in sys.modules])").stdout.strip()
    assert loaded == "[]"
    log = run("import hotspot", "-X", "importtime").stderr
    modules = {line.rsplit("|", 1)[-1].strip() for line in log.splitlines()}
    assert "hotspot" in modules
    assert not modules & set(HEAVY)


def test_a_public_name_loads_its_own_module() -> None:
    seen = "print('pandas' in sys.modules)"
    code = f"import hotspot, sys; hotspot.InputError; {seen}; hotspot.Grid; {seen}"
    assert run(code).stdout.split() == ["False", "True"]


@pytest.mark.parametrize("name", hs.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(hs, name).__name__ == name
    assert name in dir(hs)
    assert getattr(hs, name).__doc__


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'heatmap'"):
        _ = hs.heatmap


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Return the modules that a file imports; the flag says that only type checkers see it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            names = [str(node.module)]
            if node.module == "hotspot":
                names = [f"hotspot.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found += [(name, id(node) in for_types) for name in names]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


def stage_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    stage = stage_of(path)
    if stage in ("__init__", "sample"):
        return
    assert stage in ORDER, f"{stage} has no place in the order of stages"
    for name, types_only in imports_of(path):
        if not name.startswith("hotspot.") or name == "hotspot.__version__" or types_only:
            continue
        other = name.split(".")[1]
        if other == "sample":
            assert stage == "cli", f"{path.name} imports the sample; only the command line may"
            continue
        assert ORDER.index(other) <= ORDER.index(stage), f"{stage}/{path.name} imports {name}"


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if stage_of(p) == "sample"],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_the_sample_knows_no_statistic(path: Path) -> None:
    # The planted truth is fixed before any statistic is run, and stays apart from them.
    used = {name.split(".")[1] for name, _ in imports_of(path) if name.startswith("hotspot.")}
    assert used <= {"errors", "text", "provenance", "geography", "sample", "__version__"}


@pytest.mark.parametrize(
    ("stage", "kept_out"),
    [
        ("geography", {"folium", "branca", "matplotlib", "click"}),
        ("intake", {"folium", "branca", "matplotlib", "click"}),
        ("statistics", {"folium", "branca", "matplotlib", "click", "tqdm"}),
        ("ranking", {"folium", "branca", "matplotlib", "click"}),
        ("publish", {"scipy", "click"}),
    ],
)
def test_what_a_stage_keeps_out(stage: str, kept_out: set[str]) -> None:
    used = {name.split(".")[0] for path in FILES if stage_of(path) == stage for name, _ in imports_of(path)}
    assert "numpy" in used or "pandas" in used
    assert not used & kept_out


@pytest.mark.parametrize(
    "name",
    [
        "lattice",
        "gi_kernel",
        "cut_cells",
        "exact",
        "thinned",
        "inference",
        "permutation",
        "area_null",
        "multiple_testing",
        "bandwidth",
        "aoristic",
        "trend",
        "rate_ratio",
        "occupancy",
        "gamma_poisson",
        "rank_distribution",
        "effect",
        "effect_variance",
        "absolute_change",
        "share_slope",
        "detectable",
        "prediction_scores",
    ],
)
def test_array_kernels_know_numpy_and_scipy_only(name: str) -> None:
    used = {module.split(".")[0] for module, _ in imports_of(PACKAGE / "statistics" / f"{name}.py")}
    assert "numpy" in used
    assert used <= {
        "numpy",
        "scipy",
        "hotspot",
        "math",
        "dataclasses",
        "typing",
        "__future__",
        "collections",
        "itertools",
        "functools",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_prints(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert not {"print", "breakpoint", "eval", "exec"} & set(calls)
