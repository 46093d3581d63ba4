"""The pack of a review: page, Word report, tables, figures and maps of one order, for a meeting or a consultation."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.packs.pack import write_pack
from hotspot.publish.packs.releasing import entered_whole
from hotspot.publish.release import PublicRelease, Release
from hotspot.publish.review_figures import figures_of, public_figures
from hotspot.publish.review_maps import maps_of
from hotspot.publish.review_overview import overview_of
from hotspot.publish.review_public import OTHER_EVIDENCE, public_of
from hotspot.publish.review_same import same_evidence, wider_words
from hotspot.publish.review_tables import Part, boundary_note, in_order, shown_tables, with_boundary
from hotspot.publish.review_words import ABOUT, Told, about_words, heading_of, tested_of, told_of, words_of

if TYPE_CHECKING:
    import folium
    from matplotlib.figure import Figure

    from hotspot.decisions.review import Review

LEDGER = (
    "Which files were read, with how many rows used and set aside, stands in manifest.json, and so do the versions and the "
    "fingerprint of every file of this pack."
)
PUBLIC_LEDGER = (
    "manifest.json has the versions, the fingerprints of the boundary and of every file of this pack, and the number of "
    "rows read, rounded."
)

LONG = (
    "where_hot_outside", "where_without_report", "where_units", "where_streets", "where_units_tested", "suggested",
    "recurrence_by_unit", "placebo",
)  # fmt: skip
"""How the keys of tables begin of which the page shows the first rows alone."""
SHORT = 12


def write_review(
    folder: str | os.PathLike[str],
    review: Review,
    *,
    title: str | None = None,
    release: Release = None,
    plan: pd.DataFrame | None = None,
    when: dt.datetime | None = None,
) -> Path:
    """Write the pack of a review into a new folder.

    Parameters
    ----------
    folder
        Where the pack goes, and its name, as in `write_pack`.
    review
        From `review_order`.
    title
        Heading of the page and the report; made from the order's name when None.
    release
        "public" (or a `PublicRelease`): what may be handed out. None: the restricted pack, which is open only
        when every source is.
    plan
        What was fixed beforehand and what changed since (``part``, ``says``), where the review has no table "plan".
    when
        The time in the folder's name; now when None. It is in no file.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    InputError
        If the folder cannot be made; for a public pack also when the register shows that its counts and earlier
        ones give a small count away.

    Notes
    -----
    The page says what the pack can and cannot say, then each prohibition in plain English; then the tables, figures
    and maps, the technical appendix, caveats and sources. Every file carries the order's label with the first 12
    characters of its boundary's SHA-256; the manifest has all of it, and `verify_order` compares it with the order.

    A public pack of closed sources holds totals of 10 and more, the ratios of these, the headline's interval to two
    digits where no month can be told from it, and the conclusion in words; a table lists what was left out and why.
    See `hotspot.publish.review_public.public_of`.

    How this can mislead: the pack counts what was reported. Titles, names of prohibitions and of places, and the
    questions of a consultation are published as they are written: nothing protects a name in them.
    """
    if plan is not None:
        review = replace(review, tables={**review.tables, "plan": plan})
    heading = title or f"{review.order.name}: evidence for a decision"
    if release is None or _is_open(review):
        return _write(folder, review, heading, release, when)
    rule = release if isinstance(release, PublicRelease) else PublicRelease()
    if release not in ("public", rule):
        raise InputError(
            f"release={release!r} is not known; leave it out, or give 'public' or a PublicRelease"
        )
    with entered_whole(rule) as draft:
        return _write_public(folder, review, heading, _rule(draft, rule), when)


def _is_open(review: Review) -> bool:
    """Tell whether all of a review may be published as it is: its incidents, and what else was given."""
    others = [review.tables[key] for key in OTHER_EVIDENCE if key in review.tables]
    return all(provenance.is_open([frame]) for frame in (*review.data, *others))


def _rule(draft: Release, rule: PublicRelease) -> PublicRelease:
    return draft if isinstance(draft, PublicRelease) else rule


def _write(
    folder: str | os.PathLike[str], review: Review, title: str, release: Release, when: dt.datetime | None
) -> Path:
    """Write all of a review: the restricted pack, or that of open sources alone."""
    tested = tested_of(review.headlines)
    told = [told_of(item, review.tables["says"], review.tables, tested) for item in review.headlines]
    return _packed(
        folder, review, title, told, review.tables,
        figures_of(review, release=release), maps_of(review, release=release), release, when, LEDGER,
    )  # fmt: skip


def _write_public(
    folder: str | os.PathLike[str], review: Review, title: str, rule: PublicRelease, when: dt.datetime | None
) -> Path:
    public = public_of(review, rule)
    return _packed(
        folder, review, title, public.told, public.tables,
        public_figures(review, public.estimates, rule), maps_of(review, release=rule), rule, when, PUBLIC_LEDGER,
        public.open_only,
    )  # fmt: skip


def _caption(part: Part, open_only: frozenset[str]) -> str:
    words = [part.caption, "Open sources only." if part.key in open_only else ""]
    return " ".join(word for word in words if word)


def _figure_captions(review: Review, figures: Mapping[str, object]) -> dict[str, str]:
    """Say beside each figure of a wider category that it is one."""
    found: dict[str, str] = {}
    for name, item in same_evidence(review.headlines).items():
        said = wider_words(item)
        if said:
            mine = [title for title in figures if title.endswith(f": {name}")]
            found |= dict.fromkeys(mine, f"{said[:1].upper()}{said[1:]}.")
    return found


def _packed(
    folder: str | os.PathLike[str],
    review: Review,
    title: str,
    told: Sequence[Told],
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, tuple[Figure, bool]],
    maps: Mapping[str, folium.Map],
    release: Release,
    when: dt.datetime | None,
    ledger: str,
    open_only: frozenset[str] = frozenset(),
) -> Path:
    shown = shown_tables(tables)
    parts = in_order(shown)
    summary = {ABOUT: about_words(review.order)}
    texts = {item.name: item.text.strip() for item in review.order.prohibitions}
    for one in told:
        words = [f"The order says: “{texts[one.name]}”"] if texts.get(one.name) else []
        summary[heading_of(one)] = [*words, *words_of(one)]
    return write_pack(
        folder,
        title=title,
        summary=summary,
        tables={part.title: with_boundary(shown[part.key], review.order, review.data) for part in parts},
        maps=maps,
        figures={name: figure for name, (figure, _) in figures.items()},
        captions={part.title: _caption(part, open_only) for part in parts}
        | _figure_captions(review, figures),
        overview=overview_of(told),
        rows_on_page={part.title: SHORT for part in parts if part.key.startswith(LONG)},
        appendix=[part.title for part in parts if part.appendix]
        + [name for name, (_, later) in figures.items() if later],
        last_words=f"{boundary_note(review.order)} {ledger}",
        when=when,
        release=release,
    )
