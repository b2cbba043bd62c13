"""What a new briefing starts from: headings, computed sentences, and where prose is asked for.

Lines: `# ` and `## ` are headings of level one and two (a level-two heading that ends with 。 runs into its paragraph),
`@name` is a whole part from rows, {{key}} a figure or a fact, {{key|cn}} a number in Chinese numerals.
"""

from .models import Briefing

PROGRESS = """教育整顿工作开展以来，{{organ}}认真贯彻落实上级部署，结合{{workforce}}队伍实际，扎实推进教育整顿。现将工作进展情况汇报如下。
# 工作进展情况
## 动员部署。
一是召开会议，动员部署。{{meeting_chain}}。二是制定方案，明确任务。聚焦{{phase_names}}{{phases|cn}}个环节，制定教育整顿计划安排{{plan_items}}项，明确时间、地点、任务、负责人，已完成{{plan_done}}项。三是成立领导小组，加强领导。{{leading_group}}
## 学习教育。
下发学习材料和阅读书目{{materials}}件。{{so_far}}，以{{sample_materials}}等为主要内容，组织集中学习{{sessions}}次，应到{{attendance_expected}}人次，实到{{attendance_present}}人次，补学{{attendance_made_up}}人次。开展教育活动{{activities}}场：{{activities_told}}
## 自查自纠。
对照{{aspect_names}}等{{aspects}}个方面，深入开展自查自纠。{{selfcheck_progress}}{{rectification_progress}}
# 存在的问题
目前，共有在编在岗{{workforce}}{{cadres_total}}人，其中机关{{cadres_organ}}人，{{streets}}个街道纪工委{{cadres_street}}人。{{institutions}}
@机构制度问题
@几点建议
# 下一步打算
@下一步打算
"""
BULLETIN = """{{as_of_day}}，教育整顿各项工作有序推进。
# 学习教育
组织集中学习{{sessions}}次，实到{{attendance_present}}人次；开展教育活动{{activities}}场。
# 自查自纠
{{selfcheck_progress}}
# 整改落实
{{rectification_progress}}
"""
OUTLINES = {Briefing.Kind.PROGRESS: PROGRESS, Briefing.Kind.BULLETIN: BULLETIN, Briefing.Kind.SPECIAL: BULLETIN}
