"""Writes tests/vectors/{v4,tables_v4,v1,obs}.jsonl: what the vendors' signers make of the requests that this library sends.

    target/oracles/bin/python tests/oracles/make_vectors.py tests/vectors
    target/oracles/bin/python tests/oracles/make_vectors.py --show v4-017    # one case, with its texts whole

One case a line: what a caller hands to the public API, and every stage of the result. Where the address comes from a vendor's
own URL builder, it says so below. The same cases come out every time, on every machine.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
import pathlib
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlparse

from alibabacloud_oss_v2._client import AddressStyle, _build_url, _Options
from alibabacloud_oss_v2.tables.endpoints import TablesEndpointProvider
from alibabacloud_oss_v2.types import OperationInput
from obs.util import RequestFormat

import vendors

CASES = 560
# Every so many cases, 20 in all, one holds its texts whole, so that a difference can be read, not only seen. The number shares no
# divisor with the number of operations, so that each has its turn.
FULL_TEXT_EVERY = 29

ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789"
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
OTHER_SCRIPTS = "密钥ключéßñ鍵🔑Ω"


class Dice:
    """Numbers that look random and are the same in every version of Python, which `random` does not promise."""

    def __init__(self, seed: str) -> None:
        self.seed, self.count = seed, 0

    def below(self, limit: int) -> int:
        self.count += 1
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{self.count}".encode()).digest()[:8], "big") % limit

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[self.below(len(choices))]

    def text(self, alphabet: str, length: int) -> str:
        return "".join(self.one_of(alphabet) for _ in range(length))


# --- What a caller may hand over ----------------------------------------------------------------------------------------------

# 55 and 56: with "aliyun_v4" in front the V4 key just fits SHA-256's block of 64 bytes, then no longer does. 64 and 65: HMAC-SHA1's.
SECRET_LENGTHS = [30, 1, 40, 128, 2, 55, 16, 56, 31, 63, 64, 65, 66, 3, 100, 127, 48]
TOKEN_LENGTHS = [None, 5, None, 64, 800, None, 1, 300, None, 2048, 16]


def secret(dice: Dice, i: int) -> str:
    length = SECRET_LENGTHS[i % len(SECRET_LENGTHS)]
    alphabet = [ALNUM + ALNUM.upper(), VISIBLE, OTHER_SCRIPTS + ALNUM, VISIBLE + " "][dice.below(4)]
    # A blank at an end is refused, so an end never is one.
    return (dice.text(alphabet, length).strip() + "x" * length)[: length - 1] + dice.one_of(ALNUM + "ß")


def token(dice: Dice, i: int) -> str | None:
    length = TOKEN_LENGTHS[i % len(TOKEN_LENGTHS)]
    if length is None:
        return None
    if length == 5:
        return "token"
    alphabet = VISIBLE if dice.below(5) == 0 else ALNUM + ALNUM.upper() + "/+="
    return dice.text(alphabet, length)


def access_key_id(dice: Dice) -> str:
    alphabet = ALNUM.upper() + ALNUM if dice.below(4) else "".join(c for c in VISIBLE if c not in "/,:")
    return dice.one_of(["AK", "STS.N", ""]) + dice.text(alphabet, 2 + dice.below(30))


def bucket(dice: Dice, i: int, dots: bool = False, longest: int = 63) -> str:
    length = [3, longest, 4 + dice.below(longest - 4), 4 + dice.below(30)][i % 4]
    separators = "-." if dots else "-"
    name = ""
    while len(name) < length:
        inside = 0 < len(name) < length - 1 and name[-1] not in separators
        name += dice.one_of(separators if inside and dice.below(6) == 0 else ALNUM)
    return name


def unix_time(dice: Dice, i: int) -> int:
    year = 1970 + (i * 37) % 130
    leap = calendar.isleap(year)
    kinds: list[tuple[int, ...]] = [
        (year, 1, 1, 0, 0, 0),
        (year, 12, 31, 23, 59, 59),
        (year, 2, 29 if leap else 28, 23, 59, 59),
        (year, 3, 1, 0, 0, 0),
        (year, 2, 29 if leap else 28, 0, 0, 0),
        (year, 1 + dice.below(12), 1 + dice.below(28), dice.below(24), dice.below(60), dice.below(60)),
    ]
    return calendar.timegm(dice.one_of(kinds) + (0, 0, 0))


REGIONS = ["cn-hangzhou", "cn-shanghai", "ap-southeast-1", "us-west-1", "eu-central-1", "cn-wulanchabu", "rg-china-mainland", "x", "a1-2"]
OBS_REGIONS = ["cn-north-4", "cn-east-3", "ap-southeast-3", "af-south-1", "la-south-2", "ru-northwest-2", "na-mexico-1"]
KMS_KEYS = [
    None,
    "9468da86-3509-4f8d-a61e-6eab1eac0000",
    "cn-north-4:domainiddomainiddomainiddoma0001:key/4f1cd4de-ab64-4807-920a-47fc42e7f0d0",
    "a<b>&c",
    "schlüssel/密钥",
    "",  # Written as unset.
]
ALGORITHMS = ["AES256", "KMS", "SM4", "aes256", "kms", "aws:kms", "Kms", "sm4", "ROT13", "a<&>b"]


def spelt(algorithm: str) -> str:
    """How this library writes a word: the three that it knows in one spelling, any other as it came."""
    known = {"aes256": "AES256", "kms": "KMS", "aws:kms": "KMS", "sm4": "SM4"}
    return known.get(algorithm.lower(), algorithm)


def _xml(root: str, parts: Sequence[tuple[str, Any]]) -> ET.Element:
    element = ET.Element(root)
    for name, value in parts:
        if isinstance(value, ET.Element):
            element.append(value)
        elif value not in (None, ""):
            ET.SubElement(element, name).text = value
    return element


def oss_body(setting: dict[str, Any]) -> bytes:
    apply = _xml(
        "ApplyServerSideEncryptionByDefault",
        [
            ("SSEAlgorithm", spelt(setting["sse_algorithm"])),
            ("KMSMasterKeyID", setting["kms_master_key_id"]),
            ("KMSDataEncryption", setting["kms_data_encryption"]),
        ],
    )
    return ET.tostring(_xml("ServerSideEncryptionRule", [("", apply)]), "unicode").encode()


def obs_body(setting: dict[str, Any]) -> bytes:
    algorithm = spelt(setting["sse_algorithm"])
    apply = _xml(
        "ApplyServerSideEncryptionByDefault",
        [
            ("SSEAlgorithm", "kms" if algorithm == "KMS" else algorithm),
            ("KMSDataEncryption", setting["kms_data_encryption"]),
            ("KMSMasterKeyID", setting["kms_master_key_id"]),
            ("ProjectID", setting["project_id"]),
        ],
    )
    enabled = {None: None, True: "true", False: "false"}[setting["bucket_key_enabled"]]
    rule = _xml("Rule", [("", apply), ("BucketKeyEnabled", enabled)])
    return ET.tostring(_xml("ServerSideEncryptionConfiguration", [("", rule)]), "unicode").encode()


def tables_body(setting: dict[str, Any]) -> bytes:
    inner = {"kmsKeyArn": setting["kms_key_arn"], "sseAlgorithm": spelt(setting["sse_algorithm"])}
    inner = {name: value for name, value in inner.items() if value}
    return json.dumps({"encryptionConfiguration": inner}, ensure_ascii=False, separators=(",", ":")).encode()


# --- The four schemes ---------------------------------------------------------------------------------------------------------


def put_headers(media_type: str, body: bytes) -> dict[str, str]:
    """A put carries both; a get or a delete carries neither."""
    if not body:
        return {}
    return {"Content-Type": media_type, "Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}


METHOD = {"get": "GET", "put": "PUT", "delete": "DELETE"}
OSS_OPERATIONS = ["get_bucket_encryption", "put_bucket_encryption", "delete_bucket_encryption"]
# Other addresses of the service, per style. None: the one that the region gives.
OSS_URLS = {
    "virtual": [
        None,
        "https://oss-{region}-internal.aliyuncs.com",
        "http://oss.example.com:8080",
        "https://{region}.oss.aliyuncs.com",
        "https://oss-accelerate.aliyuncs.com:443",
    ],
    "path": [None, "http://127.0.0.1:9000", "http://[::1]:9000", "https://store.example.com:8443", "http://10.0.0.7"],
    "cname": ["https://files.example.com", "http://files.example.com:8080", "https://xn--fiqs8s.example"],
}
V2_STYLE = {"virtual": AddressStyle.Virtual, "path": AddressStyle.Path, "cname": AddressStyle.CName}


def address(dice: Dice, urls: dict[str, list[str | None]], i: int, region: str) -> tuple[str, str | None]:
    style = list(urls)[i % len(urls)]
    url = dice.one_of(urls[style])
    return style, url and url.format(region=region)


def oss_setting(dice: Dice, i: int) -> dict[str, Any]:
    return {
        "sse_algorithm": ALGORITHMS[i % len(ALGORITHMS)],
        "kms_master_key_id": dice.one_of(KMS_KEYS),
        "kms_data_encryption": dice.one_of([None, "SM4"]),
    }


def oss_case(dice: Dice, i: int, sign: Callable[..., vendors.Signed]) -> dict[str, Any]:
    operation = OSS_OPERATIONS[i % 3]
    region = dice.one_of(REGIONS)
    style, url = address(dice, OSS_URLS, i // 3, region)
    name = bucket(dice, i // 2)
    setting = oss_setting(dice, i // 3) if operation.startswith("put") else None
    body = oss_body(setting) if setting else b""
    base = urlparse(url or f"https://oss-{region}.aliyuncs.com")
    options = _Options(product="oss", region=region, endpoint=base, address_style=V2_STYLE[style])
    # The vendor's URL, and the bare word: the SDK itself writes `?encryption=`, which signs the same.
    full = _build_url(OperationInput("", "GET", bucket=name), options) + "?encryption"
    key = vendors.Key(access_key_id(dice), secret(dice, i), token(dice, i))
    unix = unix_time(dice, i)
    signed = sign(key, METHOD[operation.split("_")[0]], full, put_headers("application/xml", body), name, region, unix)
    inputs = {"operation": operation, "region": region, "url": url, "addressing": style, "bucket": name, "setting": setting}
    return case(inputs, key, unix, full, body, signed)


def v4_case(dice: Dice, i: int) -> dict[str, Any]:
    return oss_case(dice, i, vendors.sign_oss_v4)


def v1_case(dice: Dice, i: int) -> dict[str, Any]:
    def sign(key, method, url, headers, name, _region, unix):
        return vendors.sign_oss_v1(key, method, url, headers, name, unix)

    return oss_case(dice, i, sign)


TABLES_OPERATIONS = ["get_table_encryption", "get_table_bucket_encryption", "put_table_bucket_encryption", "delete_table_bucket_encryption"]
TABLES_URLS = {
    "virtual": [None, "https://{region}-internal.oss-tables.aliyuncs.com", "http://tables.example.com:8080"],
    "path": [None, "http://127.0.0.1:9000", "http://[::1]:9000", "https://tables.example.com:8443"],
    "cname": ["https://tables.example.com", "http://tables.example.com:8080"],
}
SEGMENTS = [
    "my_namespace", "sales", "a", "a b", "a+b", "50%", "50%25", "%2F", "a/b", "表", "naïve", "a:b", "a?b", "a#b", "a&b=c", "~._-",
    "!$'()*,;@[]", "...", "x" * 255, "🔑", "a%zz", '"<>\\^`{|}', " leading", "trailing ",
]  # fmt: skip


def tables_case(dice: Dice, i: int) -> dict[str, Any]:
    operation = TABLES_OPERATIONS[i % 4]
    region = dice.one_of(REGIONS)
    style, url = address(dice, TABLES_URLS, i // 4, region)
    account = dice.one_of("123456789") + dice.text("0123456789", dice.one_of([0, 9, 15, 19]))
    # In virtual-hosted style bucket and account share one label of a host name.
    name = bucket(dice, i // 2, longest=63 - len(account) - 1 if style == "virtual" else 63)
    # An address of the caller's own may serve a table bucket of any region; the scope keeps the endpoint's.
    arn_region = dice.one_of(REGIONS) if url else region
    arn = f"acs:osstables:{arn_region}:{account}:bucket/{name}"
    namespace = table = None
    if operation == "get_table_encryption":
        namespace, table = SEGMENTS[(i // 4) % len(SEGMENTS)], dice.one_of(SEGMENTS)
        path = f"tables/{quote(arn, safe='')}/{quote(namespace, safe='')}/{quote(table, safe='')}/encryption"
    else:
        path = f"buckets/{quote(arn, safe='')}/encryption"
    setting = None
    if operation.startswith("put"):
        key_arn = dice.one_of([None, "", f"acs:kms:{region}:{account}:key/key-id", 'quote"back\\slash/密钥'])
        setting = {"sse_algorithm": ALGORITHMS[(i // 4) % len(ALGORITHMS)], "kms_key_arn": key_arn}
    body = tables_body(setting) if setting else b""
    base = urlparse(url or f"https://{region}.oss-tables.aliyuncs.com")
    full = TablesEndpointProvider(base, V2_STYLE[style]).build_url(OperationInput("", "GET", bucket=arn, key=path))
    key = vendors.Key(access_key_id(dice), secret(dice, i), token(dice, i))
    unix = unix_time(dice, i)
    headers = put_headers("application/json", body)
    signed = vendors.sign_tables_v4(key, METHOD[operation.split("_")[0]], full, headers, arn, path, region, unix)
    inputs = {
        "operation": operation, "region": region, "url": url, "addressing": style,
        "arn": arn, "namespace": namespace, "table": table, "setting": setting,
    }  # fmt: skip
    return case(inputs, key, unix, full, body, signed)


# Never port 80 or 443 in so many words: the SDK drops them, this library keeps an address as it was written.
OBS_URLS = {
    "virtual": [None, "http://obs.example.com:5080", "https://obs.eu-west-101.myhuaweicloud.eu"],
    "path": [None, "http://127.0.0.1:9000", "http://[::1]:9000", "https://obs.example.com:8443"],
    "cname": ["https://files.example.com", "http://files.example.com:8080", "https://a.b-c.example"],
}


def obs_case(dice: Dice, i: int) -> dict[str, Any]:
    operation = OSS_OPERATIONS[i % 3]
    region = dice.one_of(OBS_REGIONS)
    style, url = address(dice, OBS_URLS, i // 3, region)
    name = bucket(dice, i // 2, dots=True)
    setting = None
    if operation.startswith("put"):
        setting = oss_setting(dice, i // 3) | {
            "project_id": dice.one_of([None, "0123456789abcdef0123456789abcdef"]),
            "bucket_key_enabled": dice.one_of([None, True, False]),
        }
    body = obs_body(setting) if setting else b""
    base = urlparse(url or f"https://obs.{region}.myhuaweicloud.com")
    host, secure, port = vendors.host_of(base.geturl()), base.scheme == "https", base.port or 443
    if style == "path":
        # The SDK's path style has no slash after the bucket, neither sent nor signed; the documentation has it, and so have we.
        full = RequestFormat.get_path_format().get_full_url(secure, host, port, name, "", {"encryption": None})
        full = full.replace("?", "/?")
    else:
        # A custom domain stands for its bucket; the SDK then forgets the bucket's name.
        named = "" if style == "cname" else name
        full = RequestFormat.get_sub_domain_format().get_full_url(secure, host, port, named, "", {"encryption": None})
    key = vendors.Key(access_key_id(dice), secret(dice, i), token(dice, i))
    unix = unix_time(dice, i)
    headers = put_headers("application/xml", body)
    signed = vendors.sign_obs(key, METHOD[operation.split("_")[0]], headers, name, host if style == "cname" else None, unix)
    inputs = {"operation": operation, "region": region, "url": url, "addressing": style, "bucket": name, "setting": setting}
    return case(inputs, key, unix, full, body, signed)


def case(inputs: dict[str, Any], key: vendors.Key, unix: int, url: str, body: bytes, signed: vendors.Signed) -> dict[str, Any]:
    def digest(text: str | None) -> str | None:
        return text and hashlib.sha256(text.encode()).hexdigest()

    return {
        **{name: value for name, value in inputs.items() if value is not None},
        "access_key_id": key.id,
        "secret": key.secret,
        **({"token": key.token} if key.token else {}),
        "unix_time": unix,
        "sent_url": url,
        "body_sha256": hashlib.sha256(body).hexdigest() if body else "",
        "date": signed.headers["Date"],
        **({"canonical_request_sha256": digest(signed.canonical_request)} if signed.canonical_request else {}),
        "string_to_sign_sha256": digest(signed.string_to_sign),
        "authorization": signed.authorization,
        # Kept or dropped by `write`.
        "canonical_request": signed.canonical_request,
        "string_to_sign": signed.string_to_sign,
    }


SCHEMES = {"v4": v4_case, "tables_v4": tables_case, "v1": v1_case, "obs": obs_case}


def cases(scheme: str) -> Iterator[dict[str, Any]]:
    dice = Dice(scheme)
    for i in range(CASES):
        yield {"case": f"{scheme}-{i + 1:03}"} | SCHEMES[scheme](dice, i)


def write(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in SCHEMES:
        lines = []
        for i, made in enumerate(cases(scheme)):
            if i % FULL_TEXT_EVERY or not made["canonical_request"]:
                del made["canonical_request"]
            if i % FULL_TEXT_EVERY:
                del made["string_to_sign"]
            lines.append(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n")
        (folder / f"{scheme}.jsonl").write_text("".join(lines), encoding="utf-8")


def show(name: str) -> None:
    made = next(made for made in cases(name.rpartition("-")[0]) if made["case"] == name)
    for key, value in made.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    show(sys.argv[2]) if sys.argv[1] == "--show" else write(pathlib.Path(sys.argv[1]))
