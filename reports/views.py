"""Pages."""

from django.shortcuts import render


def home(request):
    return render(request, "reports/home.html")


def dashboard(request):
    return render(request, "base.html")
