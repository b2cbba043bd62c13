"""One prefix per room."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("jobs/", include("jobs.urls")),
    path("organizations/", include("organizations.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("ledger/", include("ledger.urls")),
    path("learning/", include("learning.urls")),
    path("selfcheck/", include("selfcheck.urls")),
    path("supervision/", include("supervision.urls")),
    path("", include("operations.urls")),
    path("", include("reports.urls")),
]
handler500 = "operations.views.server_error"
