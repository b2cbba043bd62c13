from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class SelfcheckConfig(AppConfig):
    name = "selfcheck"
    verbose_name = _("自查自纠")

    def ready(self) -> None:
        from jobs.registry import job_kind

        from . import counts, handover, marks, origins, sealing  # noqa: F401  tell the rooms below what is counted, hangs on a person, goes with their key, raises problems and is sealed here
        from .checks import check_published
        from .tasks import move_many, purge_reports

        job_kind("selfcheck.purge_reports", daily=_("销毁到期的自查内容"))(purge_reports)
        job_kind("selfcheck.move_reports")(move_many)
        checks.register(check_published, checks.Tags.database)
