"""Harm by the user's own weights: nothing is weighted in silence, nothing is taken for 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hotspot as hs
from hotspot.ranking.harm import HarmWeights, harm_columns

TOLD = {"unit": "days", "index": "Index A", "edition": "2020", "source": "a paper", "derivation": "as listed"}
EXAMPLE = Path(hs.__file__).parent / "sample" / "data" / "EXAMPLE_harm_weights.csv"
HEADER = "category,weight,unit,index,edition,source,derivation\n"


def table(**weights: float) -> pd.DataFrame:
    return pd.DataFrame({"category": list(weights), "weight": list(weights.values()), **TOLD})


def incidents() -> tuple[pd.DataFrame, np.ndarray]:
    # Location 0: one robbery; 1: four thefts; 2: ASB only; 3: nothing; 4: a theft and ASB.
    categories = ["Robbery", "Theft", "Theft", "Theft", "Theft", "ASB", "Theft", "ASB"]
    return pd.DataFrame({"category": categories}), np.array([0, 1, 1, 1, 1, 2, 4, 4])


def test_harm_by_arithmetic() -> None:
    frame, code = incidents()
    found = harm_columns(frame, code, 5, HarmWeights.read(table(Robbery=100, Theft=4), leave_out=["ASB"]))
    assert found["harm"].tolist()[:2] == [100, 16]
    assert np.isnan(found["harm"][2])  # an incident without a weight is not an incident of no harm
    assert found["harm"].tolist()[3:] == [0, 4]
    assert found["harm_rank"].tolist() == [1, 2, pd.NA, 4, 3]
    assert found["count_rank"].tolist() == [3, 1, 3, 5, 2]
    assert found["largest_event_pct"].tolist()[:2] == [100, 25]
    assert np.isnan(found["largest_event_pct"][3])
    assert found["without_weight"].tolist() == [0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("transform", "expected"),
    [("sqrt", [10.0, 8.0]), ("log", [np.log(101), 4 * np.log(5)])],
)
def test_a_transform_is_of_each_incident(transform: str, expected: list[float]) -> None:
    frame, code = incidents()
    weights = HarmWeights.read(table(Robbery=100, Theft=4), leave_out=["ASB"], transform=transform)  # type: ignore[arg-type]
    found = harm_columns(frame, code, 5, weights)
    assert found["harm"].tolist()[:2] == pytest.approx(expected)
    assert weights.name.startswith("Index A (2020), days, ")


def test_an_uncovered_category_is_refused_with_its_count() -> None:
    frame, code = incidents()
    with pytest.raises(hs.InputError, match=r"7 incidents .*'Theft' \(5\), 'ASB' \(2\)") as error:
        harm_columns(frame, code, 5, HarmWeights.read(table(Robbery=100)))
    assert "leave_out=" in str(error.value)


def test_anti_social_behaviour_gets_no_weight_in_silence() -> None:
    frame = pd.DataFrame({"category": ["Anti-social behaviour", "Robbery"]})
    with pytest.raises(hs.InputError, match="Anti-social behaviour has no published weight"):
        HarmWeights.read(table(Robbery=1)).of(frame)
    weights = HarmWeights.read(table(Robbery=1), leave_out="anti-social behaviour")
    assert np.isnan(weights.of(frame)[0])
    assert "in the counts only: Anti-social behaviour (1 incidents)" in weights.note(frame)
    own = pd.concat([table(Robbery=1), table(**{"Anti-social behaviour": 2}).assign(index="our own")])
    given = HarmWeights.read(own.reset_index(drop=True))
    assert given.of(frame).tolist() == [2, 1]
    assert "our own" in given.name


def test_an_incident_without_a_category_is_refused() -> None:
    with pytest.raises(hs.InputError, match=r"'\(no category\)' \(1\)"):
        HarmWeights.read(table(Robbery=1)).of(pd.DataFrame({"category": ["Robbery", None]}))


def test_codes_keep_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text(
        HEADER.replace("category", "code") + "008,5,days,A,1,s,d\n8,7,days,A,1,s,d\n", encoding="utf-8-sig"
    )
    weights = HarmWeights.read(path, column="offence")
    assert weights.of(pd.DataFrame({"offence": ["008", "8"]})).tolist() == [5, 7]
    assert weights.of(pd.DataFrame({"offence": [8.0]})).tolist() == [7]
    with pytest.raises(hs.InputError, match="say in which column"):
        HarmWeights.read(path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("Robbery,1,days,A,1,s,d\n\nTheft,x,days,A,1,s,d\n", "the first is row 4: 'x'"),
        ("Robbery,0,days,A,1,s,d\n", "the first is row 2: '0'"),
        ("Robbery,-1,days,A,1,s,d\n", "no number above 0"),
        ("Robbery,inf,days,A,1,s,d\n", "no number above 0"),
        ("Robbery,1,days,A,1,,d\n", "have no source .the first is row 2"),
        ("Robbery,1,days,A,1,s,d\nrobbery ,2,days,A,1,s,d\n", "an earlier row has too .the first is row 3"),
        ("Robbery,1,days,A,1,s,d\nTheft,1,pounds,A,1,s,d\n", "2 units .*the second begins at row 3"),
        ("", "no rows"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "weights.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    with pytest.raises(hs.InputError, match=message):
        HarmWeights.read(path)


def test_missing_columns_files_and_contradictions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="no column derivation"):
        HarmWeights.read(table(Robbery=1).drop(columns="derivation"))
    with pytest.raises(hs.InputError, match="no file"):
        HarmWeights.read(tmp_path / "none.csv")
    with pytest.raises(hs.InputError, match="leave_out too"):
        HarmWeights.read(table(Robbery=1), leave_out=["robbery"])
    with pytest.raises(hs.InputError, match="transform='cube'"):
        HarmWeights.read(table(Robbery=1), transform="cube")  # type: ignore[arg-type]
    with pytest.raises(hs.InputError, match="no column 'category'"):
        HarmWeights.read(table(Robbery=1)).of(pd.DataFrame({"kind": ["Robbery"]}))


def test_groups_are_ranked_among_themselves() -> None:
    frame, code = incidents()
    weights = HarmWeights.read(table(Robbery=100, Theft=4), leave_out=["ASB"])
    found = harm_columns(frame, code, 5, weights, groups=np.array([1, 0, 0, 0, 0]))
    assert found["harm_rank"].tolist() == [1, 1, pd.NA, 3, 2]


def test_the_order_of_rows_changes_nothing_not_even_the_last_digit() -> None:
    rng = np.random.default_rng(5)
    names = [f"c{i}" for i in range(40)]
    weights = HarmWeights.read(table(**dict(zip(names, rng.random(40) * 1e3, strict=True))))
    frame = pd.DataFrame({"category": rng.choice(names, 5_000)})
    code = rng.integers(0, 30, 5_000)
    order = rng.permutation(5_000)
    one = harm_columns(frame, code, 30, weights)
    other = harm_columns(frame.iloc[order], code[order], 30, weights)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    by_hand = frame["category"].map(
        dict(zip(weights.table["category"], weights.table["weight"], strict=True))
    )
    assert one["harm"].to_numpy() == pytest.approx(by_hand.groupby(code).sum().to_numpy())
    expected = 100 * by_hand.groupby(code).max() / by_hand.groupby(code).sum()
    assert one["largest_event_pct"].to_numpy() == pytest.approx(expected.to_numpy())


def test_the_example_says_in_every_row_that_it_is_one() -> None:
    weights = HarmWeights.read(EXAMPLE, leave_out=["Anti-social behaviour"])
    assert weights.table["derivation"].str.startswith("EXAMPLE").all()
    assert weights.table["index"].str.startswith("EXAMPLE").all()
    assert weights.name.startswith("EXAMPLE")
    assert "Anti-social behaviour" not in set(weights.table["category"])
