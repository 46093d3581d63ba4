"""Write a Parquet file of street-level incidents out as monthly CSV files in data.police.uk's layout.

    python benchmarks/national_as_csv.py national.parquet FOLDER

Columns that the Parquet file lacks are left blank; ids are made up (64 hexadecimal digits, none for
anti-social behaviour), so that the files are as large as the published ones.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

import pandas as pd

HEADER = [
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context",
]  # fmt: skip


def main(parquet: str, folder: str) -> None:
    """Write one file a month and force."""
    table = pd.read_parquet(parquet)
    table["Falls within"] = table["Reported by"]
    ids = pd.Series(
        [hashlib.sha256(str(row).encode()).hexdigest() for row in range(len(table))], dtype=object
    )
    table["Crime ID"] = ids.where(table["Crime type"] != "Anti-social behaviour", "")
    for column in ("Longitude", "Latitude"):
        table[column] = table[column].map("{:.6f}".format, na_action="ignore")
    for column in HEADER:
        if column not in table.columns:
            table[column] = ""
    for (month, force), rows in table.groupby(["Month", "Reported by"], observed=True):
        slug = re.sub("[^a-z]+", "-", str(force).lower()).strip("-")
        target = Path(folder) / str(month) / f"{month}-{slug}-street.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        rows[HEADER].to_csv(target, index=False, lineterminator="\r\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
