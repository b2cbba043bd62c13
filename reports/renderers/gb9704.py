"""The measures of GB/T 9704—2012 《党政机关公文格式》, with clause numbers, for both the PDF and the DOCX writer.

Millimetres unless a name says pt. The standard is consistent with itself only for a character of 156/28 = 5.571 mm;
三号 is 16 pt = 5.644 mm, so every writer has to set its characters 0.073 mm closer than they are wide.
"""

from dataclasses import dataclass

MM_PER_PT = 25.4 / 72

# 5.1, 5.2: paper and type area
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
TOP, LEFT, RIGHT, BOTTOM = 37.0, 28.0, 26.0, 35.0
BODY_WIDTH, BODY_HEIGHT = 156.0, 225.0
ROWS, CELLS = 22, 28  # 5.2.3: 22 rows of 28 characters fill the type area
CELL = BODY_WIDTH / CELLS

# 5.2.2, 7.x: sizes
BODY_PT = 16.0  # 三号
BODY_EM = BODY_PT * MM_PER_PT
TITLE_PT = 22.0  # 二号, 7.3.1
TITLE_PITCH_PT = 36.0
SMALL_PT = 14.0  # 四号: 版记 (7.4) and page numbers (7.5)
SMALL_EM = SMALL_PT * MM_PER_PT
TABLE_PT = 10.5
TABLE_PITCH_PT = 15.0
TIGHTEN = CELL - BODY_EM  # letter-spacing that sets 28 characters on 156 mm; negative

# 7.2: the head of an official letter
MARK_DROP = 35.0  # 7.2.4: top edge of the 发文机关标志 below the top of the type area
MARK_PT = 52.0  # free in the standard; never wider than MARK_WIDTH
MARK_WIDTH = 150.0
RED = "#E60000"  # 6.2: Y80 M80
RED_RULE = 0.7  # 7.2.7: thickness free
RED_RULE_DROP = 4.0  # 7.2.7: below the 发文字号
ROWS_AFTER_MARK = 2  # 7.2.5
ROWS_AFTER_RULE = 2  # 7.3.1

# 7.3.5: signature and date
DATE_RIGHT_SEALED = 4  # 7.3.5.1: a date alone, under a seal
SIGN_RIGHT = 2  # 7.3.5.2

# 7.4: the foot
RULE_THICK, RULE_THIN = 0.35, 0.25
FOOT_PITCH = 8.2

# 7.5: page number
NUMBER_DROP = 7.0  # top of the dashes below the type area
DASH_HEIGHT_EM = 0.565  # where 一字线 lies in its em box, measured from the top of the box

PROFILES = ("fill", "word")

# Families by preference: the faces offices own, then ours (tools/fonts.py). Rare characters of names come from RARE.
FAMILIES = {
    "fang": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "GW FangSong"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "GW Kai"),
    "hei": ("SimHei", "黑体", "GW Hei"),
    "song": ("SimSun", "宋体", "GW Song"),
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "方正小标宋_GBK", "GW XiaoBiaoSong"),
}
RARE = "GW Rare"
OFFICE_NAMES = {"fang": "仿宋_GB2312", "kai": "楷体_GB2312", "hei": "黑体", "song": "宋体", "title": "方正小标宋简体"}


@dataclass(frozen=True)
class Grid:
    """Row pitch and page margins of one profile.

    ``fill`` stretches the rows so that the first and the last character touch the edges of the type area (5.2.3 并撑满版心);
    ``word`` is the office setting of 22 equal rows, whose characters stay half a leading inside.
    """

    pitch: float
    top: float
    bottom: float

    @property
    def half(self):
        """By how much the first row's box reaches above the type area."""
        return TOP - self.top

    @property
    def leading(self):
        """Empty space above, and again below, the characters of a row."""
        return (self.pitch - BODY_EM) / 2


def grid(profile="fill"):
    if profile == "word":
        return Grid(BODY_HEIGHT / ROWS, TOP, BOTTOM)
    if profile != "fill":
        raise ValueError(f"{profile!r} is not one of {', '.join(PROFILES)}")
    pitch = (BODY_HEIGHT - BODY_EM) / (ROWS - 1)
    half = (pitch - BODY_EM) / 2
    return Grid(pitch, TOP - half, BOTTOM - half)


def mark_pt(mark):
    """Size of a 发文机关标志 that fits on one row."""
    return min(MARK_PT, int(MARK_WIDTH / MM_PER_PT / max(1, len(mark))))


def closing_spaces(sign, date):
    """Right spaces in 字 of a 署名 and the 成文日期 under it, from their widths in 字 (7.3.5.2).

    The date begins two 字 to the right of the 署名; if it is the longer, it keeps two 字 at the right and the 署名 moves.
    """
    if date <= sign:
        return SIGN_RIGHT, sign - date
    return date + 2 * SIGN_RIGHT - sign, SIGN_RIGHT
