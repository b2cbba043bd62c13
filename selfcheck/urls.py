from django.urls import path

from . import views

app_name = "selfcheck"
urlpatterns = [
    path("round_list/", views.round_list, name="round_list"),
]
