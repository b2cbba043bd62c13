"""Who may do what: every role with its permissions, one sentence each. Scope (which units, which campaign) is the grant's."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Permission(TextChoices):
    """What a role may do inside its scope."""

    SEE_CAMPAIGN = "see_campaign", _("看教育整顿的环节、计划、会议、文件和学习安排")
    SEE_ORGANIZATIONS = "see_organizations", _("看范围内的单位和干部名册")
    SEE_LEDGER = "see_ledger", _("看范围内的整改台账")
    SEE_PROGRESS = "see_progress", _("看范围内谁已交、谁未交自查报告，看不到自查内容")
    SEE_FIGURES = "see_figures", _("看统计数字和工作汇报，下载汇报")
    SEE_SUPERVISION = "see_supervision", _("看范围内的监督记录、督导反馈、机构制度问题")
    SEE_CLUE_COUNTS = "see_clue_counts", _("看和填问题线索的件数，没有线索内容")
    SEE_AUDIT = "see_audit", _("查看、核验和导出审计日志")
    PLAN_CAMPAIGN = "plan_campaign", _("部署教育整顿：环节、计划、领导小组、会议、文件、提示单")
    REPORT_UNIT_TASKS = "report_unit_tasks", _("填报本单位任务的完成情况")
    RUN_LEARNING = "run_learning", _("安排集中学习和警示教育，登记考勤")
    RUN_SELFCHECK = "run_selfcheck", _("发起自查自纠，催交，指定审核人")
    REVIEW_SELFCHECK = "review_selfcheck", _("审核指定给本人的自查报告，通过或退回")
    ASK_UNSEALING = "ask_unsealing", _("因工作需要申请查阅他人自查报告，须另一人批准，本人收到通知")
    APPROVE_UNSEALING = "approve_unsealing", _("批准或不同意别人提出的查阅申请")
    REPORT_PROBLEMS = "report_problems", _("登记问题，填报整改进展")
    CLOSE_UNIT_PROBLEMS = "close_unit_problems", _("销号范围内的一般问题；较重和严重的不能")
    MANAGE_LEDGER = "manage_ledger", _("确认立项、更正、定责定时、批延期，销号一般和较重的问题")
    CLOSE_SEVERE_PROBLEMS = "close_severe_problems", _("销号严重的问题")
    VERIFY_PROBLEMS = "verify_problems", _("验收整改，通过或退回；不能验收本人的问题")
    RUN_SUPERVISION = "run_supervision", _("登记谈心谈话、述职述廉、考核和机构制度问题")
    VISIT = "visit", _("开展督导检查，反馈意见")
    WRITE_BRIEFINGS = "write_briefings", _("撰写工作汇报和简报")
    ISSUE_BRIEFINGS = "issue_briefings", _("审签工作汇报和简报")
    IMPORT_ROSTER = "import_roster", _("导入和维护单位、干部名册")
    MANAGE_ACCOUNTS = "manage_accounts", _("开通、停用账号，重置密码；不能授权")
    GRANT_ROLES = "grant_roles", _("授权、收回授权，移交离任人员的工作；不能开通账号")


P = Permission


class Role(TextChoices):
    """What the grants name. 干部 needs no grant: it follows from the roster."""

    REVIEWER = "reviewer", _("审核人")
    LIAISON = "liaison", _("联络员")
    OFFICE = "office", _("领导小组办公室")
    COORDINATION = "coordination", _("综合协调组")
    CLUES = "clues", _("线索处置组")
    TRAINING = "training", _("教育培训组")
    PUBLICITY = "publicity", _("宣传舆情组")
    INSPECTION = "inspection", _("督导检查组")
    LEADER = "leader", _("领导")
    SUPERVISOR = "supervisor", _("督导组")
    SYSTEM_ADMINISTRATOR = "system_administrator", _("系统管理员")
    SECURITY_ADMINISTRATOR = "security_administrator", _("安全管理员")
    AUDIT_ADMINISTRATOR = "audit_administrator", _("安全审计员")


# 三员分立: nobody holds two of these, nor one of these beside a role of the campaign (settings.SEPARATE_ADMINISTRATORS).
ADMINISTRATORS = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)

# 干部: what everyone on the roster may do with their own rows; scope is the person.
CADRE_PERMISSIONS = {P.SEE_CAMPAIGN}

ROLE_PERMISSIONS: dict[str, set[str]] = {
    # 审核人: reads and decides on the self-checks assigned to them, and verifies rectification.
    Role.REVIEWER: {P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_PROGRESS, P.REVIEW_SELFCHECK, P.SEE_LEDGER, P.VERIFY_PROBLEMS},
    # 联络员: chases and reports for one unit, closes its ordinary problems.
    Role.LIAISON: {P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_PROGRESS, P.SEE_LEDGER, P.REPORT_UNIT_TASKS, P.REPORT_PROBLEMS, P.CLOSE_UNIT_PROBLEMS, P.RUN_LEARNING},
    # 领导小组办公室: runs the campaign.
    Role.OFFICE: {
        P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_LEDGER, P.SEE_PROGRESS, P.SEE_FIGURES, P.SEE_SUPERVISION,
        P.PLAN_CAMPAIGN, P.REPORT_UNIT_TASKS, P.RUN_LEARNING, P.RUN_SELFCHECK, P.REPORT_PROBLEMS, P.MANAGE_LEDGER,
        P.VERIFY_PROBLEMS, P.RUN_SUPERVISION, P.WRITE_BRIEFINGS, P.IMPORT_ROSTER, P.ASK_UNSEALING,
    },
    # 综合协调组: plans, convenes, files documents, drafts reports.
    Role.COORDINATION: {P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_LEDGER, P.SEE_PROGRESS, P.SEE_FIGURES, P.PLAN_CAMPAIGN, P.REPORT_UNIT_TASKS, P.WRITE_BRIEFINGS},
    # 线索处置组: counts of clues, nothing else about them.
    Role.CLUES: {P.SEE_CAMPAIGN, P.SEE_CLUE_COUNTS},
    # 教育培训组: teaching and who came.
    Role.TRAINING: {P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_PROGRESS, P.SEE_FIGURES, P.RUN_LEARNING},
    # 宣传舆情组: bulletins from the figures.
    Role.PUBLICITY: {P.SEE_CAMPAIGN, P.SEE_FIGURES, P.WRITE_BRIEFINGS},
    # 督导检查组: visits inside the organ, verifies what was put right, keeps the records of supervision.
    Role.INSPECTION: {
        P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_LEDGER, P.SEE_PROGRESS, P.SEE_FIGURES, P.SEE_SUPERVISION,
        P.VISIT, P.VERIFY_PROBLEMS, P.RUN_SUPERVISION,
    },
    # 领导: reads, downloads, signs off, closes severe problems.
    Role.LEADER: {
        P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_LEDGER, P.SEE_PROGRESS, P.SEE_FIGURES, P.SEE_SUPERVISION, P.SEE_CLUE_COUNTS,
        P.CLOSE_SEVERE_PROBLEMS, P.ISSUE_BRIEFINGS, P.ASK_UNSEALING, P.APPROVE_UNSEALING,
    },
    # 督导组, sent from above: visits, feeds back, reads the figures.
    Role.SUPERVISOR: {P.SEE_CAMPAIGN, P.SEE_ORGANIZATIONS, P.SEE_LEDGER, P.SEE_PROGRESS, P.SEE_FIGURES, P.SEE_SUPERVISION, P.VISIT},
    # 系统管理员: accounts and roster; grants nothing, reads no log, no self-check, no ledger.
    Role.SYSTEM_ADMINISTRATOR: {P.SEE_ORGANIZATIONS, P.IMPORT_ROSTER, P.MANAGE_ACCOUNTS},
    # 安全管理员: who holds which role; opens no account, reads no log, no self-check, no ledger.
    Role.SECURITY_ADMINISTRATOR: {P.SEE_ORGANIZATIONS, P.GRANT_ROLES},
    # 安全审计员: the log, the other two administrators' deeds included; nothing else.
    Role.AUDIT_ADMINISTRATOR: {P.SEE_AUDIT},
}
