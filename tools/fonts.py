"""Fetch the document fonts, without root: ``python tools/fonts.py DEST [--from FOLDER]``.

Official documents need 仿宋, 楷体, 黑体, 宋体 and 小标宋, and a face for the rare characters of personal names. Two Debian
packages hold free ones (about 60 MB to download): Fandol (GPL 3 with font exception) and BabelStone Han (Arphic PL).
They are renamed to families of our own, so that nothing else on the machine can take their place, and given one set
of vertical metrics, so that mixed faces share a baseline. Fonts the office has a licence for may be put into
DEST/office; the writers prefer them by name. Running the tool again does nothing; a broken or half-finished DEST is
replaced as a whole.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont

VERSION = "1"
PACKAGES = ("texlive-lang-chinese", "fonts-babelstone-han")
FAMILIES = {
    "FandolFang-Regular.otf": "GW FangSong",
    "FandolKai-Regular.otf": "GW Kai",
    "FandolHei-Regular.otf": "GW Hei",
    "FandolSong-Regular.otf": "GW Song",
    "FandolSong-Bold.otf": "GW XiaoBiaoSong",
    "BabelStoneHan.ttf": "GW Rare",
}
LICENCES = ("doc/fonts/fandol", "doc/texlive-lang-chinese/copyright", "doc/fonts-babelstone-han/copyright")
ASCENT, DESCENT = 0.88, 0.12  # of one em, for every face
LAYOUT_TABLES = ("VORG", "vhea", "vmtx", "GSUB", "GPOS", "GDEF", "BASE", "DSIG", "meta")
NOTICE = """These fonts are modified copies, made by tools/fonts.py: renamed, given uniform vertical metrics,
and stripped of their OpenType layout tables. Outlines are unchanged. The licences of the originals lie in this folder.

{}
"""
CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{0}</dir>
  <cachedir>{0}/.cache</cachedir>
</fontconfig>
"""


class FontsError(Exception):
    """The fonts could not be made; the message says what to type."""


def stamp_text(dest):
    """What a complete DEST says about itself; the path is in it because fonts.conf holds absolute paths."""
    return f"{VERSION} {dest}\n"


def is_complete(dest):
    files = [dest / font_file(source) for source in FAMILIES] + [dest / "fonts.conf"]
    stamp = dest / "stamp"
    return stamp.is_file() and stamp.read_text() == stamp_text(dest) and all(f.is_file() for f in files)


def font_file(source):
    """The name of the renamed font file: FandolKai-Regular.otf → GWKai.otf."""
    return FAMILIES[source].replace(" ", "") + Path(source).suffix


def download(folder):
    """Put the two packages into folder with apt-get, which needs no root for this."""
    command = ["apt-get", "download", *PACKAGES]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=900)
    except (OSError, subprocess.SubprocessError) as error:
        raise FontsError(by_hand_message()) from error


def by_hand_message():
    names = " ".join(PACKAGES)
    return (
        "Could not download the fonts; on a machine with Debian's package sources type "
        f"`apt-get download {names}`, copy the two .deb files here and run `python tools/fonts.py DEST --from FOLDER`. "
        f"未能下载字体：请在能访问 Debian 软件源的机器上执行 apt-get download {names}，"
        "把两个 .deb 文件拷到本机，再执行 python tools/fonts.py 字体目录 --from 存放目录。"
    )


def wanted(name):
    """Whether a package member is one of our fonts or a licence of theirs."""
    return Path(name).name in FAMILIES or any(part in name for part in LICENCES)


