"""Documents the writers are tried on."""

import re
from pathlib import Path

from reports.document import Doc, Foot, Head, Para, Run, Table

SEED = Path(__file__).parents[1].joinpath("data/seed.txt").read_text(encoding="utf-8")
RARE = "䶮㛃𬭎𫍯镕堃喆"


def paragraphs(text=SEED):
    """The seed text as paragraphs: 一、 in 黑体, （一） in 楷体 up to its first full stop."""
    return [paragraph(line.strip()) for line in text.splitlines() if line.strip()]


def paragraph(line):
    if re.match("[一二三四五六七八九十]+、", line):
        return Para([Run(line, "hei")], "h1")
    if re.match("（[一二三四五六七八九十]+）", line):
        head, stop, rest = line.partition("。")
        return Para([Run(head + stop, "kai"), Run(rest)], "h2")
    return Para([Run(line)])


RED = Head("red", "云澜新区教育整顿领导小组文件", "云教整〔2026〕12号", "沈若川", secret="内部", copy_no="000012")
BRIEF = Head(
    "brief",
    "教育整顿简报",
    "第3期",
    issuer="云澜新区教育整顿领导小组办公室",
    date="2026年9月18日",
    issue_total="总第18期",
)
FOOT = Foot(
    (
        (
            "抄送：",
            "市纪委监委，市教育整顿领导小组办公室，区党工委、管委会领导同志，各街道党工委、办事处，区直各部门、各单位。",
        ),
    ),
    "云澜新区教育整顿领导小组办公室",
    "2026年9月18日印发",
)
BRIEF_FOOT = Foot(
    (("报：", "市教育整顿领导小组。"), ("送：", "区党工委、管委会领导。"), ("发：", "各街道纪工委。")),
    copies="共印60份",
)
META = {"author": "云澜新区教育整顿领导小组办公室", "subject": "进展情况汇报"}
TITLE = "云澜新区纪检监察工委关于干部队伍教育整顿工作进展情况的汇报"


def letter(blocks=None, **changes):
    """A red-headed letter of the whole seed text with addressee, signature, date and 版记."""
    body = [
        Para([Run("市纪检监察干部队伍教育整顿督导组：")], "to"),
        *(paragraphs() if blocks is None else blocks),
        Para([Run("云澜新区教育整顿领导小组办公室")], "sign"),
        Para([Run("2026年9月18日")], "date"),
    ]
    values = {"title": TITLE, "head": RED, "blocks": body, "foot": FOOT, "meta": META, **changes}
    return Doc(**values)


def brief(blocks=None, **changes):
    values = {
        "title": "区纪检监察工委第一时间动员部署教育整顿工作",
        "head": BRIEF,
        "blocks": paragraphs()[:4] if blocks is None else blocks,
        "foot": BRIEF_FOOT,
        "meta": META,
        **changes,
    }
    return Doc(**values)


def ledger(rows=30, **changes):
    head = ("序号", "问题表现", "产生原因", "整改措施", "责任单位", "时限", "状态")
    cells = [
        (
            str(n),
            f"谈心谈话记录不完整，第{n}次抽查仍有缺项",
            "重视不够",
            "逐条补齐并由分管领导复核签字",
            "纪检监察室",
            "2026年10月底",
            "整改中",
        )
        for n in range(1, rows + 1)
    ]
    values = {"title": "整改台账", "landscape": True, "align": ("c", "l", "l", "l", "c", "c", "c"), **changes}
    return Table(head, cells, (1, 5, 3, 5, 2.5, 2.5, 1.8), **values)
