"""Every word of the report that is not B3's, in both languages.

One frozen dataclass, so that a text that one language lacks is an error of type, not a gap on the page.
"""

from reports.notation import Language
from reports.texts.english import EN
from reports.texts.portuguese import PT_BR
from reports.texts.words import Counted, Texts

__all__ = ["EN", "PT_BR", "Counted", "Texts", "texts"]


def texts(language: Language) -> Texts:
    """The words of a language."""
    return PT_BR if language is Language.PT_BR else EN
