from django.urls import path

from . import views

app_name = "selfcheck"
urlpatterns = [
    # 轮次
    path("", views.round_list, name="round_list"),
    path("rounds/new/", views.round_new, name="round_new"),
    path("rounds/<int:pk>/", views.round_detail, name="round_detail"),
    path("rounds/<int:pk>/urge/", views.round_urge, name="round_urge"),
    path("rounds/<int:pk>/reviewers/", views.reviewer_assign, name="reviewer_assign"),
    path("checklists/<int:pk>/", views.checklist_detail, name="checklist_detail"),
    # 审核
    path("reviews/", views.review_list, name="review_list"),
    path("reviews/<int:pk>/", views.review_detail, name="review_detail"),
    # 报告
    path("<int:pk>/", views.selfcheck_detail, name="selfcheck_detail"),
    path("<int:pk>/edit/", views.selfcheck_edit, name="selfcheck_edit"),
]
