"""Pages of this room."""

from django.shortcuts import render


def record_list(request):
    return render(request, "base.html")
