from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("统计报告")

    def ready(self) -> None:
        from . import auditing, files, ledger_pdf  # noqa: F401  they register their job kinds
