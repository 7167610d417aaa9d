"""The vendors' signers and clients, called from one place.

Nothing in here computes a signature: every function hands a request to a class of a vendor's SDK, with the clock pinned, and
returns what that class made of it.
"""

from __future__ import annotations

import datetime
import os
import socket
import warnings
from collections.abc import Mapping
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import urlsplit

# The clients read the proxies of the environment, also for loopback. These scripts speak to this machine only.
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]
# The SDKs use what newer Pythons call deprecated (utcnow, the truth of an XML element, backslashes); it is theirs to mend.
warnings.filterwarnings("ignore")

import alibabacloud_oss_v2 as oss_v2
import alibabacloud_oss_v2.tables as oss_v2_tables
import obs
import obs.auth
import obs.convertor
import oss2
import oss2.auth
import oss2.http
from alibabacloud_oss_v2 import retry
from alibabacloud_oss_v2.signer import SignerV1, SignerV4
from alibabacloud_oss_v2.signer.tables_v4 import TablesSignerV4
from alibabacloud_oss_v2.types import Credentials as V2Credentials
from alibabacloud_oss_v2.types import HttpRequest, SigningContext

PRODUCT = {"oss": "oss", "tables": "osstables"}


class Key(NamedTuple):
    """An access key."""

    id: str
    secret: str
    token: str | None = None


class Signed(NamedTuple):
    """What a vendor's signer made of a request: every stage that it shows."""

    headers: Mapping[str, str]
    canonical_request: str | None
    string_to_sign: str

    @property
    def authorization(self) -> str:
        return self.headers["Authorization"]


class _ShowV4(SignerV4):
    """Keeps the canonical request, which the signer otherwise drops after hashing it."""

    def _calc_canonical_request(self, *args, **kwargs):
        self.canonical_request = super()._calc_canonical_request(*args, **kwargs)
        return self.canonical_request


class _ShowTablesV4(TablesSignerV4):
    def _calc_canonical_request(self, *args, **kwargs):
        self.canonical_request = super()._calc_canonical_request(*args, **kwargs)
        return self.canonical_request


def _request(method: str, url: str, headers: Mapping[str, str]) -> HttpRequest:
    request = HttpRequest(method=method, url=url)
    request.headers.update(headers)
    return request


def _context(credentials: Key, request: HttpRequest, unix: int, **rest) -> SigningContext:
    return SigningContext(
        request=request,
        credentials=V2Credentials(*credentials),
        signing_time=datetime.datetime.fromtimestamp(unix, datetime.timezone.utc),
        **rest,
    )


def sign_oss_v4(key: Key, method: str, url: str, headers: Mapping[str, str], bucket: str, region: str, unix: int) -> Signed:
    """OSS, V4, by alibabacloud-oss-v2; oss2's V4 signer must come to the same signature."""
    request = _request(method, url, headers)
    context = _context(key, request, unix, product="oss", region=region, bucket=bucket)
    signer = _ShowV4()
    signer.sign(context)
    signed = Signed(request.headers, signer.canonical_request, context.string_to_sign)

    other = _oss2_request(method, url, headers, region=region, product="oss")
    with _Oss2Clock(unix):
        oss2.auth.ProviderAuthV4(_oss2_provider(key))._sign_request(other, bucket, "")
    # oss2 separates with a comma and a blank, everybody else with a comma.
    _agree(signed.authorization, other.headers["authorization"].replace(", ", ","), url)
    return signed


def sign_tables_v4(key: Key, method: str, url: str, headers: Mapping[str, str], arn: str, path: str, region: str, unix: int) -> Signed:
    """OSS Tables, V4. `path` is the request's path as sent, percent-encoded, without its first slash."""
    request = _request(method, url, headers)
    context = _context(key, request, unix, product="osstables", region=region, bucket=arn, key=path)
    signer = _ShowTablesV4()
    signer.sign(context)
    return Signed(request.headers, signer.canonical_request, context.string_to_sign)


def sign_oss_v1(key: Key, method: str, url: str, headers: Mapping[str, str], bucket: str, unix: int) -> Signed:
    """OSS, V1, by oss2.

    Not by alibabacloud-oss-v2 alone: it sends the token as `security-token` and does not sign it, against the
    documentation. So there the token goes in as what it is to a signer, one more x-oss- header, and both must agree.
    """
    request = _oss2_request(method, url, headers)
    signer = oss2.auth.ProviderAuth(_oss2_provider(key))
    with _Oss2Clock(unix):
        signer._sign_request(request, bucket, "")
    string_to_sign = signer._ProviderAuth__get_bytes_to_sign(request, bucket, "").decode()
    signed = Signed(request.headers, None, string_to_sign)

    token = {"x-oss-security-token": key.token} if key.token else {}
    other = _request(method, url, {**headers, **token})
    context = _context(key._replace(token=None), other, unix, bucket=bucket)
    context.sub_resource = ["encryption"]
    SignerV1().sign(context)
    _agree(signed.authorization, other.headers["Authorization"], url)
    return signed


