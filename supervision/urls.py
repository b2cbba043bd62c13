from django.urls import path

from . import views

app_name = "supervision"
urlpatterns = [
    path("record_list/", views.record_list, name="record_list"),
]
