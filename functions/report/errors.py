"""Why a session is not reported on."""


class ReportError(Exception):
    """The report can't be made; the message says of what and why."""
