from django.urls import path

from . import views
from .views import desk, moves

app_name = "ledger"
urlpatterns = [
    # the ledger
    path("problems/", views.problem_list, name="problem_list"),
    path("problems/new/", views.problem_new, name="problem_new"),
    path("problems/board/", views.problem_board, name="problem_board"),
    path("problems/export/", views.problem_export, name="problem_export"),
    # many rows, and filters kept
    path("problems/bulk/", desk.problem_bulk, name="problem_bulk"),
    path("problems/bulk/<int:pk>/", desk.bulk_detail, name="bulk_detail"),
    path("problems/views/new/", desk.saved_view_new, name="saved_view_new"),
    path("problems/views/<int:pk>/", desk.saved_view_change, name="saved_view_change"),
    path("problems/views/<int:pk>/drop/", desk.saved_view_drop, name="saved_view_drop"),
    # one problem
    path("problems/<int:pk>/", views.problem_detail, name="problem_detail"),
    path("problems/<int:pk>/files/<int:file_pk>/", views.problem_file, name="problem_file"),
    # moves on one problem
    path("problems/<int:pk>/register/", moves.problem_register, name="problem_register"),
    path("problems/<int:pk>/dismiss/", moves.problem_dismiss, name="problem_dismiss"),
    path("problems/<int:pk>/merge/", moves.problem_merge, name="problem_merge"),
    path("problems/<int:pk>/defer/", moves.problem_defer, name="problem_defer"),
    path("problems/<int:pk>/resume/", moves.problem_resume, name="problem_resume"),
    path("problems/<int:pk>/measures/new/", moves.measure_new, name="measure_new"),
    path("problems/<int:pk>/progress/new/", moves.progress_new, name="progress_new"),
    path("problems/<int:pk>/change/", moves.problem_change, name="problem_change"),
    path("problems/<int:pk>/milestones/new/", moves.milestone_new, name="milestone_new"),
    path("problems/<int:pk>/milestones/<int:milestone_pk>/tick/", views.milestone_tick, name="milestone_tick"),
    path("problems/<int:pk>/comments/new/", views.comment_new, name="comment_new"),
    path("problems/<int:pk>/submit/", moves.problem_submit, name="problem_submit"),
    path("problems/<int:pk>/verify/", moves.problem_verify, name="problem_verify"),
    path("problems/<int:pk>/send-back/", moves.problem_send_back, name="problem_send_back"),
    path("problems/<int:pk>/close/", moves.problem_close, name="problem_close"),
    path("problems/<int:pk>/close-at-once/", moves.problem_close_at_once, name="problem_close_at_once"),
    path("problems/<int:pk>/recur/", moves.problem_recur, name="problem_recur"),
    path("problems/<int:pk>/extensions/new/", moves.extension_new, name="extension_new"),
    path("problems/<int:pk>/extensions/decide/", moves.extension_decide, name="extension_decide"),
    # 建章立制
    path("rules/", views.rule_list, name="rule_list"),
    path("rules/new/", views.rule_new, name="rule_new"),
    path("rules/<int:pk>/issue/", views.rule_issue, name="rule_issue"),
]
