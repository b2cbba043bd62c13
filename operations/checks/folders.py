"""The folders of data and keys: ours to write, nobody else's to read; and the document fonts."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _


def private_folders() -> dict[str, Path]:
    return {"DATA_DIR": settings.DATA_DIR, "KEYS_DIR": settings.KEYS_DIR}


def close_to_others() -> list[Path]:
    """Take from a folder of ours what everybody else may do in it; returns which were open."""
    opened = [path for path in private_folders().values() if path.is_dir() and path.stat().st_mode & stat.S_IRWXO and path.stat().st_uid == os.geteuid()]
    for path in opened:
        path.chmod(path.stat().st_mode & ~stat.S_IRWXO)
    return opened


def complaints() -> Iterator[tuple[str, str]]:
    for name, path in private_folders().items():
        if not path.is_dir():
            yield "E021", _("文件夹 %(name)s（%(path)s）不存在。请建好并交给运行本平台的账号：install -d -m 700 -o 账号 %(path)s。") % {"name": name, "path": path}
            continue
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield "E022", _("文件夹 %(name)s（%(path)s）写不进去。请交给运行本平台的账号：chown 账号 %(path)s。") % {"name": name, "path": path}
        if path.stat().st_mode & stat.S_IRWXO:
            yield "E023", _("本机的其他账号能进入文件夹 %(name)s（%(path)s）。请执行 chmod o-rwx %(path)s。") % {"name": name, "path": path}
    if not fonts_are_there():
        yield "E024", _("公文字体不在 %(path)s，PDF 做不出来。请执行 make setup，或把 FONTS_DIR 指向字体文件夹。") % {"path": fonts_folder()}


def fonts_folder() -> Path:
    """The environment wins over the settings, as for the PDF writer."""
    return Path(os.environ.get("FONTS_DIR") or settings.FONTS_DIR).resolve()


def fonts_are_there() -> bool:
    """fonts.conf is what tools/fonts.py writes last but one; the faces stand beside it."""
    folder = fonts_folder()
    return (folder / "fonts.conf").is_file() and any(folder.glob("GW*"))
