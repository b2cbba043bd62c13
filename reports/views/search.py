"""全局搜索: the page, and what drops down under the field in the masthead."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from campaigns.current import campaign_of

from ..search import MOST, Group, Visit, Words, group_of, groups, kinds_of, pages


@require_GET
@vary_on_headers("HX-Request")
def search(request) -> HttpResponse:
    """Everybody may search; each finds what their own lists show. To htmx it answers with the results alone.

    `kind` names one kind to see page by page; one the visitor may not see is as good as none.
    """
    visit = Visit(request.user, campaign_of(request), Words(request.GET.get("q", "").strip()[:MOST]))
    kinds = kinds_of(request.user)
    key = request.GET.get("kind", "")
    kind = kinds.get(key)
    context = {"q": visit.words.text, "kinds": kinds.values(), "kind": kind}
    if visit.words.text and kind:
        page = pages(visit, key).get_page(request.GET.get("page"))
        context |= {"page": page, "groups": [group_of(visit, key, page)] if page.paginator.count else []}
    elif visit.words.text:
        context["groups"] = groups(visit)
    context["said"] = _said(context.get("groups", []), context.get("page"))
    fragment = request.htmx and not request.htmx.boosted
    return render(request, "reports/_search_results.html" if fragment else "reports/search.html", context)


def _said(found: list[Group], page) -> str:
    """How much was found, for who hears the page."""
    count = page.paginator.count if page else sum(len(group.hits) for group in found)
    if not count:
        return _("没有找到")
    return _("显示 %(n)s 条，还有更多") % {"n": count} if any(group.all_url for group in found) else _("找到 %(n)s 条") % {"n": count}
