"""The points of evidence of each decision, with the words of the Act where they are quoted.

Quotations are from the Anti-social Behaviour, Crime and Policing Act 2014 (legislation.gov.uk, Open Government Licence
v3.0). They stand in “typographic quotation marks”, and only in rows that say so.
"""

from __future__ import annotations

from dataclasses import dataclass

ATTRIBUTION = (
    "Quotations: Anti-social Behaviour, Crime and Policing Act 2014, from legislation.gov.uk, Open Government Licence "
    "v3.0. Compare them with the text in force on the day of the decision"
)

PARTS: dict[str, str] = {
    "order": "the order's page: name, id, version, dates",
    "boundary": "the map of the restricted area, with the boundary's hash",
    "boundary_before": "old and new boundary side by side",
    "prohibitions": "the page of each prohibition",
    "sources": "what each source can say, by prohibition",
    "recurrence": "recurrence: counts by year and month, inside the order",
    "effect": "before and during the order, beside the comparison area",
    "ring": "the displacement ring",
    "placebo": "is the comparison fair: placebo and parallel trend",
    "sensitivity": "the sensitivity table",
    "where": "where inside and around the order",
    "streets": "streets or LSOAs of the order with their evidence",
    "hours": "days and hours",
    "consultation": "answers to the consultation",
    "activity": "activity: penalties, warnings, patrol hours",
    "statements": "the list of statements, by exhibit number",
    "equality": "the equality context table",
    "plan": "the plan fixed beforehand, and later changes",
    "coverage": "sources, months covered and breaks",
    "manifest": "manifest and ledger: files, hashes, rows, version",
    "disclosure": "how the public copy was checked for disclosure",
    "caveats": "caveats",
}
"""The parts of a pack that a point can be spoken to in: key, and what stands there."""


@dataclass(frozen=True)
class Point:
    """One point: its section, its words, the parts of a pack that speak to it, and what no pack can say."""

    section: str
    words: str
    parts: tuple[str, ...]
    cannot: str
    quoted: bool = False


_VIEW = "Whether this is so is for the authority to decide; counts do not decide it"

SECTION_59: tuple[Point, ...] = (
    Point(
        "s.59(2)",
        "First condition: “activities carried on in a public place within the authority's area have had a detrimental "
        "effect on the quality of life of those in the locality”, or “it is likely that activities will be carried on "
        "in a public place within that area and that they will have such an effect”",
        ("sources", "recurrence", "statements", "consultation"),
        "Counts say that something was reported, not how it was felt: that is for statements and answers. "
        + _VIEW,
        quoted=True,
    ),
    Point(
        "s.59(3)(a)",
        "Second condition: the effect “is, or is likely to be, of a persistent or continuing nature”",
        ("recurrence", "where"),
        "Recurrence of reports is shown; reports that were never made are not. " + _VIEW,
        quoted=True,
    ),
    Point(
        "s.59(3)(b)",
        "Second condition: the effect “is, or is likely to be, such as to make the activities unreasonable”",
        ("statements", "consultation"),
        "No count bears on this. " + _VIEW,
        quoted=True,
    ),
    Point(
        "s.59(3)(c)",
        "Second condition: the effect “justifies the restrictions imposed by the notice”",
        ("prohibitions", "sources", "statements", "equality"),
        "A weighing of effect and restriction is not a calculation. " + _VIEW,
        quoted=True,
    ),
    Point(
        "s.59(4)",
        "The public place is identified: the restricted area, one polygon with id, version and hash in every output",
        ("order", "boundary"),
        "That the polygon is the one of the sealed order: compare the two",
    ),
    Point(
        "s.59(5)",
        "The prohibitions are ones that are reasonable to impose in order “to prevent the detrimental effect referred to "
        "in subsection (2) from continuing, occurring or recurring”, or to reduce it or its risk",
        ("prohibitions", "sources", "effect"),
        "Evidence is set out prohibition by prohibition; what another measure would have done is not known. "
        + _VIEW,
        quoted=True,
    ),
    Point(
        "s.59(6)",
        "Whether each prohibition needs to apply to all persons, at all times and in all circumstances",
        ("hours", "prohibitions"),
        "Sources dated by month, such as data.police.uk, have no hours; who was concerned is not in the data",
    ),
    Point(
        "s.59(7)",
        "The order identifies the activities, explains its effect, and specifies its period",
        ("order", "prohibitions"),
        "The text of the order itself: read it beside the pack",
    ),
)

