"""`simulate --units 45000 --cadres 700000 --seed 1`: a nation for measuring, in an empty database."""

import time

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from demo.simulate import enter_nation


class Command(BaseCommand):
    """Writes a simulated nation."""

    help = "在空数据库里写入模拟数据：单位、干部、一年的学习、一轮自查自纠、问题台账"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--units", type=int, default=45000, help="单位数，默认 45000")
        parser.add_argument("--cadres", type=int, default=700000, help="干部数，默认 700000")
        parser.add_argument("--seed", type=int, default=1, help="同样的数得出同样的数据")

    def handle(self, *, units: int, cadres: int, seed: int, **options) -> None:
        began = time.perf_counter()

        def tell(words: str) -> None:
            self.stdout.write(f"{time.perf_counter() - began:7.1f} 秒  {words}")

        try:
            enter_nation(units=units, cadres=cadres, seed=seed, by=None, at=timezone.now(), told=tell)
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages)) from refusal
        tell("完成")
