"""What a file really is, read from its first bytes and, for Office files, from the zip's own directory."""

import zipfile
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OFFICE = "application/vnd.openxmlformats-officedocument."
SIGNATURES = [
    (b"%PDF-", "application/pdf", {"pdf"}),
    (b"\x89PNG\r\n\x1a\n", "image/png", {"png"}),
    (b"\xff\xd8\xff", "image/jpeg", {"jpg", "jpeg"}),
]
ZIPPED = [
    ("word/document.xml", OFFICE + "wordprocessingml.document", {"docx"}),
    ("xl/workbook.xml", OFFICE + "spreadsheetml.sheet", {"xlsx"}),
    ("ppt/presentation.xml", OFFICE + "presentationml.presentation", {"pptx"}),
]
MAX_UNZIPPED = 300 * 1024 * 1024  # bytes; a real 100,000-row roster unzips to 49 MB
MAX_RATIO = 60  # a real roster packs about 7 to 1, a zip bomb 250 to 1


def refuse_bomb(archive: zipfile.ZipFile) -> None:
    """Raise ValidationError if unpacking would blow up."""
    unpacked = sum(i.file_size for i in archive.infolist())
    packed = max(1, sum(i.compress_size for i in archive.infolist()))
    if unpacked > MAX_UNZIPPED or (unpacked > 1024 * 1024 and unpacked / packed > MAX_RATIO):
        raise ValidationError(_("文件解压后过大，可能已损坏，请重新另存后上传。"))


def sniff(handle: BinaryIO, name: str) -> str:
    """The media type of an upload, or ValidationError when its kind is not accepted or its name lies."""
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    handle.seek(0)
    head = handle.read(16)
    handle.seek(0)
    for magic, media_type, suffixes in SIGNATURES:
        if head.startswith(magic) and suffix in suffixes:
            return media_type
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(handle, suffix)
    raise ValidationError(_("不接受“%(name)s”：只收 PDF、PNG、JPG、DOCX、XLSX、PPTX，且扩展名须与内容一致。"), params={"name": name})


def _sniff_zip(handle: BinaryIO, suffix: str) -> str:
    try:
        with zipfile.ZipFile(handle) as archive:
            refuse_bomb(archive)
            inside = set(archive.namelist())
    except zipfile.BadZipFile:
        raise ValidationError(_("文件已损坏，无法打开，请重新另存后上传。"))
    finally:
        handle.seek(0)
    for member, media_type, suffixes in ZIPPED:
        if member in inside and suffix in suffixes:
            return media_type
    raise ValidationError(_("不接受这种文件：只收 PDF、PNG、JPG、DOCX、XLSX、PPTX，且扩展名须与内容一致。"))


def sniff_sheet(handle: BinaryIO, name: str) -> str:
    """The media type of a sheet to be read (xlsx, xls, csv), or ValidationError: not evidence, but data to import."""
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    handle.seek(0)
    head = handle.read(8192)
    handle.seek(0)
    if suffix == "xlsx" and head.startswith(b"PK\x03\x04"):
        return _sniff_zip(handle, suffix)
    if suffix == "xls" and head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "application/vnd.ms-excel"
    if suffix == "csv" and head and b"\x00" not in head and not head.startswith((b"PK\x03\x04", b"%PDF-")):
        return "text/csv"
    raise ValidationError(_("“%(name)s”不是工作簿，请上传 xlsx、xls 或 csv 文件，且扩展名须与内容一致。"), params={"name": name})
