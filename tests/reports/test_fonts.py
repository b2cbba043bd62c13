"""The font tool: one step, all or nothing, clear words when it cannot."""

import subprocess
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

from tests.reports.fonts import fonts_dir
from tools import fonts

TOOL = Path(fonts.__file__)


def run(*arguments, **options):
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, check=False, **options)


def originals(folder):
    """Loose files under the names of the originals, as someone without apt would bring them."""
    folder.mkdir()
    for name in fonts.FAMILIES:
        (folder / name).symlink_to(fonts_dir().resolve() / fonts.font_file(name))
    return folder


def test_second_run_does_nothing():
    before = (fonts_dir() / "stamp").stat().st_mtime_ns
    done = run(fonts_dir())
    assert (done.returncode, done.stdout) == (0, f"Fonts already complete: {fonts_dir().resolve()}\n")
    assert (fonts_dir() / "stamp").stat().st_mtime_ns == before


def test_fonts_brought_by_hand(tmp_path):
    dest = tmp_path / "fonts"
    done = run(dest, "--from", originals(tmp_path / "usb"))
    assert (done.returncode, done.stderr, fonts.is_complete(dest)) == (0, "", True)
    assert f"<dir>{dest}</dir>" in (dest / "fonts.conf").read_text()
    with TTFont(dest / "GWKai.otf", lazy=True) as font:
        assert (font["name"].getBestFamilyName(), font["hhea"].ascent, font["hhea"].descent) == ("GW Kai", 880, -120)
    assert (dest / "GWKai.otf").read_bytes() == (fonts_dir() / "GWKai.otf").read_bytes()


def test_office_fonts_survive_a_new_version(tmp_path):
    dest = tmp_path / "fonts"
    (dest / "office").mkdir(parents=True)
    (dest / "office" / "own.ttf").write_text("own")
    (dest / "fonts.conf").write_text("old")
    assert run(dest, "--from", originals(tmp_path / "usb")).returncode == 0
    assert (dest / "office" / "own.ttf").read_text() == "own"


def test_without_apt_the_message_says_what_to_type_and_nothing_is_left(tmp_path):
    done = run(tmp_path / "fonts", env={"PATH": "/nowhere"})
    assert done.returncode == 1
    assert "apt-get download texlive-lang-chinese fonts-babelstone-han" in done.stderr
    assert "未能下载字体" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_missing_originals_are_named(tmp_path):
    folder = originals(tmp_path / "usb")
    (folder / "FandolKai-Regular.otf").unlink()
    done = run(tmp_path / "fonts", "--from", folder)
    assert (done.returncode, "缺少字体文件：FandolKai-Regular.otf。" in done.stderr) == (1, True)
    assert not (tmp_path / "fonts").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "thesis.txt").write_text("mine")
    done = run(tmp_path / "fonts")
    assert (done.returncode, (tmp_path / "fonts" / "thesis.txt").read_text()) == (1, "mine")


def test_licences_lie_beside_the_fonts():
    names = {path.name for path in fonts_dir().glob("LICENCE-*")}
    assert {"LICENCE-fandol-COPYING.gz", "LICENCE-fonts-babelstone-han-copyright"} <= names
    assert "GW Kai from FandolKai-Regular.otf" in (fonts_dir() / "NOTICE.txt").read_text()
