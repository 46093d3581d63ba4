"""Packs: a folder with page, report, tables, maps and manifest, for a meeting or a consultation."""

from hotspot.publish.packs.pack import write_pack

__all__ = ["write_pack"]
