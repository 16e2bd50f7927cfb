"""The stack's configuration, typed and checked before anything is created.

The keys, their types, defaults and descriptions are declared in ``Pulumi.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi

from components.existing_roles import ExistingRoles
from lake.indices import INDEX

Value = TypeVar("Value")

_SCHEDULE = re.compile(r"(cron|rate)\(.+\)")
# What CloudWatch Logs accepts (PutRetentionPolicy).
_RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
# Athena, "Naming databases, tables, and columns"; Glue folds names to lower case.
_DATABASE = re.compile(r"[a-z_][a-z0-9_]{0,127}")
_WORKER_TYPES = frozenset({"G.1X", "G.2X", "G.4X", "G.8X"})


class SettingsError(ValueError):
    """A configuration key with a value that can't work; the message names the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a stack can choose."""

    indices: tuple[str, ...]
    scrape_schedule: str
    watch_schedule: str
    quotes_schedule_evening: str
    quotes_schedule_morning: str
    rebalancing_schedule: str
    b3_url: str
    cotahist_url: str
    alarm_email: str
    log_retention_days: int
    database: str
    create_default_database: bool
    existing_roles: ExistingRoles
    force_destroy: bool
    glue_version: str
    glue_workers: int
    glue_worker_type: str
    glue_timeout_minutes: int
    athena_scan_limit_mb: int
    pandas_layer_arn: str

    def __post_init__(self) -> None:
        wrong = [i for i in self.indices if not INDEX.fullmatch(i)]
        _require(
            bool(self.indices) and not wrong, "indices", f"B3 index codes such as IBOV, not {wrong or 'none'}"
        )
        _require(len(set(self.indices)) == len(self.indices), "indices", "each index once")
        for key, expression in (
            ("scrapeSchedule", self.scrape_schedule),
            ("watchSchedule", self.watch_schedule),
            ("rebalancingSchedule", self.rebalancing_schedule),
            ("quotesScheduleEvening", self.quotes_schedule_evening),
            ("quotesScheduleMorning", self.quotes_schedule_morning),
        ):
            _require(bool(_SCHEDULE.fullmatch(expression)), key, f"cron(…) or rate(…), not {expression!r}")
        for key, address in (("b3Url", self.b3_url), ("cotahistUrl", self.cotahist_url)):
            _require(address.startswith(("https://", "http://127.0.0.1:")), key, "an https:// address")
        _require(not self.alarm_email or "@" in self.alarm_email, "alarmEmail", "an address, or empty")
        _require(
            self.log_retention_days in _RETENTION_DAYS,
            "logRetentionDays",
            f"one of {', '.join(map(str, sorted(_RETENTION_DAYS)))}",
        )
        _require(
            self.glue_worker_type in _WORKER_TYPES,
            "glueWorkerType",
            f"one of {', '.join(sorted(_WORKER_TYPES))}",
        )
        _require(2 <= self.glue_workers <= 100, "glueWorkers", "2 to 100")
        _require(1 <= self.glue_timeout_minutes <= 480, "glueTimeoutMinutes", "1 to 480")
        _require(
            bool(_DATABASE.fullmatch(self.database)),
            "database",
            "a name of a-z, 0-9 and _, such as bovespa_dev",
        )
        if wrong_role := self.existing_roles.problem():
            _require(False, *wrong_role)
        _require(self.athena_scan_limit_mb >= 10, "athenaScanLimitMb", "at least 10, Athena's own minimum")


def load_settings() -> Settings:
    """The stack's settings.

    Raises:
        SettingsError: a key has a value that can't work.
    """
    config = pulumi.Config()
    text, whole, flag = config.require, config.require_int, config.require_bool
    return Settings(
        indices=tuple(_read(config.require_object, "indices", "a list of index codes")),
        scrape_schedule=_read(text, "scrapeSchedule", "text"),
        watch_schedule=_read(text, "watchSchedule", "text"),
        quotes_schedule_evening=_read(text, "quotesScheduleEvening", "text"),
        quotes_schedule_morning=_read(text, "quotesScheduleMorning", "text"),
        rebalancing_schedule=_read(text, "rebalancingSchedule", "text"),
        b3_url=_read(text, "b3Url", "text"),
        cotahist_url=_read(text, "cotahistUrl", "text"),
        alarm_email=config.get("alarmEmail") or "",
        log_retention_days=_read(whole, "logRetentionDays", "a whole number"),
        database=_read(text, "database", "text"),
        existing_roles=_existing_roles(config),
        create_default_database=_read(flag, "createDefaultDatabase", "true or false"),
        force_destroy=_read(flag, "forceDestroy", "true or false"),
        glue_version=_read(text, "glueVersion", "text"),
        glue_workers=_read(whole, "glueWorkers", "a whole number"),
        glue_worker_type=_read(text, "glueWorkerType", "text"),
        glue_timeout_minutes=_read(whole, "glueTimeoutMinutes", "a whole number"),
        athena_scan_limit_mb=_read(whole, "athenaScanLimitMb", "a whole number"),
        pandas_layer_arn=config.get("pandasLayerArn") or "",
    )


def _existing_roles(config: pulumi.Config) -> ExistingRoles:
    expected = "an object such as {glue: LabRole}"
    given = _read(lambda key: config.get_object(key), "existingRoles", expected) or {}
    _require(isinstance(given, Mapping), "existingRoles", expected)
    return ExistingRoles(default=config.get("existingRoleArn") or "", by_service=given)


def _read(getter: Callable[[str], Value], key: str, expected: str) -> Value:
    try:
        return getter(key)
    except (ValueError, pulumi.ConfigTypeError):
        raise SettingsError(f"{pulumi.get_project()}:{key}: expected {expected}") from None
    except pulumi.ConfigMissingError:
        raise SettingsError(f"{pulumi.get_project()}:{key}: expected {expected}, found nothing") from None


def _require(holds: bool, key: str, expected: str) -> None:
    if not holds:
        raise SettingsError(f"{pulumi.get_project()}:{key}: expected {expected}")