SECTION_60: tuple[Point, ...] = (
    Point(
        "s.60(1), (3), (4)",
        "No period is longer than three years unless extended; the extension is for three years at most, decided "
        "before the order expires, and can be made more than once",
        ("order",),
        "The date of the decision is not in the data; gaps between orders are shown",
    ),
    Point(
        "s.60(2)(a)",
        "Satisfied on reasonable grounds that extending “is necessary to prevent” the “occurrence or recurrence after "
        "that time of the activities identified in the order”",
        ("recurrence", "sources", "statements", "consultation"),
        "The question is what happens after expiry, which no count shows: neither a large fall nor a small one answers "
        "it. " + _VIEW,
        quoted=True,
    ),
    Point(
        "s.60(2)(b)",
        "Or to prevent “an increase in the frequency or seriousness of those activities after that time”",
        ("recurrence", "effect", "activity"),
        "Months after earlier gaps or stops in enforcement, where there are any, are the nearest that data comes. "
        + _VIEW,
        quoted=True,
    ),
)

VARIATION: tuple[Point, ...] = (
    Point(
        "s.61(1)",
        "What is varied: the restricted area, or prohibitions altered, removed or added; old and new side by side",
        ("boundary_before", "boundary", "prohibitions"),
        "The words of the variation: read them beside the pack",
    ),
    Point(
        "s.61(2)",
        "Land to which the order did not apply before: the conditions of s.59(2) and (3) “are met as regards activities in "
        "that area”",
        ("boundary_before", "where", "sources"),
        "The added land needs evidence of its own; counts of the whole area do not stand for it. " + _VIEW,
        quoted=True,
    ),
    Point(
        "s.61(3)",
        "A prohibition that is new or more extensive: only ones that s.59(5) allows",
        ("prohibitions", "sources"),
        _VIEW,
    ),
)

DISCHARGE: tuple[Point, ...] = (
    Point(
        "s.61(4)",
        "The authority that made the order may discharge it: what is reported inside it now, by prohibition",
        ("sources", "recurrence", "where"),
        "What will happen without the order. " + _VIEW,
    ),
    Point(
        "s.61(6)",
        "A notice identifies the order and states the date on which it ceases to have effect",
        ("order",),
        "The notice itself",
    ),
)

VALIDITY: tuple[Point, ...] = (
    Point(
        "s.66",
        "Within six weeks, a person who lives in the area, or regularly works in it or visits it, may ask the High Court "
        "about power (for the order or single prohibitions) and about the Chapter's requirements",
        ("prohibitions", "manifest", "plan"),
        "The outcome of a challenge; the pack lets each figure be traced and made again",
    ),
)

RIGHTS: tuple[Point, ...] = (
    Point(
        "s.72(1)",
        "“must have particular regard to the rights of freedom of expression and freedom of assembly set out in articles "
        "10 and 11 of the Convention”",
        (),
        "No data bears on this; the record of the decision has to",
        quoted=True,
    ),
    Point(
        "s.72(3), (4) consultation",
        "Consulted: the chief officer of police, the local policing body, community representatives thought "
        "appropriate, and owners or occupiers of the land as far as practicable",
        ("consultation",),
        "Answers are of people who chose to answer, not a sample; letters to and from the bodies are not in the pack",
    ),
    Point(
        "s.72(3), (4) publicity and notification",
        "The text or the proposal is published; parish councils and, for a district, the county council are notified",
        (),
        "Not in any data: keep the notices and dates",
    ),
)

AFTERWARDS: tuple[Point, ...] = (
    Point(
        "SI 2014/2591 reg.2",
        "After the decision: published on the website, and notices put up on or near the land, enough to draw attention",
        ("boundary",),
        "That the notices stand: photographs with dates",
    ),
)

