from django.urls import path

from . import views

app_name = "campaigns"
urlpatterns = [
    # the campaign and its phases
    path("", views.campaign_detail, name="campaign_detail"),
    path("list/", views.campaign_list, name="campaign_list"),
    path("new/", views.campaign_new, name="campaign_new"),
    path("<int:pk>/choose/", views.campaign_choose, name="campaign_choose"),
    path("phases/new/", views.phase_new, name="phase_new"),
    path("phases/<int:pk>/change/", views.phase_change, name="phase_change"),
    path("next-steps/new/", views.next_step_new, name="next_step_new"),
    # the plan and the units' tasks
    path("items/new/", views.item_new, name="item_new"),
    path("items/export/", views.plan_export, name="plan_export"),
    path("items/<int:pk>/", views.item_detail, name="item_detail"),
    path("items/<int:pk>/change/", views.item_change, name="item_change"),
    path("items/<int:pk>/finish/", views.item_finish, name="item_finish"),
    path("items/<int:pk>/assign/", views.task_assign, name="task_assign"),
    path("tasks/", views.task_list, name="task_list"),
    path("tasks/units/", views.unit_list, name="unit_list"),
    path("tasks/<int:pk>/finish/", views.task_finish, name="task_finish"),
    path("tasks/<int:pk>/files/<int:file_pk>/", views.task_file, name="task_file"),
    # the leading group
    path("group/", views.group_detail, name="group_detail"),
    path("group/form/", views.group_form, name="group_form"),
    path("group/work-groups/form/", views.work_groups_form, name="work_groups_form"),
    path("group/work-groups/<int:pk>/change/", views.work_group_change, name="work_group_change"),
    path("group/members/new/", views.member_new, name="member_new"),
    path("group/members/<int:pk>/remove/", views.member_remove, name="member_remove"),
    # meetings and documents
    path("meetings/", views.meeting_list, name="meeting_list"),
    path("meetings/new/", views.meeting_new, name="meeting_new"),
    path("meetings/<int:pk>/", views.meeting_detail, name="meeting_detail"),
    path("meetings/<int:pk>/change/", views.meeting_change, name="meeting_change"),
    path("documents/", views.document_list, name="document_list"),
    path("documents/new/", views.document_new, name="document_new"),
    path("documents/<int:pk>/change/", views.document_change, name="document_change"),
    path("documents/<int:pk>/file/", views.document_file, name="document_file"),
    # slips
    path("slips/", views.slip_list, name="slip_list"),
    path("slips/new/", views.slip_new, name="slip_new"),
    path("slips/<int:pk>/", views.slip_detail, name="slip_detail"),
    path("slips/<int:pk>/acknowledge/", views.slip_acknowledge, name="slip_acknowledge"),
]
