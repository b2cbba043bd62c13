from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("", views.home, name="home"),
    path("help/", views.help_list, name="help_list"),
    path("help/<slug:slug>/", views.help_detail, name="help_detail"),
    path("search/", views.search, name="search"),
    path("reports/", views.dashboard, name="dashboard"),
    path("reports/now/", views.report_now, name="report_now"),
    path("reports/figures/<slug:key>/", views.figure_detail, name="figure_detail"),
    # briefings
    path("reports/briefings/", views.briefing_list, name="briefing_list"),
    path("reports/briefings/new/", views.briefing_new, name="briefing_new"),
    path("reports/briefings/<int:pk>/", views.briefing_detail, name="briefing_detail"),
    path("reports/briefings/<int:pk>/edit/", views.briefing_edit, name="briefing_edit"),
    path("reports/briefings/<int:pk>/compare/", views.briefing_compare, name="briefing_compare"),
    path("reports/briefings/<int:pk>/versions/<int:number>/restore/", views.briefing_restore, name="briefing_restore"),
    path("reports/briefings/<int:pk>/submit/", views.briefing_submit, name="briefing_submit"),
    path("reports/briefings/<int:pk>/return/", views.briefing_return, name="briefing_return"),
    path("reports/briefings/<int:pk>/issue/", views.briefing_issue, name="briefing_issue"),
    path("reports/briefings/<int:pk>/files/<slug:fmt>/", views.briefing_file, name="briefing_file"),
    # papers to hand in
    path("reports/selfchecks/<int:pk>/form.pdf", views.selfcheck_form, name="selfcheck_form"),
    path("reports/ledger/pdf/", views.ledger_pdf, name="ledger_pdf"),
    # what is kept about oneself
    path("me/", views.own_record, name="own_record"),
    path("me/record.xlsx", views.own_record_file, name="own_record_file"),
    # for who builds pages
    path("styleguide/", views.styleguide, name="styleguide"),
    # the log
    path("audit/", views.audit_log, name="audit_log"),
    path("audit/verify/", views.audit_verify, name="audit_verify"),
    path("audit/export/", views.audit_export, name="audit_export"),
]
