"""Where a number on a page leads to."""

from functools import cache
from urllib.parse import urlencode

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def figure_url(context, key: str, unit=None) -> str:
    """The page of a figure on the day of this page, of `unit` or else of the page's own."""
    unit = unit or context["scope"].unit
    asked = {"as_of": f"{context['as_of']:%Y-%m-%d}"} | ({"unit": unit.pk} if unit else {})
    return f"{_page_of(key)}?{urlencode(asked)}"


@cache
def _page_of(key: str) -> str:
    """A dashboard of a nation leads to 150 figures, and their addresses stay the same."""
    return reverse("reports:figure_detail", args=[key])
