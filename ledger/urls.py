from django.urls import path

from . import views

app_name = "ledger"
urlpatterns = [
    path("problem_list/", views.problem_list, name="problem_list"),
]
