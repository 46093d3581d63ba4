"""Adjusted p-values against R's p.adjust and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hotspot.errors import InputError
from hotspot.statistics.multiple_testing import adjust

P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
# R 4.2.2: p.adjust(P, m) for m in "BH", "BY", "holm", "bonferroni".
R_ANSWERS = {
    "fdr_bh": [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.10571428571429, 0.216, 0.216, 0.216],
    "fdr_by": [
        0.0292896825397, 0.1171587301587, 0.2460333333333, 0.2460333333333, 0.2460333333333,
        0.2928968253968, 0.3096337868481, 0.6326571428571, 0.6326571428571, 0.6326571428571,
    ],
    "holm": [0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615],
    "bonferroni": [0.01, 0.08, 0.39, 0.41, 0.42, 0.6, 0.74, 1.0, 1.0, 1.0],
}  # fmt: skip
# R 4.2.2: p.adjust(c(.01, .5, NA, .01, .02), m): a missing value is no test.
R_MISSING = {
    "fdr_bh": [0.02, 0.5, np.nan, 0.02, 0.0266666666667],
    "fdr_by": [0.0416666666667, 1.0, np.nan, 0.0416666666667, 0.0555555555556],
    "holm": [0.04, 0.5, np.nan, 0.04, 0.04],
    "bonferroni": [0.04, 1.0, np.nan, 0.04, 0.08],
}


@pytest.mark.parametrize("correction", sorted(R_ANSWERS))
def test_the_answers_of_r(correction: str) -> None:
    np.testing.assert_allclose(adjust(np.array(P), correction), R_ANSWERS[correction], rtol=1e-11)


@pytest.mark.parametrize("correction", sorted(R_ANSWERS))
def test_the_order_of_tests_does_not_matter(correction: str) -> None:
    order = np.array([7, 2, 9, 0, 5, 1, 8, 3, 6, 4])
    np.testing.assert_allclose(
        adjust(np.array(P)[order], correction), np.array(R_ANSWERS[correction])[order], rtol=1e-11
    )


@pytest.mark.parametrize("correction", sorted(R_MISSING))
def test_a_missing_p_is_no_test(correction: str) -> None:
    p = np.array([0.01, 0.5, np.nan, 0.01, 0.02])
    np.testing.assert_allclose(adjust(p, correction), R_MISSING[correction], rtol=1e-10)


@pytest.mark.parametrize("correction", sorted(R_MISSING))
def test_nothing_tested_stays_missing(correction: str) -> None:
    assert np.isnan(adjust(np.array([np.nan, np.nan]), correction)).all()
    assert adjust(np.array([]), correction).shape == (0,)


def test_benjamini_hochberg_by_its_definition() -> None:
    p = np.random.default_rng(1).random(60) ** 3
    ranked = sorted(p)
    slow = [
        min(1.0, *(60 * later / (ranked.index(later) + 1) for later in ranked if later >= mine)) for mine in p
    ]
    np.testing.assert_allclose(adjust(p, "fdr_bh"), slow, rtol=1e-12)


def test_an_unknown_correction_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="'BH' is not known; use one of fdr_bh"):
        adjust(np.array([0.1]), "BH")
