"""Writes tests/answers/{oss,tables,obs}.jsonl: what the vendors' clients make of the answers of answers.py.

    target/oracles/bin/python tests/oracles/record_answers.py tests/answers

A raw server on loopback gives each answer; the clients run as they are. An answer about which they differ must say in answers.py
what this library does, and why: without that nothing is written.
"""

from __future__ import annotations

import base64
import http
import json
import pathlib
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from alibabacloud_oss_v2 import models
from alibabacloud_oss_v2.exceptions import OperationError, ServiceError
from alibabacloud_oss_v2.tables import models as tables_models
from oss2 import exceptions as oss2_exceptions

import vendors
from answers import ANSWERS, Answer

KEY = vendors.Key("AK", "SK")
ARN = "acs:osstables:cn-hangzhou:1234567890:bucket/example-bucket"
Verdict = dict[str, Any]


class Server:
    """Says the same thing to everyone, byte by byte: an HTTP library would mend what has to arrive broken."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.says = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def answer(self, answer: Answer) -> None:
        reason = http.HTTPStatus(answer.status).phrase
        lines = [f"HTTP/1.1 {answer.status} {reason}"] + [f"{name}: {value}" for name, value in answer.headers]
        if answer.status not in (204, 304):
            lines.append(f"Content-Length: {len(answer.body)}")
        self.says = "\r\n".join(lines + ["Connection: close", "", ""]).encode() + answer.body

    def _serve(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            with connection:
                read = b""
                while b"\r\n\r\n" not in read and (more := connection.recv(65536)):
                    read += more
                head, _, body = read.partition(b"\r\n\r\n")
                length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                while len(body) < length and (more := connection.recv(65536)):
                    body += more
                connection.sendall(self.says)
                # Closed from our side first, a socket with unread bytes would send a reset in place of the answer.
                connection.shutdown(socket.SHUT_WR)


def error(status: int, code: str | None, message: str | None, request_id: str | None, ec: str | None) -> Verdict:
    return {"error": {"status": status, "code": code or "", "message": message, "request_id": request_id or None, "ec": ec or None}}


FAILED: Verdict = {"failed": True}
NOTHING: Verdict = {"nothing": True}
DONE: Verdict = {"done": True}


def set_to(**fields: str | None) -> Verdict:
    """Fields as the client has them; one that it leaves out is one that it has no name for."""
    return NOTHING if all(value is None for value in fields.values()) else {"setting": fields}


def by_v2(call: Callable[[], Any], read: Callable[[Any], Verdict]) -> Verdict:
    """`read` looks at what the client made of the answer; nothing that goes wrong there is the client's failure."""
    try:
        result = call()
    except OperationError as outer:
        inner = outer.unwrap()
        if not isinstance(inner, ServiceError):
            return FAILED
        # BadErrorResponse is the client's own word for "no code found"; these messages are its own as well.
        code = "" if inner.code == "BadErrorResponse" else inner.code
        own = ("Failed to parse", "The body of the response was not readable", "Expect root node")
        message = None if (inner.message or "").startswith(own) else inner.message
        return error(inner.status_code, code, message, inner.request_id, inner.ec)
    except Exception:  # Anything at all may come out of a client that was given something odd.
        return FAILED
    return read(result)


def done(_: Any) -> Verdict:
    return DONE


def v2_oss(answer: Answer) -> Verdict:
    client = vendors.v2_client(KEY, "http://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou")

    def read(result: models.GetBucketEncryptionResult) -> Verdict:
        rule = result.server_side_encryption_rule
        inner = rule and rule.apply_server_side_encryption_by_default
        if not inner:
            return NOTHING
        return set_to(
            sse_algorithm=inner.sse_algorithm, kms_master_key_id=inner.kms_master_key_id, kms_data_encryption=inner.kms_data_encryption
        )

    rule = models.ServerSideEncryptionRule(models.ApplyServerSideEncryptionByDefault(sse_algorithm="AES256"))
    get = models.GetBucketEncryptionRequest("examplebucket")
    put = models.PutBucketEncryptionRequest("examplebucket", rule)
    delete = models.DeleteBucketEncryptionRequest("examplebucket")
    call, then = {
        "get_bucket_encryption": (lambda: client.get_bucket_encryption(get), read),
        "put_bucket_encryption": (lambda: client.put_bucket_encryption(put), done),
        "delete_bucket_encryption": (lambda: client.delete_bucket_encryption(delete), done),
    }[answer.operation]
    return by_v2(call, then)


