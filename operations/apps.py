from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("运行维护")

    def ready(self) -> None:
        from .checks import check_database, check_surroundings

        checks.register(check_database, checks.Tags.database)
        checks.register(check_surroundings, "start", deploy=True)
