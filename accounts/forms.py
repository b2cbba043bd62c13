"""Sign-in and password forms."""

import datetime as dt

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

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


class OwnPasswordForm(PasswordChangeForm):
    """Change one's own password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = _("不少于 10 位，不能只有数字，不能与姓名、用户名相近")
        self.helper = plain_helper()


class PageForm(forms.Form):
    """Base of the project's plain forms: Bootstrap fields, no <form> tag of its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        dress(self)


class PageModelForm(forms.ModelForm):
    """The same for forms made from a model; actions do the writing, so `save()` is not used."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        dress(self)

    def save(self, commit=True):
        raise TypeError("forms validate; actions write")


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
    """Do a deed with what a valid form holds; a refusal lands on the form, at its field where there is one.

    True when done; the deed's result is then `form.result`.
    """
    try:
        form.result = deed(*args, **facts)
    except ValidationError as refusal:
        by_field = refusal.error_dict if hasattr(refusal, "error_dict") else {None: refusal.error_list}
        for name, errors in by_field.items():
            form.add_error(name if name in form.fields else None, errors)
        return False
    return True
