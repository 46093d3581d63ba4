"""Decisions on orders and patrols, and the evidence that they rest on."""
