"""Deeds on files. The row that owns a file records the deed in the audit log."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from .models import StoredFile, content_path
from .sniff import sniff


def store_file(upload: UploadedFile, *, by: object, at: dt.datetime, kind: Callable[[BinaryIO, str], str] = sniff) -> StoredFile:
    """Keep an upload by content. Raises ValidationError when it is empty, too large or not what it says.

    `kind` decides what is accepted: evidence by default, `sniff_sheet` for data to import.
    """
    if not upload.size:
        raise ValidationError(_("“%(name)s”是空文件。"), params={"name": upload.name})
    if upload.size > settings.MAX_UPLOAD_BYTES:
        raise ValidationError(_("“%(name)s”超过 50 MB，请压缩或拆分后上传。"), params={"name": upload.name})
    media_type = kind(upload.file, upload.name)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    stored = StoredFile(name=upload.name[-200:], sha256=digest.hexdigest(), size=upload.size, media_type=media_type, stored_at=at, stored_by=str(by))
    storage, path = stored.content.storage, content_path(stored, upload.name)
    stored.content = path if storage.exists(path) else storage.save(path, upload.file)
    stored.save()
    return stored
