"""What verification may find, in words."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SENTENCES = {
    "content": gettext_noop("第 %(seq)s 条（编号 %(pk)s）与封存时不同：内容被改动，或前面的日志被换过。"),
    "missing": gettext_noop("第 %(seq)s 条不见了，日志在这里缺了一段。"),
    "order": gettext_noop("第 %(seq)s 条（编号 %(pk)s）的序号不对：序号重复，或顺序被改动。"),
    "unsealed": gettext_noop("编号 %(pk)s 的日志没有封存，不是由本系统写入的。"),
    "head": gettext_noop("日志末端的记录与最后一条（第 %(seq)s 条）不符，末端被改动。"),
    "cut": gettext_noop("库外锚点（%(at)s）记有第 %(seq)s 条，库里已经没有：日志末尾被删减。"),
    "rewritten": gettext_noop("第 %(seq)s 条（编号 %(pk)s）与库外锚点（%(at)s）不符：日志被整体重写过。"),
    "anchor": gettext_noop("锚点文件第 %(line)s 行不是本系统写下的，锚点文件被改动。"),
    "triggers": gettext_noop("日志完整，但数据库里的防改措施（%(names)s）不在了，请由系统管理员恢复：manage.py audit protect。"),
    # what was archived
    "segment": gettext_noop("自第 %(seq)s 条起的归档记录与归档时不同：被改动，或不是由本系统写入的。"),
    "segment_rewritten": gettext_noop("到第 %(seq)s 条为止的归档记录与库外锚点（%(at)s）不符：日志被整体重写过。"),
    "file_missing": gettext_noop("找不到归档文件 %(file)s（自第 %(seq)s 条起）。请从保管处取回，放进归档文件夹后再核验。"),
    "file_line": gettext_noop("归档文件 %(file)s 第 %(line)s 行读不出来，文件被改动或已损坏。"),
    "file_end": gettext_noop("归档文件 %(file)s 末尾的清单与归档时不同，文件被改动、删减或增补。"),
    # the keys
    "key_missing": gettext_noop("找不到日志密钥文件 %(file)s，由它封存的日志无法核验。请从密钥保管人处取回该文件，放入密钥文件夹后再核验。"),
    "key_wrong": gettext_noop("日志密钥文件 %(file)s 不是原来的密钥，由它封存的日志无法核验。请从密钥保管人处取回原来的文件后再核验。"),
    "key_unused": gettext_noop("已有新的日志密钥 %(file)s，日志末端却仍由旧密钥封存。刚更换密钥的，请运行 manage.py audit rotate-key 办完；否则末端是用旧密钥伪造的。"),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong first: a key of SENTENCES and where; `file` the archive whose line it is, or the key's."""

    kind: str
    seq: int | None = None
    pk: int | None = None
    at: str = ""
    line: int = 0
    names: str = ""
    file: str = ""

    def __str__(self) -> str:
        sentence = _(SENTENCES[self.kind]) % self.__dict__
        return _("归档文件 %(file)s：") % self.__dict__ + sentence if self.file and "%(file)s" not in SENTENCES[self.kind] else sentence


def moment(text: str) -> str:
    """An anchor's time as one reads it."""
    return f"{timezone.localtime(dt.datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
