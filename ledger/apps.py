from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = _("整改台账")

    def ready(self):
        from jobs.registry import job_kind

        from . import counts, handover  # noqa: F401  tell the rooms below what is counted and what hangs on a person
        from .actions.bulk import run_bulk
        from .sheets import export_problems
        from .tasks import resume_deferred

        job_kind("ledger.bulk")(run_bulk)
        job_kind("ledger.export")(export_problems)
        job_kind("ledger.resume_deferred", daily=_("恢复暂缓到期的问题"))(resume_deferred)
