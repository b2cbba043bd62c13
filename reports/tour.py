"""The introduction on the home page: three sentences that say where a person's work is done."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organizations.access import Access
from organizations.roles import Role


@dataclass(frozen=True)
class Step:
    """A place and what is done there. `url` is the name of its address."""

    url: str
    place: Promise | str
    what: Promise | str


CADRE = [
    Step("reports:home", _("工作台"), _("每天先看“等您办理”，逾期的排在最前。")),
    Step("selfcheck:round_list", _("自查自纠"), _("填写本人的自查报告，可以分几次写，写完按“提交报告”。")),
    Step("ledger:problem_list", _("整改台账"), _("报告通过后，问题列在这里：“填报进展”，改好后“提请验收”。")),
]
# Who holds several roles is shown the first of these.
STEPS: dict[str, list[Step]] = {
    Role.OFFICE: [
        Step("reports:home", _("工作台"), _("每天先看哪些单位未交、逾期，按“催办”提醒到人。")),
        Step("ledger:problem_list", _("整改台账"), _("新报的问题“确认立项”，验收过的“销号”，延期的批复。")),
        Step("reports:dashboard", _("统计报告"), _("数字点开看口径和明细，按“生成进展情况汇报”得到初稿。")),
    ],
    Role.LEADER: [
        Step("reports:dashboard", _("统计报告"), _("看各单位进展，每个数字点开都有口径和明细。")),
        Step("reports:briefing_list", _("工作汇报"), _("办公室送审的汇报在这里看，“签发”或者“退回”。")),
        Step("supervision:record_list", _("监督管理"), _("看谈心谈话、督导反馈和机构制度问题。")),
    ],
    Role.LIAISON: [
        Step("campaigns:task_list", _("单位任务"), _("本单位的任务做完，按“报完成”写一两句话。")),
        Step("learning:session_list", _("学习教育"), _("登记集中学习；考勤按名册列好，只改没到的人。")),
        Step("selfcheck:round_list", _("自查自纠"), _("看本单位谁还没交，按“复制提醒文字”发给本人。")),
    ],
    Role.REVIEWER: [
        Step("selfcheck:review_list", _("审核自查报告"), _("审核指定给您的报告，“通过”，或写明意见“退回补正”。")),
        Step("ledger:problem_list", _("整改台账"), _("对照措施和验收标准核实，“验收通过”或者“退回整改”。")),
        Step("selfcheck:round_list", _("自查自纠"), _("您本人的自查报告也在这里填写，由别人审核。")),
    ],
    Role.SUPERVISOR: [
        Step("supervision:visit_list", _("督导检查"), _("按“登记督导检查”，再逐条填写反馈意见。")),
        Step("ledger:problem_list", _("整改台账"), _("反馈意见列入台账后，在这里看改到哪一步。")),
        Step("reports:dashboard", _("统计报告"), _("看各单位进展，每个数字点开都有口径和明细。")),
    ],
    Role.CLUES: [
        Step("supervision:clue_list", _("线索件数"), _("按时段“填报件数”，只填数字，不填姓名和内容。")),
        Step("campaigns:campaign_detail", _("工作部署"), _("看环节、计划安排、会议和文件。")),
        Step("learning:session_list", _("学习教育"), _("看学习安排和学习材料。")),
    ],
    Role.SYSTEM_ADMINISTRATOR: [
        Step("organizations:roster_import", _("导入名册"), _("先导入干部名册，单位一并建立，核对无误才写入。")),
        Step("organizations:account_list", _("系统管理"), _("“开通账号”，把初始密码当面告知本人；角色由安全管理员授予。")),
        Step("organizations:unit_list", _("机构人员"), _("单位设立、撤销、划转，在单位页面办理。")),
    ],
    Role.SECURITY_ADMINISTRATOR: [
        Step("organizations:account_list", _("系统管理"), _("打开某人的账号“授权”：角色定能办什么，范围定能看哪些单位。")),
        Step("organizations:cadre_list", _("干部名册"), _("有人离任，在其页面“移交工作”，未办完的一次交给接手人。")),
        Step("organizations:unit_list", _("机构人员"), _("看单位层级，授权到上级单位即包括下级。")),
    ],
    Role.AUDIT_ADMINISTRATOR: [
        Step("reports:audit_log", _("审计日志"), _("谁在什么时候办了什么，都在这里，只增不改。")),
        Step("reports:audit_log", _("核验"), _("每条日志前后相扣，按“核验”检查有没有被改动。")),
        Step("reports:audit_log", _("导出"), _("按条件筛选后导出留存；导出本身也记入日志。")),
    ],
    Role.COORDINATION: [
        Step("reports:home", _("工作台"), _("每天先看哪些任务逾期、谁还没有报。")),
        Step("campaigns:campaign_detail", _("工作部署"), _("登记会议、文件，把计划安排分解到单位。")),
        Step("reports:dashboard", _("统计报告"), _("数字点开看口径和明细，按“生成进展情况汇报”得到初稿。")),
    ],
    Role.TRAINING: [
        Step("learning:session_list", _("学习教育"), _("安排集中学习，登记考勤，缺席的提醒补学。")),
        Step("learning:material_list", _("学习材料"), _("把必学材料放在这里，干部打开就能看。")),
        Step("reports:dashboard", _("统计报告"), _("看各单位学习进展，每个数字点开都有口径和明细。")),
    ],
    Role.PUBLICITY: [
        Step("reports:briefing_list", _("工作汇报"), _("撰写简报，数字从统计中自动取。")),
        Step("reports:dashboard", _("统计报告"), _("看各单位进展，每个数字点开都有口径和明细。")),
        Step("campaigns:campaign_detail", _("工作部署"), _("看环节、计划安排、会议和文件。")),
    ],
    Role.INSPECTION: [
        Step("supervision:visit_list", _("督导检查"), _("按“登记督导检查”，再逐条填写反馈意见。")),
        Step("ledger:problem_list", _("整改台账"), _("对照措施和验收标准核实，“验收通过”或者“退回整改”。")),
        Step("supervision:record_list", _("监督管理"), _("登记谈心谈话、述职述廉和考核。")),
    ],
}


def steps_for(user, access: Access) -> list[Step]:
    """The steps of the person's first role, else a cadre's; none once they were put away, or for who may do nothing."""
    if user.tour_ended_at is not None:
        return []
    held = {held.role for held in access.grants}
    for role, steps in STEPS.items():
        if role in held:
            return steps
    return CADRE if access.is_cadre else []
