"""The three things most people come for, done with the keyboard alone and done with scripts off."""

import io
import re

import pypdf
import pytest

from .steps import follow, open_report

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const words = at.getAttribute('aria-label') || (at.labels && at.labels.length ? at.labels[0].innerText : at.innerText) || '';
  const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return {words: words.replace(/\\s+/g, ' ').trim(), tag: at.tagName, type: at.type || '', name: at.name || '',
          seen, outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
}"""


class Keys:
    """A person who only has a keyboard: what has the focus must be in sight and marked."""

    def __init__(self, page):
        self.page = page

    def focused(self) -> dict:
        return self.page.evaluate(FOCUSED)

    def tab_to(self, words: str = "", *, name: str = "", most: int = 120) -> None:
        """Press Tab until the thing with these words, or the field of this name, has the focus."""
        passed = []
        for _n in range(most):
            self.page.keyboard.press("Tab")
            now = self.focused()
            if now["tag"] == "BODY":
                continue
            assert now["outline"], f"no focus mark on {now}"
            if (words and re.search(words, now["words"])) or (name and now["name"] == name):
                assert now["seen"], f"out of sight: {now}"
                return
            passed.append(now["words"] or now["name"])
        raise AssertionError(f"never reached {words or name!r}; passed {passed}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def open(self, words: str) -> None:
        """Reach it and press Enter; wait for the next page."""
        self.tab_to(words)
        with self.page.expect_navigation():
            self.press("Enter")


def pdf_text(page, press) -> str:
    with page.expect_download() as found:
        press()
    data = found.value.path().read_bytes()
    return re.sub(r"\s+", "", "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(data)).pages))


# --- the keyboard alone ---


def test_first_tab_skips_to_the_text(site, enter):
    keys = Keys(enter("YL004"))
    keys.tab_to("跳到正文", most=1)
    keys.press("Enter", "Tab")
    assert keys.page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_self_check_by_keyboard(site, enter):
    page = enter("YL004")
    keys = Keys(page)
    keys.open("去填写|接着填")
    keys.open("我已知悉")
    for number in range(1, 7):
        keys.tab_to(name=f"q{number}")
        keys.press("ArrowRight")
        assert keys.focused()["words"] == "否"
    keys.tab_to("我已通读")
    keys.press("Space")
    keys.open("提交报告")
    assert "待审核" in page.inner_text("main")


def test_verify_a_problem_by_keyboard(site, enter):
    page = enter("YL002")
    keys = Keys(page)
    keys.open("去验收")
    keys.press("j")
    title = keys.focused()["words"]
    with page.expect_navigation():
        keys.press("Enter")
    keys.open("^验收")
    keys.tab_to(name="opinion")
    page.keyboard.type("查阅材料齐全，同意通过。")
    keys.open("^验收")
    assert "已验收" in page.inner_text("main")
    assert title in page.inner_text("h1")


def test_download_the_report_by_keyboard(site, enter):
    page = enter("YL001")
    keys = Keys(page)
    keys.open("统计报告")
    keys.open("生成进展情况汇报")
    page.wait_for_selector("[data-result]", timeout=60_000)
    keys.tab_to("下载")
    assert "教育整顿" in pdf_text(page, lambda: keys.press("Enter"))


def test_a_question_before_what_cannot_be_undone(site, enter):
    base, _accounts = site
    page = enter("XT01")
    keys = Keys(page)
    page.goto(f"{base}/organizations/accounts/")
    follow(page.locator("main .table a.title", has_text="罗清扬"))
    before = page.locator("[data-confirm]").count()
    page.locator("[data-confirm]").first.focus()
    keys.press("Enter")
    assert page.locator("dialog#confirm").get_attribute("open") is not None
    assert keys.focused()["words"] == "取消"
    keys.press("Escape")
    assert page.locator("dialog#confirm").get_attribute("open") is None
    assert page.evaluate("document.activeElement.hasAttribute('data-confirm')")
    page.reload()
    assert page.locator("[data-confirm]").count() == before > 0


# --- scripts off ---


def test_self_check_with_scripts_off(site, enter):
    page = enter("YL003", scripts=False)
    open_report(page)
    for no in page.get_by_role("radio", name="否", exact=True).all():
        no.check()
    page.get_by_role("checkbox").check()
    follow(page.get_by_role("button", name="提交报告"))
    assert "待审核" in page.inner_text("main")


def test_verify_a_problem_with_scripts_off(site, enter):
    page = enter("YL002", scripts=False)
    follow(page.get_by_role("link", name="去验收").first)
    follow(page.locator("main .table a.title").last)
    follow(page.locator("a[href$='/verify/']").first)
    page.locator("[name=opinion]").fill("实地查看，整改到位。")
    follow(page.locator("main form button.btn-primary"))
    assert "已验收" in page.inner_text("main")


def test_download_the_report_with_scripts_off(site, enter):
    page = enter("YL001", scripts=False)
    follow(page.get_by_role("link", name="统计报告").first)
    follow(page.get_by_role("button", name="生成进展情况汇报"))
    for _n in range(60):
        if page.locator("[data-result]").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    assert "教育整顿" in pdf_text(page, lambda: page.click("[data-result]"))
