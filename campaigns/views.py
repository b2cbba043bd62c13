"""Pages of this room."""

from django.shortcuts import render


def campaign_detail(request):
    return render(request, "base.html")
