from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    name = "supervision"
    verbose_name = _("监督管理")

    def ready(self) -> None:
        from . import counts, origins  # noqa: F401  tell the rooms below what is counted and what raises problems
