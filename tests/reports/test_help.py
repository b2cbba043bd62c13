"""Help: a page for every door and no other, for those who see the door, in the words that stand on the buttons."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from organizations.models import access_of
from organizations.roles import Role
from reports.context import DOORS, open_doors
from reports.help import KEYBOARD, PURPOSES, help_slug, pages_behind

ROOT = Path(settings.BASE_DIR)
PAGES = {path.stem: path for path in (ROOT / "templates" / "help").glob("*.html") if path.stem not in ("_page", "help_list")}
QUOTED = re.compile(r"“([^”]+)”")
TRANSLATED = re.compile(r"""(?:translate|_\()\s*(?:"([^"]+)"|'([^']+)')""")
BLOCK = re.compile(r"{%\s*blocktranslate.*?%}(.*?){%\s*endblocktranslate\s*%}", re.S)


# --- every door has its page ---


def test_every_door_has_a_page_and_every_page_a_door():
    assert set(PAGES) == {key for _name, key, _label, _permissions in DOORS} | {KEYBOARD} == set(PURPOSES)


# --- the words of the buttons ---


def strings_of(source: str) -> set[str]:
    """Every text constant of a Python file, docstrings aside."""
    tree = ast.parse(source)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef) and n.body and isinstance(n.body[0], ast.Expr)}
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs}


def pieces(text: str) -> set[str]:
    """A text without its numbers and names: “催办 {{ n }} 人” → 催办, 人; “一、等您办理” → 等您办理."""
    return {re.sub(r"^[一二三四五六七八九十]?、", "", piece.strip(" ，。：")) for piece in re.split(r"{{.*?}}|%\(\w+\)s|<[^>]+>", text)}


def words_on_pages() -> set[str]:
    """What the platform's own pages say, as whole labels: templates, forms, models, views and actions; help aside."""
    found: set[str] = set()
    for path in (ROOT / "templates").rglob("*.html"):
        if path.parent.name != "help":
            source = path.read_text()
            texts = [word for pair in TRANSLATED.findall(source) for word in pair] + BLOCK.findall(source)
            found |= {piece for text in texts for piece in pieces(text)}
    rooms = [Path(c.path) for c in apps.get_app_configs() if Path(c.path).parent == ROOT and c.name != "demo"]
    for path in (p for room in rooms for p in room.rglob("*.py") if "migrations" not in p.parts and p.name not in ("help.py", "tour.py")):
        found |= {piece for text in strings_of(path.read_text()) for piece in pieces(text)}
    return found


WORDS = words_on_pages()
TEXTS = {slug: path.read_text() for slug, path in PAGES.items()} | {"tour": (ROOT / "reports" / "tour.py").read_text()}


def unknown(text: str) -> list[str]:
    """What is quoted and stands nowhere on the pages."""
    return [word for word in QUOTED.findall(text) if word not in WORDS]


@pytest.mark.parametrize("where", TEXTS)
def test_what_is_quoted_stands_on_the_pages(where):
    assert unknown(TEXTS[where]) == []


def test_enough_is_quoted_for_the_check_to_mean_something():
    assert {slug: len(QUOTED.findall(text)) for slug, text in TEXTS.items() if len(QUOTED.findall(text)) < 3} == {}


def test_the_check_can_fail():
    assert unknown("按“提交报告”，再按“提交全部报告”") == ["提交全部报告"]


@pytest.mark.parametrize("slug", sorted(set(PAGES) - {KEYBOARD}))
def test_who_does_what_names_roles_of_the_platform(slug):
    named = re.findall(r'<tr><td class="lead">([^<]+)</td>', TEXTS[slug])
    assert named and set(named) <= {str(role.label) for role in Role} | {"干部", "每个人"}


# --- the pages ---


def body(answer) -> str:
    page = answer.content.decode()
    return page[page.index('<div class="page-head">'):page.index("</main>")]


@pytest.mark.parametrize("who", ["office", "administrator", "supervisor", "clues", "cadre"])
def test_everybody_reads_the_pages_of_their_own_doors_and_no_other(cast, signed_in, who):
    user = getattr(cast, who)
    client = signed_in(user)
    mine = {key for _name, key, _label in open_doors(access_of(user))} | {KEYBOARD}
    assert {slug: client.get(f"/help/{slug}/").status_code for slug in PAGES} == {slug: 200 if slug in mine else 404 for slug in PAGES}
    listed = re.findall(r'<a class="title" href="/help/(\w+)/">', body(client.get("/help/")))
    assert listed == list(pages_behind(open_doors(access_of(user)))) and set(listed) == mine


def test_an_unknown_page_is_not_found(cast, signed_in):
    client = signed_in(cast.office)
    assert [client.get(f"/help/{slug}/").status_code for slug in ("nothing", "_page", "help_list")] == [404, 404, 404]


@pytest.mark.parametrize("slug", sorted(set(PAGES) - {KEYBOARD, "accounts"}))
def test_a_page_has_its_four_parts(cast, signed_in, slug):
    page = body(signed_in(cast.office).get(f"/help/{slug}/"))
    assert re.findall(r"<h2>([^<]+)</h2>", page) == ["一、谁来做什么", "二、怎么做", "三、常见问题", "四、名词", "帮助目录"]
    assert 3 <= page.count("</dt><dd>") - page.count("<div><dt>") <= 5
    assert page.count("<h1>") == 1 and str(PURPOSES[slug]) in page


@pytest.mark.parametrize("slug", sorted(PAGES))
def test_a_page_speaks_chinese_only(slug):
    """Keys, file kinds and tags aside."""
    text = re.sub(r"<kbd>.*?</kbd>|<[^>]+>|{[%#].*?[%#]}|{{.*?}}", " ", TEXTS[slug], flags=re.S)
    assert set(re.findall(r"[A-Za-z]+", text)) <= {"PDF", "Word"}


# --- where 帮助 leads from ---


@pytest.mark.parametrize(("address", "leads"), [
    ("/", "/help/home/"), ("/ledger/problems/", "/help/ledger/"), ("/learning/", "/help/learning/"), ("/reports/", "/help/reports/"),
    ("/organizations/units/", "/help/organizations/"), ("/accounts/preferences/", "/help/keyboard/"), ("/help/", "/help/"), ("/help/ledger/", "/help/"),
])  # fmt: skip
def test_help_url_is_about_where_one_is(cast, signed_in, address, leads):
    assert signed_in(cast.office).get(address).context["help_url"]() == leads


def test_help_slug_knows_only_what_the_visitor_may_read():
    assert (help_slug("ledger", {"ledger": "", "keyboard": ""}), help_slug("ledger", {"home": ""}), help_slug("own", {"keyboard": ""})) == ("ledger", None, "keyboard")


def test_no_door_is_current_on_help_and_ones_own_pages(cast, signed_in):
    client = signed_in(cast.administrator)
    current = {a: re.findall(r'<a href="([^"]+)" aria-current="page">', client.get(a).content.decode().partition("<main")[0]) for a in ("/help/", "/accounts/inbox/", "/")}
    assert current == {"/help/": [], "/accounts/inbox/": [], "/": ["/"]}
