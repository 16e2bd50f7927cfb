"""The PySpark script that Glue Studio generates for a visual job."""

from __future__ import annotations

from bovespa.glue.script.assembly import generate
from bovespa.glue.script.preview import until
from bovespa.glue.script.style import Style

__all__ = ["Style", "generate", "until"]
