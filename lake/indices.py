"""How B3 writes the codes of its indices."""

from __future__ import annotations

import re

INDEX = re.compile(r"[A-Z][A-Z0-9]{3,5}")  # IBOV, SMLL, IFIX
