"""What scripts add to a form: files dropped and sent with progress, a guard, a question, one deed for two clicks."""

import pytest

from .steps import follow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def new_material(page, base: str) -> None:
    page.goto(f"{base}/learning/materials/new/")
    page.fill("[name=title]", "廉洁自律准则（辅导材料）")
    for name in ("kind", "category"):
        page.locator(f"select[name={name}]").select_option(index=1)


def test_a_dropped_file_is_named_and_arrives(site, enter):
    base, _accounts = site
    page = enter("YL002")
    new_material(page, base)
    page.evaluate("""() => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(300000)], '太大了吗.pdf'));
      const input = document.querySelector('input[type=file]');
      input.files = data.files;
      input.dispatchEvent(new Event('change', {bubbles: true}));
    }""")
    assert page.inner_text(".chosen") == "太大了吗.pdf　293 KB"
    page.set_input_files("input[type=file]", {"name": "辅导材料.pdf", "mimeType": "application/pdf", "buffer": PDF})
    assert page.locator(".chosen li").all_inner_texts() == ["辅导材料.pdf　1 KB"]
    page.locator("main form .btn-primary").click()
    page.wait_for_selector(".notice.done")
    assert page.url == f"{base}/learning/materials/"
    assert "廉洁自律准则（辅导材料）" in page.inner_text("main")
    assert page.title().startswith("学习材料")


def test_a_refused_file_form_comes_back_with_what_was_typed(site, enter):
    base, _accounts = site
    page = enter("YL002")
    new_material(page, base)
    page.fill("[name=title]", "")
    page.locator("main form .btn-primary").click()
    page.wait_for_selector(".error-summary:not([hidden])")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.fill("[name=title]", "第二次填的名称")
    page.set_input_files("input[type=file]", {"name": "坏文件.pdf", "mimeType": "application/pdf", "buffer": b"MZ not a pdf"})
    page.locator("main form .btn-primary").click()
    page.wait_for_function("document.querySelector('.error-summary:not([hidden])') && document.querySelector('[name=title]').value === '第二次填的名称'")


def test_leaving_a_changed_form_asks(site, enter):
    base, _accounts = site
    page = enter("YL002")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{base}/learning/sessions/new/")
    page.get_by_role("link", name="整改台账").first.click()
    assert asked == []
    page.goto(f"{base}/learning/sessions/new/")
    page.locator("[name=title]").press_sequentially("第六次集中学习")
    page.get_by_role("link", name="整改台账").first.click()
    page.wait_for_url("**/ledger/problems/")
    assert asked == ["beforeunload"]


def test_two_clicks_send_once_and_what_takes_longer_than_a_second_says_so(site, enter):
    """The server's answer is held back (204 leaves the page as it is); that it would do the deed once anyway is tested there."""
    base, _accounts = site
    page = enter("YL002")
    page.goto(f"{base}/learning/sessions/new/")
    page.fill("[name=title]", "第七次集中学习")
    sent = []

    def answer_nothing(route):
        if route.request.method == "POST":
            sent.append(route.request.url)
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route("**/learning/sessions/new/", answer_nothing)
    assert page.evaluate("document.getElementById('busy').hidden") is True
    page.evaluate("const b = document.querySelector('main form .btn-primary'); b.click(); b.click()")
    page.wait_for_timeout(1500)
    assert page.evaluate("document.getElementById('busy').hidden") is False
    assert len(sent) == 1


def test_letter_keys_walk_a_list_and_can_be_turned_off(site, enter):
    base, _accounts = site
    page = enter("YL001")
    page.goto(f"{base}/ledger/problems/")
    titles = page.locator("main .table a.title").all_inner_texts()
    for key, expected in (("j", titles[0]), ("j", titles[1]), ("k", titles[0]), ("k", titles[0])):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.innerText") == expected
    page.goto(f"{base}/accounts/preferences/")
    page.uncheck("[name=letter_keys]")
    follow(page.locator("main form .btn-primary").first)
    page.goto(f"{base}/ledger/problems/")
    page.keyboard.press("j")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "search"
    page.goto(f"{base}/accounts/preferences/")
    page.check("[name=letter_keys]")
    follow(page.locator("main form .btn-primary").first)
