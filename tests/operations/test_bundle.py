"""What goes into the bundle: every pinned package has a wheel; the fonts can be placed anew."""

from pathlib import Path

import fonts
from bundle import normal, pinned, sums, without_wheel

ROOT = Path(__file__).parents[2]
LOCKED = (ROOT / "requirements.txt").read_text()


def test_every_requirement_is_pinned_with_hashes_and_known_to_the_bundle():
    found = pinned(LOCKED)
    direct = {normal(line.split("~=")[0].split("[")[0]) for line in (ROOT / "requirements.in").read_text().splitlines() if "~=" in line}
    assert direct - {name for name, _version in found} == set() and len(found) > len(direct) > 20
    assert LOCKED.count("==") == len(found) <= LOCKED.count("--hash=")


def test_a_package_without_a_wheel_is_named():
    wheels = [f"{name.replace('-', '_')}-{version}-py3-none-any.whl" for name, version in pinned(LOCKED)]
    assert without_wheel(LOCKED, wheels) == []
    django = next(name for name in wheels if name.startswith("django-"))
    others = [name for name in wheels if name != django]
    assert without_wheel(LOCKED, [*others, "django-1.0-py3-none-any.whl", "django-5.2.tar.gz"]) == ["django==" + django.split("-")[1]]


def test_the_list_of_digests_covers_every_file(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("x")
    (tmp_path / "c").write_text("")
    assert sums(tmp_path) == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  ./a/b\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  ./c\n"


def test_made_fonts_are_placed_anew_with_a_conf_of_their_own(tmp_path, monkeypatch):
    made, dest = tmp_path / "made", tmp_path / "there" / "fonts"
    made.mkdir()
    for name in [*map(fonts.font_file, fonts.FAMILIES), "LICENCE-x", "NOTICE.txt"]:
        (made / name).write_text(name)
    monkeypatch.setattr(fonts, "cache", lambda dest: None)
    assert fonts.install(dest, made) and fonts.is_complete(dest) and not fonts.install(dest, made)
    assert str(dest) in (dest / "fonts.conf").read_text() and (dest / "LICENCE-x").exists()
