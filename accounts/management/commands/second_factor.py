"""python manage.py second_factor --reset USERNAME: for the last administrator's lost phone."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import drop_second_factor
from accounts.models import User


class Command(BaseCommand):
    help = "解除一个账号的第二因素：手机丢了又没有恢复码时使用，账号的所有登录立即退出"

    def add_arguments(self, parser):
        parser.add_argument("--reset", metavar="USERNAME", required=True, help="用户名")

    def handle(self, *, reset: str, **options) -> None:
        user = User.objects.filter(username=reset).first()
        if user is None:
            raise CommandError(_("没有用户名“%(name)s”。") % {"name": reset})
        try:
            drop_second_factor(user, by=None, at=timezone.now())
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages))
        self.stdout.write(_("已解除 %(name)s 的第二因素，下次登录只用密码，登录后须重新启用。") % {"name": user.name})
