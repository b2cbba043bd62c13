"""`briefing --list`, and `briefing ID|latest --format pdf|docx|html --output FILE`."""

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.actions import FORMATS, document_of
from reports.files import render
from reports.models import Briefing


class Command(BaseCommand):
    """Writes a briefing to a file; nothing is left behind when it fails."""

    help = "列出工作汇报，或把一份汇报写成 PDF、DOCX、HTML 文件"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("briefing", nargs="?", help="编号，或 latest（最近一份）")
        parser.add_argument("--list", action="store_true", help="列出全部汇报")
        parser.add_argument("--format", choices=list(FORMATS), default="pdf")
        parser.add_argument("--output", help="写到哪个文件")

    def handle(self, *args, briefing, list, format, output, **options) -> None:
        if list:
            return self._list()
        if not briefing or not output:
            raise CommandError("请写明汇报编号（或 latest）和 --output 文件名；编号可用 briefing --list 查看。")
        found = self._find(briefing)
        target = self._writable(output)
        try:
            content = render(document_of(found), format)
        except ValidationError as refusal:
            raise CommandError("".join(refusal.messages)) from refusal
        self._write(target, content)
        self.stdout.write(f"{target}：{found}，{len(content):,} 字节")

    def _list(self) -> None:
        for b in Briefing.objects.select_related("campaign"):
            self.stdout.write(f"{b.pk}\t{b.get_status_display()}\t截至 {b.as_of}\t{b}（{b.campaign}）")
        if not Briefing.objects.exists():
            self.stdout.write("还没有汇报。")

    @staticmethod
    def _find(which: str) -> Briefing:
        rows = Briefing.objects.select_related("campaign__unit", "issued_version")
        found = rows.first() if which == "latest" else rows.filter(pk=int(which)).first() if which.isdigit() else None
        if found is None:
            raise CommandError(f"没有编号为“{which}”的汇报，可用 briefing --list 查看。")
        return found

    @staticmethod
    def _writable(output: str) -> Path:
        """The target, refused before any work when its folder can't be written."""
        target = Path(output)
        folder = target.parent
        if target.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise CommandError(f"不能写到“{output}”：请给出一个已有、可写的文件夹中的文件名。")
        return target

    @staticmethod
    def _write(target: Path, content: bytes) -> None:
        """All or nothing: written beside the target, then put in its place."""
        part = None
        try:
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}", delete=False) as handle:
                part = Path(handle.name)
                handle.write(content)
            part.replace(target)
        except OSError as error:
            if part is not None:
                part.unlink(missing_ok=True)
            raise CommandError(f"不能写到“{target}”：{error.strerror}。") from error
