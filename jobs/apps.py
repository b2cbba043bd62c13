from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = _("后台任务")

    def ready(self) -> None:
        from .housekeeping import tidy
        from .registry import QUICK, job_kind

        job_kind("jobs.tidy", queue=QUICK, daily=_("清理过期数据"))(tidy)
