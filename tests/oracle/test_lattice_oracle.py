"""Sums and z on lattices against slow answers in whole numbers."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hotspot.statistics import lattice
from hotspot.statistics.gi_kernel import Gi, gi_lattice, gi_tiles
from hotspot.statistics.lattice import Neighbourhood, Shape, neighbourhood_sums, rings, within


def members(
    mask: np.ndarray, row0: int, shape: Shape, *, radius: float | None = None, steps: int | None = None
) -> list[list[int]]:
    """Return each cell's members, itself included, by comparing all pairs in whole half cells."""
    spots = [(int(row) + row0, int(col)) for row, col in zip(*np.nonzero(mask), strict=True)]
    found = []
    for row, col in spots:
        mine = []
        for j, (other, across) in enumerate(spots):
            dy, dx = abs(row - other), 2 * abs(col - across)
            if shape == "hexagon":
                dx = abs(2 * col + row % 2 - 2 * across - other % 2)
            if steps is not None:
                far = max(dy, dx // 2) if shape == "square" else dy + max(0, (dx - dy) // 2)
                near = far <= steps
            else:
                assert radius is not None
                near = dx * dx + (4 if shape == "square" else 3) * dy * dy <= 4 * radius**2 + 1e-9
            if near:
                mine.append(j)
        found.append(mine)
    return found


def slow_z(x: list[int], groups: list[list[int]], *, star: bool) -> list[float]:
    """Return z by the formula of Ord and Getis (1995) in fractions, with one root at the end."""
    answer = []
    for i, mine in enumerate(groups):
        chosen = mine if star else [j for j in mine if j != i]
        compared = x if star else x[:i] + x[i + 1 :]
        n, k = len(compared), len(chosen)
        mean = Fraction(sum(compared), n)
        variance = Fraction(sum(v * v for v in compared), n) - mean**2
        free = variance * Fraction(n * k - k * k, n - 1)
        if free == 0:
            answer.append(math.nan)
            continue
        off = sum(x[j] for j in chosen) - mean * k
        answer.append(math.copysign(math.sqrt(off * off / free), off))
    return answer


def hoods(shape: Shape) -> list[tuple[Neighbourhood, dict[str, float]]]:
    near = [(within(r, shape), {"radius": r}) for r in (1.0, 2.0, 2.7, 6.0)]
    return near + [(rings(k, shape), {"steps": k}) for k in (1, 2, 4)]


@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize(
    ("height", "width", "row0"), [(1, 6, 1), (9, 1, 0), (7, 5, -3), (29, 6, 1), (30, 3, 0)]
)
def test_sums_against_all_pairs(
    shape: Shape, height: int, width: int, row0: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Blocks as small as they get, so that the taller lattices have several.
    monkeypatch.setattr(lattice, "TILE_CELLS", 1)
    values = np.random.default_rng(height).integers(-9, 50, (height, width))
    flat, everywhere = values.reshape(-1), np.ones((height, width), dtype=bool)
    for hood, meant in hoods(shape):
        groups = members(everywhere, row0, shape, **meant)  # type: ignore[arg-type]
        expected = [int(flat[mine].sum()) for mine in groups]
        assert neighbourhood_sums(values, hood, row0).reshape(-1).tolist() == expected
        weights = neighbourhood_sums(values * 0.37, hood, row0).reshape(-1)
        np.testing.assert_allclose(weights, np.array(expected) * 0.37, rtol=1e-13, atol=1e-13)
        assert neighbourhood_sums(everywhere, hood, row0).reshape(-1).tolist() == [
            len(mine) for mine in groups
        ]


CASES = {
    "sparse": lambda rng, size: rng.poisson(0.1, size),
    "busy": lambda rng, size: rng.poisson(40.0, size),
    # All the variation is in one cell, or nearly: what is left without it must not drown.
    "one cell": lambda rng, size: np.where(
        np.arange(np.prod(size)).reshape(size) == 31, 10**7, rng.poisson(0.2, size)
    ),
    "nearly flat": lambda rng, size: 10**6 + (rng.random(size) < 0.05),
    "beyond the whole numbers of a float": lambda rng, size: rng.integers(0, 10**13, size),
}


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("case", CASES)
def test_z_against_fractions(case: str, shape: Shape, star: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice, "TILE_CELLS", 1)
    rng = np.random.default_rng(5)
    mask = rng.random((26, 7)) < 0.8
    mask[8:18, :] = True
    matrix = np.asarray(CASES[case](rng, mask.shape), dtype=np.int64) * mask
    x = matrix[mask].tolist()
    for hood, meant in (hoods(shape)[0], hoods(shape)[2], hoods(shape)[5]):
        groups = members(mask, 3, shape, **meant)  # type: ignore[arg-type]
        found = gi_lattice(matrix, mask, hood, 3, star=star)
        np.testing.assert_allclose(found.z, slow_z(x, groups, star=star), rtol=1e-12, atol=0)
        left = [[j for j in mine if star or j != i] for i, mine in enumerate(groups)]
        assert found.sums.tolist() == [sum(x[j] for j in mine) for mine in left]
        assert found.drawn.tolist() == [len(mine) for mine in left]


@pytest.mark.parametrize("star", [True, False])
def test_values_that_are_no_whole_numbers(star: bool) -> None:
    rng = np.random.default_rng(2)
    mask = rng.random((9, 8)) < 0.9
    # Quarters have exact sums in floats, so the slow answer in quarters is the answer.
    quarters = rng.integers(0, 40, mask.shape) * mask
    groups = members(mask, 0, "square", steps=1)
    expected = slow_z(quarters[mask].tolist(), groups, star=star)
    found = gi_lattice(quarters / 4.0, mask, rings(1, "square"), star=star)
    np.testing.assert_allclose(found.z, expected, rtol=1e-11)


def test_whole_numbers_too_large_for_64_bits_are_treated_as_floats() -> None:
    values = np.random.default_rng(3).integers(0, 9, (6, 6))
    expected = gi_lattice(values, None, rings(1, "square")).z
    found = gi_lattice(values * 10**17, None, rings(1, "square"))
    np.testing.assert_allclose(found.z, expected, rtol=1e-12, atol=1e-12)
    assert found.sums.dtype == np.float64


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_blocks_from_disk_equal_the_whole_in_memory(tmp_path: Path, shape: Shape, star: bool) -> None:
    rng = np.random.default_rng(8)
    mask = rng.random((61, 11)) < 0.9
    for values in (rng.poisson(2.0, mask.shape) * mask, rng.random(mask.shape) * mask):
        np.save(tmp_path / "values.npy", values)
        np.save(tmp_path / "mask.npy", mask)
        stored = np.load(tmp_path / "values.npy", mmap_mode="r")
        inside = np.load(tmp_path / "mask.npy", mmap_mode="r")
        hood = within(2.5, shape)
        whole = gi_lattice(values, mask, hood, 1, star=star)
        z = np.lib.format.open_memmap(tmp_path / "z.npy", mode="w+", dtype=float, shape=(int(mask.sum()),))
        at, parts = 0, []
        for _, _, part in gi_tiles(stored, inside, hood, 1, star=star, rows=13):
            z[at : at + len(part.z)] = part.z
            at += len(part.z)
            parts.append(part)
        assert at == len(whole.z)
        np.testing.assert_array_equal(np.load(tmp_path / "z.npy"), whole.z)
        for name in ("sums", "drawn", "reason"):
            joined = np.concatenate([getattr(part, name) for part in parts])
            np.testing.assert_array_equal(joined, getattr(whole, name))


def test_equal_neighbourhoods_have_equal_z_bit_for_bit() -> None:
    counts = np.random.default_rng(4).poisson(1.0, (300, 200))
    found: Gi = gi_lattice(counts, None, rings(1, "square"))
    seen: dict[tuple[int, int], float] = {}
    for pair, z in zip(
        zip(found.sums.tolist(), found.drawn.tolist(), strict=True), found.z.tolist(), strict=True
    ):
        assert seen.setdefault(pair, z) == z
