"""Chinese names and titles in pinyin, for ordering and finding. Surnames have readings of their own."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from django.db import models
from pypinyin import lazy_pinyin
from pypinyin.constants import RE_HANS
from pypinyin.seg import mmseg, simpleseg

SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "朴": "piao", "区": "ou", "查": "zha", "盖": "ge", "任": "ren",
    "华": "hua", "纪": "ji", "缪": "miao", "宁": "ning", "尉": "wei", "乐": "yue", "员": "yun", "召": "shao", "翟": "zhai",
    "覃": "qin", "卜": "bu", "薄": "bo", "阚": "kan", "秘": "bi", "种": "chong", "折": "she", "黑": "he", "繁": "po", "能": "nai",
    "佴": "nai", "都": "du", "句": "gou", "祭": "zhai", "乜": "nie",
}
DOUBLE = {"尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "单于": "chan yu", "澹台": "tan tai", "令狐": "ling hu"}


def _surname(name: str) -> list[str]:
    """The syllables of a surname that is read in its own way; none for the others."""
    if name[:2] in DOUBLE:
        return DOUBLE[name[:2]].split()
    return [SURNAMES[name[0]]] if name and name[0] in SURNAMES else []


@lru_cache(maxsize=16_384)
def _read(word: str) -> tuple[str, ...]:
    """The syllables of one word; what is no character stays as it is."""
    return tuple(lazy_pinyin(word))


def _words(text: str) -> Iterable[str]:
    """As lazy_pinyin cuts it: the longest phrases it knows, and what is no character apart."""
    return mmseg.seg.cut(text) if RE_HANS.match(text) else simpleseg.seg(text)


@lru_cache(maxsize=16_384)
def _syllables(text: str) -> tuple[str, ...]:
    return tuple(syllable for word in _words(text) for syllable in _read(word))


def syllables(text: str) -> tuple[str, ...]:
    """What lazy_pinyin(text) says, for a tenth of the time: words, and what follows a first character, are read once however many names hold them."""
    if RE_HANS.match(text) and text[:2] not in mmseg.p_set:  # no phrase begins so: the first character is a word of its own
        return _read(text[0]) + _syllables(text[1:])
    return _syllables(text)


def name_pinyin(name: str) -> str:
    """“单立人” → “shan li ren”, 尉迟恭 → “yuchi gong”; 吕 is lv."""
    own = _surname(name)
    if len(own) == 2:
        return " ".join(["".join(own), *syllables(name[2:])])
    return " ".join((*(own or syllables(name[:1])), *syllables(name[1:])))


def reading_of(name: str) -> tuple[str, str]:
    """A person's name_pinyin and its initials: “单立人” → “shan li ren”, “slr”.

    Most names are a surname of one character and what no phrase begins in; those are read once for both.
    """
    if not RE_HANS.match(name) or name[:2] in mmseg.p_set or name[:2] in DOUBLE:
        return name_pinyin(name), "".join(letters_of(name, person=True))
    read = (SURNAMES.get(name[0]) or _read(name[0])[0], *syllables(name[1:]))
    return " ".join(read), "".join([syllable[0] for syllable in read if syllable[0].isascii()])


def letters_of(text: str, person: bool = False) -> list[str]:
    """For each character the first letter of its pinyin, or itself if it is a Latin letter or a digit; lower case.

    "" for what has none (punctuation). `person`: the text is a name and begins with a surname.
    """
    if RE_HANS.match(text):
        found = [syllable[0] for syllable in syllables(text)]
    else:
        found = [part[0] for word in _words(text) for part in (_read(word) if RE_HANS.match(word) else word)]
    own = _surname(text) if person else []
    found[: len(own)] = [syllable[0] for syllable in own]
    return [sign.lower() if sign.isascii() and sign.isalnum() else "" for sign in found]


def typed_letters(text: str) -> str:
    """What was typed, as initials are kept, when it can be initials or pinyin at all: “Z S F” → “zsf”; else ""."""
    joined = "".join(unicodedata.normalize("NFKC", text).lower().split())
    return joined if joined.isascii() and joined.isalnum() else ""


class InitialsField(models.CharField):
    """The pinyin initials of another field of the row: “张三丰” → “zsf”, “区纪委监委2026年” → “qjwjw2026n”.

    Filled by save() and bulk_create() whenever the column is written, so whoever writes only some columns
    (`update_fields`) names this one beside its source; `QuerySet.update()` and `bulk_update()` don't fill it.
    Of a long text the first 64 letters are kept. A search for the beginning (`__startswith`) uses the index: Django
    gives every indexed CharField of PostgreSQL a second one of varchar_pattern_ops, which LIKE 'zsf%' reads.
    """

    def __init__(self, *args, of: str, person: bool = False, **kwargs):
        self.of, self.person = of, person
        kwargs |= {"max_length": 64, "editable": False, "blank": True, "default": "", "db_index": True}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "editable", "blank", "default", "db_index"):
            kwargs.pop(fixed)
        return name, path, args, kwargs | {"of": self.of} | ({"person": True} if self.person else {})

    def pre_save(self, row: models.Model, add: bool) -> str:
        letters = self.letters(getattr(row, self.of))
        setattr(row, self.attname, letters)
        return letters

    def letters(self, text: str) -> str:
        """What is kept of a text."""
        return "".join(letters_of(text, self.person))[: self.max_length]


def fill_initials(model: type[models.Model], batch: int = 1000) -> None:
    """Write the initials of rows that were there before the column. For migrations: works on their models too."""
    field = next(f for f in model._meta.fields if isinstance(f, InitialsField))
    last = 0
    while rows := list(model.objects.filter(pk__gt=last).only("pk", field.of).order_by("pk")[:batch]):
        for row in rows:
            field.pre_save(row, add=False)
        model.objects.bulk_update(rows, [field.name])
        last = rows[-1].pk
