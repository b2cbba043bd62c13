from django.urls import path

from . import views

app_name = "campaigns"
urlpatterns = [
    path("campaign_detail/", views.campaign_detail, name="campaign_detail"),
]