def oss2_oss(answer: Answer) -> Verdict:
    bucket = vendors.oss2_bucket(KEY, "http://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", "examplebucket")
    rule = vendors.oss2.models.ServerSideEncryptionRule("AES256")
    call = {
        "get_bucket_encryption": bucket.get_bucket_encryption,
        "put_bucket_encryption": lambda: bucket.put_bucket_encryption(rule),
        "delete_bucket_encryption": bucket.delete_bucket_encryption,
    }[answer.operation]
    try:
        got = call()
    except oss2_exceptions.ServerError as e:
        # Without a code there is no error document; an absent message is then not a message that was empty.
        return error(e.status, e.code, e.message if e.details else None, e.request_id, e.ec)
    except Exception:  # Anything at all may come out of a client that was given something odd.
        return FAILED
    if not answer.operation.startswith("get"):
        return DONE
    return set_to(sse_algorithm=got.sse_algorithm, kms_master_key_id=got.kms_master_keyid, kms_data_encryption=got.kms_data_encryption)


def v2_tables(answer: Answer) -> Verdict:
    client = vendors.v2_tables_client(KEY, "http://cn-hangzhou.oss-tables.aliyuncs.com", "cn-hangzhou")

    def read(result: Any) -> Verdict:
        inner = result.encryption_configuration
        return set_to(sse_algorithm=inner.sse_algorithm, kms_key_arn=inner.kms_key_arn) if inner else NOTHING

    setting = tables_models.EncryptionConfiguration(sse_algorithm="AES256")
    get_table = tables_models.GetTableEncryptionRequest(ARN, "ns", "t")
    get = tables_models.GetTableBucketEncryptionRequest(ARN)
    put = tables_models.PutTableBucketEncryptionRequest(ARN, setting)
    delete = tables_models.DeleteTableBucketEncryptionRequest(ARN)
    call, then = {
        "get_table_encryption": (lambda: client.get_table_encryption(get_table), read),
        "get_table_bucket_encryption": (lambda: client.get_table_bucket_encryption(get), read),
        "put_table_bucket_encryption": (lambda: client.put_table_bucket_encryption(put), done),
        "delete_table_bucket_encryption": (lambda: client.delete_table_bucket_encryption(delete), done),
    }[answer.operation]
    return by_v2(call, then)


def obs_obs(answer: Answer) -> Verdict:
    client = vendors.obs_client(KEY, "http://obs.cn-north-4.myhuaweicloud.com")
    try:
        if answer.operation.startswith("get"):
            result = client.getBucketEncryption("examplebucket")
        elif answer.operation.startswith("put"):
            result = client.setBucketEncryption("examplebucket", "kms")
        else:
            result = client.deleteBucketEncryption("examplebucket")
    except Exception:  # Anything at all may come out of a client that was given something odd.
        return FAILED
    if result.status >= 300:
        return error(result.status, result.errorCode, result.errorMessage, result.requestId, None)
    if not answer.operation.startswith("get"):
        return DONE
    # What the client cannot read it drops, and reports success without a body.
    if result.body is None:
        return FAILED
    return set_to(sse_algorithm=result.body.get("encryption"), kms_master_key_id=result.body.get("key"))


CLIENTS = {"oss": {"v2": v2_oss, "oss2": oss2_oss}, "tables": {"v2": v2_tables}, "obs": {"esdk-obs": obs_obs}}


def record(answer: Answer, verdicts: dict[str, Verdict]) -> dict[str, Any]:
    try:
        body = {"body": answer.body.decode()} if answer.body else {}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(answer.body).decode()}
    ours = {"ours": answer.ours, "why": answer.why} if answer.ours else {}
    return {
        "answer": answer.name,
        "operation": answer.operation,
        "status": answer.status,
        "headers": dict(answer.headers),
        **body,
        "clients": verdicts,
        **ours,
    }


def main(folder: pathlib.Path) -> None:
    server = Server()
    vendors.redirect_connections(server.port)
    written: dict[str, list[str]] = {"oss": [], "tables": [], "obs": []}
    undecided = 0
    names = [answer.name for answer in ANSWERS]
    for name in {name for name in names if names.count(name) > 1}:
        sys.exit(f"two answers have the same name: {name}")
    for answer in ANSWERS:
        server.answer(answer)
        verdicts = {name: ask(answer) for name, ask in CLIENTS[answer.service].items()}
        if not answer.ours and len({json.dumps(verdict, sort_keys=True) for verdict in verdicts.values()}) > 1:
            undecided += 1
            print(f"the clients differ and nothing says what we do: {answer.name}: {json.dumps(verdicts)}", file=sys.stderr)
        line = json.dumps(record(answer, verdicts), ensure_ascii=False, separators=(",", ":"))
        # Python's texts can hold half a character, which no file can.
        written[answer.service].append(line.encode("utf-8", "replace").decode() + "\n")
    if undecided:
        sys.exit(f"{undecided} undecided answers; nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    for service, lines in written.items():
        (folder / f"{service}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
