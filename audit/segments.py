"""Archives: sealed files of lines, each with a row (Segment) in its lines' place.

A file: one line of JSON for each event (number, code, the event's fields), then one, the manifest, with what the file holds and
a code of its own by the log's key. It is as readable as the database was, and belongs where the backups of the log belong.
"""

import datetime as dt
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from .chain import FIELDS, FORMATS, Format, encode, format_in_use, mac
from .disk import settle
from .faults import Fault, moment
from .keyring import file_name, fingerprint, fingerprints
from .models import Segment
from .walk import Anchors, Line, Walk

Keys = Mapping[int, str]
TOLD = ("first", "last", "previous", "mac", "digest", "keys", "at")  # of a manifest, in its code's order


def path_of(segment: Segment) -> Path:
    return Path(settings.AUDIT_ARCHIVE) / Path(segment.file_name).name


def code_of(segment: Segment, form: Format, key: str = "") -> str:
    return mac("segment", segment.told, form, key)


def previous_of(segment: Segment | None) -> tuple[int, str]:
    """Number and code of the line a walk starts behind."""
    return (segment.last_seq, segment.mac) if segment else (0, "")


# --- writing ---


def write_file(lines: Iterable[Line], *, first: int, last: int, previous: str, at: dt.datetime) -> tuple[str, str]:
    """Write lines into a new file, which is on the disk when this returns; its name and digest. OSError if it can't be written."""
    folder, form = Path(settings.AUDIT_ARCHIVE), format_in_use()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"audit-{first}-{last}-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}.jsonl"
    draft = folder / f".{target.name}-{secrets.token_hex(8)}"
    try:
        draft.touch(mode=0o600, exist_ok=False)
        with draft.open("wb") as out:
            digest = _write(out, lines, form, {"first": first, "last": last, "previous": previous, "at": at.astimezone(dt.UTC).isoformat()})
            out.flush()
            os.fsync(out.fileno())
        draft.chmod(0o400)
        os.link(draft, target)  # never over another file
    finally:
        draft.unlink(missing_ok=True)
    settle(folder)
    return target.name, f"{form.digest}:{digest}"


def _write(out, lines: Iterable[Line], form: Format, told: dict) -> str:
    digest, line = hashlib.new(form.digest), None
    for line in lines:
        text = encode([line.seq, line.mac, *line.values]).encode() + b"\n"
        digest.update(text)
        out.write(text)
    told |= {"mac": line.mac, "digest": digest.hexdigest(), "keys": fingerprints()}
    manifest = encode(told | {"format": form.number, "code": mac("archive", [told[name] for name in TOLD], form)}).encode() + b"\n"
    digest.update(manifest)
    out.write(manifest)
    return digest.hexdigest()


# --- checking ---


def check_row(segment: Segment, previous: Segment | None, anchors: Anchors, keys: Keys) -> Fault | None:
    """What is wrong with a row that stands for archived lines: it is ours, runs on from the one before, and ends at what was anchored."""
    try:
        is_ours = any(code_of(segment, form, key) == segment.code for form in FORMATS.values() for key in keys.values())
    except (TypeError, ValueError, AttributeError, OverflowError):  # a time that is none
        is_ours = False
    if not is_ours or segment.first_seq != previous_of(previous)[0] + 1:
        return Fault("segment", seq=segment.first_seq)
    other = next((anchor for anchor in anchors.get(segment.last_seq, ()) if anchor.mac != segment.mac), None)
    return Fault("segment_rewritten", seq=segment.last_seq, at=moment(other.at)) if other else None


def check_file(segment: Segment, previous: Segment | None, anchors: Anchors, keys: Keys) -> Fault | None:
    """What is wrong with an archive: the first line that is, a line too few or too many, or anything else in the file."""
    path = path_of(segment)
    if not path.is_file():
        return Fault("file_missing", seq=segment.first_seq, file=path.name)
    seq, code = previous_of(previous)
    walk, digest, manifest = Walk(anchors, keys, seq=seq, mac=code), hashlib.sha256(), {}
    if segment.file_digest.startswith("sm3:"):
        digest = hashlib.new("sm3")
    for number, raw in enumerate(_raw_lines(path), 1):
        body = digest.copy()
        digest.update(raw)
        found = _read(raw)
        if isinstance(found, dict):
            manifest = found | {"body": body.hexdigest()}
            continue
        fault = walk.step(found) if found and not manifest else Fault("file_line", line=number)
        if fault:
            return wrong_key(manifest_of(path).get("keys"), keys) or replace(fault, file=path.name)
    is_whole = (walk.seq, walk.mac) == (segment.last_seq, segment.mac) and _is_ours(manifest, segment, code, keys)
    return None if is_whole and f"{digest.name}:{digest.hexdigest()}" == segment.file_digest else Fault("file_end", file=path.name)


def _raw_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as lines:
        yield from lines


def _read(raw: bytes) -> Line | dict | None:
    """A line of the file, its manifest, or neither."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list) and len(found) == len(FIELDS) + 2:
        seq, code, *values = found
        return Line(seq, code, values[0], tuple(values))
    return found if isinstance(found, dict) else None


def _is_ours(manifest: dict, segment: Segment, previous: str, keys: Keys) -> bool:
    """Whether the manifest tells what the row tells, by one of our keys."""
    expected = {"first": segment.first_seq, "last": segment.last_seq, "previous": previous, "mac": segment.mac, "digest": manifest.get("body")}
    form = next((form for form in FORMATS.values() if form.number == manifest.get("format")), None)
    if form is None or any(manifest.get(name) != value for name, value in expected.items()):
        return False
    return any(mac("archive", [manifest.get(name) for name in TOLD], form, key) == manifest.get("code") for key in keys.values())


def manifest_of(path: Path) -> dict:
    """What the file says of itself in its last line; nothing when there is none."""
    last = b""
    for last in _raw_lines(path):  # noqa: B007
        pass
    found = _read(last)
    return found if isinstance(found, dict) else {}


def wrong_key(told: object, keys: Keys, *, newest_only: bool = False) -> Fault | None:
    """Of keys noted by their fingerprints: the first that is not at hand, or not the same any more."""
    noted = {int(number): print_ for number, print_ in told.items() if number.isdecimal()} if isinstance(told, dict) else {}
    for number in sorted(noted)[-1:] if newest_only else sorted(noted):
        if number not in keys:
            return Fault("key_missing", file=file_name(number))
        if fingerprint(keys[number]) != noted[number]:
            return Fault("key_wrong", file=file_name(number))
    return None
