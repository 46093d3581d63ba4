"""Write a review's file to be filled in: every key explained, examples as comments."""

from __future__ import annotations

import os
from pathlib import Path

from hotspot.errors import InputError

TEMPLATE = """\
# A review of a Public Spaces Protection Order. Fill in the empty quotation marks, and take the mark # off the
# lines that you need. What stands behind # is an example or an explanation. Then, before looking at any count:
#     hotspot review THIS_FILE --plan
# writes down what will be compared, with its date. Later changes are printed in the pack.
# Files are counted from the folder of this file. Days are 2024-12-04, months are "2024-12".

[order]
name = ""       # as people call it, such as "Town centre"
file = ""       # the boundary: GeoPackage, GeoJSON or Shapefile; a boroughwide order takes the borough's outline
decision = ""   # make, extend, vary, remake, discharge or lapse: what is to be decided
# id = "PSPO-12"          # as the council writes it
# version = "2"           # of the order's text and map
# layer = "orders"        # where the file has several layers
# where = "ref = 'A'"     # where the file holds other polygons too
# boroughwide = true      # it applies in the whole borough: there is nothing around it to compare with
# hours = [22, 6]         # first hour and the hour at which it ends, where the order is limited
# boundary_before = "order_2021.gpkg"  # for vary: the boundary until now; the same file if only words vary
# boundary_before_layer = "orders"
# boundary_before_where = "ref = 'A'"

# Each time that the order, or the one that it follows, was in force: first and last day. Gaps are kept.
# For a proposal (make) that was never in force, leave these lines out.
# [[order.in_force]]
# start = 2018-08-01
# end = 2021-07-31        # leave it out if no end is set
# label = "order of 2018" # if wished

# One section for each prohibition of the order.
[[prohibition]]
name = ""       # short, such as "Street drinking"
behaviour = ""  # the kind of behaviour, in the words that the sources use for what they record
# text = "No person shall ..."  # the words of the order
# first_date = 2021-11-01       # its own first day in force, if it is not the order's
# hours = [9, 21]               # if this prohibition is limited
# Which reports bear on it: one section for each source. Leave it out if no source records the behaviour.
# [[prohibition.evidence]]
# source = "Council cases"      # name of the source, or "*" for every source
# categories = ["Street drinking"]
# wider = true                  # the category holds other behaviour too, in a share that nobody knows
# where = { team = ["Wardens"] }  # further rules: a column and the values that count

# One section for each source of reports. Sources are never added up.
[[source]]
file = ""       # a file, or a folder for police_uk
# files = ["2024.csv", "2025.csv"]  # instead of file, where there are several
# kind = "police_uk"      # police_uk; incidents (a file with a mapping); counts (a table of areas by month)
# mapping = "cases.toml"  # for incidents and counts; `hotspot new-mapping FILE` writes one
# open = true             # only if the owner lets anyone publish it
# areas = "wards"         # for counts: which of the areas below its codes are of

# Parts of the borough, for tables by town, ward and LSOA.
# [areas.lsoa]
# file = "lsoa.gpkg"
# code = "lsoa_code"      # the column with the code
# name = "lsoa_name"      # the column with the name
# town = "town"           # the column with the town, where there is one
# layer = "lsoa"
# where = "borough = 'A'"
# [areas.towns]
# file = "towns.gpkg"
# name = "town"
# [areas.wards]
# file = "wards.gpkg"
# code = "ward_code"

# Areas to compare with, chosen before looking at what happened in them. The headline uses the first.
# Without one, the pack is headed "not controlled".
# [[comparison]]
# name = "Second town centre"
# file = "comparison.gpkg"
# layer = "areas"
# where = "ref = 'B'"

# The ring around the order, to see whether reports moved there. Left out: 200 m, or 400 m on map points.
# [ring]
# metres = 200
# file = "ring.gpkg"      # instead of metres
# layer = "ring"
# where = "ref = 'A'"

# First and last month of each period; the same calendar months in both.
# [periods]
# before = ["2024-07", "2025-02"]
# during = ["2025-07", "2026-02"]
# across_breaks = true    # compare across a break of the source all the same; the pack prints it

# Other evidence, printed beside the counts and never added to them.
# [consultation]
# file = "consultation.csv"
# [activity]
# file = "activity.csv"   # penalties, warnings, patrol hours by month
# [statements]
# file = "statements.csv" # exhibit number and title for each prohibition
# [equality]
# files = ["population_by_lsoa.csv"]

# [pack]
# title = "Town centre order: evidence for renewal"
# folder = "pack"         # where the packs are written
# release = ["restricted", "public"]
# register = "releases.csv" # earlier public releases, which the public pack is checked against; restricted, kept apart
# seed = 0                # for what is drawn at random
"""


def new_order(path: str | os.PathLike[str] | None = None) -> str:
    """Return the file of a review to be filled in, and write it if a path is given.

    Parameters
    ----------
    path
        Where to write it; a file that is there is not written over.

    Returns
    -------
    str
        TOML text in which every key is explained. Read unfilled, `read_review` says what is missing.

    Raises
    ------
    InputError
        If the file exists or cannot be written.

    How this can mislead: the examples are made up. A category in an example need not be one of your source.

    Examples
    --------
    >>> new_order().splitlines()[6]
    '[order]'
    """
    if path is None:
        return TEMPLATE
    file = Path(path)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(TEMPLATE)
    except FileExistsError:
        raise InputError(f"{str(file)[:200]} exists, and is not written over; give another name") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{str(file)[:200]!r} cannot be written ({type(error).__name__}); check the folder and its permissions"
        ) from None
    return TEMPLATE
