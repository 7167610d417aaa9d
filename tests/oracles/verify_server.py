"""A small service on 127.0.0.1 that believes the vendors' signers and nobody else.

    target/oracles/bin/python tests/oracles/verify_server.py --key-id AK --secret SK [--token T]

It prints `listening PORT`, and then takes requests for OSS (V4 and V1), OSS Tables and OBS. Each is signed again, as it arrived,
by the vendor's signer; a request whose Authorization is not the same, byte by byte, is refused. Settings are read by the vendors'
own parsers and kept in memory. It is also its own HTTP proxy, so that a client may speak to the services' real host names.
"""

from __future__ import annotations

import argparse
import base64
import calendar
import hashlib
import json
import re
import time
import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from alibabacloud_oss_v2 import serde
from alibabacloud_oss_v2.models import ServerSideEncryptionRule
from alibabacloud_oss_v2.tables.models import EncryptionConfiguration
from alibabacloud_oss_v2.tables.operations._serde import (
    _deserialize_json_model_tables,
    _serialize_json_model_tables,
)

import vendors

REGION = "cn-hangzhou"
HOSTS = ["oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou.oss-tables.aliyuncs.com", "obs.cn-north-4.myhuaweicloud.com"]
CUSTOM_DOMAINS = {"files.example.com": "examplebucket"}
MISSING = {"missing-bucket", "missing"}
SKEW_SECONDS = 15 * 60


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    key: vendors.Key
    settings: dict[tuple[str, str], bytes] = {}

    def log_message(self, *_: Any) -> None:
        pass

    def do_CONNECT(self) -> None:
        # The tunnel ends here: what comes next on this connection is a request to the name that was asked for.
        self.send_response_only(200)
        self.end_headers()

    def do_GET(self) -> None:
        self.serve()

    do_PUT = do_DELETE = do_GET

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        service = "tables"
        try:
            service = self.service()
            bucket = self.verified(service, body)
            status, answer = self.operation(service, bucket, body)
            self.answer(service, status, answer)
        except Refused as refused:
            self.refuse(service, refused)

    # --- What was received ---

    @property
    def target(self) -> str:
        """Path and query, also where the client spoke to us as to a proxy."""
        return re.sub(r"^http://[^/]*", "", self.path)

    @property
    def host(self) -> str:
        return vendors.host_of("http://" + self.headers["Host"])

    def service(self) -> str:
        authorization = self.headers.get("Authorization", "")
        if authorization.startswith("OSS4-HMAC-SHA256 "):
            scope = re.search(r"Credential=[^,]*/(\d{8})/([a-z0-9-]+)/([a-z]+)/aliyun_v4_request", authorization)
            if not scope or scope[3] not in ("oss", "osstables") or scope[2] != REGION:
                raise Refused(403, "InvalidArgument", f"not a scope of this service: {authorization}")
            return "tables" if scope[3] == "osstables" else "oss v4"
        for prefix, service in (("OSS ", "oss v1"), ("OBS ", "obs")):
            if authorization.startswith(prefix):
                return service
        raise Refused(403, "AccessDenied", f"no Authorization that is known here: {authorization!r}")

    def bucket(self) -> str:
        """The bucket that the host or, in path style, the path names."""
        path = urlsplit(self.target).path
        if self.host in CUSTOM_DOMAINS:
            wanted, bucket = "/", CUSTOM_DOMAINS[self.host]
        elif self.host == "127.0.0.1" or self.host in HOSTS:
            bucket = path.split("/")[1]
            wanted = f"/{bucket}/"
        else:
            bucket = next((self.host[: -len(known) - 1] for known in HOSTS if self.host.endswith("." + known)), "")
            wanted = "/"
        # The vendors' own clients write an empty value; both sign the same.
        if not bucket or self.target.removesuffix("=") != f"{wanted}?encryption":
            raise Refused(400, "InvalidURI", f"{self.target} at {self.host} is not the encryption of a bucket")
        return bucket

    def verified(self, service: str, body: bytes) -> str:
        """Signs what arrived once more, compares, and gives the bucket, or the ARN."""
        key, url = self.key, f"http://{self.headers['Host']}{self.target}"
        dropped = ("authorization", "x-oss-security-token", "x-obs-security-token")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        unix = self.time_of_signing(service)
        if service == "tables":
            path = urlsplit(self.target).path[1:]
            bucket = unquote(path.split("/")[1])
            self.check_arn_against_host(bucket)
            signed = vendors.sign_tables_v4(key, self.command, url, headers, bucket, path, REGION, unix)
        else:
            bucket = self.bucket()
            if service == "oss v4":
                signed = vendors.sign_oss_v4(key, self.command, url, headers, bucket, REGION, unix)
            elif service == "oss v1":
                signed = vendors.sign_oss_v1(key, self.command, url, headers, bucket, unix)
            else:
                domain = self.host if self.host in CUSTOM_DOMAINS else None
                signed = vendors.sign_obs(key, self.command, headers, bucket, domain, unix)
        # Whatever the signer wrote must have come just so: the date, the payload's mark, the token, and the signature.
        for name, value in signed.headers.items():
            if value is not None and name.lower() != "user-agent" and self.headers.get(name) != value:
                raise Refused(403, "SignatureDoesNotMatch", f"{name} should be {value!r}, is {self.headers.get(name)!r}")
        for name in ("x-oss-security-token", "x-obs-security-token"):
            if name in self.headers and not key.token:
                raise Refused(403, "InvalidSecurityToken", f"{name} was sent, none is known")
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        if body and self.headers.get("Content-MD5") != md5:
            raise Refused(400, "InvalidDigest", f"Content-MD5 should be {md5}")
        return bucket

    def time_of_signing(self, service: str) -> int:
        try:
            if service in ("oss v4", "tables"):
                unix = calendar.timegm(time.strptime(self.headers["x-oss-date"], "%Y%m%dT%H%M%SZ"))
            else:
                unix = int(parsedate_to_datetime(self.headers["Date"]).timestamp())
        except (TypeError, ValueError) as e:
            raise Refused(403, "AccessDenied", f"no date that can be read: {e}") from e
        if abs(unix - time.time()) > SKEW_SECONDS:
            raise Refused(403, "RequestTimeTooSkewed", "the clocks differ by more than 15 minutes")
        return unix

    def check_arn_against_host(self, arn: str) -> None:
        account, bucket = arn.split(":")[3], arn.partition("/")[2]
        wanted = {"127.0.0.1", HOSTS[1], f"{bucket}-{account}.{HOSTS[1]}"}
        if self.host not in wanted:
            raise Refused(400, "BadRequestException", f"TableBucketArn from uri and from host not match: {self.host}")

    # --- What is done ---

    def operation(self, service: str, bucket: str, body: bytes) -> tuple[int, bytes]:
        if service == "tables":
            return self.tables(bucket, body)
        if bucket in MISSING:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        kind = service.split(" ")[0]
        if self.command == "PUT":
            self.settings[kind, bucket] = oss_document(body) if kind == "oss" else obs_document(body)
            return 200, b""
        if self.command == "DELETE":
            self.settings.pop((kind, bucket), None)
            return 204, b""
        if (kind, bucket) not in self.settings:
            codes = {"oss": "NoSuchServerSideEncryptionRule", "obs": "NoSuchEncryptionConfiguration"}
            raise Refused(404, codes[kind], "Nothing is set.")
        return 200, self.settings[kind, bucket]

    def tables(self, arn: str, body: bytes) -> tuple[int, bytes]:
        if arn.partition("/")[2] in MISSING:
            raise Refused(404, "NotFoundException", "The specified table bucket does not exist.")
        path = urlsplit(self.target).path
        of_table = re.fullmatch(rf"/tables/{re.escape(quote(arn, safe=''))}/([^/]+)/([^/]+)/encryption", path)
        if of_table and self.command == "GET":
            namespace, table = map(unquote, of_table.groups())
            if table in MISSING:
                raise Refused(404, "NotFoundException", "The specified table does not exist.")
            # The name comes back in the key, so that the caller can see that it arrived whole.
            inner = {"sseAlgorithm": "AES256", "kmsKeyArn": f"{namespace}|{table}"}
            return 200, json.dumps({"encryptionConfiguration": inner}).encode()
        if path != f"/buckets/{quote(arn, safe='')}/encryption":
            raise Refused(400, "BadRequestException", f"no such operation: {self.command} {path}")
        if self.command == "PUT":
            configuration = EncryptionConfiguration()
            _deserialize_json_model_tables(json.loads(body)["encryptionConfiguration"], configuration)
            self.settings["tables", arn] = json.dumps({"encryptionConfiguration": _serialize_json_model_tables(configuration)}).encode()
            return 200, b""
        if self.command == "DELETE":
            self.settings.pop(("tables", arn), None)
            return 204, b""
        return 200, self.settings.get(("tables", arn), b'{"encryptionConfiguration":{}}')

    # --- What is answered ---

    def refuse(self, service: str, refused: Refused) -> None:
        if service == "tables":
            self.answer(service, refused.status, json.dumps({"message": refused.message}).encode(), {"x-oss-error-type": refused.code})
            return
        root = ET.Element("Error")
        for name, value in (("Code", refused.code), ("Message", refused.message), ("RequestId", "5C3D9175B6FC201293AD4890")):
            ET.SubElement(root, name).text = value
        self.answer(service, refused.status, ET.tostring(root, "UTF-8"))

    def answer(self, service: str, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        named = "x-obs-request-id" if service == "obs" else "x-oss-request-id"
        media_type = "application/json" if service == "tables" else "application/xml"
        for name, value in {named: "5C3D9175B6FC201293AD4890", "Content-Type": media_type, **(headers or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def oss_document(body: bytes) -> bytes:
    """The setting, read and written again by the vendor's own code."""
    rule = ServerSideEncryptionRule()
    try:
        serde.deserialize_xml(body, rule, "ServerSideEncryptionRule")
    except Exception as e:
        raise Refused(400, "MalformedXML", str(e)) from e
    return serde.serialize_xml(rule)


def obs_document(body: bytes) -> bytes:
    """As OBS answers, with its namespace; the vendor's client has no field for most of it."""
    try:
        root = ET.fromstring(body)
    except ET.ParseError as e:
        raise Refused(400, "MalformedXML", str(e)) from e
    root.set("xmlns", "http://obs.cn-north-4.myhuaweicloud.com/doc/2015-06-30/")
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + ET.tostring(root)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--key-id", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--token")
    arguments = parser.parse_args()
    Handler.key = vendors.Key(arguments.key_id, arguments.secret, arguments.token)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"listening {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
