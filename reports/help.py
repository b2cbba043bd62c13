"""The help pages: one for each door of the navigation, and one on the keyboard for everybody."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KEYBOARD = "keyboard"
OWN_TITLES = {KEYBOARD: _("键盘操作与阅读偏好")}  # pages behind no door
# What each part is for, in one sentence; the slug is the door's key.
PURPOSES: dict[str, Promise | str] = {
    "home": _("把今天要您办的事、快到期的事列在一处，点开就办。"),
    "campaigns": _("把方案变成时间、地点、任务、负责人清楚的安排，分解到单位，跟到办结。"),
    "learning": _("登记集中学习、教育活动和知识测试，考勤从名册来，缺的补学。"),
    "selfcheck": _("每名干部对照六个方面自查，由审核人审核，通过后问题自动列入台账。"),
    "ledger": _("每件问题从确认立项到销号都在一本台账里，谁负责、到哪天、改到哪一步一看就知道。"),
    "supervision": _("登记谈心谈话、述职述廉、绩效考核和督导检查，把机构制度的问题与个人的问题分开记。"),
    "reports": _("所有数字都从各处登记的内容算出，点开能看口径和明细，再生成汇报。"),
    "organizations": _("单位和干部名册，应交、应到、应查的人数都从这里来。"),
    "accounts": _("开通账号、授权、停用，查看审计日志。"),
    KEYBOARD: _("不用鼠标也能办事，字看不清可以调大。"),
}


def pages_behind(doors: list[tuple[str, str, Promise | str]]) -> dict[str, Promise | str]:
    """slug → title of the pages of somebody who sees these doors (address name, key, label)."""
    return {key: label for _name, key, label in doors} | OWN_TITLES


def help_slug(section: str, pages: dict) -> str | None:
    """The page about a section (see context._section), among those the visitor may read; None for the list of all."""
    slug = KEYBOARD if section == "own" else section
    return slug if slug in pages else None
