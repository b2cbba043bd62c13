from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("second-step/", views.second_step, name="second_step"),
    path("confirm/", views.confirm, name="confirm"),
    path("alive/", views.alive, name="alive"),
    path("security/", views.security, name="security"),
    path("security/enrol/", views.enrol, name="enrol"),
    path("security/recovery-codes/", views.recovery_codes, name="recovery_codes"),
    path("security/turn-off/", views.turn_off, name="turn_off"),
    path("security/sign-ins/end/", views.sign_ins_end, name="sign_ins_end"),
    path("security/sign-ins/<int:pk>/end/", views.sign_in_end, name="sign_in_end"),
    path("password/", views.password_change, name="password_change"),
    path("preferences/", views.preferences, name="preferences"),
    path("tour/end/", views.tour_end, name="tour_end"),
    path("tour/restart/", views.tour_restart, name="tour_restart"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.inbox_read, name="inbox_read"),
]
