"""`audit verify [--with-archive] [--json]`, `anchor`, `archive --before DAY`, `rotate-key`, `export --output FILE`, `protect`."""

import datetime as dt
import json
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.actions import archive_log, protect_log, rotate_key, verify_log
from audit.anchors import write_anchor
from audit.keyring import file_name
from audit.models import Event
from audit.segments import path_of
from reports.actions import note_log_export
from reports.auditing import filtered, write_log


class Command(BaseCommand):
    """The log from the server's console. What is done here is on record as the system's deed."""

    help = "核验、锚定、归档、导出审计日志，更换它的密钥，或恢复它的防改措施"

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        verifying = deeds.add_parser("verify", help="逐条核验；有问题时指出第一处，退出码为 1")
        verifying.add_argument("--json", action="store_true", help="结果写成 JSON")
        verifying.add_argument("--with-archive", action="store_true", help="归档文件也逐条核验")
        deeds.add_parser("anchor", help="把日志末端记入库外锚点文件")
        archiving = deeds.add_parser("archive", help="把早于某天的日志写入归档文件，复核无误后移出数据库")
        archiving.add_argument("--before", type=dt.date.fromisoformat, required=True, help="归档到哪天以前，如 2026-09-01；只到其中最后一个库外锚点为止")
        deeds.add_parser("rotate-key", help="更换日志密钥：以后的日志由新密钥封存，以前的仍由旧密钥核验")
        deeds.add_parser("protect", help="重新建立数据库里的防改措施（触发器）")
        exporting = deeds.add_parser("export", help="导出为 CSV 文件")
        exporting.add_argument("--since", type=dt.date.fromisoformat, help="自哪天起，如 2026-09-01")
        exporting.add_argument("--until", type=dt.date.fromisoformat, help="到哪天止")
        exporting.add_argument("--output", required=True, type=Path, help="写到哪个文件")

    def handle(self, *args, deed, **options) -> None:
        try:
            getattr(self, f"_{deed.replace('-', '_')}")(options)
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages)) from refusal

    def _verify(self, options) -> None:
        verdict = verify_log(by=None, at=timezone.now(), with_archive=options["with_archive"])
        if options["json"]:
            fault = {"kind": verdict.fault.kind, "seq": verdict.fault.seq, "pk": verdict.fault.pk, "file": verdict.fault.file} if verdict.fault else None
            told = {"intact": verdict.is_intact, "count": verdict.count, "seq": verdict.seq, "mac": verdict.mac, "anchors": verdict.anchors, "archived": verdict.archived, "files": verdict.files, "fault": fault, "said": str(verdict)}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        elif verdict.is_intact:
            self.stdout.write(f"{verdict}\n末端：第 {verdict.seq} 条 {verdict.mac}")
        else:
            self.stderr.write(str(verdict))
        if not verdict.is_intact:
            sys.exit(1)

    def _anchor(self, options) -> None:
        try:
            moved = write_anchor(now=timezone.now())
        except OSError as error:
            raise CommandError(f"锚点文件写不进去：{error.strerror}。") from error
        self.stdout.write("已记入锚点。" if moved else "日志没有增加，不必再记。")

    def _archive(self, options) -> None:
        try:
            segment = archive_log(before=options["before"], by=None, at=timezone.now())
        except OSError as error:
            raise CommandError(f"归档文件写不进“{settings.AUDIT_ARCHIVE}”：{error.strerror}。日志没有改动。") from error
        self.stdout.write(f"{segment}共 {segment.count:,} 条已归档，写在 {path_of(segment)}。请把该文件另存一份到库外，至少保存到规定的年限。")

    def _rotate_key(self, options) -> None:
        try:
            number = rotate_key(by=None, at=timezone.now())
        except OSError as error:
            raise CommandError(f"密钥文件写不进“{settings.KEYS_DIR}”：{error.strerror}。密钥没有更换。") from error
        name = file_name(number)
        self.stdout.write(f"已更换日志密钥，新密钥在 {settings.KEYS_DIR / name}。旧的密钥文件仍要保留，核验以前的日志要用。新文件请另存一份。")

    def _protect(self, options) -> None:
        protect_log(by=None, at=timezone.now())
        self.stdout.write("防改措施已恢复。")

    def _export(self, options) -> None:
        target: Path = options["output"]
        try:
            rows = self._write(target, filtered(Event.objects.all(), options))
        except OSError as error:
            raise CommandError(f"不能写到“{target}”：{error.strerror}。") from error
        asked = {name: str(options[name]) for name in ("since", "until") if options[name]}
        note_log_export(asked=asked, rows=rows, by=None, at=timezone.now())
        self.stdout.write(f"{target}：{rows:,} 条")

    @staticmethod
    def _write(target: Path, events) -> int:
        """All or nothing: written beside the target, then put in its place."""
        part = None
        try:
            with tempfile.NamedTemporaryFile("w", dir=target.parent, prefix=f".{target.name}", delete=False, encoding="utf-8-sig", newline="") as out:
                part = Path(out.name)
                rows = write_log(out, events)
            part.replace(target)
            return rows
        finally:
            if part is not None:
                part.unlink(missing_ok=True)
