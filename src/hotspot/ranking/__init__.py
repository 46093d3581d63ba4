"""Repeat locations and their ranking."""
