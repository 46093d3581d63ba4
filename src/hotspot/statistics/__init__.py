"""Spatial statistics: array kernels that know numpy and scipy only, and labelled functions on top."""
