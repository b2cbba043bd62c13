"""Evidence files, stored once by content and found by their SHA-256."""

from django.db import models
from django.utils.translation import gettext_lazy as _


def content_path(stored: "StoredFile", filename: str) -> str:
    """Where the bytes lie: by content, so that the same file is kept once."""
    return f"{stored.sha256[:2]}/{stored.sha256}"


class StoredFile(models.Model):
    """One uploaded file. It is downloaded only through the page of the row that owns it."""

    name = models.CharField(_("文件名"), max_length=200)
    sha256 = models.CharField(_("内容校验值"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("大小（字节）"))
    media_type = models.CharField(_("类型"), max_length=100)
    content = models.FileField(_("内容"), upload_to=content_path, max_length=200)
    stored_at = models.DateTimeField(_("上传时间"))
    stored_by = models.CharField(_("上传人"), max_length=100)

    class Meta:
        verbose_name = _("文件")

    def __str__(self) -> str:
        return self.name
