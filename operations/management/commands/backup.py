"""`backup TARGET [--keep N]`: one sealed archive of database, evidence and archived logs."""

import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operations.actions import discard_old, make_backup
from operations.backup import key_file


class Command(BaseCommand):
    help = "把数据库、材料和已归档的日志备份成一个加密文件（不含密钥）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="文件，或文件夹（文件名按时间生成）")
        parser.add_argument("--keep", type=int, help="文件夹里只留最新的几份")

    def handle(self, *args, target: Path, keep: int | None, **options) -> None:
        if keep is not None and (keep < 1 or not target.is_dir()):
            raise CommandError("--keep 要写 1 或更大的数，并且目标是文件夹。")
        is_first = not key_file().exists()
        try:
            path, manifest = make_backup(target, by=None, at=timezone.now())
            gone = discard_old(target, keep=keep) if keep else []
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages)) from refusal
        except OSError as error:
            raise CommandError(f"备份写不进“{target}”：{error.strerror or error}。没有生成备份文件。") from error
        self.stdout.write(f"已备份到 {path}（{path.stat().st_size:,} 字节）：{len(manifest.tables)} 张表 {manifest.rows:,} 行，文件 {len(manifest.files):,} 个，日志到第 {manifest.head[0] if manifest.head else 0} 条。")
        if gone:
            self.stdout.write(f"已删去旧备份 {len(gone)} 份。")
        self.stdout.write(f"备份里没有密钥。请把 {settings.KEYS_DIR} 的全部文件和锚点文件 {settings.AUDIT_ANCHORS} 另行保管，不要与备份放在一起：没有它们，这份备份打不开，自查内容读不出，日志核验不了。")
        if is_first:
            self.stdout.write(f"刚刚生成了备份密钥 {key_file()}，请马上另存一份。")
        if manifest.missing or manifest.damaged:
            self.stderr.write(f"注意：磁盘上缺少 {len(manifest.missing)} 个文件，{len(manifest.damaged)} 个与登记不符：{'、'.join([*manifest.missing, *manifest.damaged][:5])}。备份已生成，请查明原因。")
            sys.exit(1)
