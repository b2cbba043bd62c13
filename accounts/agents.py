"""A browser's own words in plain ones, for the list of one's sign-ins: roughly which browser on which system."""

import re

from django.utils.translation import gettext as _

# First fit wins: most browsers also claim to be the ones below.
BROWSERS = [
    (r"QIHU|360SE|360EE|360Browser", _("360 浏览器")), (r"QQBrowser", _("QQ 浏览器")), (r"SLBrowser|SLBChan", _("联想浏览器")),
    (r"UOSBrowser|UOS", _("统信浏览器")), (r"Edg(?:e|A|iOS)?/", _("微软浏览器")), (r"Firefox/", _("火狐浏览器")),
    (r"Chrom(?:e|ium)/", _("谷歌内核浏览器")), (r"Safari/", _("苹果浏览器")),
]  # fmt: skip
SYSTEMS = [
    (r"Android", _("安卓手机")), (r"iPhone|iPad", _("苹果手机")), (r"HarmonyOS|OpenHarmony", _("鸿蒙")), (r"Windows NT 6\.1", _("视窗 7")),
    (r"Windows", _("视窗 10 或以上")), (r"Mac OS X", _("苹果电脑")), (r"Linux|X11", _("国产或其他系统")),
]  # fmt: skip


def agent_words(agent: str) -> str:
    """“谷歌内核浏览器，视窗 10 或以上”; “其他程序” for what names no browser."""
    found = [next((words for pattern, words in known if re.search(pattern, agent[:500])), "") for known in (BROWSERS, SYSTEMS)]
    return "，".join(filter(None, found)) or _("其他程序")
