"""The few exceptions and warnings that hotspot raises, each on a builtin parent."""

from __future__ import annotations


class InputError(ValueError):
    """What was given cannot be used: the message says what is wrong, what was given, and what to try."""


class HotspotWarning(UserWarning):
    """A result was made, but something about the input needs a person's eye."""
