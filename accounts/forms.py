"""Sign-in and password forms."""

import datetime as dt
import zlib

from crispy_forms.helper import FormHelper
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from .models import User
from .templatetags.page import day
from .versions import Conflict

YEARS = range(1900, 2200)  # of a date somebody means; beyond them lie slips of the finger, and days that can't be counted with
MOST_DIGITS = 18  # of a row's number
DASHES = "---------"  # Django's label for no choice


def plain_helper() -> FormHelper:
    """Fields only; the page writes the <form>, the token and the buttons."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.form_show_errors = True
    return helper


def locked_words() -> ValidationError:
    """Said instead of the usual refusal while signing in is locked."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    return ValidationError(_("输错次数过多，已暂停登录。请等 %(n)s 分钟再试，或请系统管理员解除锁定。"), code="locked", params={"n": minutes})


def check_password(request, password: str, wrong) -> None:
    """The visitor's own password again, counted like a sign-in. Raises ValidationError with the words for a wrong one."""
    if authenticate(request, username=request.user.username, password=password) != request.user:
        raise locked_words() if request.axes_locked_out else ValidationError(wrong, code="password_incorrect")


class SignInForm(AuthenticationForm):
    """One message for every refusal: it doesn't tell which accounts exist."""

    error_messages = {
        "invalid_login": _("用户名或密码不正确，请重新输入。"),
        "inactive": _("用户名或密码不正确，请重新输入。"),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("用户名")
        self.fields["username"].help_text = _("一般用工号")
        self.fields["password"].label = _("密码")
        self.fields["username"].widget.attrs.update(autocomplete="username", autocapitalize="none")
        self.helper = plain_helper()

    def get_invalid_login_error(self):
        return locked_words() if self.request.axes_locked_out else super().get_invalid_login_error()

    def clean_username(self) -> str:
        """Of a name longer than any account's the count of failures keeps the beginning: its column has room for 255 characters."""
        return self.cleaned_data["username"][:150]


class OwnPasswordForm(PasswordChangeForm):
    """Change one's own password."""

    def __init__(self, request, *args, **kwargs):
        super().__init__(request.user, *args, **kwargs)
        self.request = request
        self.fields["new_password2"].label, self.fields["new_password2"].help_text = _("再输一次新密码"), ""
        self.fields["new_password1"].help_text = ""  # the page says the rules
        self.helper = plain_helper()

    def clean_old_password(self) -> str:
        check_password(self.request, self.cleaned_data["old_password"], self.error_messages["password_incorrect"])
        return self.cleaned_data["old_password"]

    def clean(self):
        data = super().clean()
        if data.get("old_password") and data["old_password"] == data.get("new_password1"):
            self.add_error("new_password1", _("新密码不能与旧密码相同。"))
        return data


def needed_sometimes(field: forms.Field) -> forms.Field:
    """A field its form may ask for or not, by what else is said: it isn't marked 选填, its help text says when it is needed."""
    field.needed_sometimes = True
    return field


class PageForm(forms.Form):
    """Base of the project's plain forms: Bootstrap fields, no <form> tag of its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        dress(self)

    @property
    def asks_nothing(self) -> bool:
        """No field must be filled in, so the page needn't explain the mark."""
        return not any(field.required for field in self.fields.values())


class PageModelForm(forms.ModelForm):
    """The same for forms made from a model; actions do the writing, so `save()` is not used."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        dress(self)

    def save(self, commit=True):
        raise TypeError("forms validate; actions write")


class VersionedForm:
    """Mixin of a form that changes a row: it carries the version its reader saw.

    When somebody saved meanwhile, what was typed stays, `newer` holds what stands now for each field they changed to
    something else, and the version becomes the new one, so that a second save is made knowingly. A row not yet made has
    version 0.
    """

    def __init__(self, *args, row: models.Model, initial: dict | None = None, **kwargs):
        self.newer, self.conflict, self.now = {}, None, self.stored(row)
        super().__init__(*args, initial=self.now | (initial or {}), **kwargs)
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=row.version)
        self.helper.render_hidden_fields = True

    def stored(self, row: models.Model) -> dict:
        """What a row holds, under the names of the form's fields."""
        return forms.model_to_dict(row, self._meta.fields) if isinstance(self, forms.ModelForm) else {}

    def typed(self, name: str):
        """What was typed, to be held against what is stored."""
        return self.cleaned_data.get(name)

    def clean_version(self) -> int:
        """Who doesn't say what they saw has seen nothing."""
        return self.cleaned_data["version"] or 0

    @property
    def is_stale(self) -> bool:
        """Whether it was refused because somebody saved in the meantime."""
        return self.has_error(NON_FIELD_ERRORS, code="conflict")

    @property
    def status(self) -> int:
        """Of the answer that shows the form again."""
        return 409 if self.is_stale else 200

    @property
    def reading(self) -> str:
        """The values the reader was shown, as short digests; the page hands them back as `read`."""
        if self.is_bound and not self.conflict:
            return self.data.get("read", "")
        return " ".join(f"{name}:{digest(value)}" for name, value in self.now.items())

    def compare(self, conflict: Conflict) -> None:
        """Note what somebody else has changed, where it differs from what was typed, and go on from there."""
        read = dict(part.split(":", 1) for part in self.data.get("read", "").split() if ":" in part)
        self.conflict, self.now = conflict, self.stored(conflict.row)
        for name, value in self.now.items():
            if name in self.fields and digest(value) != read.get(name) and plain(value) != plain(self.typed(name)):
                self.newer[name] = shown(self.fields[name], value) or _g("（没有填写）")
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = str(conflict.row.version)

    def differing(self) -> list[forms.BoundField]:
        """The fields with something newer beside them, in the order of the page."""
        return [self[name] for name in self.fields if name in self.newer]


def plain(value):
    """A value as it is compared: rows by their number, line ends and emptiness in one way."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list | tuple | set | models.QuerySet):
        return [plain(one) for one in value]
    return value.replace("\r\n", "\n") if isinstance(value, str) else "" if value is None else value


def digest(value) -> str:
    """Enough to tell whether a value is still the same."""
    return f"{zlib.crc32(repr(plain(value)).encode()):x}"


def shown(field: forms.Field, value) -> str:
    """A stored value as people read it on the page."""
    if isinstance(field, forms.ModelChoiceField):
        return "、".join(field.label_from_instance(row).strip() for row in field.queryset.model._base_manager.filter(pk__in=_several(value)))
    if isinstance(field, forms.ChoiceField):
        labels = {str(code): label for code, label in field.choices}
        return "、".join(str(labels.get(str(one), one)) for one in _several(value))
    if isinstance(field, forms.BooleanField):
        return _g("是") if value else _g("否")
    if isinstance(value, dt.date):
        return day(value)
    value = field.prepare_value(value)
    return "" if value is None else str(value)


def _several(value) -> list:
    return list(value) if isinstance(value, list | tuple) else [value] if value not in (None, "") else []


class PreferencesForm(PageModelForm):
    """How pages look to oneself."""

    class Meta:
        model = User
        fields = ["type_size", "high_contrast", "letter_keys"]
        widgets = {"type_size": forms.RadioSelect}


class CodeForm(PageForm):
    """A code of the authenticator, or a recovery code."""

    code = forms.CharField(label=_("验证码"), max_length=40, help_text=_("手机上的 6 位数字；手机不在身边的，填一个恢复码"), widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "class": "w-date"}))


class EnrolForm(PageForm):
    """The first code of a new authenticator; `draft` is its signed key."""

    draft = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(label=_("手机上显示的 6 位数字"), max_length=10, widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "w-date"}))


class ConfirmForm(PageForm):
    """The password again, by who is signed in already."""

    password = forms.CharField(label=_("密码"), max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))

    def __init__(self, request, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        check_password(self.request, self.cleaned_data["password"], _("密码不正确，请重新输入。"))
        return self.cleaned_data["password"]


class TurnOffForm(ConfirmForm):
    """Turning the second factor off asks for both factors."""

    code = CodeForm.base_fields["code"]


class RowsField(forms.ModelMultipleChoiceField):
    """Several rows; a number that no database holds is none of them."""

    def _check_values(self, value):
        for pk in value:
            if len(str(pk)) > MOST_DIGITS:
                raise ValidationError(self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": str(pk)[:20]})
        return super()._check_values(value)


def dress(form: forms.BaseForm) -> None:
    """Date fields become date pickers, long texts get a fitting height, an empty choice says what it means."""
    for field in form.fields.values():
        if isinstance(field, forms.DateField):
            field.widget = forms.DateInput(attrs={"type": "date", "class": "w-date"}, format="%Y-%m-%d")
            if refuse_odd_year not in field.validators:
                field.validators.append(refuse_odd_year)
        if isinstance(field.widget, forms.Textarea):
            given = field.widget.attrs.get("rows")
            field.widget.attrs["rows"] = 3 if given in (None, "10") else given  # 10 is Django's own default
        _name_empty_choice(field)
        _say_what_to_do(field)


def _say_what_to_do(field: forms.Field) -> None:
    """An empty field asks for what is missing, unless the form has words of its own."""
    if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
        field.error_messages["required"] = _("请选择") if chosen else _("请填写")


def refuse_odd_year(day: dt.date) -> None:
    if day.year not in YEARS:
        raise ValidationError(_("年份 %(year)s 不对，请核对。"), params={"year": day.year})


def _name_empty_choice(field: forms.Field) -> None:
    """“请选择” where one must choose, “不指定” where one need not, instead of a row of dashes."""
    words = _("请选择") if field.required else _("不指定")
    if isinstance(field, forms.ModelMultipleChoiceField):
        return
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = words if field.empty_label == DASHES else field.empty_label
    elif isinstance(field, forms.ChoiceField) and isinstance(field.widget, forms.Select):
        field.choices = [(value, words if value == "" and label == DASHES else label) for value, label in field.choices]



def attempt(form: forms.BaseForm, deed, /, *args, **facts) -> bool:
    """Do a deed with what a valid form holds; a refusal lands on the form, at its field where there is one, and after
    a conflict the form shows what stands now beside what was typed.

    True when done; the deed's result is then `form.result`.
    """
    try:
        form.result = deed(*args, **facts)
    except ValidationError as refusal:
        by_field = refusal.error_dict if hasattr(refusal, "error_dict") else {None: refusal.error_list}
        for name, errors in by_field.items():
            form.add_error(name if name in form.fields else None, errors)
        if isinstance(refusal, Conflict) and isinstance(form, VersionedForm):
            form.compare(refusal)
        return False
    return True
