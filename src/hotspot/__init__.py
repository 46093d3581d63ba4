"""hotspot: spatial clustering, repeat locations and maps of reported incidents.

``import hotspot as hs`` is light: each public name loads its module when it is first used.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspot.decisions.new_order import new_order
    from hotspot.decisions.order import Evidence, Order, Prohibition
    from hotspot.decisions.order_file import read_review
    from hotspot.decisions.patrol import PatrolPlan, plan_patrols
    from hotspot.decisions.patrol_profile import PatrolProfile
    from hotspot.decisions.review import Review, review_order
    from hotspot.decisions.rolling_scores import PredictionComparison, compare_predictions
    from hotspot.decisions.scoring import PredictionScore, score_prediction
    from hotspot.errors import HotspotWarning, InputError
    from hotspot.geography.area import read_area
    from hotspot.geography.assign import assign_area, dissolve_areas
    from hotspot.geography.counting import count_incidents
    from hotspot.geography.grid import Grid
    from hotspot.geography.snap import snap_to_streets
    from hotspot.geography.street_graph import StreetNetwork, street_graph, street_network
    from hotspot.geography.streets import read_streets
    from hotspot.geography.vintage import areas_in_force, check_lsoa_join, lsoa_vintage
    from hotspot.intake.break_register import Break, read_breaks
    from hotspot.intake.breaks import breaks_between, refuse_across_breaks
    from hotspot.intake.counts import CountsIntake, read_counts
    from hotspot.intake.counts_totals import totals
    from hotspot.intake.duplicates import possible_double_counts, repeated_ids
    from hotspot.intake.known_places import flag_known_places, new_known_places, read_known_places
    from hotspot.intake.ledger import Intake
    from hotspot.intake.mapping import read_mapping
    from hotspot.intake.partial_months import partial_months
    from hotspot.intake.partner import read_incidents
    from hotspot.intake.police_uk import read_police_uk
    from hotspot.intake.select import select_incidents
    from hotspot.intake.sources import combine_sources, sources_side_by_side
    from hotspot.publish.action_sheet import write_action_sheet
    from hotspot.publish.charts import chart_sensitivity, save_chart
    from hotspot.publish.charts_maps import chart_cells, chart_density
    from hotspot.publish.charts_periods import chart_periods
    from hotspot.publish.charts_ranks import chart_concentration, chart_ranks
    from hotspot.publish.charts_time import chart_hours, chart_series
    from hotspot.publish.check_release import check_release
    from hotspot.publish.excel import write_excel
    from hotspot.publish.maps import map_areas, map_cells, map_locations, save_map
    from hotspot.publish.packs import write_pack
    from hotspot.publish.record import record
    from hotspot.publish.release import PublicRelease, marking_of, released
    from hotspot.publish.review_pack import write_review
    from hotspot.publish.suppression import suppress_counts
    from hotspot.publish.tables import write_csv, write_geopackage
    from hotspot.publish.verify import verify
    from hotspot.ranking.concentration import Concentration, concentration
    from hotspot.ranking.harm import HarmWeights
    from hotspot.ranking.locations import repeat_locations
    from hotspot.ranking.previous import location_changes
    from hotspot.ranking.recapture import RankingComparison, compare_rankings
    from hotspot.statistics.density import kernel_density
    from hotspot.statistics.getis_ord import getis_ord
    from hotspot.statistics.hotspot_areas import hotspot_areas
    from hotspot.statistics.local_moran import local_moran
    from hotspot.statistics.scale import ScaleSuggestion, suggest_scale
    from hotspot.statistics.sensitivity import SensitivityResult, sensitivity

__version__ = "0.1.0"

_HOME = {
    "HotspotWarning": "errors",
    "InputError": "errors",
    "Intake": "intake.ledger",
    "read_police_uk": "intake.police_uk",
    "select_incidents": "intake.select",
    "read_area": "geography.area",
    "read_incidents": "intake.partner",
    "read_mapping": "intake.mapping",
    "Grid": "geography.grid",
    "count_incidents": "geography.counting",
    "getis_ord": "statistics.getis_ord",
    "kernel_density": "statistics.density",
    "read_streets": "geography.streets",
    "snap_to_streets": "geography.snap",
    "street_graph": "geography.street_graph",
    "street_network": "geography.street_graph",
    "StreetNetwork": "geography.street_graph",
    "HarmWeights": "ranking.harm",
    "concentration": "ranking.concentration",
    "Concentration": "ranking.concentration",
    "compare_rankings": "ranking.recapture",
    "RankingComparison": "ranking.recapture",
    "write_pack": "publish.packs",
    "write_excel": "publish.excel",
    "write_action_sheet": "publish.action_sheet",
    "chart_ranks": "publish.charts_ranks",
    "chart_concentration": "publish.charts_ranks",
    "location_changes": "ranking.previous",
    "chart_cells": "publish.charts_maps",
    "chart_density": "publish.charts_maps",
    "chart_series": "publish.charts_time",
    "chart_hours": "publish.charts_time",
    "chart_periods": "publish.charts_periods",
    "map_areas": "publish.maps",
    "PublicRelease": "publish.release",
    "released": "publish.release",
    "marking_of": "publish.release",
    "check_release": "publish.check_release",
    "suppress_counts": "publish.suppression",
    "hotspot_areas": "statistics.hotspot_areas",
    "suggest_scale": "statistics.scale",
    "ScaleSuggestion": "statistics.scale",
    "sensitivity": "statistics.sensitivity",
    "SensitivityResult": "statistics.sensitivity",
    "chart_sensitivity": "publish.charts",
    "save_chart": "publish.charts",
    "local_moran": "statistics.local_moran",
    "repeat_locations": "ranking.locations",
    "map_cells": "publish.maps",
    "map_locations": "publish.maps",
    "save_map": "publish.maps",
    "record": "publish.record",
    "verify": "publish.verify",
    "write_csv": "publish.tables",
    "write_geopackage": "publish.tables",
    "assign_area": "geography.assign",
    "dissolve_areas": "geography.assign",
    "lsoa_vintage": "geography.vintage",
    "check_lsoa_join": "geography.vintage",
    "areas_in_force": "geography.vintage",
    "Break": "intake.break_register",
    "read_breaks": "intake.break_register",
    "breaks_between": "intake.breaks",
    "refuse_across_breaks": "intake.breaks",
    "repeated_ids": "intake.duplicates",
    "possible_double_counts": "intake.duplicates",
    "combine_sources": "intake.sources",
    "sources_side_by_side": "intake.sources",
    "new_known_places": "intake.known_places",
    "read_known_places": "intake.known_places",
    "flag_known_places": "intake.known_places",
    "partial_months": "intake.partial_months",
    "Order": "decisions.order",
    "Evidence": "decisions.order",
    "Prohibition": "decisions.order",
    "read_review": "decisions.order_file",
    "new_order": "decisions.new_order",
    "Review": "decisions.review",
    "review_order": "decisions.review",
    "CountsIntake": "intake.counts",
    "read_counts": "intake.counts",
    "totals": "intake.counts_totals",
    "write_review": "publish.review_pack",
    "score_prediction": "decisions.scoring",
    "plan_patrols": "decisions.patrol",
    "PatrolPlan": "decisions.patrol",
    "PatrolProfile": "decisions.patrol_profile",
    "PredictionScore": "decisions.scoring",
    "compare_predictions": "decisions.rolling_scores",
    "PredictionComparison": "decisions.rolling_scores",
}

__all__ = [
    "Break",
    "Concentration",
    "CountsIntake",
    "Evidence",
    "Grid",
    "HarmWeights",
    "HotspotWarning",
    "InputError",
    "Intake",
    "Order",
    "PatrolPlan",
    "PatrolProfile",
    "PredictionComparison",
    "PredictionScore",
    "Prohibition",
    "PublicRelease",
    "RankingComparison",
    "Review",
    "ScaleSuggestion",
    "SensitivityResult",
    "StreetNetwork",
    "areas_in_force",
    "assign_area",
    "breaks_between",
    "chart_cells",
    "chart_concentration",
    "chart_density",
    "chart_hours",
    "chart_periods",
    "chart_ranks",
    "chart_sensitivity",
    "chart_series",
    "check_lsoa_join",
    "check_release",
    "combine_sources",
    "compare_predictions",
    "compare_rankings",
    "concentration",
    "count_incidents",
    "dissolve_areas",
    "flag_known_places",
    "getis_ord",
    "hotspot_areas",
    "kernel_density",
    "local_moran",
    "location_changes",
    "lsoa_vintage",
    "map_areas",
    "map_cells",
    "map_locations",
    "marking_of",
    "new_known_places",
    "new_order",
    "partial_months",
    "plan_patrols",
    "possible_double_counts",
    "read_area",
    "read_breaks",
    "read_counts",
    "read_incidents",
    "read_known_places",
    "read_mapping",
    "read_police_uk",
    "read_review",
    "read_streets",
    "record",
    "refuse_across_breaks",
    "released",
    "repeat_locations",
    "repeated_ids",
    "review_order",
    "save_chart",
    "save_map",
    "score_prediction",
    "select_incidents",
    "sensitivity",
    "snap_to_streets",
    "sources_side_by_side",
    "street_graph",
    "street_network",
    "suggest_scale",
    "suppress_counts",
    "totals",
    "verify",
    "write_action_sheet",
    "write_csv",
    "write_excel",
    "write_geopackage",
    "write_pack",
    "write_review",
]

logging.getLogger("hotspot").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hotspot' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hotspot.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
