"""Pages of this room."""

from django.shortcuts import render


def unit_list(request):
    return render(request, "base.html")


def account_list(request):
    return render(request, "base.html")
