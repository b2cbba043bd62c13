"""A stored file as an HTTP answer; the view that owns the row has already fetched it through permission."""

from django.http import FileResponse

from .models import StoredFile


def file_response(stored: StoredFile) -> FileResponse:
    """Always an attachment, with its Chinese name, never guessed at by the browser."""
    response = FileResponse(stored.content.open("rb"), as_attachment=True, filename=stored.name, content_type=stored.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response
