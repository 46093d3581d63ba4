"""The columns of a review's tables, and of counts by area."""

from __future__ import annotations

from hotspot.publish.column import Column

_REPORTS = "incidents"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

REVIEW_COLUMNS: dict[str, Column] = {
    # The order.
    "order": Column("Order", "Name of the order"),
    "order_id": Column("Order id", "As the council writes it"),
    "version": Column("Version", "Version of the order"),
    "decision": Column("Decision", "make, extend, vary, remake, discharge or lapse"),
    "boundary_sha256": Column("Boundary hash", "SHA-256 of the order's boundary, to 0.01 m"),
    "boundary_sha256_before": Column("Earlier boundary hash", "SHA-256 of the boundary until now"),
    "prohibitions": Column("Prohibitions", "Names of the order's prohibitions"),
    "in_force": Column("In force", "First and last day of the span"),
    "no_order_after": Column("No order then", "Days after the span in which no order was in force"),
    "prohibition": Column("Prohibition", "The prohibition that the line is about"),
    "behaviour": Column("Behaviour", "Kind of behaviour that the prohibition is about, in words"),
    # What sources say.
    "n": Column("Reports", "Reported incidents, as many as the source of the line holds", _REPORTS),
    "recorded_by": Column("Recorded by", "The source of the reports"),
    "reason": Column("Reason", "Why there is no figure, or why a month was left out"),
    "interval": Column(
        "Interval",
        "How the two ends were made: narrowest possible takes every report as independent of all others",
    ),
    "conclusion": Column(
        "Conclusion",
        "What all the data tells, from the full interval and after correction; or why nothing is told",
    ),
    "boundary": Column("Boundary", "The first 12 characters of the SHA-256 of the order's boundary"),
    "kind": Column("Kind", "What kind of line it is; in words in the column beside it"),
    "evidence": Column(
        "Evidence", "Whether the categories are the prohibition's own or wider ones, whose share is unknown"
    ),
    "n_wider": Column(
        "Reports of a wider category",
        "Reports inside the order of categories that hold other behaviour too",
        _REPORTS,
    ),
    "shared_with": Column(
        "Shared with", "Other prohibitions that the same category serves: their numbers are the same reports"
    ),
    "no_location_pct": Column(
        "Rows without location (%)", "Share of the whole source's rows that have no location", "%", 1
    ),
    "says": Column("What it says", "The line in words"),
    "caution": Column("Check", "What to look at before the line is used"),
    "months_with": Column("Months with reports", "Observed months with at least one report", "months"),
    # Estimates.
    "heading": Column("Heading", "Empty for a controlled estimate; else why there is none"),
    "comparison": Column("Comparison", "The area that the order is set against"),
    "pairs": Column("Pairs of months", "Calendar months that are in both periods", "months"),
    "inside_before": Column("In the order, before", "Reports inside the order before it", _REPORTS),
    "inside_during": Column("In the order, during", "Reports inside the order while in force", _REPORTS),
    "other_before": Column("Comparison, before", "Reports in the comparison before", _REPORTS),
    "other_during": Column("Comparison, during", "Reports in the comparison during", _REPORTS),
    "ratio": Column(
        "Ratio of rate ratios", "Change inside over change in the comparison; 1: both changed alike", "", 3
    ),
    "low": Column("95 % low", "Lower end of the 95 % interval", "", 3),
    "high": Column("95 % high", "Upper end of the 95 % interval", "", 3),
    "p": Column("p value", "Two-sided, of no difference", "", "g"),
    "p_holm": Column("p value (Holm)", "Corrected for all prohibitions that were estimated", "", "g"),
    "poisson_low": Column(
        "Narrowest possible, low", "Exact interval that takes every report as independent", "", 3
    ),
    "poisson_high": Column(
        "Narrowest possible, high", "Exact interval that takes every report as independent", "", 3
    ),
    "dispersion": Column(
        "Dispersion", "Variance over mean of the counts; 1 if reports were independent", "", 2
    ),
    "between_sd": Column(
        "Spread between areas", "Standard deviation of the areas' own changes, log scale", "", 3
    ),
    "areas_used": Column("Areas used", "Other areas that gave dispersion and spread", "areas"),
    "method": Column("Interval from", "What the interval was made from"),
    "period": Column("Period", "before, during, left out, or neither"),
    "place": Column(
        "Place", "inside the order, the ring around it, a comparison area, the rest or all of the borough"
    ),
    # Fairness.
    "fall_ratio": Column(
        "Smallest fall", "Ratio of the smallest fall that would be seen with the power", "", 2
    ),
    "rise_ratio": Column(
        "Smallest rise", "Ratio of the smallest rise that would be seen with the power", "", 2
    ),
    "expected": Column("Expected", "Reports inside during, had there been no difference", _REPORTS, 1),
    "power": Column("Power", "Chance of seeing a change of that size", "", 2),
    "level": Column("Level", "Of the interval that a change must leave", "", 3),
    "inside_name": Column("Place", "The place that is compared"),
    "comparison_name": Column("Comparison", "The place that it is compared with"),
    "months": Column("Months", "Months that were looked at"),
    "inside_n": Column("Reports in the place", "Reports in the place that is compared", _REPORTS),
    "comparison_n": Column("Reports in the comparison", "Reports in the comparison", _REPORTS),
    "inside_index": Column("Place, index", "100: its own mean before", "", 1),
    "comparison_index": Column("Comparison, index", "100: its own mean before", "", 1),
    "inside_smoothed": Column("Place, three months", "Mean of the index over three months", "", 1),
    "comparison_smoothed": Column("Comparison, three months", "Mean of the index over three months", "", 1),
    "drift_pct_per_year": Column(
        "Drift (% a year)", "Of the place against the comparison, before the order", "%", 1
    ),
    "drift_low": Column("Drift, 95 % low", "Lower end of the 95 % interval", "%", 1),
    "drift_high": Column("Drift, 95 % high", "Upper end of the 95 % interval", "%", 1),
    "seen_fall_pct_per_year": Column(
        "Drift that would be seen, fall", "Smallest fall a year that the test shows", "%", 1
    ),
    "seen_rise_pct_per_year": Column(
        "Drift that would be seen, rise", "Smallest rise a year that the test shows", "%", 1
    ),
    "verdict": Column("Result", "drifted apart, no drift seen, or too little to tell"),
    "choice": Column("Choice", "What was chosen otherwise"),
    "estimate_of": Column("Estimate of", "The order, or the ring around it"),
    "direction": Column(
        "Tells",
        "fewer, more, not told from chance, or not estimated: by its own interval, the headline after correction too",
    ),
    "differs": Column("Differs", "Whether it tells something else than the headline"),
    "placebo": Column("Placebo", "Area or date that was treated as if it had the order"),
    "t": Column("Distance from 1", "Log of the ratio over its error", "", 2),
    "called": Column("Called a change", "Whether, or how many, the rule called a change"),
    "poisson_called": Column("Called by the narrowest", "The same by the narrowest possible interval"),
    "months_back": Column("Months back", "How far the start was moved back", "months"),
    "before": Column("Before", "Months of the first period"),
    "during": Column("During", "Months of the second period"),
    "moved": Column("Moved", "Whether the area or the date was moved"),
    "placebos": Column("Placebos", "Those with an estimate"),
    "left_out": Column("Left out", "Those with too few reports"),
    "called_pct": Column("Called (%)", "Share of the placebos; 5 % is what it should be", "%", 1),
    "called_low": Column(
        "Called, 95 % low (%)", "As if placebos were independent, which they are not: too narrow", "%", 1
    ),
    "called_high": Column(
        "Called, 95 % high (%)", "As if placebos were independent, which they are not: too narrow", "%", 1
    ),
    "rank_of_order": Column(
        "Rank", "Of the order by distance from no change, among the placebos; 1: furthest"
    ),
    "poisson_called_pct": Column(
        "Called by the narrowest (%)", "Share by the narrowest possible interval", "%", 1
    ),
    "of": Column("Of", "Placebos and the order together"),
    "randomisation_p": Column("p by rank", "Share of places at least as far from no change", "", "g"),
    "smallest_p": Column("Smallest p", "The smallest that so many placebos can give", "", "g"),
    "areas": Column("Areas", "Areas with 10 reports or more"),
    "areas_lower": Column("Areas with fewer", "Areas with fewer reports in the second period"),
    "areas_higher": Column("Areas with more", "Areas with more reports in the second period"),
    "ratio_all": Column("Ratio of all", "Reports during over before, all areas together", "", 3),
    "ratio_quarter": Column("Lower quartile", "Of the areas' ratios", "", 3),
    "ratio_three_quarters": Column("Upper quartile", "Of the areas' ratios", "", 3),
    "from_month": Column("Sharpest change", "Month from which all areas together changed most"),
    "ratio_of_month": Column("Ratio there", "That month's change against a year earlier", "", 3),
    "area": Column("Area", "Code or name of the area"),
    "name": Column("Name", "Name of the area"),
    "suggested": Column("Suggested", "Rank by likeness before the order; empty where left out"),
    "incidents_before": Column("Reports before", "Reports before the order", _REPORTS),
    "incidents_per_month": Column(
        "Reports a month", "Reports a month before the order", "incidents/month", 2
    ),
    "level_ratio": Column("Level", "Its reports for each one inside", "", 2),
    "trend_pct_per_year": Column("Trend (% a year)", "Against the order's own trend", "%", 1),
    "trend_low": Column("Trend, 95 % low", "Lower end of the 95 % interval", "%", 1),
    "trend_high": Column("Trend, 95 % high", "Upper end of the 95 % interval", "%", 1),
    "months_apart_pct": Column(
        "Months apart (%)", "How far its months depart from the order's beyond chance", "%", 1
    ),
    "level_distance": Column("Level distance", "Log scale", "", 3),
    "trend_distance": Column("Trend distance", "Log scale", "", 3),
    "month_distance": Column("Month distance", "Log scale", "", 3),
    "distance": Column("Distance", "All three together; smaller is more alike", "", 3),
    "z": Column("z", "The value over its standard error, counts taken as Poisson", "", 2),
    "common_ratio": Column(
        "Comparison's ratio", "The comparison's count during over its count before", "", 3
    ),
    "common_change": Column(
        "From a common change",
        "What the measure comes to when all areas change by that ratio and nothing else happens",
        "",
        1,
    ),
    "term": Column("Term", "Change of level or of slope of the inside, beyond the comparison's"),
    "lag_one": Column("Neighbouring months", "Correlation of the residuals of neighbouring months", "", 2),
    "trend_before": Column("Trend before", "Ratio a year of inside to comparison before the order", "", 3),
    "trend_before_p": Column("Trend before, p", "Two-sided, of no trend", "", "g"),
    # Recurrence.
    "n_per_month": Column("Reports a month", "Reports for each observed month", "incidents/month", 2),
    "years_with": Column("Years with reports", "Calendar years with at least one report", "years"),
    "years_observed": Column("Years observed", "Calendar years with at least one observed month", "years"),
    "year": Column("Year", "Calendar year"),
    "years": Column("Reports by year", "Years with reports and how many"),
    "month_name": Column("Calendar month", "Month of the year"),
    "state": Column("State", "in force, no order, or the months in which an order starts or ends"),
    "span": Column("Span", "Which order, gap or months"),
    "first_day": Column("First day", "First day of the span"),
    "last_day": Column("Last day", "Last day of the span"),
    "returns_each_year": Column("Every year", "Whether there was a report in every year observed"),
    "day": Column("Day", "Day of the week"),
    "n_in_all": Column("Reports with a day", "Reports whose day is known", _REPORTS),
    "hour": Column("Hour", "Hour of the day, local time"),
    **{
        day: Column(
            day.capitalize(), "Reports; decimals where a spell of time was spread over its hours", _REPORTS, 2
        )
        for day in _DAYS
    },
    "reports": Column("All days", "Reports over all days of the week", _REPORTS, 2),
    "within_hours_of_order": Column(
        "In the order's hours", "Whether the hour lies in the hours to which the order is limited"
    ),
    "town": Column("Town", "Town of the borough"),
    "unit": Column("Area code", "Code of the small area"),
    "unit_name": Column("Area", "Name of the small area"),
    "affects": Column("Affects", "What a break of the source bears on"),
    # Where.
    "cell": Column("Cell", "South-west corner of the cell on the National Grid", "m"),
    "order_km2": Column("Area in the order", "Area of the cell or unit that lies in the order", "km2", 4),
    "n_in_order": Column(
        "Reports in the order", "Reports in the part of the cell that lies in the order", _REPORTS
    ),
    "role": Column("Role", "inside, ring, comparison or rest"),
    "n_per_km2_per_year": Column(
        "Reports by area and year",
        "Reports for each square kilometre and year observed",
        "incidents/km2/year",
        1,
    ),
    "hot_km2": Column(
        "Area significantly hot", "Area in cells or units that are hot at 95 % or 99 %", "km2", 3
    ),
    "hot_share_pct": Column(
        "Share significantly hot (%)", "That area as a share of the place's area", "%", 1
    ),
    "part_kind": Column("Kind of part", "cell, street or unit"),
    "part": Column("Part", "The part that the line is about"),
    "length_m": Column("Length in the order", "Length of the street inside the order", "m", 0),
    "distance_m": Column("Distance", "Distance to the order", "m", 0),
    "street": Column("Street", "Name of the street"),
    # Other evidence.
    "question": Column("Question", "As it was put"),
    "respondent_type": Column("Who answered", "As the consultation has it; types are not added up"),
    "answer": Column("Answer", "As it was given"),
    "base": Column("Base", "How many answered the question", "answers"),
    "start": Column("From", "First day"),
    "end": Column("To", "Last day"),
    "exhibit": Column("Exhibit", "Number of the exhibit"),
    "title": Column("Title", "Title of the exhibit"),
    "amount": Column("Amount", "How much was done in the month"),
    "amount_unit": Column("Unit", "What the amount is counted in, such as hours"),
    "date": Column("Date", "Day of the event"),
    "event": Column("Event", "Enforcement starts or stops"),
    "measure": Column("Measure", "The figure by area"),
    "order_value": Column("Order's areas", "Mean weighted by population, or share of residents", "", 1),
    "borough_value": Column("All areas", "The same for every area of the layer", "", 1),
    "order_lowest": Column("Lowest", "Lowest of the order's areas", "", 1),
    "order_highest": Column("Highest", "Highest of the order's areas", "", 1),
    "order_areas": Column("Areas of the order", "How many", "areas"),
    "borough_areas": Column("Areas in all", "How many", "areas"),
    "order_population": Column("Residents there", "Of the order's areas with a figure", "people"),
    "borough_population": Column("Residents in all", "Of all areas with a figure", "people"),
    "order_missing": Column("Missing there", "Areas of the order without a figure", "areas"),
    "borough_missing": Column("Missing in all", "Areas without a figure", "areas"),
    "section": Column("Section", "Of the Anti-social Behaviour, Crime and Policing Act 2014, or guidance"),
    "point": Column("Point", "What the section or guidance asks about"),
    "quoted": Column("Quotes the Act", "The point holds words of the Act, in quotation marks"),
    "where_in_pack": Column("Where in the pack", "The parts that speak to the point"),
    "cannot": Column("What it cannot say", "What no pack can show on this point"),
    # Counts by area.
    "area_code": Column("Area code", "Code of the area, as its layer has it"),
    "area_name": Column("Area", "Name of the area"),
    "n_at_most": Column("At most", "The count, or the highest that a suppressed one can be", _REPORTS),
    "n_known": Column(
        "Known", "Sum of the counts that are known; the true sum is higher where some are missing", _REPORTS
    ),
    "counts_missing": Column(
        "Counts missing", "How many counts of the area are suppressed, blank, set aside or not delivered"
    ),
    "count_status": Column(
        "Status", "Counted, suppressed, blank, row set aside, no row, or no row and taken as zero"
    ),
}
"""Names that `hotspot.publish.columns` does not have; there they come first."""
