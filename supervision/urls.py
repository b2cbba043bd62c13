from django.urls import path

from . import views

app_name = "supervision"
urlpatterns = [
    # records
    path("", views.record_list, name="record_list"),
    path("records/new/", views.record_new, name="record_new"),
    path("records/<int:pk>/", views.record_detail, name="record_detail"),
    # visits
    path("visits/", views.visit_list, name="visit_list"),
    path("visits/new/", views.visit_new, name="visit_new"),
    path("visits/<int:pk>/", views.visit_detail, name="visit_detail"),
    path("visits/<int:pk>/finding/", views.finding_new, name="finding_new"),
    # what is wrong with the system itself
    path("issues/", views.issue_list, name="issue_list"),
    path("issues/new/", views.issue_new, name="issue_new"),
    path("regulations/new/", views.regulation_new, name="regulation_new"),
    path("suggestions/new/", views.suggestion_new, name="suggestion_new"),
    path("suggestions/<int:pk>/answer/", views.suggestion_answer, name="suggestion_answer"),
    # counts of clues, no contents
    path("clues/", views.clue_list, name="clue_list"),
    path("clues/form/", views.clue_form, name="clue_form"),
]
