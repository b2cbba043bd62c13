"""What the render worker and its parent say to each other: a four-byte kind, an eight-byte length, that many bytes."""

import struct

HEAD = struct.Struct(">4sQ")
JOB, PDF, ERROR = b"JOB ", b"PDF ", b"ERR "


def read_frame(stream):
    """(kind, bytes), or None when the other side has gone."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    body = stream.read(length)
    return (kind, body) if len(body) == length else None


def write_frame(stream, kind, body):
    stream.write(HEAD.pack(kind, len(body)) + body)
    stream.flush()
