from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("审计日志")

    def ready(self) -> None:
        from .checks import check_keys, check_triggers

        checks.register(check_triggers, checks.Tags.database)
        checks.register(check_keys, checks.Tags.database)
