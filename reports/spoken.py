"""Texts that stand in both languages at once, so that none can be added to one of them alone."""

from __future__ import annotations

from typing import Generic, TypeVar

from reports.notation import Language

T = TypeVar("T")


class Spoken:
    """Words of one language: an attribute that is :class:`Both` reads as that language's."""

    def __init__(self, language: Language) -> None:
        self.language = language


class Both(Generic[T]):
    """A text in English and in Portuguese; ``{…}`` is filled by whoever uses it."""

    def __init__(self, english: T, portuguese: T) -> None:
        self.of = {Language.EN: english, Language.PT_BR: portuguese}

    def __get__(self, spoken: Spoken, owner: type[Spoken]) -> T:
        return self.of[spoken.language]


def texts_of(spoken: type[Spoken]) -> dict[str, Both[object]]:
    """Every text of a class, by its name."""
    return {name: text for name, text in vars(spoken).items() if isinstance(text, Both)}
