from django.urls import path

from . import views

app_name = "organizations"
urlpatterns = [
    path("unit_list/", views.unit_list, name="unit_list"),
    path("account_list/", views.account_list, name="account_list"),
]
