"""Both packs of a review in Chromium: axe-core finds nothing, no server is asked, and all of it can be reached."""

import datetime as dt
from itertools import pairwise

import pytest

from hotspot.publish import charts
from hotspot.publish.review_pack import write_review
from review_makers import LOG, POLICE, evidence, order_of, prohibition, review_of

WHEN = dt.datetime(2026, 3, 5, 9, 30)


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    two = [
        prohibition("Street drinking", LOG, "Alcohol"),
        prohibition("Threats", POLICE, "Public order", wider=True),
    ]
    review = review_of(order=order_of(prohibitions=two), activity=evidence()["activity"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "DOTS_PER_INCH", 40)
        return [write_review(folder / kind, review, release=release, when=WHEN)
                for kind, release in (("restricted", None), ("public", "public"))]  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_of_both_packs_is_accessible_and_asks_no_server(packs, visit, faults, width):
    for pack in packs:
        for page in sorted(pack.rglob("*.html")):
            seen = visit(page, width=width)
            # Of the restricted page axe takes long, and its parts are those of the public one.
            if width > 1000 or "OFFICIAL" not in page.name:
                assert faults(seen.page) == [], page.name
            assert seen.requests == []
            assert seen.complaints == [], page.name
            # Wide tables scroll in their own box, not the page.
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, page.name


def test_every_link_and_picture_of_the_page_leads_somewhere(packs, visit):
    for pack in packs:
        page = next(pack.glob("index*.html"))
        shown = visit(page).page
        targets = shown.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
        inside = [target[1:] for target in targets if target.startswith("#")]
        assert inside
        assert all(shown.evaluate("id => document.getElementById(id) !== null", name) for name in inside)
        files = shown.evaluate(
            "[...document.querySelectorAll('a[href]')].filter(a => !a.getAttribute('href').startsWith('#'))"
            ".map(a => decodeURIComponent(a.getAttribute('href')))"
        )
        assert [name for name in files if not (pack / name).is_file()] == []
        sizes = shown.evaluate("[...document.images].map(image => [image.naturalWidth, image.alt.length])")
        assert sizes
        assert all(width > 100 and words > 40 for width, words in sizes)


def test_headings_go_down_one_step_at_a_time(packs, visit):
    for pack in packs:
        shown = visit(next(pack.glob("index*.html"))).page
        levels = shown.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(head => Number(head.tagName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
