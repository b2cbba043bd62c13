"""The writers: one document model (``reports.document``) in, one file format out. None of them knows a Django model."""
