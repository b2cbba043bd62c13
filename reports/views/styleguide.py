"""The living page of the design language, for who builds pages."""

import datetime as dt
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.forms import PageForm
from ledger.models import Problem
from selfcheck.models import SelfCheck

from ..charts import Point, trend
from ..ink import GROUNDS, USES, contrast, inks

SIZES = [("t-1", "页面标题"), ("t-2", "节标题"), ("t-3", "小标题"), ("t-body", "正文"), ("t-list", "列表"), ("t-note", "说明"), ("t-small", "时间、副行"), ("t-fig", "数字")]
SPACES = [("s1", 4), ("s2", 8), ("s3", 12), ("s4", 16), ("s5", 24), ("s6", 32), ("s7", 40)]


class SampleForm(PageForm):
    """Every kind of field."""

    title = forms.CharField(label="一行文字", help_text="写清事项和次数", max_length=20)
    text = forms.CharField(label="一段文字", widget=forms.Textarea, required=False)
    day = forms.DateField(label="日期", required=False)
    choice = forms.ChoiceField(label="选一个", choices=[("", "请选择"), ("a", "立行立改"), ("b", "限期整改")])
    one = forms.ChoiceField(label="选其一", choices=[("a", "是"), ("b", "否")], widget=forms.RadioSelect)
    many = forms.MultipleChoiceField(label="可选多个", choices=[("a", "纪检监察室"), ("b", "案件审理科"), ("c", "石桥街道纪工委")], widget=forms.CheckboxSelectMultiple, required=False)
    agreed = forms.BooleanField(label="我已通读以上内容")
    paper = forms.FileField(label="文件", required=False, help_text="可以把文件拖进来")


def _swatches() -> list[dict]:
    plain = inks()
    return [
        {"name": name, "colour": colour, "use": USES[name], "ratios": [f"{contrast(colour, plain[ground]):.1f}" for ground in GROUNDS]}
        for name, colour in plain.items()
    ]


def _statuses() -> list[SimpleNamespace]:
    return [SimpleNamespace(status=value, get_status_display=lambda label=label: label) for kind in (Problem.Status, SelfCheck.Status) for value, label in kind.choices]


@require_GET
def styleguide(request) -> HttpResponse:
    """Only where pages are built: elsewhere there is no such page."""
    if not settings.DEBUG:
        raise Http404
    today = timezone.localdate()
    refused = SampleForm({"title": "一行写得太长太长太长太长太长太长太长的文字"}, {}, prefix="bad")
    context = {
        "swatches": _swatches(), "grounds": GROUNDS, "sizes": SIZES, "spaces": SPACES, "statuses": _statuses(),
        "form": SampleForm(), "refused": refused,
        "days": [today + dt.timedelta(days=n) for n in (-3, 0, 2, 12)],
        "chart": trend([Point(today - dt.timedelta(days=7 * n), 14 - n, 9 - 2 * n) for n in (4, 3, 2, 1, 0)]),
        "page": Paginator(range(90), 30).page(2),
    }
    return render(request, "reports/styleguide.html", context)
