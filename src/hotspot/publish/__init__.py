"""Outputs: maps, tables and the manifest that says what made them."""
