"""Runs the vendors' clients against a service on this machine, every operation, and looks at what they make of its answers.

    target/oracles/bin/python tests/oracles/live_clients.py --port 9000 --key-id AK --secret SK [--token T]

The service must hold the bucket `examplebucket`, the table bucket of ARN, and in it the table `sales.orders`. tests/vendors.rs
starts this library's emulator so. Each check is named when it fails; the last line counts them.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from typing import Any

from alibabacloud_oss_v2 import models
from alibabacloud_oss_v2.exceptions import OperationError, ServiceError
from alibabacloud_oss_v2.tables import models as tables_models
from oss2 import exceptions as oss2_exceptions

import vendors

BUCKET = "examplebucket"
ARN = "acs:osstables:cn-hangzhou:1234567890:bucket/example-tables"
NAMESPACE, TABLE = "sales", "orders"

OSS = "http://oss-cn-hangzhou.aliyuncs.com"
TABLES = "http://cn-hangzhou.oss-tables.aliyuncs.com"
OBS = "http://obs.cn-north-4.myhuaweicloud.com"

KMS_KEY = "9468da86-3509-4f8d-a61e-6eab1eac0000"
# Algorithm, key, data encryption.
OSS_SETTINGS = [
    ("AES256", None, None),
    ("KMS", None, None),
    ("KMS", KMS_KEY, None),
    ("KMS", KMS_KEY, "SM4"),
    ("KMS", None, "SM4"),
    ("SM4", None, None),
    ("KMS", "a<b>&c", None),
]
# esdk-obs has no field for the rest.
OBS_SETTINGS = [("AES256", None), ("kms", None), ("kms", "cn-north-4:domainid:key/4f1cd4de-ab64-4807-920a-47fc42e7f0d0")]


class Checks:
    def __init__(self) -> None:
        self.passed, self.failed = 0, 0

    def same(self, what: str, got: Any, wanted: Any) -> None:
        if got == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: got {got!r}, wanted {wanted!r}")

    def run(self, name: str, body: Callable[[], None]) -> None:
        """A scenario that breaks off is one failure; the others still run."""
        try:
            body()
        except Exception:
            self.failed += 1
            print(f"FAILED {name}: {traceback.format_exc(limit=-3)}")


CHECKS = Checks()
Answer = tuple[int, str]


class V2:
    """alibabacloud-oss-v2. Every method gives (200, what was read) or (status, the service's code)."""

    def __init__(self, key: vendors.Key, endpoint: str, version: str) -> None:
        self.client = vendors.v2_client(key, endpoint, "cn-hangzhou", version)

    def get(self, bucket: str) -> Any:
        return answered(lambda: self._read(bucket))

    def _read(self, bucket: str) -> Any:
        rule = self.client.get_bucket_encryption(models.GetBucketEncryptionRequest(bucket)).server_side_encryption_rule
        inner = rule.apply_server_side_encryption_by_default
        return (inner.sse_algorithm, inner.kms_master_key_id, inner.kms_data_encryption)

    def put(self, bucket: str, algorithm: str, key: str | None, data: str | None) -> Any:
        inner = models.ApplyServerSideEncryptionByDefault(sse_algorithm=algorithm, kms_master_key_id=key, kms_data_encryption=data)
        return answered(lambda: self._put(models.PutBucketEncryptionRequest(bucket, models.ServerSideEncryptionRule(inner))))

    def _put(self, request: models.PutBucketEncryptionRequest) -> None:
        self.client.put_bucket_encryption(request)

    def delete(self, bucket: str) -> Any:
        return answered(lambda: self.client.delete_bucket_encryption(models.DeleteBucketEncryptionRequest(bucket)) and None)


class Oss2:
    """oss2, the older client."""

    def __init__(self, key: vendors.Key, endpoint: str, version: str) -> None:
        self.bucket = lambda name: vendors.oss2_bucket(key, endpoint, "cn-hangzhou", name, version)

    def get(self, bucket: str) -> Any:
        def read() -> Any:
            got = self.bucket(bucket).get_bucket_encryption()
            return (got.sse_algorithm, got.kms_master_keyid, got.kms_data_encryption)

        return answered(read)

    def put(self, bucket: str, algorithm: str, key: str | None, data: str | None) -> Any:
        rule = vendors.oss2.models.ServerSideEncryptionRule(algorithm, key, data)
        return answered(lambda: self.bucket(bucket).put_bucket_encryption(rule) and None)

    def delete(self, bucket: str) -> Any:
        return answered(lambda: self.bucket(bucket).delete_bucket_encryption() and None)


class Obs:
    """esdk-obs-python."""

    def __init__(self, key: vendors.Key, negotiate: bool) -> None:
        self.client = vendors.obs_client(key, OBS, negotiate)

    def get(self, bucket: str) -> Any:
        result = self.client.getBucketEncryption(bucket)
        return (200, (result.body.encryption, result.body.key)) if result.status == 200 else (result.status, result.errorCode)

    def put(self, bucket: str, algorithm: str, key: str | None) -> Any:
        result = self.client.setBucketEncryption(bucket, algorithm, key)
        return (200, None) if result.status < 300 else (result.status, result.errorCode)

    def delete(self, bucket: str) -> Any:
        result = self.client.deleteBucketEncryption(bucket)
        return (200, None) if result.status < 300 else (result.status, result.errorCode)


def answered(call: Callable[[], Any]) -> tuple[int, Any]:
    try:
        return 200, call()
    except OperationError as outer:
        inner = outer.unwrap()
        if not isinstance(inner, ServiceError):
            raise
        return inner.status_code, inner.code
    except oss2_exceptions.ServerError as e:
        return e.status, e.code


def bucket_operations(name: str, client: Any, settings: list[tuple], nothing: str) -> None:
    """The whole life of a setting, seen through one client."""
    same = CHECKS.same
    same(f"{name}: delete where nothing is set", client.delete(BUCKET), (200, None))
    same(f"{name}: get where nothing is set", client.get(BUCKET), (404, nothing))
    for setting in settings:
        same(f"{name}: put {setting}", client.put(BUCKET, *setting), (200, None))
        same(f"{name}: get {setting}", client.get(BUCKET), (200, setting))
    same(f"{name}: delete", client.delete(BUCKET), (200, None))
    same(f"{name}: get after the delete", client.get(BUCKET), (404, nothing))
    same(f"{name}: put of an unknown algorithm", client.put(BUCKET, "ROT13", *settings[0][1:]), (400, "InvalidEncryptionAlgorithmError"))
    for verb, call in [("get", client.get), ("delete", client.delete), ("put", lambda bucket: client.put(bucket, *settings[0]))]:
        same(f"{name}: {verb} of a bucket that is not there", call("missing-bucket"), (404, "NoSuchBucket"))


def refusals(name: str, key: vendors.Key, make: Callable[[vendors.Key], Any], setting: tuple) -> None:
    """Everything but the right key is refused, on every operation."""
    for what, wrong, code in wrong_keys(key):
        client = make(wrong)
        for verb, call in [("get", client.get), ("delete", client.delete), ("put", lambda bucket: client.put(bucket, *setting))]:
            status, got = call(BUCKET)
            CHECKS.same(f"{name}: {verb} with {what}", (status, got in code), (403, True))


def wrong_keys(key: vendors.Key) -> list[tuple[str, vendors.Key, list[str]]]:
    wrong = [
        ("a wrong secret", key._replace(secret=key.secret + "x"), ["SignatureDoesNotMatch"]),
        ("an unknown key id", key._replace(id=key.id + "x"), ["InvalidAccessKeyId"]),
    ]
    # Sources do not agree on the code for a token that is missing or of somebody else.
    token_codes = ["InvalidSecurityToken", "SecurityTokenNotSupported", "InvalidAccessKeyId", "AccessDenied"]
    if key.token:
        wrong.append(("another token", key._replace(token="other"), token_codes))
        wrong.append(("no token", key._replace(token=None), token_codes))
    else:
        wrong.append(("a token that was never given out", key._replace(token="other"), token_codes))
    return wrong


def tables(name: str, key: vendors.Key, endpoint: str) -> None:
    def client(of: vendors.Key) -> Any:
        return vendors.v2_tables_client(of, endpoint, "cn-hangzhou")

    def read(result: Any) -> Any:
        inner = result.encryption_configuration
        return inner and (inner.sse_algorithm, inner.kms_key_arn or None)

    def get(of: vendors.Key = key, arn: str = ARN) -> Any:
        return answered(lambda: read(client(of).get_table_bucket_encryption(tables_models.GetTableBucketEncryptionRequest(arn))))

    def get_table(of: vendors.Key = key, arn: str = ARN, namespace: str = NAMESPACE, table: str = TABLE) -> Any:
        request = tables_models.GetTableEncryptionRequest(arn, namespace, table)
        return answered(lambda: read(client(of).get_table_encryption(request)))

    def put(of: vendors.Key = key, arn: str = ARN, algorithm: str = "AES256") -> Any:
        setting = tables_models.EncryptionConfiguration(sse_algorithm=algorithm)
        request = tables_models.PutTableBucketEncryptionRequest(arn, setting)
        return answered(lambda: client(of).put_table_bucket_encryption(request) and None)

    def delete(of: vendors.Key = key, arn: str = ARN) -> Any:
        return answered(lambda: client(of).delete_table_bucket_encryption(tables_models.DeleteTableBucketEncryptionRequest(arn)) and None)

    same = CHECKS.same
    same(f"{name}: delete where nothing is set", delete(), (200, None))
    # An object without fields: the service says `{"encryptionConfiguration":{}}`.
    same(f"{name}: get where nothing is set", get(), (200, (None, None)))
    same(f"{name}: put", put(), (200, None))
    same(f"{name}: get", get(), (200, ("AES256", None)))
    same(f"{name}: get of a table", get_table(), (200, ("AES256", None)))
    same(f"{name}: put of what the service does not take yet", put(algorithm="KMS"), (400, "BadRequestException"))
    same(f"{name}: get after it", get(), (200, ("AES256", None)))
    same(f"{name}: delete", delete(), (200, None))
    same(f"{name}: get after the delete", get(), (200, (None, None)))
    missing = ARN.replace("example-tables", "missing-tables")
    for verb, call in [("get", get), ("get of a table", get_table), ("put", put), ("delete", delete)]:
        same(f"{name}: {verb} of a table bucket that is not there", call(arn=missing), (404, "NotFoundException"))
    same(f"{name}: get of a table that is not there", get_table(table="missing"), (404, "NotFoundException"))
    same(f"{name}: get of a namespace that is not there", get_table(namespace="missing"), (404, "NotFoundException"))
    # The service has one name for whatever is wrong with a key; only its message tells them apart.
    for what, wrong, _ in wrong_keys(key):
        for verb, call in [("get", get), ("get of a table", get_table), ("put", put), ("delete", delete)]:
            same(f"{name}: {verb} with {what}", call(of=wrong), (403, "ForbiddenException"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key-id", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--token")
    arguments = parser.parse_args()
    key = vendors.Key(arguments.key_id, arguments.secret, arguments.token)
    vendors.redirect_connections(arguments.port)
    # Given an address in numbers the clients choose path style by themselves.
    by_number = f"http://127.0.0.1:{arguments.port}"

    def oss(name: str, make: Callable[[vendors.Key], Any]) -> None:
        CHECKS.run(name, lambda: bucket_operations(name, make(key), OSS_SETTINGS, "NoSuchServerSideEncryptionRule"))
        CHECKS.run(f"{name}, refused", lambda: refusals(name, key, make, OSS_SETTINGS[0]))

    for style, endpoint in [("virtual-hosted", OSS), ("path", by_number)]:
        for version in ["v4", "v1"]:
            oss(f"oss2 {version} {style}", lambda of, e=endpoint, v=version: Oss2(of, e, v))
            # With V1 this client sends its token as `security-token` and does not sign it, where the documentation has the signed
            # header x-oss-security-token. A service that serves this client has to know both names, and to check either.
            oss(f"v2 {version} {style}", lambda of, e=endpoint, v=version: V2(of, e, v))
        CHECKS.run(f"v2 tables {style}", lambda e=endpoint: tables(f"v2 tables {style}", key, TABLES if e == OSS else e))

    # Virtual-hosted style only: in path style esdk-obs falls back to an older scheme, which is not OBS' own.
    for negotiate in [False, True]:
        name = f"esdk-obs {'after negotiation' if negotiate else 'as OBS'}"
        CHECKS.run(name, lambda: bucket_operations(name, Obs(key, negotiate), OBS_SETTINGS, "NoSuchEncryptionConfiguration"))
        if not negotiate:
            CHECKS.run(f"{name}, refused", lambda: refusals(name, key, lambda of: Obs(of, False), OBS_SETTINGS[0]))

    print(f"{CHECKS.passed} passed, {CHECKS.failed} failed")
    sys.exit(1 if CHECKS.failed else 0)


if __name__ == "__main__":
    main()
