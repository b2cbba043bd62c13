"""Chinese names in pinyin, for ordering and finding. Surnames have readings of their own."""

from pypinyin import Style, lazy_pinyin

SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "朴": "piao", "区": "ou", "查": "zha", "盖": "ge", "任": "ren",
    "华": "hua", "纪": "ji", "缪": "miao", "宁": "ning", "尉": "wei", "乐": "yue", "员": "yun", "召": "shao", "翟": "zhai",
}
DOUBLE = {"尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "单于": "chanyu", "澹台": "tantai", "令狐": "linghu"}


def name_pinyin(name: str) -> str:
    """“单立人” → “shan li ren”; 吕 is lv."""
    if name[:2] in DOUBLE:
        return " ".join([DOUBLE[name[:2]], *lazy_pinyin(name[2:], v_to_u=False)])
    head = [SURNAMES[name[0]]] if name and name[0] in SURNAMES else lazy_pinyin(name[:1])
    return " ".join(head + lazy_pinyin(name[1:], style=Style.NORMAL))
