"""One language at a time: the locale's or the one asked for, whole."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bovespa.commands.status import _lines
from bovespa.language import terminal_language
from bovespa.status import Capture, Quarantine, Run, Schedule, Status, Stream
from bovespa.words import EN, PT_BR, words
from reports.notation import Language, Notation
from reports.spoken import Spoken, texts_of

STATUS = Status(
    region="us-east-1",
    captures=(Capture(table="carteira", last=None),),
    runs=(
        Run(job="carteira", state="FAILED", started=datetime(2025, 9, 3, 12, tzinfo=UTC), seconds=3, message="died"),
        Run(job="indice", state=None),
    ),
    quarantine=Quarantine(objects=1000, more=True, latest="quarantine/x"),
    alarms=(),
    schedules=(Schedule(name="s", function="f", expression="cron(1)", timezone="UTC", state="DISABLED"),),
    stream=Stream(running=0, desired=1, delivery="ACTIVE"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.EN),
        ({"LANG": "C.UTF-8"}, Language.EN),
        ({"LANG": "pt_BR.UTF-8"}, Language.PT_BR),
        ({"LANG": "pt_BR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "pt_PT"}, Language.PT_BR),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": ""}, Language.PT_BR),
    ],
)
def test_the_locale_says_which(environment: Mapping[str, str], language: Language) -> None:
    assert terminal_language(environment) is language


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Spoken):
        for name in (*texts_of(type(value)), *vars(value)):
            yield from texts(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, str) and not isinstance(value, Language):
        yield path, value


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_of_each_text() -> None:
    english, portuguese = dict(texts(EN)), dict(texts(PT_BR))

    assert english.keys() == portuguese.keys()
    for path, text in english.items():
        assert text
        assert names_in(text) == names_in(portuguese[path]), path


def test_the_standing_of_a_stack_in_portuguese() -> None:
    said = words(Language.PT_BR).standing
    lines = [text for _, text, _ in _lines(STATUS, said, Notation(language=Language.PT_BR))]

    assert lines == [
        "carteira: nada ainda",
        "carteira: falhou 2025-09-03 12:00 UTC, 3 s: died",
        "indice: nunca rodou",
        "1.000 objetos ou mais, o último é quarantine/x",
        "nenhum disparado",
        "0 de 1 tarefas rodam, o Firehose está ativo",
        "f: cron(1) UTC (desligada)",
    ]


def test_and_in_english_by_awss_own_names() -> None:
    lines = [text for _, text, _ in _lines(STATUS, EN.standing, Notation(language=Language.EN))]

    assert lines[1] == "carteira: FAILED 2025-09-03 12:00 UTC, 3 s: died"
    assert lines[3:] == [
        "1,000 objects or more, the last is quarantine/x",
        "none rings",
        "0 of 1 tasks run, Firehose is ACTIVE",
        "f: cron(1) UTC (disabled)",
    ]
