"""The people of the tests, so that a permission test reads like a play.

    区纪检监察工委 (organ)            主任 director (leader), 办公室 office, 审核人 reviewer, 督导 supervisor, 线索 clues
      └ 纪检监察室 (bureau)           干部 chief
          └ 纪检监察科 (unit_a)       联络员 liaison, 干部 cadre, 干部 colleague
      └ 石桥街道纪工委 (unit_b)       外人 stranger (liaison of unit_b and a cadre there)
    邻区纪检监察工委 (elsewhere)       邻区 outsider (office of the neighbouring organ)
    三员 over organ: 系统管理员 administrator (accounts, roster), 安全管理员 security (roles), 安全审计员 auditor (the log).
    下设组 over organ: 综合协调 coordination, 教育培训 training, 宣传舆情 publicity, 督导检查 inspection; 线索处置 is clues.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from accounts.models import User
from campaigns.actions import launch_campaign
from campaigns.models import Campaign
from organizations.actions import enter_cadre, grant_role, open_unit
from organizations.models import Cadre, Unit
from organizations.roles import Role
from tests.replay import Replay

NOW = dt.datetime(2026, 9, 18, 10, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


@dataclass
class Cast:
    """Units, accounts (lower-case names) and the campaign."""

    organ: Unit
    bureau: Unit
    unit_a: Unit
    unit_b: Unit
    elsewhere: Unit
    campaign: Campaign
    director: User
    office: User
    reviewer: User
    supervisor: User
    clues: User
    chief: User
    liaison: User
    cadre: User
    colleague: User
    stranger: User
    outsider: User
    administrator: User
    security: User
    auditor: User
    coordination: User
    training: User
    publicity: User
    inspection: User

    def person(self, user: User) -> Cadre:
        """The roster entry of an account."""
        return Cadre.objects.select_related("unit").get(user=user)


def account(username: str, name: str) -> User:
    """An account that signs in by `client.force_login`."""
    user = User(username=username, name=name, opened_at=NOW)
    user.set_unusable_password()
    user.save()
    return user


def person(username: str, name: str, unit: Unit, post: str = "") -> User:
    """An account with its entry in the roster."""
    user = account(username, name)
    enter_cadre(staff_no=username, name=name, unit=unit, post=post, user=user, by=None, at=NOW)
    return user


def by_deeds() -> Cast:
    """Everybody on stage, one after the other."""
    organ = open_unit(code="Q", name="云澜区纪检监察工委", short_name="区机关", kind=Unit.Kind.ORGAN, by=None, at=NOW)
    bureau = open_unit(code="Q01", name="纪检监察室", kind=Unit.Kind.OFFICE, parent=organ, by=None, at=NOW)
    unit_a = open_unit(code="Q0101", name="纪检监察科", kind=Unit.Kind.SECTION, parent=bureau, authorised_posts=3, by=None, at=NOW)
    unit_b = open_unit(code="J01", name="石桥街道纪工委", kind=Unit.Kind.STREET, parent=organ, by=None, at=NOW)
    elsewhere = open_unit(code="L", name="邻区纪检监察工委", kind=Unit.Kind.ORGAN, by=None, at=NOW)
    people = {
        "director": person("director", "赵念安", bureau, "主任"),
        "office": person("office", "沈若川", bureau, "副主任"),
        "reviewer": person("reviewer", "何书言", bureau),
        "supervisor": account("supervisor", "方砚"),
        "clues": account("clues", "秦越"),
        "chief": person("chief", "唐克勤", bureau, "副主任"),
        "liaison": person("liaison", "陆青禾", unit_a),
        "cadre": person("cadre", "林知夏", unit_a),
        "colleague": person("colleague", "许望舒", unit_a),
        "stranger": person("stranger", "梁静姝", unit_b),
        "outsider": person("outsider", "邻若水", elsewhere),
        "administrator": account("administrator", "管知远"),
        "security": account("security", "闵知白"),
        "auditor": account("auditor", "简明序"),
        "coordination": account("coordination", "统若一"),
        "training": account("training", "学而时"),
        "publicity": account("publicity", "宣明之"),
        "inspection": account("inspection", "察其微"),
    }
    for name, role, unit in [
        ("director", Role.LEADER, organ), ("office", Role.OFFICE, organ), ("reviewer", Role.REVIEWER, organ),
        ("supervisor", Role.SUPERVISOR, organ), ("clues", Role.CLUES, organ), ("liaison", Role.LIAISON, unit_a),
        ("stranger", Role.LIAISON, unit_b), ("outsider", Role.OFFICE, elsewhere), ("administrator", Role.SYSTEM_ADMINISTRATOR, organ),
        ("security", Role.SECURITY_ADMINISTRATOR, organ), ("auditor", Role.AUDIT_ADMINISTRATOR, organ), ("coordination", Role.COORDINATION, organ),
        ("training", Role.TRAINING, organ), ("publicity", Role.PUBLICITY, organ), ("inspection", Role.INSPECTION, organ),
    ]:
        grant_role(people[name], role=role, unit=unit, by=None, at=NOW)
    campaign = launch_campaign(name="云澜区干部队伍教育整顿", workforce="纪检监察干部", unit=organ, by=people["office"], at=NOW)
    return Cast(organ, bureau, unit_a, unit_b, elsewhere, campaign, **people)


enter = Replay(by_deeds)  # everybody at once