def unpack(package, folder):
    """Write the wanted members of one .deb into folder, under flat names."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile() and wanted(member.name):
                    (folder / flat_name(member.name)).write_bytes(archive.extractfile(member).read())
        process.stdout.read()


def flat_name(name):
    """usr/share/doc/fonts-babelstone-han/copyright → LICENCE-fonts-babelstone-han-copyright; a font keeps its name."""
    path = Path(name)
    return path.name if path.name in FAMILIES else f"LICENCE-{path.parent.name}-{path.name}"


def collect(folder, work):
    """Bring originals and licences from packages or loose files in folder into work."""
    for package in sorted(folder.glob("*.deb")):
        unpack(package, work)
    for file in sorted(folder.rglob("*")):
        if file.name in FAMILIES and not (work / file.name).exists():
            shutil.copy(file, work / file.name)
    missing = [name for name in FAMILIES if not (work / name).exists()]
    if missing:
        raise FontsError(f"Not found: {', '.join(missing)}. 缺少字体文件：{'、'.join(missing)}。{by_hand_message()}")


def rename(source, target, family):
    """Save source under a family name of our own with uniform metrics.

    ``recalcBBoxes=False`` leaves the outlines as they are; without it each font takes ten seconds instead of a fifth
    of one. The timestamp stays too: the same fonts make the same PDF bytes on every machine.
    """
    with TTFont(source, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as font:
        for tag in LAYOUT_TABLES:
            if tag in font:
                del font[tag]
        set_names(font["name"], family)
        set_metrics(font)
        font.save(target)


def set_names(table, family):
    plain = family.replace(" ", "")
    table.names = []
    for name_id, text in ((1, family), (2, "Regular"), (3, f"{family} {VERSION}"), (4, family), (6, plain)):
        table.setName(text, name_id, 3, 1, 0x409)


def set_metrics(font):
    """One ascent and descent for every face, regular weight: Fandol's bold faces claim to be regular and vary in
    height.
    """
    units = font["head"].unitsPerEm
    ascent, descent = round(ASCENT * units), round(DESCENT * units)
    hhea, os2 = font["hhea"], font["OS/2"]
    hhea.ascent, hhea.descent, hhea.lineGap = ascent, -descent, 0
    os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = ascent, -descent, 0
    os2.usWinAscent, os2.usWinDescent = ascent, descent
    os2.usWeightClass, os2.fsSelection, font["head"].macStyle = 400, 0x40, 0


def build(work, fresh, dest):
    """Fill fresh with renamed fonts, licences and a fonts.conf that speaks of dest."""
    for name, family in FAMILIES.items():
        rename(work / name, fresh / font_file(name), family)
    for licence in work.glob("LICENCE-*"):
        shutil.copy(licence, fresh / licence.name)
    (fresh / "NOTICE.txt").write_text(NOTICE.format("\n".join(f"{new} from {old}" for old, new in FAMILIES.items())))
    (fresh / "fonts.conf").write_text(CONF.format(escape(str(dest))))
    (fresh / "office").mkdir()


def is_made(folder):
    """Whether folder holds what build() makes, as in a bundle for machines without a network."""
    return all((folder / font_file(name)).is_file() for name in FAMILIES)


def copy_made(source, fresh, dest):
    """The faces and licences of another place, with a fonts.conf that speaks of dest."""
    for path in [*(source / font_file(name) for name in FAMILIES), *source.glob("LICENCE-*"), source / "NOTICE.txt"]:
        shutil.copy(path, fresh / path.name)
    (fresh / "fonts.conf").write_text(CONF.format(escape(str(dest))))
    (fresh / "office").mkdir()


def refuse_strange_folder(dest):
    """DEST is replaced as a whole, so a folder that is not ours is not touched."""
    if dest.exists() and any(dest.iterdir()) and not (dest / "fonts.conf").exists():
        raise FontsError(
            f"{dest} holds other files; name an empty or new folder. {dest} 中有其他文件，请另选一个空目录。"
        )


def put_in_place(fresh, dest):
    """Replace dest by fresh, keeping the fonts the office placed there itself."""
    old = dest / "office"
    if old.is_dir():
        shutil.copytree(old, fresh / "office", dirs_exist_ok=True)
    if dest.exists():
        shutil.rmtree(dest)
    fresh.rename(dest)


def cache(dest):
    """Let fontconfig read the new fonts once, so that the first document does not wait for it."""
    try:
        subprocess.run(["fc-cache", dest], env={**os.environ, "FONTCONFIG_FILE": str(dest / "fonts.conf")}, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise FontsError(
            "fc-cache is missing: apt-get install fontconfig. 缺少 fc-cache：请安装 fontconfig。"
        ) from error


def install(dest, source=None):
    """Make dest complete. Returns False when there was nothing to do."""
    if is_complete(dest):
        return False
    refuse_strange_folder(dest)
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dest.parent, prefix=".fonts-") as temporary:
        work, fresh = Path(temporary, "work"), Path(temporary, "fresh")
        work.mkdir()
        fresh.mkdir()
        if source is not None and is_made(source):
            copy_made(source, fresh, dest)
        else:
            if source is None:
                download(work)
            collect(source or work, work)
            build(work, fresh, dest)
        put_in_place(fresh, dest)
    cache(dest)
    (dest / "stamp").write_text(stamp_text(dest))
    return True


def main():
    parser = argparse.ArgumentParser(description="Fetch and rename the fonts of official documents.")
    parser.add_argument("dest", type=Path, metavar="DEST")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER", help="packages or fonts already on this machine"
    )
    options = parser.parse_args()
    dest = options.dest.resolve()
    try:
        done = install(dest, options.source and options.source.resolve())
    except FontsError as error:
        sys.exit(str(error))
    print(f"{'Fonts ready' if done else 'Fonts already complete'}: {dest}")


if __name__ == "__main__":
    main()
