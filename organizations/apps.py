from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("机构人员")

    def ready(self) -> None:
        from . import background, counts, lookups  # noqa: F401  register jobs, kept counts and lookups
