"""Deeds on cadres and their posts."""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.versions import lock_version
from audit.log import record

from ..kept import touch
from ..models import Cadre, HeadCount, Post, RosterCount, Unit
from ..pinyin import name_pinyin
from ..roster import chunks

FACTS = ("name", "unit", "political_status", "category", "on_establishment", "on_duty", "left_on")


@transaction.atomic
def enter_cadre(*, staff_no: str, name: str, unit: Unit, by, at: dt.datetime, post: str = "", concurrent_posts: tuple[str, ...] = (), is_demo: bool = False, user=None, **facts) -> Cadre:
    """Put a person on the roster with their posts. `facts`: political_status, category, on_establishment, on_duty."""
    cadre = Cadre(staff_no=staff_no, name=name, name_pinyin=name_pinyin(name), unit=unit, is_demo=is_demo, user=user, **facts)
    cadre.full_clean()
    cadre.save()
    if post:
        Post.objects.create(cadre=cadre, unit=unit, title=post)
    Post.objects.bulk_create([Post(cadre=cadre, unit=unit, title=t, is_concurrent=True) for t in concurrent_posts])
    touch(unit.path, of=[HeadCount, RosterCount])
    record("organizations.enter_cadre", by=by, at=at, subject=cadre, staff_no=staff_no)
    return cadre


@transaction.atomic
def change_cadre(cadre: Cadre, *, by, at: dt.datetime, post: str, concurrent_posts: tuple[str, ...], version: int | None = None, **facts) -> Cadre:
    """Correct a roster entry, move the person, or record that they left (`left_on`).

    `facts`: any of FACTS. Posts no longer held are ended, not deleted. Raises ValidationError.
    """
    cadre, today = lock_version(cadre, version), timezone.localdate(at)
    if facts.get("left_on") and facts["left_on"] > today:
        raise ValidationError({"left_on": _("离任日期不能晚于今天，请在离任当天或之后登记。")})
    changed = {name: [str(getattr(cadre, name)), str(facts[name])] for name in FACTS if name in facts and getattr(cadre, name) != facts[name]}
    before, old_unit = post_titles(cadre), cadre.unit
    for name in changed:
        setattr(cadre, name, facts[name])
    cadre.name_pinyin = name_pinyin(cadre.name)
    cadre.full_clean()
    cadre.save()
    wanted = [] if cadre.left_on else wanted_posts(post, concurrent_posts)
    gone, new = moved_posts(cadre, cadre.posts.filter(until__isnull=True), wanted, old_unit=old_unit)
    end_posts(gone, on=cadre.left_on or today)
    Post.objects.bulk_create(new)
    if gone or new:
        changed["posts"] = [before, post_titles(cadre)]
    if changed:
        touch(old_unit.path, cadre.unit.path)
        record("organizations.change_cadre", by=by, at=at, subject=cadre, changed=changed)
    return cadre


def post_titles(cadre: Cadre) -> str:
    """The posts held now, main one first."""
    return "、".join(cadre.posts.filter(until__isnull=True).values_list("title", flat=True))


def wanted_posts(post: str, concurrent: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Titles with whether they are concurrent, each once."""
    return list(dict.fromkeys(([(post, False)] if post else []) + [(title, True) for title in concurrent]))


def moved_posts(cadre: Cadre, held, wanted: Sequence[tuple[str, bool]], *, old_unit: Unit) -> tuple[list[Post], list[Post]]:
    """(posts to end, posts to begin): a post in the old unit doesn't move along when the person does."""
    moved = old_unit.pk != cadre.unit_id
    kept, gone = set(), []
    for p in held:
        key = (p.title, p.is_concurrent)
        if key in wanted and key not in kept and not (moved and p.unit_id == old_unit.pk):
            kept.add(key)
        else:
            gone.append(p)
    new = [Post(cadre=cadre, unit_id=cadre.unit_id, title=title, is_concurrent=extra) for title, extra in wanted if (title, extra) not in kept]
    return gone, new


def end_posts(posts: list[Post], *, on: dt.date) -> None:
    """The posts end on that day, or on the day they would have begun if that is later."""
    later = {p.pk: p for p in posts if p.since and p.since > on}
    for p in later.values():
        p.until = p.since
    Post.objects.bulk_update(later.values(), ["until"], batch_size=500)
    for part in chunks(p.pk for p in posts if p.pk not in later):
        Post.objects.filter(pk__in=part).update(until=on)


@transaction.atomic
def link_account(cadre: Cadre, *, user, by, at: dt.datetime) -> Cadre:
    """Say whose account this is."""
    if Cadre.objects.filter(user=user).exclude(pk=cadre.pk).exists():
        raise ValidationError(_("这个账号已经对应另一名干部。"))
    if cadre.user_id not in (None, user.pk):
        raise ValidationError(_("%(who)s 已经有账号“%(name)s”，不能再对应另一个。") % {"who": cadre, "name": cadre.user.username})
    cadre.user = user
    cadre.save(update_fields=["user"])
    record("organizations.link_account", by=by, at=at, subject=cadre, username=user.username)
    return cadre
