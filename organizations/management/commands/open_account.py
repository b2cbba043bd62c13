"""python manage.py open_account USERNAME NAME [--role ROLE --unit CODE [--unit-name NAME]]: the very first accounts.

There is no superuser and no default password; who opens accounts on the pages has to be opened here.
"""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import open_account
from accounts.models import User
from accounts.passwords import random_password
from organizations.actions import open_staff_account, open_unit
from organizations.models import Unit
from organizations.roles import Role


class Command(BaseCommand):
    help = "开通账号，并显示一次初始密码；第一个系统管理员用它开通"

    def add_arguments(self, parser):
        parser.add_argument("username", help="用户名，一般用工号")
        parser.add_argument("name", help="姓名")
        parser.add_argument("--role", choices=Role.values, help="角色，要与 --unit 一起写")
        parser.add_argument("--unit", metavar="CODE", help="角色管到的单位，写单位编码，含下级")
        parser.add_argument("--unit-name", metavar="NAME", help="系统里还没有这个单位时，以此为名设立一个机关")

    def handle(self, *, username: str, name: str, role: str | None, unit: str | None, unit_name: str | None, **options) -> None:
        if bool(role) != bool(unit):
            raise CommandError(_("--role 和 --unit 要一起写。"))
        now = timezone.now()
        password = random_password(User(username=username, name=name))
        facts = {"username": username, "name": name, "password": password, "by": None, "at": now}
        try:
            with transaction.atomic():
                if role:
                    open_staff_account(**facts, role=role, unit=self._unit(unit, unit_name, now))
                else:
                    open_account(**facts)
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages))
        self.stdout.write(_("已开通 %(name)s 的账号。初始密码只显示这一次，72 小时内登录并修改：") % {"name": name})
        self.stdout.write(f"{username}  {password}")

    @staticmethod
    def _unit(code: str, name: str | None, now) -> Unit:
        found = Unit.objects.filter(code=code).first()
        if found is None and not name:
            raise CommandError(_("没有编码为“%(code)s”的单位。请先导入名册，或加 --unit-name 设立一个。") % {"code": code})
        return found or open_unit(code=code, name=name, kind=Unit.Kind.ORGAN, by=None, at=now)
