"""The breaks that ship with the library: what changed, when, in which source, and who says so."""

from __future__ import annotations

from typing import Any

CHANGELOG = "https://data.police.uk/changelog/"
ABOUT = "https://data.police.uk/about/"
_POLICE_UK = "data.police.uk/*"
_CHECKED = "read in the archive's files of December 2013 and April 2017, one force"

KNOWN: tuple[dict[str, Any], ...] = (
    {
        "name": "Eleven categories in place of six",
        "kind": "change",
        "start": "2011-09",
        "affects": "categories",
        "sources": _POLICE_UK,
        "consequence": (
            "Until August 2011 there were six crime types, and 'Other crime' held criminal damage, drugs, shoplifting "
            "and more; a category of either side is not the category of the same name on the other."
        ),
        "reference": f"Category sets by month of data, {_CHECKED}; introduction in {CHANGELOG}",
    },
    {
        "name": "Fourteen categories in place of eleven",
        "kind": "change",
        "start": "2013-05",
        "affects": "categories",
        "sources": _POLICE_UK,
        "consequence": (
            "Bicycle theft and theft from the person were in 'Other theft', and possession of weapons and public order "
            "were one, until April 2013; these are not comparable across May 2013."
        ),
        "reference": (
            f"{CHANGELOG}, June 2013: new crime categories bicycle theft, theft from the person, possession of "
            f"weapons, public order; month of data {_CHECKED}"
        ),
    },
    {
        "name": "First list of map points",
        "kind": "change",
        "start": "2011-12",
        "end": "2012-12",
        "affects": "points",
        "sources": _POLICE_UK,
        "consequence": (
            "The list of anonymised map points was made anew in 2012, the month is not stated: of the 1,206 points used "
            "in Sandwell in February 2011 only 57 % lie within 2 m of one used in January or February 2014."
        ),
        "reference": (
            f"{ABOUT}: the snap points list was created in 2012. Users saw points move in the data of December 2011 "
            "(UKCrimeStats, 26 February 2012). The share was measured on West Midlands files"
        ),
    },
    {
        "name": "Map points redrawn",
        "kind": "change",
        "start": "2022-07",
        "affects": "points",
        "sources": _POLICE_UK,
        "consequence": (
            "The anonymised map points before and after July 2022 are two lists: a point that falls silent or comes up "
            "there may be the same street under another point."
        ),
        "reference": f"{CHANGELOG}, July 2022: 'Snap point data refreshed for July 2022'; {ABOUT}",
    },
    {
        "name": "LSOA codes of 2021",
        "kind": "change",
        "start": "2023-06",
        "affects": "lsoa codes",
        "sources": _POLICE_UK,
        "consequence": (
            "Files carry the LSOA codes of 2011 until May 2023 and those of 2021 since, each month as first published, "
            "so one archive can hold both; codes and names of the two are not to be matched."
        ),
        "reference": f"{CHANGELOG}, June 2023: 'The LSOA data has been updated from the 2011 data to the 2021 data'",
    },
    {
        "name": "Covid-19 restrictions",
        "kind": "spell",
        "start": "2020-03",
        "end": "2022-02",
        "affects": "volume",
        "sources": "*",
        "consequence": (
            "Restrictions on movement changed what happened and what was reported: anti-social behaviour records hold "
            "breaches of them, and town centres were empty; these months are no baseline."
        ),
        "reference": (
            "Institute for Government, timeline of UK government coronavirus lockdowns: announced 23 March 2020; the "
            "last domestic legal restrictions in England ended on 24 February 2022"
        ),
    },
    {
        "name": "Greater Manchester not published",
        "kind": "gap",
        "start": "2019-07",
        "affects": "volume",
        "sources": "data.police.uk/greater-manchester*",
        "consequence": (
            "Greater Manchester Police has given no crime data since July 2019: these months are missing, not zero."
        ),
        "reference": (
            "Police.uk notice: 'Due to a change in IT systems no crime, outcome or stop and search data is available "
            f"from July 2019 onwards'; still so in July 2026 ({CHANGELOG}, known issues)"
        ),
    },
    {
        "name": "British Transport Police not published",
        "kind": "gap",
        "start": "2025-02",
        "affects": "volume",
        "sources": "data.police.uk/btp; data.police.uk/british-transport-police",
        "consequence": (
            "The rows of the British Transport Police end with January 2025: stations and trains are missing since, "
            "which is not zero."
        ),
        "reference": "data.police.uk archive of July 2026: 18 months of British Transport Police files, the last 2025-01",
    },
    {
        "name": "Northern Ireland not yet published",
        "kind": "gap",
        "start": "2010-12",
        "end": "2011-08",
        "affects": "volume",
        "sources": "data.police.uk/northern-ireland; data.police.uk/police-service-of-northern-ireland",
        "consequence": (
            "Files of the Police Service of Northern Ireland begin with September 2011; before, they are missing."
        ),
        "reference": "data.police.uk archives of December 2013 and April 2017: files by force and month",
    },
    {
        "name": "West Midlands records fewer as anti-social behaviour",
        "kind": "change",
        "start": "2025-07",
        "affects": "volume",
        "sources": "data.police.uk/west-midlands*",
        "categories": "Anti-social behaviour",
        "consequence": (
            "Anti-social behaviour fell in all seven boroughs at once (Birmingham 1,169 in June 2025, 298 in February "
            "2026; Sandwell 296 and 59) while all crime stayed level: it looks like a change of recording or "
            "publication, and no order or patrol should be credited with it."
        ),
        "reference": "Measured on counts by LSOA and month, July 2023 to March 2026; no statement of the force is known",
    },
)
