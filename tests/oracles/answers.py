"""The answers that are shown to the vendors' clients and to this library, usual and odd.

An entry is what a service, or something between it and the caller, might answer. Where the vendors' clients agree, this library
has to agree with them and the entry says no more. Where they differ, or where this library differs on purpose, `ours` says what it
does and `why` gives the reason; an `ours` that no longer differs from them is refused as out of date.
"""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple

Ours = dict[str, Any]


class Answer(NamedTuple):
    name: str
    service: str  # oss, tables, obs
    operation: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    ours: Ours | None
    why: str | None


ANSWERS: list[Answer] = []

NONE: Ours = {"none": True}
DONE: Ours = {"done": True}
DECODE: Ours = {"decode": True}


def setting(sse_algorithm: str, **rest: Any) -> Ours:
    return {"setting": {"sse_algorithm": sse_algorithm, **rest}}


def service(status: int, code: str = "", **rest: Any) -> Ours:
    return {"service": {"status": status, "code": code, **rest}}


DATE = "Thu, 10 Apr 2025 08:00:00 GMT"
OSS_ID = "5C3D9175B6FC201293AD4890"
OBS_ID = "BF260000016435D34E379ABD93320CB9"
MEDIA_TYPE = {"oss": "application/xml", "tables": "application/json", "obs": "application/xml"}
ID_HEADERS = {
    "oss": [("x-oss-request-id", OSS_ID)],
    "tables": [("x-oss-request-id", OSS_ID)],
    "obs": [("x-obs-request-id", OBS_ID), ("x-obs-id-2", "32AAAQAAEAABAAAQAAEAABAAAQAAEAABCSmpL2dv6zZLM2HmUrXKTAi258MPqmrp")],
}


def answer(
    name: str,
    body: str | bytes = b"",
    *,
    on: str,
    operation: str = "get",
    status: int = 200,
    media_type: str | None = "",
    headers: list[tuple[str, str]] | None = None,
    bare: bool = False,
    ours: Ours | None = None,
    why: str | None = None,
) -> None:
    """`bare` leaves out the headers that every answer of the service has; `media_type` None leaves out the Content-Type."""
    operations = {"oss": "bucket_encryption", "obs": "bucket_encryption", "tables": "table_bucket_encryption"}
    sent = [("Date", DATE)] + ([] if bare else ID_HEADERS[on])
    if media_type is not None:
        sent.append(("Content-Type", media_type or MEDIA_TYPE[on]))
    full = operation if "_" in operation else f"{operation}_{operations[on]}"
    body = body.encode() if isinstance(body, str) else body
    ANSWERS.append(Answer(f"{on} {full} {status}: {name}", on, full, status, sent + (headers or []), body, ours, why))


# --- OSS and OBS: documents that hold a setting -------------------------------------------------------------------------------

KEY = "9468da86-3509-4f8d-a61e-6eab1eac0000"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

# Reasons that come up more than once.
NO_CHILD = "a document without a rule in it says that none is set; oss2 breaks on the missing element, esdk-obs and v2 see nothing"
NO_ALGORITHM = "a rule that names no algorithm is not what the API promises; to read it as `nothing set` would be a guess"
REPEATED = "which of the two holds is not ours to choose"
LOCAL_NAMES = "elements are found by local name, in any namespace; the client looks for names without one"
UTF_8 = "the services write UTF-8 and so does every sample of theirs; another encoding is reported, not guessed"
EMPTY = "a get that says nothing is not an answer: `nothing set` has a code of its own"
UNMODELLED = "the client has no field for this"


def oss_xml(inside: str, declaration: str = DECLARATION) -> str:
    return (
        f"{declaration}<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>{inside}"
        "</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>"
    )


def obs_xml(inside: str, after: str = "", declaration: str = DECLARATION, attributes: str = "") -> str:
    return (
        f"{declaration}<ServerSideEncryptionConfiguration{attributes}><Rule><ApplyServerSideEncryptionByDefault>{inside}"
        f"</ApplyServerSideEncryptionByDefault>{after}</Rule></ServerSideEncryptionConfiguration>"
    )


def kms(inside: str = "") -> str:
    return f"<SSEAlgorithm>KMS</SSEAlgorithm>{inside}"


