"""What people look at: tables in the terminal, and an HTML page that opens offline."""

from reports.reading import INDEX, NoSession, read_report
from reports.report import IndexReport

__all__ = ["INDEX", "IndexReport", "NoSession", "read_report"]
