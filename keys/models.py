"""The key of each person's sealed texts, of marks by which equal texts are told, and of each account's authenticator."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from . import ring, suites


class DataKey(models.Model):
    """One holder's key, itself sealed by the newest key of the ring. Destroyed, nothing it sealed can be read again here; a backup holds it until the master key of then is gone."""

    holder = models.CharField(_("持有人"), max_length=80, unique=True)
    wrapped = models.TextField(_("密钥密文"), blank=True)
    kek = models.PositiveSmallIntegerField(_("主密钥编号"))
    made_at = models.DateTimeField(_("生成时间"))
    destroyed_at = models.DateTimeField(_("销毁时间"), null=True, blank=True)
    destroyed_by = models.CharField(_("销毁人"), max_length=100, blank=True)
    destroyed_for = models.CharField(_("销毁原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("数据密钥")
        ordering = ["holder"]
        constraints = [
            models.CheckConstraint(
                name="keys_destroyed_is_empty",
                condition=Q(destroyed_at__isnull=True, destroyed_by="") & ~Q(wrapped="") | Q(destroyed_at__isnull=False, wrapped="") & ~Q(destroyed_by=""),
            )
        ]

    def __str__(self) -> str:
        return self.holder

    @property
    def secret(self) -> bytes:
        if self.destroyed_at:
            raise suites.Unreadable(_g("这部分内容已经销毁，不能再读取。"))
        return ring.unwrap(self.wrapped, number=self.kek, holder=self.holder)

    def seal(self, text: str, *, bound_to: str) -> str:
        """A token for the text, in the suite of the settings; "" stays ""."""
        return suites.seal(self.secret, text.encode(), bound_to=bound_to, suite=settings.CRYPTO_SUITE) if text else ""

    def unseal(self, token: str, *, bound_to: str) -> str:
        """The text of a token. Raises Unreadable: never a wrong text."""
        return suites.unseal(self.secret, token, bound_to=bound_to).decode() if token else ""

    def mark(self, text: str) -> str:
        """By which equal texts are told without being kept, in the suite of the settings."""
        return suites.mark(self.secret, text.encode(), suite=settings.CRYPTO_SUITE)
