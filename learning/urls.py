from django.urls import path

from . import views

app_name = "learning"
urlpatterns = [
    path("session_list/", views.session_list, name="session_list"),
]
