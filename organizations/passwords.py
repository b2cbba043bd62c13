"""Words somebody who knows the office would try first. Named in AUTH_PASSWORD_VALIDATORS, which accounts obeys without knowing units."""

from collections.abc import Iterator
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Unit
from .pinyin import letters_of, name_pinyin

SHORTEST = 4  # letters: shorter pieces of pinyin stand in many a good password by chance
SHORTEST_PAIR = 6  # letters of two syllables


def plain(text: str) -> str:
    """Small letters and digits only: “Shan-Li.Ren” → “shanliren”."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum())


def person_words(user) -> Iterator[str]:
    """The name in pinyin, as one says it and surname last."""
    surname, *given = name_pinyin(user.name).split() or [""]
    yield plain(surname + "".join(given))
    yield plain("".join(given) + surname)


def unit_words() -> Iterator[str]:
    """Every unit's names by their initials, and each two syllables that follow one another in them: yunlan, jijian …"""
    for names in Unit.objects.values_list("name", "short_name"):
        for name in names:
            yield "".join(letters_of(name))
            syllables = [plain(syllable) for syllable in name_pinyin(name).split()]
            yield from (pair for pair in map("".join, pairwise(syllables)) if len(pair) >= SHORTEST_PAIR)


def years() -> list[str]:
    """Last year, this and the next."""
    this = timezone.localdate().year
    return [str(this + n) for n in (-1, 0, 1)]


class ContextWordsValidator:
    """No name of the person, no unit and no year of about now, whatever stands between the letters."""

    def validate(self, password: str, user=None) -> None:
        typed = plain(password)
        if any(year in typed for year in years()):
            raise ValidationError(_("密码里不能有年份，请换掉。"), code="password_has_year")
        if user is not None and self._has(typed, person_words(user)):
            raise ValidationError(_("密码里不能有本人姓名的拼音，请换掉。"), code="password_has_name")
        if self._has(typed, unit_words()):
            raise ValidationError(_("密码里不能有单位名称的拼音或首字母，请换掉。"), code="password_has_unit")

    @staticmethod
    def _has(typed: str, words: Iterator[str]) -> bool:
        return any(len(word) >= SHORTEST and word in typed for word in words)

    def get_help_text(self) -> str:
        return _("不能有本人姓名的拼音、单位名称的拼音或首字母，不能有年份")
