"""The stack's configuration, typed and checked before anything is created.

The keys, their types, defaults and descriptions are declared in ``Pulumi.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
from pulumi.runtime import is_config_secret

from components.default_tags import default_tags
from components.errors import SettingsError
from components.existing_roles import ExistingRoles
from components.pandas_layer import pandas_layer_arn
from components.schedule_expression import is_schedule
from lake.indices import INDEX

__all__ = ["Settings", "SettingsError", "load_settings"]

Value = TypeVar("Value")

# What CloudWatch Logs accepts (PutRetentionPolicy).
_RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
_GLUE_VERSION = re.compile(r"\d{1,2}\.\d{1,2}")
_ADDRESS = re.compile(r"(https://|http://127\.0\.0\.1:)\S+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Athena, "Naming databases, tables, and columns"; Glue folds names to lower case.
_DATABASE = re.compile(r"[a-z_][a-z0-9_]{0,127}")
# Not an alias: IAM policies name keys (AWS KMS Developer Guide, "Key ARN").
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}")
_WORKER_TYPES = frozenset({"G.1X", "G.2X", "G.4X", "G.8X"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a stack can choose; addresses that the configuration keeps encrypted are secret outputs."""

    indices: tuple[str, ...]
    scrape_schedule: str
    watch_schedule: str
    quotes_schedule_evening: str
    quotes_schedule_morning: str
    rebalancing_schedule: str
    b3_url: pulumi.Input[str]
    cotahist_url: pulumi.Input[str]
    alarm_email: pulumi.Input[str]
    report_email: pulumi.Input[str]
    log_retention_days: int
    database: str
    create_default_database: bool
    existing_roles: ExistingRoles
    kms_key_arn: str
    force_destroy: bool
    glue_version: str
    glue_workers: int
    glue_worker_type: str
    glue_timeout_minutes: int
    athena_scan_limit_mb: int
    pandas_layer_arn: str
    default_tags: Mapping[str, str]

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
            _require(is_schedule(expression), key, f"cron(…) or rate(…), not {expression!r}")
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
        _require(bool(_GLUE_VERSION.fullmatch(self.glue_version)), "glueVersion", "a version such as 5.1")
        _require(2 <= self.glue_workers <= 100, "glueWorkers", "2 to 100")
        _require(1 <= self.glue_timeout_minutes <= 480, "glueTimeoutMinutes", "1 to 480")
        _require(
            bool(_DATABASE.fullmatch(self.database)),
            "database",
            "a name of a-z, 0-9 and _, such as bovespa_dev",
        )
        _require(
            not self.kms_key_arn or bool(_KEY.fullmatch(self.kms_key_arn)),
            "kmsKeyArn",
            "the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID), or empty",
        )
        if wrong_role := self.existing_roles.problem():
            _require(False, *wrong_role)
        _require(self.athena_scan_limit_mb >= 10, "athenaScanLimitMb", "at least 10, Athena's own minimum")


def load_settings(region: str) -> Settings:
    """The stack's settings.

    Args:
        region: in which the stack is; the layer's ARN depends on it.

    Raises:
        SettingsError: a key has a value that can't work.
    """
    config = pulumi.Config()
    text, whole, flag = config.require, config.require_int, config.require_bool
    return Settings(
        indices=_names("indices", "a list of index codes"),
        scrape_schedule=_read(text, "scrapeSchedule", "text"),
        watch_schedule=_read(text, "watchSchedule", "text"),
        quotes_schedule_evening=_read(text, "quotesScheduleEvening", "text"),
        quotes_schedule_morning=_read(text, "quotesScheduleMorning", "text"),
        rebalancing_schedule=_read(text, "rebalancingSchedule", "text"),
        b3_url=_open_or_secret("b3Url", _ADDRESS, "an https:// address"),
        cotahist_url=_open_or_secret("cotahistUrl", _ADDRESS, "an https:// address"),
        alarm_email=_open_or_secret("alarmEmail", _EMAIL, "an address, or empty", optional=True),
        report_email=_open_or_secret("reportEmail", _EMAIL, "an address, or empty", optional=True),
        log_retention_days=_read(whole, "logRetentionDays", "a whole number"),
        database=_read(text, "database", "text"),
        existing_roles=_existing_roles(config),
        kms_key_arn=config.get("kmsKeyArn") or "",
        create_default_database=_read(flag, "createDefaultDatabase", "true or false"),
        force_destroy=_read(flag, "forceDestroy", "true or false"),
        glue_version=_read(text, "glueVersion", "text"),
        glue_workers=_read(whole, "glueWorkers", "a whole number"),
        glue_worker_type=_read(text, "glueWorkerType", "text"),
        glue_timeout_minutes=_read(whole, "glueTimeoutMinutes", "a whole number"),
        athena_scan_limit_mb=_read(whole, "athenaScanLimitMb", "a whole number"),
        pandas_layer_arn=pandas_layer_arn(region, configured=config.get("pandasLayerArn") or ""),
        default_tags=default_tags(),
    )


def _names(key: str, expected: str) -> tuple[str, ...]:
    found = _read(pulumi.Config().require_object, key, expected)
    _require(isinstance(found, list) and all(isinstance(name, str) for name in found), key, expected)
    return tuple(found)


def _open_or_secret(
    key: str, form: re.Pattern[str], expected: str, *, optional: bool = False
) -> pulumi.Input[str]:
    """A text of that form, wrapped if the configuration keeps it encrypted: then no state shows it either."""
    text = pulumi.Config().get(key) or ""
    _require(bool(form.fullmatch(text)) or (optional and not text), key, expected)
    secret = text and is_config_secret(f"{pulumi.get_project()}:{key}")
    return pulumi.Output.secret(text) if secret else text


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
