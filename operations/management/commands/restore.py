"""`restore ARCHIVE --verify` proves an archive and changes nothing; `restore ARCHIVE [--into …] [--overwrite]` puts it in place."""

import datetime as dt
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operations.actions import newest_archive, restore_backup, verify_backup
from operations.restore import Proof, Target


class Command(BaseCommand):
    help = "核验备份，或从备份恢复"
    requires_system_checks = []  # the database may be what is broken

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path, help="备份文件；写文件夹则取其中最新的一份")
        parser.add_argument("--verify", action="store_true", help="只核验：恢复到临时处，逐表比对行数和摘要，核验日志，不改动任何内容")
        parser.add_argument("--into", action="append", default=[], help="恢复到别处：文件夹（SQLite 和材料），或 postgres://…；两样都要时写两次。默认为当前设置")
        parser.add_argument("--overwrite", action="store_true", help="目标不空也恢复，原有内容移到一旁")

    def handle(self, *args, archive: Path, verify: bool, into: list[str], overwrite: bool, **options) -> None:
        at = timezone.now()
        if verify and (into or overwrite):
            raise CommandError("--verify 只核验，不与 --into、--overwrite 同用。")
        try:
            path = newest_archive(archive) if archive.is_dir() else archive
            proof = verify_backup(path, by=None, at=at) if verify else restore_backup(path, self._target(into), may_overwrite=overwrite, by=None, at=at)
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages)) from refusal
        except OSError as error:
            raise CommandError(f"没有恢复成：{error.strerror or error}（{error.filename or archive}）。") from error
        self._tell(path, proof, done="核验通过" if verify else "已恢复")

    @staticmethod
    def _target(into: list[str]) -> Target:
        urls, folders = [text for text in into if "://" in text], [Path(text) for text in into if "://" not in text]
        if len(urls) > 1 or len(folders) > 1:
            raise CommandError("--into 最多写一个文件夹和一个数据库地址。")
        return Target.of(urls[0] if urls else None, folders[0] if folders else None)

    def _tell(self, path: Path, proof: Proof, *, done: str) -> None:
        m = proof.manifest
        made = timezone.localtime(dt.datetime.fromisoformat(m.made_at))
        self.stdout.write(f"{done}：{path.name}，{made:%Y-%m-%d %H:%M} 制作，{len(m.tables)} 张表 {m.rows:,} 行逐表相符，文件 {len(m.files):,} 个，日志到第 {m.head[0] if m.head else 0} 条。")
        for note in proof.notes:
            self.stdout.write(f"注意：{note}")
