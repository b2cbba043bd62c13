"""What a password must be, in Chinese words: Django's own rule on length has none; and passwords nobody thought up."""

import re
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    get_default_password_validators,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read wrong on paper


class LengthValidator:
    """Between `min_length` and `max_length` characters."""

    def __init__(self, min_length: int = 12, max_length: int = 128):
        self.min_length, self.max_length = min_length, max_length

    def validate(self, password: str, user=None) -> None:
        if len(password) < self.min_length:
            raise ValidationError(_("密码太短，至少要 %(n)s 位。") % {"n": self.min_length}, code="password_too_short")
        if len(password) > self.max_length:
            raise ValidationError(_("密码太长，至多 %(n)s 位。") % {"n": self.max_length}, code="password_too_long")

    def get_help_text(self) -> str:
        return _("%(min)s 至 %(max)s 位，可以粘贴") % {"min": self.min_length, "max": self.max_length}


def kinds_of(password: str) -> int:
    """How many of the four kinds stand in it: capitals, small letters, digits, anything else."""
    return len({"upper" if c.isupper() else "lower" if c.islower() else "digit" if c.isdecimal() else "other" for c in password})


class KindsValidator:
    """Some of the four kinds of characters (GB/T 22239-2019 8.1.4.1 a)."""

    def __init__(self, kinds: int = 3):
        self.kinds = kinds

    def validate(self, password: str, user=None) -> None:
        if kinds_of(password) < self.kinds:
            raise ValidationError(_("密码太简单：大写字母、小写字母、数字、符号四类中至少要有 %(n)s 类。") % {"n": self.kinds}, code="password_too_few_kinds")

    def get_help_text(self) -> str:
        return _("大写字母、小写字母、数字、符号四类中至少有 %(n)s 类") % {"n": self.kinds}


UNDISGUISED = str.maketrans("@4301!5$7", "aaeoiisst")
SHORTEST_CORE = 4  # letters


def cores_of(password: str) -> Iterator[str]:
    """What a password comes down to without its trimmings: P@ssw0rd-1234 → password; abcabcabcabc → abc."""
    low = password[:128].lower()
    yield low
    yield "".join(c for c in low if c.isalpha())
    yield re.sub(r"^[^a-z@$]+|[^a-z]+$", "", low).translate(UNDISGUISED)
    yield low[: (low + low).find(low, 1)]


class CommonValidator(CommonPasswordValidator):
    """Django's list of the 20 000 most used, also when one of them was only lengthened, disguised or repeated."""

    def validate(self, password: str, user=None) -> None:
        for core in cores_of(password):
            if len(core) >= SHORTEST_CORE:
                super().validate(core, user)

    def get_help_text(self) -> str:
        return _("不能是常见密码，常见密码加数字、加符号、重复几遍也不行")


def rules() -> list[str]:
    """The policy in force in a few plain lines; those of our own validators in the order of the settings."""
    own = [validator.get_help_text() for validator in get_default_password_validators() if not type(validator).__module__.startswith("django.")]
    days = settings.PASSWORD_MAX_DAYS
    return [*own, _("不能只有数字，不能与用户名、姓名相近"), *([_("每 %(n)s 天更换一次") % {"n": days}] if days else [])]


def random_word(length: int = 12) -> str:
    """Letters and digits in threes, e.g. kq7-m2x-…: easy to dictate, 59 bits in twelve."""
    word = "".join(secrets.choice(LETTERS) for _i in range(length))
    return "-".join(word[i : i + 3] for i in range(0, length, 3))


def random_password(user=None) -> str:
    """An initial password that the policy in force accepts, for this user if they are known."""
    while True:
        word = random_word()
        try:
            validate_password(word, user)
        except ValidationError:
            continue
        return word
