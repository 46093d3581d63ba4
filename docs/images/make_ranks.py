"""Make the figures of docs/repeat_locations.md from the simulated sample.

    python docs/images/make_ranks.py

writes ``ranks.png`` and ``lorenz.png``, each with its description ``.alt.txt``, into ``docs/images``.
"""

from __future__ import annotations

from pathlib import Path

import hotspot as hs
from hotspot import sample

HERE = Path(__file__).parent
# The simulated incidents are spread over 4,300 map points, and planted in discs of 300 m: single points hold too few
# to rank.
WITHIN = 300


def main() -> None:
    """Rank two years of simulated anti-social behaviour, and draw what the page shows."""
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    intake = hs.read_police_uk(sample.police_uk_archive(), area=area)
    incidents = hs.select_incidents(intake.incidents, category="Anti-social behaviour")
    figures = {
        "ranks.png": hs.chart_ranks(hs.repeat_locations(incidents, within=WITHIN), top=20),
        "lorenz.png": hs.chart_concentration(hs.concentration(incidents, within=WITHIN)),
    }
    for name, figure in figures.items():
        image = hs.save_chart(figure, HERE / name)
        print(f"{image} ({image.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
