"""Evidence files: what is kept, what is refused, and that content is kept once."""

import hashlib
import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from files.actions import store_file
from files.models import StoredFile
from files.responses import file_response
from files.sniff import MAX_UNZIPPED, OFFICE, refuse_bomb, sniff, sniff_sheet
from tests.cast import NOW

PDF = b"%PDF-1.7\n..."


def zipped(*members: str, body: bytes = b"<x/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, body)
    return out.getvalue()


XLSX, DOCX, PPTX = zipped("xl/workbook.xml"), zipped("word/document.xml"), zipped("ppt/presentation.xml")


def kind(content: bytes, name: str) -> str:
    return sniff(io.BytesIO(content), name)


@pytest.mark.parametrize(("content", "name", "media_type"), [
    (PDF, "方案.PDF", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "图.png", "image/png"), (b"\xff\xd8\xff\xe0", "图.jpeg", "image/jpeg"),
    (DOCX, "方案.docx", OFFICE + "wordprocessingml.document"), (XLSX, "表.xlsx", OFFICE + "spreadsheetml.sheet"), (PPTX, "课件.pptx", OFFICE + "presentationml.presentation"),
])  # fmt: skip
def test_sniff_knows_what_is_accepted(content, name, media_type):
    assert kind(content, name) == media_type


@pytest.mark.parametrize(("content", "name"), [
    (PDF, "方案.docx"), (DOCX, "方案.xlsx"), (XLSX, "表.docx"), (zipped("a.txt"), "包.zip"), (zipped("a.txt"), "包.docx"), (b"MZ\x90\x00", "程序.pdf"),
    (b"<svg/>", "图.svg"), (b"<html>", "页.html"), (PDF, "没有扩展名"), (b"PK\x03\x04 cut off", "坏.docx"), (b"\xd0\xcf\x11\xe0", "旧.doc"), (b"", "空.pdf"),
])  # fmt: skip
def test_sniff_refuses_lying_names_and_other_kinds(content, name):
    with pytest.raises(ValidationError):
        kind(content, name)


def test_sniff_refuses_a_zip_bomb():
    bomb = zipped("word/document.xml", body=b"\0" * 2_000_000)
    assert len(bomb) < 5_000
    with pytest.raises(ValidationError, match="解压后过大"):
        kind(bomb, "方案.docx")


def test_refuse_bomb_counts_what_the_zip_says_it_holds():
    archive = zipfile.ZipFile(io.BytesIO(XLSX))
    archive.infolist()[0].file_size = MAX_UNZIPPED + 1
    with pytest.raises(ValidationError, match="解压后过大"):
        refuse_bomb(archive)


def test_sniff_leaves_the_file_at_its_beginning():
    for content, name in ((PDF, "a.pdf"), (DOCX, "a.docx")):
        handle = io.BytesIO(content)
        sniff(handle, name)
        assert handle.tell() == 0


def test_sniff_sheet_takes_sheets_only():
    assert sniff_sheet(io.BytesIO("工号,姓名".encode()), "a.csv") == "text/csv"
    assert sniff_sheet(io.BytesIO(XLSX), "a.xlsx") == OFFICE + "spreadsheetml.sheet"
    with pytest.raises(ValidationError, match="不是工作簿"):
        sniff_sheet(io.BytesIO(PDF), "a.pdf")
    with pytest.raises(ValidationError, match="不接受"):
        sniff_sheet(io.BytesIO(DOCX), "a.xlsx")


def upload(content: bytes, name: str = "方案.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_store_file_keeps_content_under_its_hash(db):
    stored = store_file(upload(PDF), by="沈若川", at=NOW)
    digest = hashlib.sha256(PDF).hexdigest()
    assert (stored.name, stored.sha256, stored.size, stored.media_type, stored.stored_by) == ("方案.pdf", digest, len(PDF), "application/pdf", "沈若川")
    assert (stored.content.name, stored.content.read(), str(stored)) == (f"{digest[:2]}/{digest}", PDF, "方案.pdf")


def test_store_file_keeps_the_same_content_once(db):
    first, second = store_file(upload(PDF), by="甲", at=NOW), store_file(upload(PDF, "另一个名字.pdf"), by="乙", at=NOW)
    assert (first.content.name, second.name) == (second.content.name, "另一个名字.pdf")
    assert (StoredFile.objects.count(), len(default_storage.listdir(first.sha256[:2])[1])) == (2, 1)


@pytest.mark.parametrize(("content", "name", "words"), [(b"", "空.pdf", "“空.pdf”是空文件"), (b"hello", "假.pdf", "不接受“假.pdf”")])
def test_store_file_refuses_and_keeps_nothing(db, content, name, words):
    with pytest.raises(ValidationError, match=words):
        store_file(upload(content, name), by="甲", at=NOW)
    assert not StoredFile.objects.exists()


def test_store_file_refuses_what_is_too_large(db, settings):
    settings.MAX_UPLOAD_BYTES = 10
    with pytest.raises(ValidationError, match="超过 50 MB"):
        store_file(upload(PDF), by="甲", at=NOW)


def test_store_file_takes_a_file_uploaded_to_disk(db):
    on_disk = TemporaryUploadedFile("方案.pdf", "application/pdf", len(PDF), None)
    on_disk.write(PDF)
    assert store_file(on_disk, by="甲", at=NOW).content.read() == PDF
    on_disk.close()


def test_store_file_never_uses_the_name_as_a_path(db):
    stored = store_file(upload(PDF, "../../etc/passwd.pdf"), by="甲", at=NOW)
    assert (stored.name, stored.content.name) == ("passwd.pdf", f"{stored.sha256[:2]}/{stored.sha256}")


def test_file_response_is_an_attachment_nobody_guesses_at(db):
    response = file_response(store_file(upload(PDF), by="甲", at=NOW))
    assert (response["Content-Disposition"], response["Content-Type"], response["X-Content-Type-Options"]) == ("attachment; filename*=utf-8''%E6%96%B9%E6%A1%88.pdf", "application/pdf", "nosniff")
    assert b"".join(response.streaming_content) == PDF
