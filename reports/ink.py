"""The colours of the pages as the style sheet names them, and how well they can be told apart.

static/css/ink.css is the one place that says them; this reads it.
"""

import re
from functools import cache
from pathlib import Path

from django.conf import settings

GROUNDS = ("paper", "sheet", "wash")
TEXTS = ("ink", "ink-2", "ink-3", "blue", "red", "red-d", "green", "amber")
USES = {
    "paper": "页面底色", "sheet": "要填写的地方", "wash": "指到、筛选、提示",
    "ink": "正文", "ink-2": "次要文字", "ink-3": "标签和说明",
    "blue": "可点的、当前的", "blue-wash": "选中的一行",
    "red": "一个主要操作、逾期、出错", "red-d": "指到主要操作", "red-wash": "出错处的底色",
    "green": "已销号、已保存", "amber": "七天内到期、要看一看", "amber-wash": "提醒的底色",
    "edge": "输入框和按钮的边", "line": "细线，只作装饰", "line-2": "分组线，只作装饰", "tint": "链接下的线",
}
RULE = re.compile(r"^(:root|\[data-contrast=\"high\"\]) \{(.*?)\}", re.S | re.M)
INK = re.compile(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})\b")


@cache
def inks(contrast: str = "") -> dict[str, str]:
    """Name → `#RRGGBB` of every colour; with "high" as it is for who asked for high contrast."""
    css = (Path(settings.BASE_DIR) / "static" / "css" / "ink.css").read_text()
    found = dict(INK.findall("".join(body for selector, body in RULE.findall(css) if selector == ":root")))
    if contrast == "high":
        found |= dict(INK.findall("".join(body for selector, body in RULE.findall(css) if selector != ":root")))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, 0 to 1 (WCAG 2.2, 1.4.3)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
