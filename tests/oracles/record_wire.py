"""Writes tests/wire/vendors.jsonl: what the vendors' clients send for each operation, line by line.

    target/oracles/bin/python tests/oracles/record_wire.py tests/wire

tests/wire.rs sends the same with this library and holds the two side by side. What changes from run to run (dates, signatures, the
name and version of the client) is replaced by a mark of its shape; tests/wire.rs does the same to ours.
"""

from __future__ import annotations

import json
import pathlib
import re
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from alibabacloud_oss_v2 import models
from alibabacloud_oss_v2.tables import models as tables_models

import vendors

KEY = vendors.Key("AK", "SK", "to/k+en=")
BUCKET = "examplebucket"
ARN = "acs:osstables:cn-hangzhou:1234567890:bucket/example-tables"
OSS = "http://oss-cn-hangzhou.aliyuncs.com"
TABLES = "http://cn-hangzhou.oss-tables.aliyuncs.com"
OBS = "http://obs.cn-north-4.myhuaweicloud.com"
KMS_KEY = "9468da86-3509-4f8d-a61e-6eab1eac0000"

# In this order: a date inside an Authorization is marked first.
SHAPES = [
    (r"/\d{8}/", "/<day>/"),
    (r"Signature=[0-9a-f]{64}$", "Signature=<64 hex digits>"),
    (r"^(OSS|OBS) AK:[A-Za-z0-9+/]{27}=$", r"\1 AK:<28 base64 digits>"),
    (r"^\d{8}T\d{6}Z$", "<yyyymmddThhmmssZ>"),
    (r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$", "<HTTP date>"),
]


class Capture:
    """Takes one request after the other, as bytes, and answers each with nothing but a 404."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            with connection:
                read = b""
                while b"\r\n\r\n" not in read and (more := connection.recv(65536)):
                    read += more
                length = re.search(rb"\r\ncontent-length: *(\d+)", read.partition(b"\r\n\r\n")[0].lower())
                while length and len(read.partition(b"\r\n\r\n")[2]) < int(length[1]) and (more := connection.recv(65536)):
                    read += more
                self.requests.append(read)
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def marked(name: str, value: str) -> str:
    if name == "user-agent":
        return "<the client's name>"
    for pattern, mark in SHAPES:
        value = re.sub(pattern, mark, value)
    return value


def line_by_line(client: str, operation: str, request: bytes) -> dict[str, Any]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        # Names are the same in any letter case, and their order says nothing.
        name = name.lower()
        if name in headers:
            sys.exit(f"{client} sends {name} twice")
        headers[name] = marked(name, value.strip())
    sent = {"request line": first, **dict(sorted(headers.items()))}
    if body:
        sent["body"] = body.decode()
    return {"client": client, "operation": operation, "sent": sent}


def calls() -> list[tuple[str, str, Callable[[], Any]]]:
    """Client, operation, and the call that makes it."""
    made: list[tuple[str, str, Callable[[], Any]]] = []
    inner = models.ApplyServerSideEncryptionByDefault(sse_algorithm="KMS", kms_master_key_id=KMS_KEY, kms_data_encryption="SM4")
    rule = models.ServerSideEncryptionRule(inner)
    oss2_rule = vendors.oss2.models.ServerSideEncryptionRule("KMS", KMS_KEY, "SM4")
    for version in ["v4", "v1"]:
        v2 = vendors.v2_client(KEY, OSS, "cn-hangzhou", version)
        oss2 = vendors.oss2_bucket(KEY, OSS, "cn-hangzhou", BUCKET, version)
        made += [
            (f"v2 {version}", "get_bucket_encryption", lambda c=v2: c.get_bucket_encryption(models.GetBucketEncryptionRequest(BUCKET))),
            (
                f"v2 {version}",
                "put_bucket_encryption",
                lambda c=v2: c.put_bucket_encryption(models.PutBucketEncryptionRequest(BUCKET, rule)),
            ),
            (
                f"v2 {version}",
                "delete_bucket_encryption",
                lambda c=v2: c.delete_bucket_encryption(models.DeleteBucketEncryptionRequest(BUCKET)),
            ),
            (f"oss2 {version}", "get_bucket_encryption", lambda c=oss2: c.get_bucket_encryption()),
            (f"oss2 {version}", "put_bucket_encryption", lambda c=oss2: c.put_bucket_encryption(oss2_rule)),
            (f"oss2 {version}", "delete_bucket_encryption", lambda c=oss2: c.delete_bucket_encryption()),
        ]
    for name, path_style in [("v2 tables", False), ("v2 tables path", True)]:
        tables = vendors.v2_tables_client(KEY, TABLES, "cn-hangzhou", path_style)
        setting = tables_models.EncryptionConfiguration(sse_algorithm="AES256")
        made += [
            (
                name,
                "get_table_encryption",
                lambda c=tables: c.get_table_encryption(tables_models.GetTableEncryptionRequest(ARN, "sales", "orders")),
            ),
            (
                name,
                "get_table_bucket_encryption",
                lambda c=tables: c.get_table_bucket_encryption(tables_models.GetTableBucketEncryptionRequest(ARN)),
            ),
            (
                name,
                "put_table_bucket_encryption",
                lambda c=tables: c.put_table_bucket_encryption(tables_models.PutTableBucketEncryptionRequest(ARN, setting)),
            ),
            (
                name,
                "delete_table_bucket_encryption",
                lambda c=tables: c.delete_table_bucket_encryption(tables_models.DeleteTableBucketEncryptionRequest(ARN)),
            ),
        ]
    path_v2 = vendors.v2_client(KEY, OSS, "cn-hangzhou", "v4", path_style=True)
    made.append(("v2 v4 path", "get_bucket_encryption", lambda: path_v2.get_bucket_encryption(models.GetBucketEncryptionRequest(BUCKET))))
    obs = vendors.obs_client(KEY, OBS)
    made += [
        ("esdk-obs", "get_bucket_encryption", lambda: obs.getBucketEncryption(BUCKET)),
        ("esdk-obs", "put_bucket_encryption", lambda: obs.setBucketEncryption(BUCKET, "kms", KMS_KEY)),
        ("esdk-obs", "delete_bucket_encryption", lambda: obs.deleteBucketEncryption(BUCKET)),
    ]
    return made


def main(folder: pathlib.Path) -> None:
    capture = Capture()
    vendors.redirect_connections(capture.port)
    lines = []
    for client, operation, call in calls():
        seen = len(capture.requests)
        try:
            call()
        except Exception:  # Whatever the client makes of a 404: only what it sent matters here.
            pass
        if len(capture.requests) != seen + 1:
            sys.exit(f"{client} {operation}: {len(capture.requests) - seen} requests instead of one")
        lines.append(json.dumps(line_by_line(client, operation, capture.requests[-1]), ensure_ascii=False) + "\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vendors.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
