"""The columns of every output: a header for people, what it means, its unit, and its decimals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hotspot import provenance
from hotspot.publish.column import Column
from hotspot.publish.columns_review import REVIEW_COLUMNS

__all__ = ["COLUMNS", "SHOWN", "Column", "column"]

SHOWN = "_shown"
"""Ends the name of a column that holds the figures of another as they may be published."""
_AS_SHOWN = "here the count, or the class that it is in where it is protected"

COLUMNS: dict[str, Column] = {
    "cell_id": Column("Cell id", "Number of the cell; the same cell has the same number in every run"),
    "label": Column(
        "Cell", "South-west corner of a square cell, or centre of a hexagon, on the National Grid", "m"
    ),
    "n": Column("Incidents", "Reported incidents in the cell", "incidents"),
    "weight_sum": Column("Weight", "Sum of the incidents' weights in the cell", "weight", 3),
    "share_in_area": Column(
        "Share of cell in area", "How much of the cell lies inside the area, 0 to 1", "share", 4
    ),
    "gi_z": Column(
        "Gi* z score", "Getis-Ord statistic: above 0, more than the area's average around the cell", "", 4
    ),
    "gi_p": Column(
        "p value",
        "Chance of a neighbourhood as extreme as this if the cells' counts were shuffled over the area; two-sided",
        "",
        "g",
    ),
    "gi_q": Column(
        "Adjusted p value (q)", "p value after correction for all the cells that were tested", "", "g"
    ),
    "gi_class": Column(
        "Hot or cold",
        "hot: more reports than if the cells' counts were shuffled over the area; cold: fewer; the percentage is the "
        "confidence after correction (99% means q of 0.01 or less). Busy places are often hot for that reason alone",
    ),
    "gi_inference": Column(
        "How p was found",
        "exact, or rounded: counts in steps, on the safe side; only where counts are huge",
    ),
    "moran_i": Column("Local Moran", "Above 0: like the cells around; below 0: unlike them", "", 4),
    "moran_p": Column("Local Moran p value", "Two-sided, the cell's own count held", "", "g"),
    "moran_q": Column(
        "Local Moran adjusted p (q)", "After correction for all the cells that were tested", "", "g"
    ),
    "moran_class": Column(
        "Cluster or outlier",
        "high-high and low-low: clusters; high-low and low-high: outliers among their neighbours",
    ),
    "moran_inference": Column("How the local Moran p was found", "exact, or rounded, as for Gi*"),
    "rate_per_1000": Column("Rate per 1,000", "Value for each 1,000 of the population named", "per 1,000", 3),
    "rate_smoothed_per_1000": Column(
        "Smoothed rate per 1,000",
        "Rate drawn towards the whole where the population is small",
        "per 1,000",
        3,
    ),
    "area_id": Column(
        "Area id", "Lowest cell id in the area; the same from run to run while its cells stay the same"
    ),
    "side": Column("Side", "hot: more reports than if the counts were shuffled; cold: fewer"),
    "cells": Column("Cells", "Cells of the area, or of the grid", "cells"),
    "area_km2": Column("Area", "The part inside the boundary", "square km", 3),
    "incidents_per_km2": Column(
        "Incidents per square km", "Inside the boundary", "incidents per square km", 1
    ),
    "lowest_gi_q": Column("Lowest adjusted p value (q)", "Of its cells", "", "g"),
    "lowest_gi_p": Column(
        "Lowest p value", "Of its cells; not corrected for the number of cells tested", "", "g"
    ),
    "strongest_gi_z": Column("Strongest z score", "Highest of its cells when hot, lowest when cold", "", 4),
    "strongest_cell": Column("Strongest cell", "Cell with that z score"),
    "combination": Column("Combination", "Number of the choice of scale"),
    "cell_size": Column("Cell size", "Side of a square, or width of a hexagon across flats", "m", 0),
    "radius": Column("Radius", "Reach of the neighbours; empty for touching cells", "m", 0),
    "neighbours": Column("Neighbours", "Which cells are a cell's neighbours"),
    "tested": Column("Cells tested", "Cells with a result", "cells"),
    "incidents_per_cell": Column("Incidents per cell", "Mean over all cells", "incidents", 2),
    "hot_cells": Column("Hot cells", "Cells hot at the level of the record", "cells"),
    "cold_cells": Column("Cold cells", "Cells cold at the level of the record", "cells"),
    "hot_area_km2": Column("Hot area", "Hot cells inside the boundary", "square km", 3),
    "hot_area_pct": Column("Hot area (%)", "Share of the area", "%", 2),
    "hot_incidents_pct": Column("Incidents in hot cells (%)", "Share of all incidents", "%", 2),
    "stability_pct": Column(
        "Stability (%)", "How much of the hot area is hot under another choice, on average", "%", 1
    ),
    "hot_in": Column("Hot in", "Choices of scale under which the place is hot", "choices"),
    "cold_in": Column("Cold in", "Choices of scale under which the place is cold", "choices"),
    "combinations": Column("Combinations", "Choices of scale tried", "choices"),
    "share_hot": Column("Share hot", "Hot in, divided by combinations", "share", 3),
    "rule": Column("Rule", "Rule for the cell size"),
    "part": Column("Part", "What the rule's figure counts for"),
    "arithmetic": Column("Arithmetic", "How the figure comes about"),
    "density_per_km2": Column(
        "Density",
        "Kernel density at the cell's centre; pure chance makes peaks too",
        "incidents per square km",
        2,
    ),
    "street_id": Column(
        "Street id",
        "Id of the street segment: the street layer's own, or made from the line's ends and middle",
    ),
    "street_distance_m": Column(
        "Distance to street", "Straight distance from the incident's point to its street", "m", 1
    ),
    "road_class": Column("Road class", "Class of the road, as the street layer writes it"),
    "length_m": Column("Length", "Length of the street segment from junction to junction", "m", 1),
    "start_node": Column("Start node", "Node at the first end of the segment"),
    "end_node": Column("End node", "Node at the last end of the segment"),
    "months_active_expected": Column(
        "Months with incidents, expected",
        "How many it would be on average, if as many incidents were spread evenly over the months observed",
        "months",
        1,
    ),
    "longest_run": Column(
        "Longest run",
        "Most months with incidents one after another; a month without a file breaks a run",
        "months",
    ),
    "burstiness": Column(
        "Lumpiness",
        "How much its incidents come in lumps: about 1 when spread evenly over the months, more when a few months hold "
        "many (variance / mean of the monthly counts)",
        "",
        2,
    ),
    "first_month": Column("First month", "First month with an incident"),
    "last_month": Column("Last month", "Last month with an incident"),
    "months_since_last": Column(
        "Months since last",
        "From the last month with an incident to the month that the list is seen from: the last one observed, or that "
        "of the date in the notes (Seen from)",
        "months",
    ),
    "pattern": Column(
        "Pattern",
        "By a published rule: steady, burst, newly appeared, faded, same season each year, once (fewer than five "
        "incidents, all in one month), or too few to say",
    ),
    "season": Column("Season", "Calendar months in which incidents come back each year"),
    "recent_incidents": Column(
        "Recent incidents",
        "In the last months that have the same month a year before, at most 12",
        "incidents",
    ),
    "year_before_incidents": Column("A year before", "In the same months a year before", "incidents"),
    "months_compared": Column("Months compared", "Months on each side of that comparison", "months"),
    "rate_ratio": Column("Rate ratio", "Recent incidents / those a year before", "", 2),
    "rate_ratio_low": Column("Rate ratio, low", "Lower end of its exact 95 % interval", "", 2),
    "rate_ratio_high": Column("Rate ratio, high", "Upper end of its exact 95 % interval", "", 2),
    "trend_s": Column(
        "Trend S",
        "Seasonal Kendall: rises minus falls between the same months of two years; empty below 24 months",
        "",
        0,
    ),
    "trend_tau": Column("Trend tau", "S / number of pairs, -1 to 1", "", 2),
    "trend_z": Column("Trend z", "Seasonal Kendall z score", "", 2),
    "trend_p": Column(
        "Trend p",
        "Two-sided; too small where months come in good and bad spells; not corrected for the number of locations",
        "",
        "g",
    ),
    "trend_per_year": Column(
        "Trend per year",
        "Median change of a month's incidents from year to year",
        "incidents a month per year",
        2,
    ),
    "harm": Column(
        "Harm",
        "Sum of the user's weights; empty where no incident has one. Index and edition are in the notes",
        "weight",
        2,
    ),
    "harm_rank": Column("Rank by harm", "Locations with as much harm share a rank"),
    "count_rank": Column("Rank by count", "Locations with as many incidents share a rank"),
    "largest_event_pct": Column(
        "Largest single incident (% of harm)", "At 80, the rank by harm says where one incident was", "%", 1
    ),
    "without_weight": Column(
        "Incidents without weight", "In categories left out of the harm by name", "incidents"
    ),
    "measure": Column("Measure", "What the figure measures"),
    "unit": Column("Unit", "Unit of the figure"),
    "low": Column("Low", "Lower end of its 95 % interval or range", "", "g"),
    "high": Column("High", "Upper end", "", "g"),
    "observed": Column("Observed", "In the data; read beside chance", "", "g"),
    "observed_low": Column("Observed, low", "95 % interval, locations resampled", "", "g"),
    "observed_high": Column("Observed, high", "95 % interval, locations resampled", "", "g"),
    "chance": Column("By chance", "Mean if every location were as likely as the next", "", "g"),
    "chance_low": Column("By chance, low", "95 % of simulations", "", "g"),
    "chance_high": Column("By chance, high", "95 % of simulations", "", "g"),
    "locations_pct": Column("Locations (%)", "Busiest first", "%", 3),
    "incidents_pct": Column("Incidents (%)", "Held by these locations", "%", 3),
    "chance_pct": Column(
        "Incidents by chance (%)", "Mean if every location were as likely as the next", "%", 3
    ),
    "chance_low_pct": Column("By chance, low (%)", "95 % of simulations", "%", 3),
    "chance_high_pct": Column("By chance, high (%)", "95 % of simulations", "%", 3),
    "change": Column("Change", "What became of the location between two lists"),
    "number_before": Column("Number before", "Place in the earlier list"),
    "number_after": Column("Number after", "Place in the later list"),
    "incidents_before": Column("Incidents before", "In the earlier period", "incidents"),
    "incidents_after": Column("Incidents after", "In the later period", "incidents"),
    "rank_low": Column(
        "Rank, low end", "The true rank lies between the low and the high end in 95 of 100 such lists"
    ),
    "rank_high": Column("Rank, high end", "See the low end"),
    "probability_top": Column(
        "Chance of the true top",
        "Chance to be truly among the busiest, 0 to 1; how many these are (20 unless chosen) is in the notes",
        "",
        3,
    ),
    "same_rank_group": Column(
        "Group",
        "Locations of one group cannot be told apart: the chance that the group's first is truly busier is under 95 %",
    ),
    "rate_per_month": Column(
        "Incidents a month", "Incidents over the months observed", "incidents a month", 3
    ),
    "rate_shrunk_per_month": Column(
        "Incidents a month, shrunken",
        "Estimate from all locations taken together: drawn towards the usual",
        "incidents a month",
        3,
    ),
    "rate_low_per_month": Column(
        "Shrunken rate, low end", "95 % interval of the shrunken rate", "incidents a month", 3
    ),
    "rate_high_per_month": Column("Shrunken rate, high end", "See the low end", "incidents a month", 3),
    "flags": Column(
        "Look at", "What to look at before this location is acted on; empty when there is nothing"
    ),
    "in_previous": Column("On last time's list", "yes: its id stands in the list given as previous"),
    "days_since_last": Column(
        "Days since last",
        "From the last incident to the day that the list is seen from, in the notes",
        "days",
    ),
    "busiest_day": Column(
        "Busiest day", "Day of the week with most incidents; of a handful, some day is always ahead by chance"
    ),
    "busiest_day_incidents": Column("Incidents on that day", "Of those whose day is known", "incidents"),
    "with_day": Column("Incidents with a known day", "The source says the day", "incidents"),
    "busiest_hours": Column(
        "Busiest hours",
        "Block of three hours with most incidents; midnight sharp is taken for no time recorded",
    ),
    "busiest_hours_incidents": Column(
        "Incidents in those hours", "Of those whose hour is known", "incidents"
    ),
    "with_hour": Column("Incidents with a known hour", "The source says the time", "incidents"),
    "points": Column(
        "Points",
        "Every point of the location, easting and northing, the one that names it first; needed for previous next time",
        "m",
    ),
    "previous_id": Column("Previous id", "Id in last time's list"),
    "meaning": Column("Meaning", "How the figure is made"),
    "n_shown": Column("Incidents (as shown)", "The count, or the class that it is in", "incidents"),
    "density_band": Column("Density band", "0 none, 1 lowest to 5 highest, from released counts"),
    "number": Column("Number", "Row of this list, and the number on the map"),
    "rank": Column("Rank", "Rank by incidents; locations with as many incidents share a rank"),
    "location_id": Column(
        "Location id", "Id of the location: its place id, or the coordinates of its busiest point"
    ),
    "location": Column(
        "Location", "Most frequent location text; a map point stands for several streets around it"
    ),
    "incidents": Column("Incidents", "Reported incidents at the location or in the area", "incidents"),
    "share_pct": Column("Share of incidents (%)", "Of all incidents in the data, listed or not", "%", 2),
    "cumulative_pct": Column(
        "Cumulative share (%)", "Share of this location and all above it together", "%", 2
    ),
    "months_active": Column(
        "Months with incidents", "Months in which at least one incident was reported", "months"
    ),
    "months_observed": Column("Months observed", "Months for which the data has a file", "months"),
    "first": Column("First incident", "Date of the first, or its month where the data has no days"),
    "last": Column("Last incident", "Date of the last, or its month where the data has no days"),
    "leading_categories": Column("Leading categories", "The most frequent categories, with their incidents"),
    "easting": Column("Easting", "British National Grid easting (EPSG:27700)", "m", 1),
    "northing": Column("Northing", "British National Grid northing (EPSG:27700)", "m", 1),
    "lon": Column("Longitude", "WGS 84 longitude", "degrees", 6),
    "lat": Column("Latitude", "WGS 84 latitude", "degrees", 6),
    "source": Column("Source", "Who recorded the incidents, for which months, under which licence"),
    "marking": Column("Marking", "How the file must be handled"),
    "source_file": Column("File", "Name of the file that was read"),
    "row": Column("Row", "Row in the file; the header is row 1"),
    "reason": Column("Reason", "Why the row is not an incident"),
    "field": Column("Field", "The field that is wrong"),
    "value": Column(
        "Value", "The figure; of a row set aside, what stands in that field, at most 40 characters"
    ),
    "read": Column("Rows read", "Rows in the file, counted before anything else", "rows"),
    "used": Column("Rows used", "Rows that became incidents", "rows"),
    "set_aside": Column(
        "Rows set aside", "Rows that are not incidents, by reason in the columns that follow", "rows"
    ),
    "no location": Column("No location", "Rows set aside because the source gives no coordinates", "rows"),
    "outside the area": Column(
        "Outside the area", "Rows set aside because the point is not in the area", "rows"
    ),
    "sha256": Column("SHA-256", "Fingerprint of the file's bytes"),
    "month": Column("Month", "Calendar month, YYYY-MM"),
    "rows": Column("Rows", "Rows read", "rows"),
    "status": Column(
        "Status",
        "present; missing: a month without a file, which is not a zero; partial?: implausibly few rows against the "
        "months before",
    ),
    "known_place": Column("Known place", "Site of the user's list at which the incidents were recorded"),
    "known_kind": Column(
        "Kind of known place", "Hospital, custody, station and the like, from the user's list"
    ),
}


_OTHER_STEPS = {
    "activity",
    "checklist",
    "consultation",
    "equality_context",
    "read_counts",
    "statements",
    "totals",
}


def column(name: str, frame: pd.DataFrame | None = None) -> Column:
    """Return how a column is written; a column of the user's own keeps its name.

    ``frame`` is the result that it is a column of: those of reviews of orders have names of their own.
    """
    steps = [] if frame is None else provenance.of(frame)["steps"]
    review = any("boundary" in step or step.get("step") in _OTHER_STEPS for step in steps)
    # A name that both have means there what it means in a review.
    return _found(name, COLUMNS | REVIEW_COLUMNS if review else COLUMNS)


def _found(name: str, columns: Mapping[str, Column]) -> Column:
    known = columns.get(name)
    if known is not None:
        return known
    base = name.removesuffix(SHOWN)
    if base != name and (base in columns or base.startswith("n_")):
        exact = _found(base, columns)
        return Column(f"{exact.header} (as shown)", f"{exact.meaning}; {_AS_SHOWN}", exact.unit)
    if name.startswith("n_"):
        return Column(
            f"Incidents: {name[2:].replace('_', ' ')}",
            "Reported incidents of this kind or source",
            "incidents",
        )
    return Column(name, "Column of the user's own, or a reason counted in rows")
