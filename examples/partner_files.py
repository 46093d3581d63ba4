"""Four partners' exports, each read by its mapping: ledgers, findings, areas, double counts, known places, a map.

    python examples/partner_files.py --out partner-files

The script runs on the simulated exports that come with the package; nothing in them happened. For your own,
write a mapping for each file (hotspot new-mapping FILE --out FILE.toml), then replace SOURCES, AREA and
KNOWN_PLACES below.
"""

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd

import hotspot as hs
from hotspot import sample

# One line a partner: the export, and the mapping that says what its columns mean.
SOURCES = [(sample.export(name), sample.mapping(name)) for name in sample.export_names()]

# The outline, and the areas that incidents are assigned to: a file, its layer, the columns of code and
# name, and the edition in words, which is printed with every output.
AREA = (sample.borough(), sample.BOROUGH_LAYER)
LSOAS = (sample.borough(), sample.LSOA_LAYER, ["lsoa_code", "lsoa_name"], "LSOAs of 2011, rough outlines")

# Sites at which incidents are recorded for other reasons than their street. These are SIMULATED: no hospital
# or station stands there. Keep your own table as a CSV file; hs.new_known_places() gives an empty one.
KNOWN_PLACES = """name,kind,easting,northing,radius_m,source
Simulated hospital,hospital,398204,287297,150,made up for this example
Simulated bus station,bus station,402115,295195,120,made up for this example
"""


def read_all(area: gpd.GeoDataFrame) -> list[hs.Intake]:
    """Read each export by its mapping. Rows outside the area are set aside and counted, never lost."""
    return [hs.read_incidents(export, mapping, area=area) for export, mapping in SOURCES]


def show_ledgers(intakes: list[hs.Intake]) -> None:
    """Print one table: for every file, rows read = used + set aside, and the reasons for setting aside."""
    ledgers = pd.concat([intake.ledger for intake in intakes], ignore_index=True)
    # Each source has reasons of its own; a blank means that this source has no such row.
    table = ledgers.drop(columns=["source_file", "sha256"]).set_index("source").fillna(0).astype("int64")
    print("\nLedgers: read = used + set aside, and why\n")
    print(table.T.to_string())


def show_findings(intakes: list[hs.Intake]) -> None:
    """Print what a person should look at before trusting a figure."""
    print("\nFindings: read them before the results\n")
    for intake in intakes:
        for row in intake.findings.itertuples():
            print(f"- {row.source}, {row.field}: {row.finding} ({row.rows:,} rows, such as {row.first_rows})")


def assign_lsoas(intakes: list[hs.Intake]) -> None:
    """Assign each incident to an LSOA and print each source's busiest one."""
    file, layer, columns, vintage = LSOAS
    lsoas = hs.read_area(file, layer=layer)
    print(f"\nBusiest area of each source ({vintage})\n")
    for intake in intakes:
        # By point, never by matching names or codes that the partner wrote: those may be of another edition.
        placed = hs.assign_area(intake.incidents, lsoas, column=columns, vintage=vintage)
        counts = placed["lsoa_code"].value_counts()
        print(
            f"- {intake.ledger['source'].iloc[0]}: {counts.index[0]}, {counts.iloc[0]:,} of {len(placed):,}"
        )


def compare_two(one: hs.Intake, other: hs.Intake, out: Path) -> None:
    """Put two sources side by side, and list the pairs that may be one event recorded twice."""
    # combine_sources is the user's word that two sources may stand in one table. It is needed to look for
    # pairs; the counts below stay apart, because one event may be in both columns.
    both = hs.combine_sources([one.incidents, other.incidents])
    print("\nIncidents by month and source, not to be added up\n")
    print(hs.sources_side_by_side(both).tail(3).to_string())
    pairs = hs.possible_double_counts(both, metres=100, hours=2)
    hs.write_csv(pairs, out / "possible_double_counts.csv")
    print(f"\n{len(pairs)} pairs within 100 m and 2 hours; each is a question, not a finding:\n")
    print(pairs[["incident_id_a", "incident_id_b", "category_a", "category_b", "distance_m"]].to_string())


def at_known_places(intakes: list[hs.Intake], out: Path) -> None:
    """Count each source's incidents at known places, and rank them apart from the others."""
    table = out / "known_places.csv"
    table.write_text(KNOWN_PLACES, encoding="utf-8")
    places = hs.read_known_places(table)
    print("\nIncidents at known places (SIMULATED places)\n")
    for intake in intakes:
        flagged = hs.flag_known_places(intake.incidents, places, action="apart")
        print(
            f"- {intake.ledger['source'].iloc[0]}: {int(flagged['ranked_apart'].sum()):,} of {len(flagged):,}"
        )
        # With action="apart" a ranking lists each place once, after all other locations.
        locations = hs.repeat_locations(flagged)
        hs.write_csv(locations, out / f"locations_{intake.ledger['source'].iloc[0].replace(' ', '_')}.csv")


def draw_map(intake: hs.Intake, area: gpd.GeoDataFrame, out: Path) -> None:
    """Test and map one source. Sources stay apart: each records other things, by other rules."""
    incidents = hs.select_incidents(intake.incidents)
    grid = hs.Grid.over(area, cell_size=200)
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    cells = hs.kernel_density(incidents, grid, cells=cells)
    path = hs.save_map(
        hs.map_cells(cells, area=area, locations=hs.repeat_locations(incidents)), out / "map.html"
    )
    print(f"\nA map of {intake.ledger['source'].iloc[0]} is in {path}")


def main(out: Path) -> None:
    """Run all steps and write the tables and the map into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    area = hs.read_area(AREA[0], layer=AREA[1])
    intakes = read_all(area)
    show_ledgers(intakes)
    show_findings(intakes)
    assign_lsoas(intakes)
    police_log, council_cases = intakes[0], intakes[1]
    compare_two(police_log, council_cases, out)
    at_known_places(intakes, out)
    draw_map(council_cases, area, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("partner-files"), help="folder to write into")
    asked = parser.parse_args()
    try:
        print("SIMULATED DATA: no real incident is in it")
        main(asked.out)
    except hs.InputError as error:
        parser.exit(2, f"partner_files: {error}\n")
