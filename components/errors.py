"""Mistakes of the person who deploys. Pulumi shows a ``RunError`` as its message alone, without a traceback."""

from __future__ import annotations

import pulumi


class SettingsError(pulumi.RunError, ValueError):
    """A configuration key with a value that can't work; the message names the key."""
