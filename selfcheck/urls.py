from django.urls import path

from . import views

app_name = "selfcheck"
urlpatterns = [
    # 轮次
    path("", views.round_list, name="round_list"),
    path("rounds/new/", views.round_new, name="round_new"),
    path("rounds/<int:pk>/", views.round_detail, name="round_detail"),
    path("rounds/<int:pk>/change/", views.round_change, name="round_change"),
    path("rounds/<int:pk>/newcomers/", views.round_extend, name="round_extend"),
    path("rounds/<int:pk>/urge/", views.round_urge, name="round_urge"),
    path("rounds/<int:pk>/reviewers/", views.reviewer_assign, name="reviewer_assign"),
    path("rounds/<int:pk>/answers/", views.round_answers, name="round_answers"),
    path("rounds/<int:pk>/answers/freeze/", views.round_freeze, name="round_freeze"),
    path("rounds/<int:pk>/hints/", views.round_hints, name="round_hints"),
    path("rounds/<int:pk>/checklist/", views.checklist_adopt, name="checklist_adopt"),
    # 检查清单
    path("checklists/", views.checklist_list, name="checklist_list"),
    path("checklists/new/", views.checklist_new, name="checklist_new"),
    path("checklists/<int:pk>/edit/", views.checklist_edit, name="checklist_edit"),
    path("checklists/<int:pk>/preview/", views.checklist_preview, name="checklist_preview"),
    path("checklists/<int:pk>/publish/", views.checklist_publish, name="checklist_publish"),
    path("checklists/<int:pk>/discard/", views.checklist_discard, name="checklist_discard"),
    path("checklists/<int:pk>/", views.checklist_detail, name="checklist_detail"),
    # 审核
    path("reviews/", views.review_list, name="review_list"),
    path("reviews/<int:pk>/", views.review_detail, name="review_detail"),
    # 查阅：两人办理
    path("unsealings/", views.unsealing_list, name="unsealing_list"),
    path("unsealings/<int:pk>/decide/", views.unsealing_decide, name="unsealing_decide"),
    # 报告
    path("<int:pk>/", views.selfcheck_detail, name="selfcheck_detail"),
    path("<int:pk>/edit/", views.selfcheck_edit, name="selfcheck_edit"),
    path("<int:pk>/autosave/", views.selfcheck_autosave, name="selfcheck_autosave"),
    path("<int:pk>/unseal/", views.unsealing_new, name="unsealing_new"),
]
