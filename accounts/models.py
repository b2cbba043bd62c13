"""Accounts, their second factor and sign-ins, and their inbox."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.plugins.otp_totp.models import TOTPDevice

from keys.models import DataKey
from keys.sealed import Sealed


class UserManager(BaseUserManager.from_queryset(models.QuerySet)):
    """Accounts are made by the action `open_account`."""


class User(AbstractBaseUser):
    """An account: who signs in. What they may do stands in organizations.roles; there is no superuser."""

    class TypeSize(models.TextChoices):
        STANDARD = "standard", _("标准")
        LARGE = "large", _("大字")
        LARGER = "larger", _("特大字")

    username = models.CharField(_("用户名"), max_length=40, unique=True, help_text=_("一般用工号"))
    name = models.CharField(_("姓名"), max_length=40)
    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(_("下次登录须改密码"), default=False)
    password_set_at = models.DateTimeField(_("密码设置时间"), null=True, blank=True)
    second_factor_at = models.DateTimeField(_("第二因素启用时间"), null=True, blank=True)
    is_demo = models.BooleanField(_("演示账号"), default=False)
    opened_at = models.DateTimeField(_("开通时间"))
    type_size = models.CharField(_("字号"), max_length=10, choices=TypeSize, default=TypeSize.STANDARD, help_text=_("所有页面都按选定的字号显示"))
    high_contrast = models.BooleanField(_("加深文字和线条"), default=False, help_text=_("屏幕反光、看不清浅色字时勾选"))
    letter_keys = models.BooleanField(_("用单个字母键操作列表"), default=True, help_text=_("列表里按 J、K 上下移动，按 X 勾选，按 / 搜索；用语音或辅助设备输入时可以关掉"))
    tour_ended_at = models.DateTimeField(_("关闭使用引导时间"), null=True, blank=True)

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

    def initial_password_expired(self, now: dt.datetime) -> bool:
        """Whether the password somebody else has set was not changed in time; nobody signs in with it any more."""
        if not self.must_change_password or self.password_set_at is None or self.is_demo:
            return False
        return now >= self.password_set_at + dt.timedelta(hours=settings.INITIAL_PASSWORD_HOURS)

    def password_due(self, now: dt.datetime) -> bool:
        """Whether one's own password has to be changed now, by the policy in force. The demo's stay as they are."""
        if settings.PASSWORD_MAX_DAYS is None or self.password_set_at is None or self.is_demo:
            return False
        return now >= self.password_set_at + dt.timedelta(days=settings.PASSWORD_MAX_DAYS)


class Authenticator(TimestampMixin, ThrottlingMixin, Device):
    """The authenticator on somebody's phone: django-otp computes and compares the codes; the secret they are made from is sealed.

    Whatever reads the secret raises keys.suites.Unreadable once its key is destroyed or lost.
    """

    key = models.ForeignKey(DataKey, models.PROTECT, related_name="+", verbose_name=_("数据密钥"))
    sealed_secret = models.TextField(blank=True)
    last_t = models.BigIntegerField(default=-1)  # the time step of the last code taken: none counts twice

    secret = Sealed("sealed_secret")  # hexadecimal
    step, t0, digits, tolerance, drift = 30, 0, 6, 1, 0  # seconds, start, figures, steps before and after, clocks are set right
    verify_token = TOTPDevice.verify_token
    get_throttle_factor = TOTPDevice.get_throttle_factor

    class Meta:
        verbose_name = _("验证器")
        constraints = [models.UniqueConstraint(fields=["user"], name="accounts_one_authenticator")]

    @property
    def bin_key(self) -> bytes:
        return bytes.fromhex(self.secret)


class RecoveryCode(models.Model):
    """One of the codes that stand in for a lost phone, once. Only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("恢复码")

    def __str__(self) -> str:
        return str(self.user)


class SignInQuerySet(models.QuerySet):
    def in_force(self, now: dt.datetime) -> "SignInQuerySet":
        """Those whose next page still opens; last_seen_at is up to a minute behind."""
        seen = now - settings.SESSION_IDLE - dt.timedelta(minutes=1)
        return self.filter(ended_at__isnull=True, last_seen_at__gt=seen, at__gt=now - settings.SESSION_LONGEST)


class SignIn(models.Model):
    """One sign-in: from where, with what, until when. Its session lives in Django's table."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins", verbose_name=_("账号"))
    session_key = models.CharField(max_length=40)
    at = models.DateTimeField(_("登录时间"))
    last_seen_at = models.DateTimeField(_("最近操作"))
    address = models.CharField(_("网络地址"), max_length=45, blank=True)
    agent = models.CharField(_("浏览器"), max_length=60, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_by = models.CharField(_("结束人"), max_length=40, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("登录")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["user", "ended_at"], name="accounts_signin_open")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_by="") | models.Q(ended_at__isnull=False) & ~models.Q(ended_by=""),
                name="accounts_signin_ended_by",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d %H:%M}"


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
