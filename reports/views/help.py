"""帮助: a page for each part of the platform somebody uses."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from organizations.models import access_of

from ..context import open_doors
from ..help import PURPOSES, pages_behind


@require_GET
def help_list(request) -> HttpResponse:
    pages = pages_behind(open_doors(access_of(request.user)))
    return render(request, "help/help_list.html", {"pages": [(slug, title, PURPOSES[slug]) for slug, title in pages.items()]})


@require_GET
def help_detail(request, slug: str) -> HttpResponse:
    doors = open_doors(access_of(request.user))
    pages = pages_behind(doors)
    if slug not in pages:
        raise Http404
    door = next((reverse(name) for name, key, _label in doors if key == slug), "")
    return render(request, f"help/{slug}.html", {"slug": slug, "heading": pages[slug], "purpose": PURPOSES[slug], "pages": pages.items(), "door": door})
