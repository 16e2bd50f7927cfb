"""The expressions that EventBridge Scheduler takes: ``cron(…)`` and ``rate(…)``.

Source: "Schedule types in EventBridge Scheduler", AWS's user guide.
"""

from __future__ import annotations

import re

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RATE = re.compile(r"rate\([1-9]\d* (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((.+)\)")
# Minutes, hours, day of month, month, day of week, year.
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_NAMES: tuple[tuple[str, ...], ...] = ((), (), (), _MONTHS, _DAYS, ())
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4
# Wildcards of their own: the last day, the nearest weekday, the n-th such weekday.
_SPECIAL = {
    _DAY_OF_MONTH: re.compile(r"\?|L|LW|([1-9]|[12]\d|3[01])W"),
    _DAY_OF_WEEK: re.compile(rf"\?|L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])"),
}


def is_schedule(expression: str) -> bool:
    """Whether Scheduler would take it."""
    if _RATE.fullmatch(expression):
        return True
    cron = _CRON.fullmatch(expression)
    fields = cron.group(1).split() if cron else []
    if len(fields) != len(_BOUNDS) or not all(_is_field(place, field) for place, field in enumerate(fields)):
        return False
    return (fields[_DAY_OF_MONTH] == "?") != (fields[_DAY_OF_WEEK] == "?")


def _is_field(place: int, field: str) -> bool:
    special = _SPECIAL.get(place)
    if special and special.fullmatch(field):
        return True
    return all(_is_item(place, item) for item in field.split(","))


def _is_item(place: int, item: str) -> bool:
    span, stepped, step = item.partition("/")
    if stepped and not (step.isdecimal() and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = [_value(place, end) for end in span.split("-")]
    return len(ends) <= 2 and all(end is not None for end in ends)


def _value(place: int, text: str) -> int | None:
    names, (first, last) = _NAMES[place], _BOUNDS[place]
    if text.upper() in names:
        return names.index(text.upper()) + 1
    return int(text) if text.isdecimal() and first <= int(text) <= last else None
