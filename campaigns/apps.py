from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("工作部署")

    def ready(self) -> None:
        from . import counts, handover, limits  # noqa: F401  tell the room below which campaigns there are, what is counted, and what hangs on a person