EQUALITY: tuple[Point, ...] = (
    Point(
        "Equality Act 2010 s.149",
        "Due regard to equality: who lives in the order's LSOAs, compared with the borough",
        ("equality",),
        "Who uses the place, who was dealt with, and how they were treated; residents are not users",
    ),
)

GUIDANCE: tuple[Point, ...] = (
    Point(
        "guidance",
        "Each activity defined, with the incident categories that bear on it",
        ("prohibitions", "sources"),
        "A category can hold other behaviour too, in a share that is not known",
    ),
    Point(
        "guidance",
        "Sources shown side by side, never summed in silence",
        ("sources", "coverage"),
        "How many events stand in two sources",
    ),
    Point(
        "guidance",
        "Periods of equal length and the same calendar months",
        ("effect", "plan"),
        "Where there is no period without an order, nothing can be compared",
    ),
    Point(
        "guidance",
        "Comparison areas named before looking, with the trend before the order",
        ("effect", "placebo", "plan"),
        "No area is the same as another; what else changed in either is not known",
    ),
    Point(
        "guidance",
        "A displacement ring, defined beforehand",
        ("ring", "plan"),
        "Displacement further away or to another kind",
    ),
    Point(
        "guidance",
        "Counts with intervals; what could have been seen; how far the result hangs on the choices",
        ("effect", "sensitivity"),
        "Interval and table know only of the data that there is",
    ),
    Point(
        "guidance",
        "Recording changes, breaks, missing months and missing locations stated",
        ("coverage",),
        "Changes that nobody registered",
    ),
    Point("guidance", "Days and hours", ("hours",), "Sources that give months only"),
    Point(
        "guidance",
        "Zero and negative findings shown, place by place",
        ("sources", "where", "streets"),
        "What was never reported",
    ),
    Point(
        "guidance",
        "Enforcement and patrol shown alongside: more patrol means more recorded",
        ("activity",),
        "How much of a change in reports is a change in looking",
    ),
    Point(
        "guidance",
        "Who made it, from which files, with which version: every figure can be made again",
        ("manifest",),
        "Rows that a partner did not send",
    ),
    Point("guidance", "Caveats in plain English", ("caveats",), "What the reader makes of them"),
    Point(
        "guidance",
        "The public copy was checked for disclosure",
        ("disclosure",),
        "What others hold and could add to it",
    ),
)

KEPT: tuple[Point, ...] = (
    Point(
        "s.60(1)",
        "The order ends with its period: its last day, and what was reported up to then, by prohibition",
        ("order", "recurrence", "sources"),
        "What happens after: count the same months again a year later",
    ),
    Point(
        "kept",
        "The boundary with its id, version and hash, so that later counts are of the same land",
        ("boundary", "manifest"),
        "Whether a later order has the same boundary: compare the hashes",
    ),
    Point(
        "kept",
        "Files, categories, periods and estimator, so that a later period can be set beside this one",
        ("plan", "manifest", "coverage"),
        "Later changes in recording",
    ),
    Point(
        "kept",
        "Days on which enforcement stopped and notices came down",
        ("activity",),
        "When the public knew of it",
    ),
)

POINTS: dict[str, tuple[Point, ...]] = {
    "make": (*SECTION_59, *VALIDITY, *RIGHTS, *AFTERWARDS, *EQUALITY, *GUIDANCE),
    "remake": (*SECTION_59, *VALIDITY, *RIGHTS, *AFTERWARDS, *EQUALITY, *GUIDANCE),
    "extend": (*SECTION_60, *RIGHTS, *AFTERWARDS, *EQUALITY, *GUIDANCE),
    "vary": (*VARIATION, *SECTION_59, *VALIDITY, *RIGHTS, *AFTERWARDS, *EQUALITY, *GUIDANCE),
    "discharge": (*DISCHARGE, *RIGHTS, *EQUALITY, *GUIDANCE),
    "lapse": KEPT,
}
"""The points of each decision, in the order in which they are printed."""