def oss_settings() -> None:
    def ok(name: str, body: str | bytes, **rest: Any) -> None:
        answer(name, body, on="oss", **rest)

    aes = "<SSEAlgorithm>AES256</SSEAlgorithm>"
    key = f"<KMSMasterKeyID>{KEY}</KMSMasterKeyID>"
    # As the vendor's pages and SDKs have it.
    ok("AES256", oss_xml(aes))
    ok("KMS without a key", oss_xml(kms()))
    ok("KMS with a key", oss_xml(kms(key)))
    ok("KMS with SM4 data encryption", oss_xml(kms("<KMSDataEncryption>SM4</KMSDataEncryption>")))
    ok("KMS, key and SM4", oss_xml(kms(key + "<KMSDataEncryption>SM4</KMSDataEncryption>")))
    ok("SM4", oss_xml("<SSEAlgorithm>SM4</SSEAlgorithm>"))
    ok("another order", oss_xml("<KMSDataEncryption>SM4</KMSDataEncryption>" + key + kms()))
    ok("an empty key element", oss_xml(aes + "<KMSMasterKeyID></KMSMasterKeyID>"))
    ok("a self-closed key element", oss_xml(aes + "<KMSMasterKeyID/>"))
    ok("a blank key element", oss_xml(aes + "<KMSMasterKeyID>  \n </KMSMasterKeyID>"))
    ok("a masked key", oss_xml(kms("<KMSMasterKeyID>9468da86-3509-4f8d-a61e-6eab1eac****</KMSMasterKeyID>")))
    ok("indented", f"""{DECLARATION}<ServerSideEncryptionRule>
  <ApplyServerSideEncryptionByDefault>
    <SSEAlgorithm>KMS</SSEAlgorithm>
    <KMSMasterKeyID>{KEY}</KMSMasterKeyID>
  </ApplyServerSideEncryptionByDefault>
</ServerSideEncryptionRule>
""")  # fmt: skip
    ok("values on lines of their own", oss_xml(f"\n<SSEAlgorithm>\n  KMS\n</SSEAlgorithm>\n<KMSMasterKeyID>\n\t{KEY}\n</KMSMasterKeyID>"))
    ok("CRLF line ends", oss_xml(aes, DECLARATION).replace("><", ">\r\n<"))
    ok("lower case algorithm", oss_xml("<SSEAlgorithm>aes256</SSEAlgorithm>"))
    ok("kms in lower case", oss_xml("<SSEAlgorithm>kms</SSEAlgorithm>"))
    ok("an algorithm of the future", oss_xml("<SSEAlgorithm>KMS-DSSE</SSEAlgorithm>"))
    ok("the algorithm of the S3 interface", oss_xml("<SSEAlgorithm>aws:kms</SSEAlgorithm>"))
    none = "GetBucketInfo of the same service writes None where nothing is set; read as the name of an algorithm it would be a wrong answer"
    for word in ["None", "NONE", "none"]:
        ok(f"the algorithm {word}", oss_xml(f"<SSEAlgorithm>{word}</SSEAlgorithm>"), ours=NONE, why=none)
    # Declarations and encodings.
    ok("no declaration", oss_xml(aes, ""))
    ok("a declaration without encoding", oss_xml(aes, '<?xml version="1.0"?>'))
    ok("a declaration in single quotes", oss_xml(aes, "<?xml version='1.0' encoding='utf-8'?>"))
    ok("a standalone declaration", oss_xml(aes, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'))
    ok("a declaration that says ASCII", oss_xml(aes, '<?xml version="1.0" encoding="US-ASCII"?>'))
    ok("a declaration that says ISO-8859-1, in ASCII", oss_xml(aes, '<?xml version="1.0" encoding="ISO-8859-1"?>'))
    ok("ISO-8859-1 in truth", oss_xml(kms("<KMSMasterKeyID>schlüssel</KMSMasterKeyID>"), '<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1"), ours=DECODE, why=UTF_8)
    ok("UTF-16 with a byte order mark", oss_xml(aes, '<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"), ours=DECODE, why=UTF_8)
    ok("a byte order mark", b"\xef\xbb\xbf" + oss_xml(aes).encode())
    ok("a byte order mark and no declaration", b"\xef\xbb\xbf" + oss_xml(aes, "").encode())
    ok("bytes that are not UTF-8", oss_xml(kms("<KMSMasterKeyID>k\x00</KMSMasterKeyID>")).encode().replace(b"\x00", b"\xff"))
    ok("a blank before the declaration", " " + oss_xml(aes))
    ok("a line before the root", "\n\n" + oss_xml(aes, ""))
    ok("the docs' declaration with stray blanks", oss_xml(aes, '<? xml version="1.0" encoding="UTF-8"? >'))
    ok("a processing instruction", oss_xml(aes, DECLARATION + '<?xml-stylesheet href="a.xsl"?>'))
    ok("text after the root", oss_xml(aes) + "\n\n<!-- end -->\n")
    ok("a second root", oss_xml(aes) + "<More/>")
    ok("a doctype", oss_xml(aes, DECLARATION + "<!DOCTYPE ServerSideEncryptionRule>"), ours=DECODE, why="no answer of the service has a document type, and entities are how XML is attacked")
    ok("an entity of its own", oss_xml("<SSEAlgorithm>&a;</SSEAlgorithm>", DECLARATION + '<!DOCTYPE r [<!ENTITY a "KMS">]>'), ours=DECODE, why="as for a doctype")
    # Text in its many forms.
    ok("a key in CDATA", oss_xml(kms(f"<KMSMasterKeyID><![CDATA[{KEY}]]></KMSMasterKeyID>")))
    ok("an algorithm in CDATA", oss_xml("<SSEAlgorithm><![CDATA[AES256]]></SSEAlgorithm>"))
    ok("CDATA with markup in it", oss_xml(kms("<KMSMasterKeyID><![CDATA[a<b>&c]]></KMSMasterKeyID>")))
    ok("text and CDATA in turn", oss_xml(kms("<KMSMasterKeyID>9468<![CDATA[da86]]>-3509</KMSMasterKeyID>")))
    ok("a comment inside a value", oss_xml("<SSEAlgorithm>AES<!-- the block cipher -->256</SSEAlgorithm>"))
    ok("a comment between elements", oss_xml("<!-- " + kms() + " -->" + aes))
    ok("the five entities", oss_xml(kms("<KMSMasterKeyID>&lt;&amp;&gt;&quot;&apos;</KMSMasterKeyID>")))
    ok("numeric entities", oss_xml("<SSEAlgorithm>&#75;&#x4D;S</SSEAlgorithm>"))
    ok("an entity that does not exist", oss_xml("<SSEAlgorithm>KMS&nbsp;</SSEAlgorithm>"))
    ok("a character that XML forbids", oss_xml(kms("<KMSMasterKeyID>a\x01b</KMSMasterKeyID>")))
    ok("a numeric entity that XML forbids", oss_xml(kms("<KMSMasterKeyID>a&#1;b</KMSMasterKeyID>")))
    ok("a key in another script", oss_xml(kms("<KMSMasterKeyID>密钥-🔑</KMSMasterKeyID>")))
    # Shapes.
    ok("attributes", oss_xml(aes).replace("<SSEAlgorithm>", '<SSEAlgorithm type="text">'))
    ok("an unknown sibling", oss_xml(aes + "<BucketKeyEnabled>true</BucketKeyEnabled>"))
    ok("an unknown element with familiar names in it", oss_xml("<Old>" + kms(key) + "</Old>" + aes))
    ok("a familiar name beside the rule", oss_xml(aes).replace("<ApplyS", kms() + "<ApplyS"))
    ok("an element inside a value", oss_xml("<SSEAlgorithm>KMS<x/></SSEAlgorithm>"), ours=DECODE, why="a value that holds an element is no text; what the element was meant to say is not ours to drop")
    ok("a default namespace", oss_xml(aes).replace("Rule>", 'Rule xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">', 1), ours=setting("AES256"), why=LOCAL_NAMES)
    ok("a prefixed namespace", oss_xml(aes).replace("</", "</o:").replace("<S", "<o:S").replace("<A", "<o:A").replace("Rule>", 'Rule xmlns:o="urn:o">', 1), ours=setting("AES256"), why=LOCAL_NAMES)
    ok("a prefix that is not declared", oss_xml(aes).replace("SSEAlgorithm", "o:SSEAlgorithm"))
    ok("an unused namespace", oss_xml(aes).replace("Rule>", 'Rule xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">', 1))
    ok("names in another letter case", oss_xml(aes).replace("SSEAlgorithm", "sseAlgorithm"), ours=DECODE, why=NO_ALGORITHM)
    ok("a repeated algorithm", oss_xml(aes + kms()), ours=DECODE, why=REPEATED)
    ok("a repeated equal algorithm", oss_xml(aes + aes), ours=DECODE, why=REPEATED)
    ok("a repeated key", oss_xml(kms(key + "<KMSMasterKeyID>other</KMSMasterKeyID>")), ours=DECODE, why=REPEATED)
    ok("two rules", oss_xml(aes).replace("</ServerSideEncryptionRule>", "<ApplyServerSideEncryptionByDefault>" + kms() + "</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>"), ours=DECODE, why=REPEATED)
    ok("an empty root", f"{DECLARATION}<ServerSideEncryptionRule/>", ours=NONE, why=NO_CHILD)
    ok("a root with a blank in it", f"{DECLARATION}<ServerSideEncryptionRule>\n</ServerSideEncryptionRule>", ours=NONE, why=NO_CHILD)
    ok("an empty rule", oss_xml(""), ours=NONE, why=NO_CHILD)
    ok("a rule with a blank in it", oss_xml("\n  "), ours=NONE, why=NO_CHILD)
    ok("an empty algorithm", oss_xml("<SSEAlgorithm></SSEAlgorithm>"), ours=DECODE, why=NO_ALGORITHM)
    ok("a blank algorithm", oss_xml("<SSEAlgorithm> </SSEAlgorithm>"), ours=DECODE, why=NO_ALGORITHM)
    ok("a key without an algorithm", oss_xml(key), ours=DECODE, why=NO_ALGORITHM)
    ok("an unknown element alone", oss_xml("<Algorithm>AES256</Algorithm>"), ours=DECODE, why=NO_ALGORITHM)
    ok("the root of OBS", obs_xml(aes))
    ok("a root of another call", f"{DECLARATION}<BucketInfo><SSEAlgorithm>None</SSEAlgorithm></BucketInfo>")
    # Bodies that are not a document.
    ok("no body", "", ours=DECODE, why=EMPTY)
    ok("204", "", status=204, media_type=None, ours=DECODE, why=EMPTY)
    ok("blanks only", " \n ")
    ok("an HTML page", "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Welcome to the guest network<br></body></html>", media_type="text/html")
    ok("a well-formed HTML page", "<html><head><title>Sign in</title></head><body><p>Welcome</p></body></html>", media_type="text/html")
    ok("JSON", '{"SSEAlgorithm":"AES256"}', media_type="application/json")
    ok("plain text", "OK", media_type="text/plain")
    whole = oss_xml(kms(key))
    for cut in [1, 20, len(DECLARATION), len(DECLARATION) + 10, whole.index("KMS<"), whole.index("</SSE"), whole.index(KEY) + 8, len(whole) - 27, len(whole) - 1]:
        ok(f"cut after {cut} bytes", whole[:cut])
    # The media type does not matter to anyone where the body is what it should be.
    for media_type in ["text/xml", "application/xml; charset=utf-8", "APPLICATION/XML", "text/html", "application/octet-stream", None]:
        ok(f"media type {media_type}", oss_xml(aes), media_type=media_type)
    ok("media type JSON on XML", oss_xml(aes), media_type="application/json")
    ok("no request id", oss_xml(aes), bare=True)
    ok("201", oss_xml(aes), status=201)
    ok("206", oss_xml(aes), status=206)
    ok("a long unknown element", oss_xml(aes + "<Note>" + "x" * 5000 + "</Note>"))


# --- OSS: errors --------------------------------------------------------------------------------------------------------------


def oss_error(code: str | None = None, message: str | None = None, inside: str = "", declaration: str = DECLARATION, request_id: str | None = OSS_ID) -> str:
    parts = [("Code", code), ("Message", message), ("RequestId", request_id), ("HostId", "examplebucket.oss-cn-hangzhou.aliyuncs.com")]
    written = "".join(f"\n  <{name}>{value}</{name}>" for name, value in parts if value is not None)
    return f"{declaration}<Error>{written}{inside}\n</Error>"


NO_RULE = "NoSuchServerSideEncryptionRule"


def oss_errors() -> None:
    def err(name: str, body: str | bytes = b"", status: int = 403, **rest: Any) -> None:
        answer(name, body, on="oss", status=status, **rest)

    ec = "<EC>0003-00000801</EC><RecommendDoc>https://api.aliyun.com/troubleshoot?q=0003-00000801</RecommendDoc>"
    gone = "The server side encryption rule does not exist."
    err("no rule, 404", oss_error(NO_RULE, gone), 404)
    err("no rule, 400", oss_error(NO_RULE, gone), 400)
    err("no rule with EC", oss_error(NO_RULE, gone, "<EC>0015-00000602</EC>"), 404)
    err("no rule, 403", oss_error(NO_RULE, gone), 403)
    err("no rule, 500", oss_error(NO_RULE, gone), 500)
    err("no rule with status 200", oss_error(NO_RULE, gone), 200, ours=NONE, why="a well-formed error document says clearly that nothing is set, whatever the status; the clients see a wrong root")
    err("access denied with status 200", oss_error("AccessDenied", "no"), 200)
    err("no rule on put", oss_error(NO_RULE, gone), 404, operation="put")
    err("no rule on delete", oss_error(NO_RULE, gone), 404, operation="delete")
    err("no rule in another letter case", oss_error(NO_RULE.lower(), gone), 404)
    err("no bucket, 404", oss_error("NoSuchBucket", "The specified bucket does not exist.", "<BucketName>examplebucket</BucketName><EC>0015-00000101</EC>"), 404)
    err("no bucket, 400", oss_error("NoSuchBucket", "The specified bucket does not exist."), 400)
    err("access denied", oss_error("AccessDenied", "You have no right to access this object because of bucket acl.", ec))
    err("unknown key id", oss_error("InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.", "<OSSAccessKeyId>AK</OSSAccessKeyId><EC>0002-00000902</EC>"))
    err("wrong signature", oss_error("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", "<OSSAccessKeyId>AK</OSSAccessKeyId><SignatureProvided>x</SignatureProvided><StringToSign>OSS4-HMAC-SHA256\n20250410T080000Z\na/b</StringToSign><StringToSignBytes>4F 53 53</StringToSignBytes><EC>0002-00000201</EC>"))
    err("clock too far off", oss_error("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds><RequestTime>2025-04-10T07:11:33.000Z</RequestTime><ServerTime>2025-04-10T08:00:00.000Z</ServerTime><EC>0002-00000504</EC>"))
    err("expired token", oss_error("SecurityTokenExpired", "The security token you provided has expired.", "<EC>0002-00000007</EC>"))
    err("wrong region", oss_error("AccessDenied", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.", "<Bucket>examplebucket</Bucket><Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint>"))
    err("unknown algorithm on put", oss_error("InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid. Supported value: AES256/KMS."), 400, operation="put")
    err("malformed XML on put", oss_error("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"), 400, operation="put")
    err("throttled", oss_error("QpsLimitExceeded", "Please reduce your request rate."), 503)
    err("internal error", oss_error("InternalError", "Please contact the server administrator, oss@service.aliyun.com."), 500)
    err("method not allowed", oss_error("MethodNotAllowed", "The specified method is not allowed against this resource."), 405)
    # Form.
    err("without a declaration", oss_error("AccessDenied", "no", declaration=""))
    err("with a byte order mark", b"\xef\xbb\xbf" + oss_error("AccessDenied", "no").encode())
    err("values on lines of their own", oss_error("\n    AccessDenied\n  ", "\n    no\n  "))
    err("message in CDATA", oss_error("AccessDenied", "<![CDATA[a < b & c]]>"))
    err("message with entities", oss_error("AccessDenied", "a &lt; b &amp; c &#x5BC6;"))
    err("message in another script", oss_error("AccessDenied", "没有权限"))
    err("an empty message", oss_error("AccessDenied", ""))
    err("no message", oss_error("AccessDenied"))
    err("no code", oss_error(None, "something"))
    err("an empty code", oss_error("", "something"))
    err("unknown elements", oss_error("AccessDenied", "no", "<Extra><Code>Other</Code></Extra>"))
    err("an attribute", oss_error("AccessDenied", "no").replace("<Code>", '<Code lang="en">'))
    err("request id in the header only", oss_error("AccessDenied", "no", request_id=None))
    err("request id in the body only", oss_error("AccessDenied", "no"), bare=True, ours=service(403, "AccessDenied", message="no", request_id=OSS_ID), why="the body's request id serves as well; oss2 looks in the header only")
    err("another request id in the header", oss_error("AccessDenied", "no", request_id="BODY"), ours=service(403, "AccessDenied", message="no", request_id="BODY"), why="the body before the headers, as v2 does; oss2 looks in the header only")
    err("EC in the header only", oss_error("AccessDenied", "no"), headers=[("x-oss-ec", "0003-00000801")], ours=service(403, "AccessDenied", message="no", ec="0003-00000801"), why="the header x-oss-ec serves as well, as v2 has it; oss2 looks in the body only")
    err("another root", f"{DECLARATION}<Fault><Code>AccessDenied</Code></Fault>")
    err("a namespace", oss_error("AccessDenied", "no").replace("<Error>", '<Error xmlns="http://doc.oss.aliyuncs.com">'), ours=service(403, "AccessDenied", message="no"), why=LOCAL_NAMES)
    err("a doctype", oss_error("AccessDenied", "no", declaration=DECLARATION + "<!DOCTYPE Error>"), ours=service(403), why="a document type is refused, here as in a success; the status and a snippet remain")
    err("cut in the message", oss_error("AccessDenied", "no")[:-90])
    err("cut and closed", oss_error("AccessDenied", "no").replace("</HostId>", ""), ours=service(403), why="both clients salvage a code from XML that is broken; a code read that way is a guess, so ours shows a snippet instead")
    # No body.
    sealed = base64.b64encode(oss_error("NoSuchBucket", "m", "<EC>0015-00000101</EC>").encode()).decode()
    err("no body, x-oss-err", b"", 404, media_type=None, headers=[("x-oss-err", sealed)])
    err("no body, x-oss-err with no rule", b"", 404, media_type=None, headers=[("x-oss-err", base64.b64encode(oss_error(NO_RULE, gone).encode()).decode())])
    err("no body, x-oss-err that is not base64", b"", 404, media_type=None, headers=[("x-oss-err", "!!")])
    err("no body, x-oss-err that is not XML", b"", 404, media_type=None, headers=[("x-oss-err", base64.b64encode(b"nothing").decode())])
    err("no body at all", b"", 404, media_type=None)
    err("no body at all, 500", b"", 500, media_type=None)
    err("no body, EC in the header", b"", 403, media_type=None, headers=[("x-oss-ec", "0003-00000801")], ours=service(403, ec="0003-00000801"), why="the header x-oss-ec serves as well, as v2 has it; oss2 looks in the body only")
    # Somebody in between.
    err("a proxy's page", "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr></body></html>", 502, media_type="text/html", bare=True)
    err("a proxy's page, well-formed", "<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>", 502, media_type="text/html", bare=True)
    err("a proxy's word", "upstream connect error", 503, media_type="text/plain", bare=True)
    err("a proxy's login", "", 407, media_type=None, bare=True)
    err("a page with a code in it", "<html><body><Code>NoSuchServerSideEncryptionRule</Code></body></html>", 404, media_type="text/html")
    err("bytes that are not UTF-8", b"<Error><Code>AccessDenied</Code><Message>\xff</Message></Error>", 403, ours=service(403), why="oss2 and v2 fail; the status remains")
    err("JSON that wraps an error", '{"Error":{"Code":"AccessDenied","Message":"no","RequestId":"' + OSS_ID + '"}}', media_type="application/json", ours=service(403, "AccessDenied", message="no"), why="v2 reads it; oss2 knows only XML")
    # Success where there is nothing to read.
    for operation, status in [("put", 200), ("put", 204), ("delete", 204), ("delete", 200)]:
        err(f"{operation} done, {status}", b"", status, operation=operation, media_type=None)
    err("put done, with a body", oss_xml("<SSEAlgorithm>AES256</SSEAlgorithm>"), 200, operation="put")
    err("put done, with a page", "<html><body>ok<br></body></html>", 200, operation="put", media_type="text/html")
    # Redirects.
    err("moved, without an address", oss_error("PermanentRedirect", "go there"), 301)
    err("see other, without an address", oss_error("TemporaryRedirect", "go there"), 307)
    err("not modified", b"", 304, media_type=None)


# --- OSS Tables ---------------------------------------------------------------------------------------------------------------


def tables_json(**inner: Any) -> str:
    return json.dumps({"encryptionConfiguration": inner}, ensure_ascii=False)


WRONG_TYPE = "the API promises a text; the client writes any JSON value out as text"
ONLY_UNKNOWN = "there is something here and it is not understood: `nothing set` would be a guess"


def tables_settings() -> None:
    def ok(name: str, body: str | bytes, **rest: Any) -> None:
        answer(name, body, on="tables", **rest)

    key = "acs:kms:cn-hangzhou:1234567890:key/key-id"
    ok("AES256 as the page shows it", '{ "encryptionConfiguration": { "kmsKeyArn": "", "sseAlgorithm": "AES256" } }')
    ok("AES256 alone", tables_json(sseAlgorithm="AES256"))
    ok("AES256 of a table", '{"encryptionConfiguration":{"kmsKeyArn":"","sseAlgorithm":"AES256"}}', operation="get_table_encryption")
    ok("KMS with a key", tables_json(sseAlgorithm="KMS", kmsKeyArn=key))
    ok("KMS with a key of a table", tables_json(sseAlgorithm="KMS", kmsKeyArn=key), operation="get_table_encryption")
    ok("KMS without a key", tables_json(sseAlgorithm="KMS"))
    ok("the key first", tables_json(kmsKeyArn=key, sseAlgorithm="KMS"))
    ok("a null key", tables_json(sseAlgorithm="AES256", kmsKeyArn=None))
    ok("a blank key", tables_json(sseAlgorithm="AES256", kmsKeyArn="  "))
    ok("lower case algorithm", tables_json(sseAlgorithm="aes256"))
    ok("an algorithm of the future", tables_json(sseAlgorithm="SM9"))
    ok("SM4", tables_json(sseAlgorithm="SM4"))
    ok("the algorithm None", tables_json(sseAlgorithm="None"), ours=NONE, why="the service's other calls write None where nothing is set")
    ok("an unknown key", tables_json(sseAlgorithm="AES256", kmsKeyId="x", bucketKeyEnabled=True))
    ok("an unknown key outside", '{"version":2,"encryptionConfiguration":{"sseAlgorithm":"AES256"},"more":[{"sseAlgorithm":"KMS"}]}')
    ok("escapes", '{"encryptionConfiguration":{"sseAlgorithm":"\\u004b\\u004dS","kmsKeyArn":"a\\/b\\"c\\u5bc6"}}')
    ok("escaped names", '{"encryption\\u0043onfiguration":{"sse\\u0041lgorithm":"AES256"}}')
    ok("indented", json.dumps({"encryptionConfiguration": {"sseAlgorithm": "AES256"}}, indent=2) + "\n")
    ok("leading blanks", "\r\n\t " + tables_json(sseAlgorithm="AES256"))
    ok("a key in another script", tables_json(sseAlgorithm="KMS", kmsKeyArn="密钥-🔑"))
    ok("surrogates in pairs", '{"encryptionConfiguration":{"sseAlgorithm":"KMS","kmsKeyArn":"\\ud83d\\udd11"}}')
    # Nothing set.
    ok("an empty object", "{}")
    ok("an empty setting", '{"encryptionConfiguration":{}}')
    ok("a null setting", '{"encryptionConfiguration":null}')
    ok("null fields", tables_json(sseAlgorithm=None, kmsKeyArn=None))
    ok("blank fields", tables_json(sseAlgorithm="", kmsKeyArn=""))
    # Not what the API promises.
    ok("a key without an algorithm", tables_json(kmsKeyArn=key), ours=DECODE, why=NO_ALGORITHM)
    ok("a key with a blank algorithm", tables_json(sseAlgorithm="", kmsKeyArn=key), ours=DECODE, why=NO_ALGORITHM)
    ok("unknown keys only", tables_json(algorithm="AES256"), ours=DECODE, why=ONLY_UNKNOWN)
    ok("unknown keys only, outside", '{"serverSideEncryption":{"sseAlgorithm":"AES256"}}', ours=DECODE, why=ONLY_UNKNOWN)
    ok("names in another letter case", tables_json(SSEAlgorithm="AES256"), ours=DECODE, why="names are the API's, letter by letter; the client takes any case inside, but not outside")
    ok("a setting with a name in another letter case", '{"EncryptionConfiguration":{"sseAlgorithm":"AES256"}}', ours=DECODE, why=ONLY_UNKNOWN)
    for name, value in [("number", 256), ("boolean", True), ("list", ["AES256"]), ("object", {"name": "AES256"})]:
        ok(f"an algorithm that is a {name}", tables_json(sseAlgorithm=value), ours=DECODE, why=WRONG_TYPE)
    ok("a key that is a number", tables_json(sseAlgorithm="KMS", kmsKeyArn=7), ours=DECODE, why=WRONG_TYPE)
    for name, value in [("text", '"AES256"'), ("list", '[{"sseAlgorithm":"AES256"}]'), ("number", "1"), ("boolean", "false")]:
        ok(f"a setting that is a {name}", f'{{"encryptionConfiguration":{value}}}', ours=DECODE, why="the API promises an object; the client takes anything else for an empty one")
    ok("a repeated algorithm", '{"encryptionConfiguration":{"sseAlgorithm":"AES256","sseAlgorithm":"KMS"}}', ours=DECODE, why=REPEATED)
    ok("a repeated setting", '{"encryptionConfiguration":{"sseAlgorithm":"AES256"},"encryptionConfiguration":{}}', ours=DECODE, why=REPEATED)
    ok("a list", "[]", ours=DECODE, why="the API promises an object")
    ok("null", "null")
    ok("a text", '"AES256"', ours=DECODE, why="the API promises an object")
    ok("a number", "0")
    ok("no body", "", ours=DECODE, why=EMPTY)
    ok("204", "", status=204, media_type=None, ours=DECODE, why=EMPTY)
    ok("blanks only", "  ")
    ok("XML", oss_xml("<SSEAlgorithm>AES256</SSEAlgorithm>"), media_type="application/xml")
    ok("an HTML page", "<html><body>Welcome<br></body></html>", media_type="text/html")
    ok("a byte order mark", b"\xef\xbb\xbf" + tables_json(sseAlgorithm="AES256").encode(), ours=setting("AES256"), why="a byte order mark is no part of the text, here as in XML; the standard of JSON lets a reader pass over it")
    ok("UTF-16", tables_json(sseAlgorithm="AES256").encode("utf-16"))
    ok("bytes that are not UTF-8", b'{"encryptionConfiguration":{"sseAlgorithm":"\xff"}}')
    ok("a lone surrogate", '{"encryptionConfiguration":{"sseAlgorithm":"KMS","kmsKeyArn":"\\ud83d"}}', ours=DECODE, why="half a character is no text; Python can hold it, nothing else can")
    ok("single quotes", "{'encryptionConfiguration':{}}")
    ok("a trailing comma", '{"encryptionConfiguration":{"sseAlgorithm":"AES256",}}')
    ok("a comment", '{/* none */"encryptionConfiguration":{}}')
    ok("text after the object", tables_json(sseAlgorithm="AES256") + " ok")
    ok("a control character in a text", '{"encryptionConfiguration":{"sseAlgorithm":"KMS","kmsKeyArn":"a\tb"}}')
    whole = tables_json(sseAlgorithm="KMS", kmsKeyArn=key)
    for cut in [1, 10, 26, 45, len(whole) - 2, len(whole) - 1]:
        ok(f"cut after {cut} bytes", whole[:cut])
    for media_type in ["application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "application/x-amz-json-1.1", None]:
        ok(f"media type {media_type}", tables_json(sseAlgorithm="AES256"), media_type=media_type)
    ok("a wrapped error with status 200", '{"Error":{"Code":"AccessDenied","Message":"no"}}', ours=DECODE, why=ONLY_UNKNOWN)


def tables_errors() -> None:
    def err(name: str, body: str | bytes = b"", status: int = 400, kind: str | None = None, headers: list[tuple[str, str]] | None = None, **rest: Any) -> None:
        answer(name, body, on="tables", status=status, headers=([("x-oss-error-type", kind)] if kind else []) + (headers or []), **rest)

    bucket = "The specified table bucket does not exist."
    said = '{"message":"' + bucket + '"}'
    err("bad request", '{"message":"TableBucketArn from uri and from host not match."}', 400, "BadRequestException", [("x-oss-ec", "0016-00000502")])
    err("forbidden", '{"message":"Forbidden."}', 403, "ForbiddenException", [("x-oss-ec", "0003-00000801")])
    err("unknown key id", '{"message":"The OSS Access Key Id you provided does not exist in our records."}', 403, "ForbiddenException", [("x-oss-ec", "0002-00000902")])
    err("no table bucket", said, 404, "NotFoundException", [("x-oss-ec", "0015-00000101")])
    err("no namespace", '{"message":"The specified namespace does not exist."}', 404, "NotFoundException", operation="get_table_encryption")
    err("no table", '{"message":"The specified table does not exist."}', 404, "NotFoundException", operation="get_table_encryption")
    err("no table bucket on put", said, 404, "NotFoundException", operation="put")
    err("no table bucket on delete", said, 404, "NotFoundException", operation="delete")
    err("bad request on put", '{"message":"Unsupported sseAlgorithm."}', 400, "BadRequestException", operation="put")
    err("internal error", '{"message":"Internal Server Error."}', 500, "InternalServerException")
    err("throttled", '{"message":"Rate exceeded."}', 429, "TooManyRequestsException")
    err("a further key", '{"message":"m","type":"x"}', 400, "BadRequestException")
    err("a message in another script", '{"message":"没有权限"}', 403, "ForbiddenException")
    err("an empty message", '{"message":""}', 403, "ForbiddenException")
    err("no message", "{}", 403, "ForbiddenException")
    err("a type without a body", "", 403, "ForbiddenException")
    err("a type with a broken body", '{"message":"cut', 403, "ForbiddenException")
    err("a type with a page", "<html>no</html>", 403, "ForbiddenException")
    no_type = "the client finds no wrapped error and says BadErrorResponse; the message is there to be read, and a code would be made up"
    err("no type", '{"message":"Missing Some Required Arguments."}', 400, None, [("x-oss-ec", "0016-00000502")], ours=service(400, message="Missing Some Required Arguments.", ec="0016-00000502"), why=no_type)
    err("no type, capital letter", '{"Message":"Missing Some Required Arguments."}', 400, ours=service(400, message="Missing Some Required Arguments."), why=no_type)
    err("an unrelated key", '{"Other":"x"}', 400)
    err("an empty object", "{}", 400)
    wrapped = {"Error": {"Code": "MissingArgument", "Message": "Missing Some Required Arguments.", "RequestId": OSS_ID, "HostId": "cn-hangzhou.oss-tables.aliyuncs.com", "EC": "0016-00000502"}}
    err("wrapped", json.dumps(wrapped), 400)
    err("wrapped, indented", json.dumps(wrapped, indent=2), 400)
    err("wrapped, without an EC", '{"Error":{"Code":"AccessDenied","Message":"no"}}', 403)
    err("wrapped, EC in the header", '{"Error":{"Code":"AccessDenied","Message":"no"}}', 403, None, [("x-oss-ec", "0003-00000801")])
    err("wrapped, without a code", '{"Error":{"Message":"no"}}', 403)
    err("wrapped, a code that is a number", '{"Error":{"Code":7,"Message":"no"}}', 403)
    err("wrapped, and null", '{"Error":null}', 403)
    json_anyway = "JSON is read wherever the media type or the first brace says JSON; the client wants the media type letter by letter, and takes anything else for XML"
    for media_type in ["application/json; charset=utf-8", "Application/JSON", "text/plain", None]:
        err(f"media type {media_type}", said, 404, "NotFoundException", media_type=media_type, ours=service(404, "NotFoundException", message=bucket), why=json_anyway)
    err("media type application/json;charset=UTF-8, wrapped", json.dumps(wrapped), 400, media_type="application/json;charset=UTF-8", ours=service(400, "MissingArgument", message="Missing Some Required Arguments.", ec="0016-00000502"), why=json_anyway)
    err("XML, as an intermediary writes it", oss_error("AccessDenied", "no", "<EC>0003-00000801</EC>"), 403, media_type="application/xml")
    err("no body", "", 403, media_type=None)
    err("no body, x-oss-err", "", 403, media_type=None, headers=[("x-oss-err", base64.b64encode(oss_error("AccessDenied", "no").encode()).decode())])
    err("a proxy's page", "<html><body>502 Bad Gateway<br></body></html>", 502, media_type="text/html", bare=True)
    err("cut", json.dumps(wrapped)[:40], 400, ours=service(400), why="half a document is no document; the client searches it for a code by pattern")
    err("the code of OSS", json.dumps({"Error": {"Code": NO_RULE, "Message": "m"}}), 404)
    for operation, status in [("put", 200), ("put", 204), ("delete", 204), ("delete", 200)]:
        err(f"{operation} done, {status}", b"", status, operation=operation, media_type=None)
    err("put done, with a body", "{}", 200, operation="put")
    err("put done, with a page", "<html><body>ok</body></html>", 200, operation="put", media_type="text/html", ours=DONE, why="a put that was accepted is done, whatever its body says; the client tries to read it")


# --- OBS ----------------------------------------------------------------------------------------------------------------------


def obs_settings() -> None:
    def ok(name: str, body: str | bytes, **rest: Any) -> None:
        answer(name, body, on="obs", **rest)

    kms, aes = "<SSEAlgorithm>kms</SSEAlgorithm>", "<SSEAlgorithm>AES256</SSEAlgorithm>"
    key_id = "4f1cd4de-ab64-4807-920a-47fc42e7f0d0"
    key = f"<KMSMasterKeyID>{key_id}</KMSMasterKeyID>"
    space = ' xmlns="http://obs.cn-north-4.myhuaweicloud.com/doc/2015-06-30/"'
    standalone = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    full = kms + "<KMSDataEncryption>SM4</KMSDataEncryption>" + key + "<ProjectID>projectid</ProjectID>"
    ok("the page's sample", obs_xml(full, "<BucketKeyEnabled>true</BucketKeyEnabled>", standalone, space), ours=setting("KMS", kms_data_encryption="SM4", kms_master_key_id=key_id, project_id="projectid", bucket_key_enabled=True), why=UNMODELLED)
    ok("AES256", obs_xml(aes, "", standalone, space))
    ok("kms", obs_xml(kms, "", standalone, space))
    ok("kms with a key", obs_xml(kms + key, "", standalone, space))
    ok("kms with a regional key", obs_xml(kms + f"<KMSMasterKeyID>cn-north-4:domainid:key/{key_id}</KMSMasterKeyID>", "", standalone, space))
    ok("a key and a project", obs_xml(kms + key + "<ProjectID>projectid</ProjectID>"), ours=setting("KMS", kms_master_key_id=key_id, project_id="projectid"), why=UNMODELLED)
    ok("SM4 data encryption", obs_xml(kms + "<KMSDataEncryption>SM4</KMSDataEncryption>"), ours=setting("KMS", kms_data_encryption="SM4"), why=UNMODELLED)
    for word, value in [("true", True), ("false", False), ("TRUE", True), ("False", False), (" true ", True)]:
        ok(f"bucket key {word!r}", obs_xml(kms, f"<BucketKeyEnabled>{word}</BucketKeyEnabled>"), ours=setting("KMS", bucket_key_enabled=value), why=UNMODELLED)
    for word in ["yes", "1"]:
        ok(f"bucket key {word!r}", obs_xml(kms, f"<BucketKeyEnabled>{word}</BucketKeyEnabled>"), ours=DECODE, why="neither true nor false; the client has no field for this")
    ok("bucket key, empty", obs_xml(kms, "<BucketKeyEnabled/>"), ours=DECODE, why="neither true nor false; the client has no field for this")
    ok("no namespace", obs_xml(kms + key))
    ok("no declaration", obs_xml(aes, declaration=""))
    ok("a byte order mark", b"\xef\xbb\xbf" + obs_xml(aes).encode())
    ok("another order", obs_xml("<ProjectID/>" + key + kms))
    ok("indented", obs_xml("\n  " + kms + "\n  " + key + "\n", "\n", standalone, space))
    ok("values on lines of their own", obs_xml("<SSEAlgorithm>\n kms\n</SSEAlgorithm>"))
    ok("the S3 word", obs_xml("<SSEAlgorithm>aws:kms</SSEAlgorithm>"))
    ok("KMS in capitals", obs_xml("<SSEAlgorithm>KMS</SSEAlgorithm>"))
    ok("an algorithm of the future", obs_xml("<SSEAlgorithm>SM9</SSEAlgorithm>"))
    ok("the algorithm None", obs_xml("<SSEAlgorithm>None</SSEAlgorithm>"), ours=NONE, why="read as on OSS: the name of no algorithm")
    ok("an empty key", obs_xml(kms + "<KMSMasterKeyID/>"))
    ok("a key in CDATA", obs_xml(kms + f"<KMSMasterKeyID><![CDATA[{key_id}]]></KMSMasterKeyID>"))
    ok("a comment inside a value", obs_xml("<SSEAlgorithm>k<!-- -->ms</SSEAlgorithm>"))
    ok("entities", obs_xml(kms + "<KMSMasterKeyID>a&lt;b&amp;&#99;</KMSMasterKeyID>"))
    ok("an unknown sibling", obs_xml(kms, "<BucketKeyRotationPeriod>365</BucketKeyRotationPeriod>"))
    ok("an unknown element with familiar names in it", obs_xml("<Old>" + aes + "</Old>" + kms + key))
    ok("a namespace in single quotes", obs_xml(aes, attributes=space.replace('"', "'")), ours=setting("AES256"), why=LOCAL_NAMES)
    ok("a prefixed namespace", obs_xml(aes).replace("</", "</o:").replace("<S", "<o:S").replace("<A", "<o:A").replace("<R", "<o:R").replace("Configuration>", 'Configuration xmlns:o="http://o">', 1), ours=setting("AES256"), why=LOCAL_NAMES)
    ok("a namespace on the rule too", obs_xml(aes, attributes=space).replace("<Rule>", f"<Rule{space}>"))
    ok("a doctype", obs_xml(aes, declaration=DECLARATION + "<!DOCTYPE r>"), ours=DECODE, why="no answer of the service has a document type, and entities are how XML is attacked")
    ok("a repeated algorithm", obs_xml(aes + kms), ours=DECODE, why=REPEATED)
    ok("two rules", obs_xml(aes).replace("</Rule>", "</Rule><Rule/>"), ours=DECODE, why=REPEATED)
    ok("an empty root", f"{DECLARATION}<ServerSideEncryptionConfiguration/>")
    ok("an empty rule", f"{DECLARATION}<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>")
    ok("an empty default", obs_xml(""))
    ok("a key without an algorithm", obs_xml(key))
    ok("an empty algorithm", obs_xml("<SSEAlgorithm/>"))
    ok("an unknown element alone", obs_xml("<Algorithm>kms</Algorithm>"))
    ok("the root of OSS", oss_xml(aes), ours=DECODE, why="another service's document is not this one's answer; the client sees nothing in it")
    ok("an HTML page", "<html><body>Welcome<br></body></html>", media_type="text/html")
    ok("a well-formed HTML page", "<html><body>Welcome</body></html>", media_type="text/html", ours=DECODE, why="a page is not an answer; the client sees nothing in it")
    ok("no body", "")
    ok("204", "", status=204, media_type=None)
    whole = obs_xml(kms + key)
    for cut in [10, len(DECLARATION) + 5, whole.index("kms<"), len(whole) - 1]:
        ok(f"cut after {cut} bytes", whole[:cut])
    for media_type in ["text/xml", "application/xml;charset=UTF-8", None]:
        ok(f"media type {media_type}", obs_xml(aes), media_type=media_type)


def obs_errors() -> None:
    def err(name: str, body: str | bytes = b"", status: int = 403, **rest: Any) -> None:
        answer(name, body, on="obs", status=status, **rest)

    def xml(code: str | None, message: str | None, inside: str = "", request_id: str | None = OBS_ID) -> str:
        parts = [("Code", code), ("Message", message), ("Resource", "/examplebucket"), ("RequestId", request_id), ("HostId", "Q6O7dLC1\nuhDXvTAu")]
        return DECLARATION + "<Error>" + "".join(f"<{n}>{v}</{n}>" for n, v in parts if v is not None) + inside + "</Error>"

    gone = "The encryption configuration does not exist."
    none = "NoSuchEncryptionConfiguration"
    err("not configured", xml(none, gone), 404)
    err("not configured, 400", xml(none, gone), 400)
    err("not configured on delete", xml(none, gone), 404, operation="delete")
    err("not configured with status 200", xml(none, gone), status=200)
    err("no bucket", xml("NoSuchBucket", "The specified bucket does not exist.", "<BucketName>examplebucket</BucketName>"), 404)
    err("access denied", xml("AccessDenied", "Access Denied"))
    err("no right to the key", xml("AccessDenied", "No privilege to this kms operation."), 403, operation="put")
    err("unknown key id", xml("InvalidAccessKeyId", "The OBS Access Key Id you provided does not exist in our records."))
    err("wrong signature", xml("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", "<StringToSign>GET</StringToSign><SignatureProvided>x</SignatureProvided>"))
    err("clock too far off", xml("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."))
    err("host name wanted", xml("VirtualHostDomainRequired", "Virtual host domain is required."))
    err("no such key", xml("KMS.NotFoundException", "key not found"), 400, operation="put")
    err("throttled", xml("SlowDown", "Please reduce your request rate."), 503)
    err("internal error", xml("InternalError", "Internal Error"), 500)
    err("method not allowed", xml("MethodNotAllowed", "not here"), 405)
    err("values on lines of their own", xml("\n AccessDenied\n", "\n no\n"))
    err("message in CDATA", xml("AccessDenied", "<![CDATA[a < b]]>"))
    err("a namespace", xml("AccessDenied", "no").replace("<Error>", '<Error xmlns="http://obs.cn-north-4.myhuaweicloud.com/doc/2015-06-30/">'))
    err("no code", xml(None, "something"))
    err("request id in the header only", xml("AccessDenied", "no", request_id=None))
    err("request id in the body only", xml("AccessDenied", "no"), bare=True)
    err("JSON", '{"code":"AccessDenied","message":"no","request_id":"' + OBS_ID + '"}', media_type="application/json")
    err("JSON without a request id", '{"code":"AccessDenied","message":"no"}', media_type="application/json")
    err("no body", b"", 403, media_type=None)
    header = [("x-obs-error-code", "NoSuchBucket"), ("x-obs-error-message", "The specified bucket does not exist.")]
    in_headers = "an answer without a body names its error in headers, as OBS' other SDKs read it; this client does not"
    err("no body, error headers", b"", 404, media_type=None, headers=header, ours=service(404, "NoSuchBucket", message=header[1][1]), why=in_headers)
    err("no body, not configured in a header", b"", 404, media_type=None, headers=[("x-obs-error-code", none)], ours=NONE, why=in_headers)
    err("a proxy's page", "<html><body>502 Bad Gateway<br></body></html>", 502, media_type="text/html", bare=True)
    err("cut", xml("AccessDenied", "no")[:-20])
    err("moved, without an address", xml("PermanentRedirect", "go there"), 301)
    err("moved", xml("TemporaryRedirect", "go there"), 307, headers=[("Location", "http://examplebucket.obs.cn-east-3.myhuaweicloud.com/?encryption")])
    for operation, status in [("put", 200), ("delete", 204), ("put", 204), ("delete", 200)]:
        err(f"{operation} done, {status}", b"", status, operation=operation, media_type=None)
    err("put done, with a page", "<html><body>ok<br></body></html>", 200, operation="put", media_type="text/html")


oss_settings()
oss_errors()
tables_settings()
tables_errors()
obs_settings()
obs_errors()
