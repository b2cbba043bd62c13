"""Pages of this room."""

from django.shortcuts import render


def session_list(request):
    return render(request, "base.html")
