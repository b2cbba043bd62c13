from django.urls import path

from . import views

app_name = "learning"
urlpatterns = [
    # sessions
    path("", views.session_list, name="session_list"),
    path("sessions/new/", views.session_new, name="session_new"),
    path("sessions/export/", views.session_export, name="session_export"),
    path("sessions/<int:pk>/", views.session_detail, name="session_detail"),
    path("sessions/<int:pk>/attendance/", views.attendance_form, name="attendance_form"),
    path("sessions/<int:pk>/reflection/", views.reflection_form, name="reflection_form"),
    path("attendance/<int:pk>/make-up/", views.make_up, name="make_up"),
    # materials, activities, tests
    path("materials/", views.material_list, name="material_list"),
    path("materials/new/", views.material_new, name="material_new"),
    path("materials/<int:pk>/file/", views.material_file, name="material_file"),
    path("activities/", views.activity_list, name="activity_list"),
    path("activities/new/", views.activity_new, name="activity_new"),
    path("tests/", views.test_list, name="test_list"),
    path("tests/new/", views.test_new, name="test_new"),
    path("tests/<int:pk>/", views.test_detail, name="test_detail"),
]
