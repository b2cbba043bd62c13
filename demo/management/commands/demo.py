"""`demo`, `demo --if-absent`, `demo --remove`, `demo --accounts`."""

import json

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from demo import actions


class Command(BaseCommand):
    """Enters or removes the demonstration."""

    help = "录入、删除演示数据，或列出演示账号"

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--remove", action="store_true", help="删除全部演示数据，只删演示数据")
        what.add_argument("--accounts", action="store_true", help="以 JSON 列出演示账号")
        what.add_argument("--if-absent", action="store_true", help="已有教育整顿数据时什么也不做")

    def handle(self, *args, remove, accounts, if_absent, **options) -> None:
        if accounts:
            self.stdout.write(json.dumps(actions.accounts(), ensure_ascii=False, indent=2))
            return
        try:
            if remove:
                self.stdout.write(f"演示数据已删除，共 {actions.remove_demo(at=timezone.now())} 行。")
            elif not (if_absent and actions.is_entered()):
                for warning in actions.enter_demo(at=timezone.now()):
                    self.stderr.write(f"提示：{warning}")
                self.stdout.write("演示数据已录入。")
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages)) from refusal
