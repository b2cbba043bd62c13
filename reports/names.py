"""What a writer calls the numbers and sentences a text takes: {{已销号问题}} on the page, {{problems_closed}} in the text kept."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .figures import REGISTRY

FACT_WORDS = {
    "organ": gettext_lazy("本单位"),
    "workforce": gettext_lazy("队伍名称"),
    "so_far": gettext_lazy("截至目前"),
    "as_of_day": gettext_lazy("截至日期"),
    "meeting_chain": gettext_lazy("会议贯彻经过"),
    "phase_names": gettext_lazy("各环节名称"),
    "phase_now": gettext_lazy("正在进行的环节"),
    "leading_group": gettext_lazy("领导小组组成"),
    "group_papers": gettext_lazy("领导小组规则机制"),
    "plan_title": gettext_lazy("计划安排名称"),
    "sample_materials": gettext_lazy("学习材料举例"),
    "discipline_materials": gettext_lazy("党纪法规材料"),
    "activities_told": gettext_lazy("教育活动经过"),
    "aspect_names": gettext_lazy("各方面名称"),
    "selfcheck_progress": gettext_lazy("自查进展"),
    "rectification_progress": gettext_lazy("整改进展"),
    "as_found": gettext_lazy("边查边改情况"),
    "institutions": gettext_lazy("机构设置"),
}
IN_WORDS = gettext_lazy("汉字")  # {{环节|汉字}}: 三, not 3
PLACE = re.compile(r"\{\{\s*([^{}|\s]+)\s*(?:\|\s*([^{}|\s]+)\s*)?\}\}")


def names() -> dict[str, str]:
    """Key → name of every number and sentence."""
    return {key: str(known.label) for key, known in REGISTRY.items()} | {key: str(words) for key, words in FACT_WORDS.items()}


def named(text: str) -> str:
    """The text as its writer reads it."""
    known = names()

    def place(found: re.Match) -> str:
        mark = f"|{IN_WORDS}" if found[2] == "cn" else ""
        return f"{{{{{known[found[1]]}{mark}}}}}" if found[1] in known else found[0]

    return PLACE.sub(place, text)


def keyed(text: str) -> str:
    """The text as it is kept; a name nobody knows raises ValidationError."""
    known = names()
    keys = {name: key for key, name in known.items()} | {key: key for key in known}

    def place(found: re.Match) -> str:
        if found[1] not in keys or found[2] not in (None, "cn", str(IN_WORDS)):
            raise ValidationError(_("没有名为“%(key)s”的数据，请核对双花括号里的名称。"), params={"key": found[0].strip("{}")}, code="unknown_fact")
        return f"{{{{{keys[found[1]]}{'|cn' if found[2] else ''}}}}}"

    return PLACE.sub(place, text)
