"""Tags and filters that every page uses; loaded as builtins."""

import datetime as dt
import uuid

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.kept import whose_mark
from accounts.undo import undo_of

register = template.Library()


@register.simple_tag(takes_context=True)
def once(context):
    """The form's one-time token (see OnceMiddleware), and whose form it is (see accounts.kept)."""
    user = getattr(context.get("request"), "user", None)
    whose = format_html('<input type="hidden" name="whose" value="{}">', whose_mark(user.pk)) if user and user.is_authenticated else ""
    return format_html('<input type="hidden" name="once" value="{}">{}', uuid.uuid4(), whose)


@register.filter
def day(value):
    """“9 月 18 日”; with the year when it is not this year; a visible blank when unknown."""
    if not value:
        return "×月×日"
    value = timezone.localtime(value).date() if isinstance(value, dt.datetime) else value
    year = f"{value.year} 年 " if value.year != timezone.localdate().year else ""
    return f"{year}{value.month} 月 {value.day} 日"


@register.filter
def moment(value):
    """“9 月 18 日 10:40”."""
    if not value:
        return ""
    local = timezone.localtime(value)
    return f"{day(local)} {local:%H:%M}"


def days_text(due: dt.date, today: dt.date) -> tuple[str, str]:
    """How near a deadline is: (css class, words). A deadline day ends at 24:00."""
    left = (due - today).days
    if left < 0:
        return "late", _("逾期 %(n)s 天") % {"n": -left}
    if left == 0:
        return "soon", _("今天到期")
    if left <= 7:
        return "soon", _("还剩 %(n)s 天") % {"n": left}
    return "", _("还剩 %(n)s 天") % {"n": left}


@register.filter
def due(value, done=False):
    """The deadline in words, red when past and amber within seven days; nothing when done or undated."""
    if not value or done:
        return ""
    css, words = days_text(value, timezone.localdate())
    return format_html('<span class="{}" title="{}">{}</span>', css, value.isoformat(), words)


@register.filter
def blank(value, mark="××"):
    """What is not known is printed as a visible blank, never as 0 or today."""
    return value if value not in (None, "") else mark


ORDINALS = "一二三四五六七八九十"


@register.filter
def ordinal(number):
    """1 → 一 … 99 → 九十九."""
    number = int(number)
    if number <= 10:
        return ORDINALS[number - 1]
    tens, ones = divmod(number, 10)
    head = "" if tens == 1 else ORDINALS[tens - 1]
    return f"{head}十{ORDINALS[ones - 1] if ones else ''}"


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """The current address's query with some keys changed; an empty value drops the key."""
    params = context["request"].GET.copy()
    for key, value in changes.items():
        params.pop(key, None)
        if value not in (None, ""):
            params[key] = value
    return f"?{params.urlencode()}" if params else "?"


@register.simple_tag
def status(row, field="status"):
    """A mark that fills as the work moves on, then the word."""
    return format_html('<span class="status" data-status="{}">{}</span>', getattr(row, field), getattr(row, f"get_{field}_display")())


@register.filter
def split(text):
    """The words of a literal list."""
    return text.split()


@register.simple_tag
def css_url(name):
    """The address of one of our own style sheets."""
    return static(f"css/{name}.css")


@register.inclusion_tag("_crumbs.html")
def crumbs(*parts):
    """Where the page lies: pairs of address and label from the top; the page itself has an empty address."""
    return {"trail": list(zip(parts[::2], parts[1::2], strict=True))}


@register.filter
def undo(message):
    """The form that takes back what the message tells of, if it offers one."""
    return undo_of(message)


@register.filter
def newer(field):
    """What somebody else has saved in this field meanwhile, when the form was refused for it."""
    return getattr(field.form, "newer", {}).get(field.name, "")


@register.filter
def initial_expired(account, now):
    """Whether the password an administrator gave has run out unused."""
    return account.initial_password_expired(now)


@register.filter
def daycount(since, today):
    """第几天: the first day is 1."""
    return (today - since).days + 1
