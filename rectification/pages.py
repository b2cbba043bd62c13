"""What every answer passes on its way out."""

from django.middleware.gzip import GZipMiddleware


class PageGZipMiddleware(GZipMiddleware):
    """Pages are sent compressed; files to download keep their length and their own compression.

    Django pads each answer by a random length, and tokens in pages are masked anew each time (BREACH).
    """

    def process_response(self, request, response):
        kind = response.headers.get("Content-Type", "")
        return super().process_response(request, response) if kind.startswith("text/html") else response
