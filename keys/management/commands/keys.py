"""`manage.py keys`: the state of the keys, rotation, another suite, destruction."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from keys import ring
from keys.actions import destroy_key, reseal_texts, rotate_keys
from keys.models import DataKey
from keys.suites import Unreadable


class Command(BaseCommand):
    help = "密钥：status 现状，rotate 更换主密钥，reseal 按现用算法重新加密，erase 销毁某人的密钥（内容不可恢复）。"

    def add_arguments(self, parser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for name in ("status", "rotate", "reseal"):
            verbs.add_parser(name)
        erase = verbs.add_parser("erase")
        erase.add_argument("holder", help="如 cadre:YL303（工号，自查报告）、account:YL303（用户名，验证器）")
        erase.add_argument("--reason", required=True)
        erase.add_argument("--yes", action="store_true", help="不再询问")

    def handle(self, *args, verb: str, **options) -> None:
        try:
            getattr(self, verb)(**options)
        except (ValidationError, Unreadable) as refusal:
            raise CommandError("".join(getattr(refusal, "messages", [str(refusal)])))

    def status(self, **options) -> None:
        self.stdout.write(_("现用算法 %(suite)s，主密钥在 %(folder)s：%(numbers)s") % {"suite": settings.CRYPTO_SUITE, "folder": settings.KEYS_DIR, "numbers": "、".join(f"kek-{n}" for n in ring.numbers()) or _("还没有生成")})
        for row in DataKey.objects.values("kek").annotate(live=Count("pk", Q(destroyed_at__isnull=True))).order_by("kek"):
            self.stdout.write(_("由 kek-%(kek)s 保护的数据密钥 %(live)s 个") % row)

    def rotate(self, **options) -> None:
        count = rotate_keys(by=None, at=timezone.now())
        self.stdout.write(_("已更换主密钥，重新保护数据密钥 %(n)s 个。旧的主密钥文件请保留到旧备份全部过期，再由保管人销毁。") % {"n": count})

    def reseal(self, **options) -> None:
        for label, count in reseal_texts(by=None, at=timezone.now()).items():
            self.stdout.write(f"{label}：{count}")

    def erase(self, *, holder: str, reason: str, yes: bool, **options) -> None:
        if not yes and input(_("销毁后 %(holder)s 的内容不可恢复。确认请输入 yes：") % {"holder": holder}).strip() != "yes":
            raise CommandError(_("没有销毁。"))
        destroy_key(holder, reason=reason, by=None, at=timezone.now())
        self.stdout.write(_("已销毁 %(holder)s 的密钥。") % {"holder": holder})
