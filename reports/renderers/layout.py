"""What both writers must decide alike: blank rows, title lines, places of signature and date, bookmarks."""

import re
from itertools import pairwise

from reports.document import Para, Table
from reports.renderers import gb9704 as gb

TITLE_CELLS = int(gb.BODY_WIDTH / (gb.TITLE_PT * gb.MM_PER_PT))  # 二号 characters on one row
NOT_FIRST = set("的地得了着等之、，。；：？！）》〉】〕」』”’…—·％%）")
NOT_LAST = set("（《〈【〔「『“‘第")
GOOD_LAST = set("的、》”）：，")
GOOD_FIRST = set("和与及暨在对向《“（")
TRADE = """
领导小组 办公室 工作委员会 委员会 教育整顿 纪检监察 干部队伍 监督管理 进展情况 工作情况 情况汇报 工作方案 实施方案 自查自纠
问题清单 整改台账 建章立制 谈心谈话 警示教育 学习教育 检视整治 检视整改 巩固提升 动员部署 贯彻落实 主题教育 典型案例 先进事迹
民主生活会 党风廉政 第一时间 进一步 先导区 纪工委 党工委 管委会 关于 通知 通报 报告 汇报 方案 意见 办法 规定 总结 专题 工作 情况
问题 整改 落实 开展 进展 阶段 全区 全市 全省 全国 新区 街道 有关 中央 纪委 监委 监察 检查 督导 反馈 会议 中共 第一 第二 第三
以来 加强 推进 深入 专项 行动 计划 安排
"""
WORDS = TRADE.split()
BREAK_COST, WORD_COST, GOOD_GAIN = 100.0, 40.0, 1.5


def title_lines(title):
    """The title on as few lines as fit, broken at word sense and into like lengths (7.3.1).

    Line breaks the author typed are kept. Otherwise every way to break is weighed: a break inside a known word costs,
    lines of unlike length cost, a break after 的 or before 和 gains a little.
    """
    if "\n" in title or len(title) <= TITLE_CELLS:
        return tuple(line for line in title.split("\n") if line)
    count = -(-len(title) // TITLE_CELLS)
    ways = _ways(title, count) or _ways(title, count + 1)
    return min(ways, key=_cost(title))


def _ways(title, count):
    """All ways to cut the title into count lines near its mean length."""
    if count == 1:
        return [(title,)] if len(title) <= TITLE_CELLS else []
    mean = len(title) / count
    ways = []
    for cut in range(max(1, int(mean) - 6), min(TITLE_CELLS, int(mean) + 6, len(title) - 1) + 1):
        ways += [(title[:cut], *rest) for rest in _ways(title[cut:], count - 1)]
    return ways


def _cost(title):
    joints = _inside_words(title)

    def cost(lines):
        mean = len(title) / len(lines)
        total = sum((len(line) - mean) ** 2 for line in lines) / 4
        place = 0
        for before, after in pairwise(lines):
            place += len(before)
            total += _break_cost(before, after) + WORD_COST * (place in joints)
        return total

    return cost


def _break_cost(before, after):
    """What it costs to end a line with ``before`` and begin one with ``after``."""
    joint = before[-1] + after[0]
    if after[0] in NOT_FIRST or before[-1] in NOT_LAST or (joint.isascii() and joint.isalnum()):
        return BREAK_COST
    inside_marks = before.count("《") > before.count("》")
    return WORD_COST * inside_marks - GOOD_GAIN * ((before[-1] in GOOD_LAST) + (after[0] in GOOD_FIRST))


def _inside_words(title):
    """Places in the title that lie inside a word of the trade."""
    joints = set()
    for word in WORDS:
        for found in re.finditer(word, title):
            joints.update(range(found.start() + 1, found.end()))
    return joints


def is_opening(blocks, i):
    """Whether block i belongs to the opening under the title: bylines only."""
    return all(isinstance(block, Para) and block.style == "byline" for block in blocks[: i + 1])


def rows_before(blocks, i):
    """Blank rows before block i that the standard asks for: under the title, above 附件说明, above the signature."""
    style = blocks[i].style if isinstance(blocks[i], Para) else ""
    before = blocks[i - 1] if i else None
    previous = before.style if isinstance(before, Para) else ""
    if (isinstance(blocks[i], Table) and blocks[i].annex) or is_opening(blocks, i):
        return 0
    if i == 0 or is_opening(blocks, i - 1):
        return 1
    if style in ("attach", "sign"):
        return int(previous not in (style, "blank"))
    return int(style == "date" and previous not in ("sign", "blank"))


def keeps_with_text(block):
    """Whether a block must not begin a page by itself: no page holds a signature and date without text (7.3.5.5)."""
    return isinstance(block, Para) and block.style in ("sign", "date")


def right_spaces(blocks, width):
    """{index: right space in 字} of every signature and date; ``width(para)`` gives the width of one in 字."""
    spaces = {}
    for i, block in enumerate(blocks):
        if not isinstance(block, Para) or block.style not in ("sign", "date"):
            continue
        spaces[i] = gb.SIGN_RIGHT if block.style == "sign" else gb.DATE_RIGHT_SEALED
        if block.style == "date" and i - 1 in spaces and blocks[i - 1].style == "sign":
            spaces[i - 1], spaces[i] = gb.closing_spaces(width(blocks[i - 1]), width(block))
    return spaces


def simple_width(para):
    """Width in 字 where no font can be asked: letters and digits count half."""
    return simple_text_width(para.text)


def simple_text_width(text):
    return sum(0.5 if char.isascii() else 1.0 for char in text)


def bookmark(para):
    """What a heading is called in the outline: a run-in heading ends where its own font ends."""
    font = para.runs[0].font if para.runs else ""
    own = []
    for run in para.runs:
        if run.font != font:
            break
        own.append(run.text)
    return "".join(own).rstrip("。：")


def stands_alone(para):
    """Whether a heading is one line by itself, to be kept with what follows, and no run-in paragraph."""
    return len({run.font for run in para.runs}) == 1 and len(para.text) <= gb.CELLS


def attach_label(para):
    """What an 附件说明 begins with; its turned-over lines are set in by as much, under the name (7.3.4)."""
    return re.match(r"(附件：)?(\d+[.．])?", para.text).group()
