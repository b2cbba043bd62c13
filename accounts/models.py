"""Accounts and their inbox."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager.from_queryset(models.QuerySet)):
    """Accounts are made by the action `open_account`."""


class User(AbstractBaseUser):
    """An account: who signs in. What they may do stands in organizations.roles; there is no superuser."""

    username = models.CharField(_("用户名"), max_length=40, unique=True, help_text=_("一般用工号"))
    name = models.CharField(_("姓名"), max_length=40)
    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(_("下次登录须改密码"), default=False)
    is_demo = models.BooleanField(_("演示账号"), default=False)
    opened_at = models.DateTimeField(_("开通时间"))

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("账号")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's own permissions are not used; see organizations.roles."""
        return False


class NoticeQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """A message in someone's inbox, with the page where it is dealt with."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("收件人"))
    text = models.CharField(_("内容"), max_length=300)
    url = models.CharField(_("办理页面"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("发送时间"))
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("消息")
        ordering = ["-sent_at", "-pk"]
        indexes = [models.Index(fields=["user", "read_at"], name="accounts_notice_unread")]

    def __str__(self) -> str:
        return self.text


class SpentToken(models.Model):
    """A form's one-time token after its deed was done: a double click or a retry is sent to the first result."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, null=True)
    spent_at = models.DateTimeField()
    location = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("已用的表单凭据")

    def __str__(self) -> str:
        return str(self.token)
