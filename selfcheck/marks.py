"""Marks of the texts of a report, made while its author hands it in and the words are in memory: not a word is kept.

A mark is an HMAC under a key of the round, so that it compares within the round only and says nothing to who has the database.
Marks made before a change of CRYPTO_SUITE match none made after it.
"""

import unicodedata
from difflib import SequenceMatcher

from keys.erasing import goes_with_the_key
from keys.models import DataKey

from .models import ITEM_TEXTS, TextMark

FEWEST = 10  # characters, signs and spaces aside, from which on equal words are no set phrase
ALIKE = 0.9  # share of equal characters


def normal(text: str) -> str:
    """Letters and digits alone, full-width as half-width."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(sign)[0] in "LN")


def are_alike(one: str, other: str) -> bool:
    """Nearly the same words; the quick bounds first, because the exact comparison takes the square of the length."""
    pair = SequenceMatcher(None, normal(one), normal(other), autojunk=False)
    return bool(pair.a and pair.b) and all(ratio() >= ALIKE for ratio in (pair.real_quick_ratio, pair.quick_ratio, pair.ratio))


def marks_of(texts: dict[str, str], key: DataKey) -> dict[str, dict]:
    """Field → the mark of its words, and whether the measure only says the problem again. `texts`: of one item."""
    words = {name: normal(texts[name]) for name in ITEM_TEXTS}
    marks = {name: {"mark": key.mark(text) if len(text) >= FEWEST else ""} for name, text in words.items()}
    marks["measure"]["repeats"] = are_alike(texts["manifestation"], texts["measure"])
    return marks


@goes_with_the_key
def erase_marks(key: DataKey) -> None:
    TextMark.objects.filter(selfcheck__key=key).delete()
