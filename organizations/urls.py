from django.urls import path

from .views import accounts, cadres, offers, roster, units

app_name = "organizations"
urlpatterns = [
    # units and their duties
    path("units/", units.unit_list, name="unit_list"),
    path("units/offers/", offers.unit_offers, name="unit_offers"),
    path("units/new/", units.unit_new, name="unit_new"),
    path("units/<int:pk>/", units.unit_detail, name="unit_detail"),
    path("units/<int:pk>/change/", units.unit_change, name="unit_change"),
    path("units/<int:pk>/move/", units.unit_move, name="unit_move"),
    path("units/<int:pk>/duties/new/", units.duty_new, name="duty_new"),
    path("duties/<int:pk>/withdraw/", units.duty_withdraw, name="duty_withdraw"),
    # the roster
    path("cadres/", cadres.cadre_list, name="cadre_list"),
    path("cadres/offers/", offers.cadre_offers, name="cadre_offers"),
    path("cadres/new/", cadres.cadre_new, name="cadre_new"),
    path("cadres/<int:pk>/", cadres.cadre_detail, name="cadre_detail"),
    path("cadres/<int:pk>/change/", cadres.cadre_change, name="cadre_change"),
    path("cadres/<int:pk>/hand-over/", cadres.cadre_hand_over, name="cadre_hand_over"),
    # the roster as a sheet
    path("roster/import/", roster.roster_import, name="roster_import"),
    path("roster/imports/<int:pk>/", roster.roster_preview, name="roster_preview"),
    path("roster/imports/<int:pk>/confirm/", roster.roster_confirm, name="roster_confirm"),
    path("roster/template/", roster.roster_template, name="roster_template"),
    path("roster/export/", roster.roster_export, name="roster_export"),
    # accounts and what they may do
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/<int:pk>/", accounts.account_detail, name="account_detail"),
    path("accounts/<int:pk>/password/", accounts.account_password, name="account_password"),
    path("accounts/<int:pk>/reset/", accounts.account_reset, name="account_reset"),
    path("accounts/<int:pk>/switch/", accounts.account_switch, name="account_switch"),
    path("accounts/<int:pk>/unlock/", accounts.account_unlock, name="account_unlock"),
    path("accounts/<int:pk>/second-factor/drop/", accounts.account_factor_drop, name="account_factor_drop"),
    path("accounts/<int:pk>/grants/new/", accounts.grant_new, name="grant_new"),
    path("grants/<int:pk>/revoke/", accounts.grant_revoke, name="grant_revoke"),
]