def sign_obs(key: Key, method: str, headers: Mapping[str, str], bucket: str, custom_domain: str | None, unix: int) -> Signed:
    """OBS, by esdk-obs-python.

    Always with the resource of virtual-hosted style, `/{bucket}/`, also for requests in path style: the SDK leaves out the
    last slash there (and in truth falls back to an older signature), while the documentation knows only this form.
    """
    headers = {**headers, "Date": formatdate(unix, usegmt=True)}
    if key.token:
        headers["x-obs-security-token"] = key.token
    signer = obs.auth.Authentication(
        key.id, key.secret, path_style=False, ha=obs.convertor.Adapter("obs"), server=custom_domain, is_cname=custom_domain is not None
    )
    result = signer.doAuth(method, bucket, "", {"encryption": None}, headers)
    return Signed({**headers, "Authorization": result["Authorization"]}, None, result["CanonicalString"])


def _oss2_provider(key: Key) -> oss2.credentials.StaticCredentialsProvider:
    return oss2.credentials.StaticCredentialsProvider(key.id, key.secret, key.token)


def _oss2_request(method: str, url: str, headers: Mapping[str, str], **rest) -> oss2.http.Request:
    bare, _, query = url.partition("?")
    params = {name: value for name, _, value in (pair.partition("=") for pair in query.split("&"))} if query else {}
    # The constructor adds a User-Agent and an Accept-Encoding; neither is signed.
    return oss2.http.Request(method, bare, params=params, headers=dict(headers), **rest)


class _Oss2Clock:
    """oss2 has no parameter for the time; for the length of a `with` its clock stands still."""

    def __init__(self, unix: int) -> None:
        self.unix = unix

    def __enter__(self) -> None:
        now = datetime.datetime.fromtimestamp(self.unix, datetime.timezone.utc).replace(tzinfo=None)
        self.kept = (oss2.auth.utils.http_date, oss2.auth.datetime)
        oss2.auth.utils.http_date = lambda timeval=None: formatdate(self.unix if timeval is None else timeval, usegmt=True)
        oss2.auth.datetime = type("Still", (), {"utcnow": staticmethod(lambda: now)})

    def __exit__(self, *_) -> None:
        oss2.auth.utils.http_date, oss2.auth.datetime = self.kept


def _agree(one: str, other: str, url: str) -> None:
    if one != other:
        raise AssertionError(f"two vendors' signers disagree about {url}:\n  {one}\n  {other}")


# --- Whole clients, for the live checks, the wire and the answers -------------------------------------------------------------


def redirect_connections(port: int) -> None:
    """From here on every name leads to 127.0.0.1:port.

    The clients sign and address by host name (esdk-obs signs as OBS only on a name), so they get the services' real names,
    and only the connection is turned to this machine.
    """

    def here(_host, _port, *_args, **_kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]

    socket.getaddrinfo = here


class _V2Provider(oss_v2.credentials.CredentialsProvider):
    def __init__(self, key: Key) -> None:
        self.key = key

    def get_credentials(self) -> V2Credentials:
        return V2Credentials(self.key.id, self.key.secret, self.key.token)


def _v2_config(key: Key, endpoint: str, region: str, path_style: bool, **rest) -> oss_v2.config.Config:
    return oss_v2.config.Config(
        region=region,
        endpoint=endpoint,
        credentials_provider=_V2Provider(key),
        use_path_style=path_style,
        # One attempt: an answer is looked at once.
        retryer=retry.NopRetryer(),
        connect_timeout=5,
        readwrite_timeout=10,
        **rest,
    )


def v2_client(key: Key, endpoint: str, region: str, version: str = "v4", path_style: bool = False) -> oss_v2.Client:
    """alibabacloud-oss-v2 for buckets."""
    return oss_v2.Client(_v2_config(key, endpoint, region, path_style, signature_version=version))


def v2_tables_client(key: Key, endpoint: str, region: str, path_style: bool = False) -> oss_v2_tables.Client:
    """alibabacloud-oss-v2 for OSS Tables."""
    return oss_v2_tables.Client(_v2_config(key, endpoint, region, path_style))


def oss2_bucket(key: Key, endpoint: str, region: str, bucket: str, version: str = "v4", path_style: bool = False) -> oss2.Bucket:
    """oss2, the older client."""
    auth = {"v1": oss2.auth.ProviderAuth, "v4": oss2.auth.ProviderAuthV4}[version](_oss2_provider(key))
    return oss2.Bucket(auth, endpoint, bucket, region=region, is_path_style=path_style, connect_timeout=10)


def obs_client(key: Key, server: str, negotiate: bool = False) -> obs.ObsClient:
    """esdk-obs-python; `negotiate` makes it ask the service for its API version first (HEAD /?apiversion)."""
    return obs.ObsClient(
        access_key_id=key.id,
        secret_access_key=key.secret,
        security_token=key.token,
        server=server,
        signature="obs",
        is_signature_negotiation=negotiate,
        max_retry_count=0,
        max_redirect_count=1,
        timeout=10,
    )


def host_of(url: str) -> str:
    """The host of a URL without its port."""
    return urlsplit(url).netloc.rpartition("]")[0] + "]" if "]" in url else urlsplit(url).netloc.partition(":")[0]
