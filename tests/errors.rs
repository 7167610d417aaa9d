//! What errors say, through real answers: a server on loopback sends them, the blocking functions read them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use bucket_encryption::{
    Addressing, Credentials, Endpoint, Error, SignatureMismatch, SignatureVersion, TableBucketArn, obs, oss, oss_tables,
};

/// Answers one request on a free port of loopback, and hands out what it got.
fn serve(answer: impl FnOnce(&str) -> String + Send + 'static) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = read_request(&mut stream);
        stream.write_all(answer(&request).as_bytes()).unwrap();
        request
    });
    (url, server)
}

fn read_request(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
    }
    String::from_utf8(request).unwrap()
}

fn http(status: u16, headers: &[&str], body: &str) -> String {
    let headers = headers.iter().map(|header| format!("{header}\r\n")).collect::<Vec<_>>().concat();
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn xml(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, text)| format!("<{name}>{text}</{name}>")).collect::<Vec<_>>().concat();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{fields}</Error>")
}

fn key() -> Credentials {
    Credentials::new("LTAI5tExample", "the-secret-of-this-test").unwrap()
}

fn local(endpoint: Endpoint, url: &str) -> Endpoint {
    endpoint.with_url(url).unwrap().with_addressing(Addressing::Path).with_max_attempts(1)
}

fn arn() -> TableBucketArn {
    TableBucketArn::new("cn-hangzhou", "1234567890", "my-table-bucket").unwrap()
}

/// The calls of the advice table.
#[derive(Clone, Copy)]
enum Ask {
    OssGet,
    OssGetV1,
    OssPut(fn() -> oss::BucketEncryption<'static>),
    ObsGet,
    ObsPut(fn() -> obs::BucketEncryption<'static>),
    TableGet,
    TableBucketPut(fn() -> oss_tables::TableEncryption<'static>),
}

fn ask(ask: Ask, answer: String) -> Error {
    let (url, server) = serve(move |_| answer);
    let (key, bucket) = (key(), "release-bucket");
    let oss = || local(Endpoint::oss("cn-hangzhou").unwrap(), &url);
    let obs = || local(Endpoint::obs("cn-north-4").unwrap(), &url);
    let tables = || local(Endpoint::oss_tables("cn-hangzhou").unwrap(), &url);
    let error = match ask {
        Ask::OssGet => oss::get_bucket_encryption(&key, &oss(), bucket).unwrap_err(),
        Ask::OssGetV1 => {
            let endpoint = oss().with_signature_version(SignatureVersion::V1);
            oss::get_bucket_encryption(&key, &endpoint, bucket).unwrap_err()
        }
        Ask::OssPut(setting) => oss::put_bucket_encryption(&key, &oss(), bucket, &setting()).unwrap_err(),
        Ask::ObsGet => obs::get_bucket_encryption(&key, &obs(), bucket).unwrap_err(),
        Ask::ObsPut(setting) => obs::put_bucket_encryption(&key, &obs(), bucket, &setting()).unwrap_err(),
        Ask::TableGet => oss_tables::get_table_encryption(&key, &tables(), &arn(), "ns", "t").unwrap_err(),
        Ask::TableBucketPut(setting) => {
            oss_tables::put_table_bucket_encryption(&key, &tables(), &arn(), &setting()).unwrap_err()
        }
    };
    server.join().unwrap();
    error
}

/// A call, the status, headers and body of its answer, and the gist of the advice.
type Row = (Ask, u16, Vec<String>, String, &'static str);

/// Every row of the advice table, in its order.
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn rows() -> Vec<Row> {
    let coded = |code: &str, message: &str| xml(&[("Code", code), ("Message", message)]);
    let type_header = |name: &str| format!("x-oss-error-type: {name}");
    vec![
        (
            Ask::OssGet,
            403,
            vec![],
            coded("SecondLevelDomainForbidden", "Please use virtual hosted style to access."),
            "`Addressing::VirtualHosted`",
        ),
        (
            Ask::ObsGet,
            403,
            vec![],
            coded("VirtualHostDomainRequired", "Virtual host domain is required."),
            "`Addressing::VirtualHosted`",
        ),
        (Ask::OssGet, 403, vec![], coded("PublicEndpointForbidden", "Use a custom domain."), "`Addressing::Cname`"),
        (
            Ask::TableGet,
            400,
            vec![type_header("BadRequestException")],
            r#"{"message":"TableBucketArn from uri and from host not match."}"#.into(),
            "another table bucket's",
        ),
        (
            Ask::OssGet,
            403,
            vec![],
            xml(&[
                ("Code", "AccessDenied"),
                ("Message", "Send requests to this endpoint."),
                ("Endpoint", "oss-cn-beijing.aliyuncs.com"),
            ]),
            r#"served at oss-cn-beijing.aliyuncs.com: make the endpoint with the region "cn-beijing""#,
        ),
        (
            Ask::ObsGet,
            307,
            vec!["Location: https://release-bucket.obs.private.example:8443/?encryption".into()],
            String::new(),
            "served at obs.private.example:8443: pass that address to `Endpoint::with_url`",
        ),
        (
            Ask::OssGet,
            403,
            vec![],
            coded("SignatureDoesNotMatch", "Check your key and signing method."),
            "check that the access key secret",
        ),
        (
            Ask::TableGet,
            403,
            vec![type_header("ForbiddenException"), "x-oss-ec: 0002-00000040".into()],
            r#"{"message":"The signature does not match."}"#.into(),
            "check that the access key secret",
        ),
        (
            Ask::OssGet,
            400,
            vec![],
            coded("InvalidArgument", "Unsupported Authorization Type"),
            "`with_signature_version(SignatureVersion::V1)`",
        ),
        (
            Ask::OssGetV1,
            403,
            vec![],
            coded("AccessDenied", "Signature version 1 is not allowed."),
            "drop `with_signature_version`",
        ),
        (
            Ask::OssGet,
            403,
            vec![],
            xml(&[
                ("Code", "RequestTimeTooSkewed"),
                ("Message", "The time of the request is too far off."),
                ("RequestTime", "2025-04-10T08:00:00.000Z"),
                ("ServerTime", "2025-04-10T09:00:00.000Z"),
            ]),
            "clock is 3600 s behind the service's",
        ),
        (
            Ask::ObsGet,
            403,
            vec![],
            xml(&[
                ("Code", "RequestTimeTooSkewed"),
                ("Message", "The time of the request is too far off."),
                ("RequestTime", "2025-04-10T09:00:01Z"),
                ("ServerTime", "2025-04-10T08:00:00Z"),
            ]),
            "clock is 3601 s ahead of the service's",
        ),
        (Ask::OssGet, 403, vec![], coded("SecurityTokenExpired", "The security token has expired."), "get a new one"),
        (
            Ask::TableGet,
            403,
            vec![type_header("ForbiddenException"), "x-oss-ec: 0002-00000007".into()],
            r#"{"message":"The token has expired."}"#.into(),
            "get a new one",
        ),
        (
            Ask::TableGet,
            403,
            vec![type_header("ForbiddenException"), "x-oss-ec: 0002-00000003".into()],
            r#"{"message":"A security token is required."}"#.into(),
            "`Credentials::with_security_token`",
        ),
        (
            Ask::OssGet,
            403,
            vec![],
            coded("InvalidSecurityToken", "The security token is invalid."),
            "does not belong to this access key",
        ),
        (
            Ask::OssGet,
            403,
            vec![],
            coded("InvalidAccessKeyId", "The access key id does not exist."),
            "does not know this access key id",
        ),
        (
            Ask::TableGet,
            403,
            vec![type_header("ForbiddenException")],
            r#"{"message":"The OSS Access Key Id you provided does not exist in our records."}"#.into(),
            "does not know this access key id",
        ),
        (
            Ask::ObsPut(obs::BucketEncryption::kms),
            403,
            vec![],
            coded("AccessDenied", "No privilege to this kms operation."),
            "kms:dek:create",
        ),
        (
            Ask::OssPut(oss::BucketEncryption::kms),
            403,
            vec![],
            coded("AccessDenied", "This request is forbidden by kms."),
            "kms:GenerateDataKey",
        ),
        (
            Ask::OssGet,
            403,
            vec![],
            coded("AccessDenied", "You have no right to do this."),
            "grant oss:GetBucketEncryption on release-bucket",
        ),
        (
            Ask::OssPut(oss::BucketEncryption::aes256),
            403,
            vec![],
            coded("AccessDenied", "You have no right to do this."),
            "grant oss:PutBucketEncryption on release-bucket",
        ),
        (
            Ask::ObsGet,
            403,
            vec![],
            coded("AccessDenied", "You have no right to do this."),
            "grant obs:bucket:GetEncryptionConfiguration on",
        ),
        (
            Ask::ObsPut(obs::BucketEncryption::aes256),
            403,
            vec![],
            coded("AccessDenied", "You have no right to do this."),
            "grant obs:bucket:PutEncryptionConfiguration on",
        ),
        (
            Ask::TableGet,
            403,
            vec![type_header("ForbiddenException")],
            r#"{"message":"You have no right to do this."}"#.into(),
            "grant oss:GetTableEncryption on ns.t in acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket",
        ),
        (
            Ask::TableBucketPut(oss_tables::TableEncryption::aes256),
            403,
            vec![type_header("ForbiddenException")],
            r#"{"message":"You have no right to do this."}"#.into(),
            "grant oss:PutTableBucketEncryption on acs:osstables",
        ),
        (
            Ask::ObsPut(|| obs::BucketEncryption::kms().with_project_id("p")),
            400,
            vec![],
            coded("MalformedXML", "The XML is not valid."),
            "add `with_kms_master_key_id`",
        ),
        (
            Ask::OssPut(|| oss::BucketEncryption::aes256().with_kms_master_key_id("k")),
            400,
            vec![],
            coded("InvalidArgument", "A key id does not apply."),
            "drop `with_kms_master_key_id`",
        ),
        (
            Ask::OssPut(|| oss::BucketEncryption::new("ROT13")),
            400,
            vec![],
            coded("InvalidEncryptionAlgorithmError", "Supported: AES256, KMS."),
            "use AES256 or KMS",
        ),
        (
            Ask::TableBucketPut(oss_tables::TableEncryption::kms),
            400,
            vec![type_header("BadRequestException")],
            r#"{"message":"Only AES256 is supported."}"#.into(),
            "OSS Tables takes AES256 only",
        ),
        (
            Ask::OssGet,
            503,
            vec![],
            coded("MetaOperationQpsLimitExceeded", "Please reduce your request rate."),
            "try again in some seconds",
        ),
        (
            Ask::ObsGet,
            429,
            vec![],
            coded("TooManyRequests", "Please reduce your request rate."),
            "try again in some seconds",
        ),
    ]
}

#[test]
fn every_known_fix_is_advised() {
    for (call, status, headers, body, expected) in rows() {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let error = ask(call, http(status, &headers, &body));
        let advice = error.service().expect("a service's error").advice();
        assert!(advice.is_some_and(|advice| advice.contains(expected)), "{body}: {advice:?}, not {expected}");
        assert!(format!("{error:#}").contains(&format!("\n  advice: {}", advice.unwrap())), "{error:#}");
    }
}

#[test]
fn no_advice_where_no_fix_is_known() {
    for body in [xml(&[("Code", "InternalError"), ("Message", "no")]), xml(&[("Code", "NoSuchBucket")]), String::new()]
    {
        let error = ask(Ask::OssGet, http(500, &[], &body));
        assert_eq!(error.service().unwrap().advice(), None, "{body}");
    }
}

/// The string to sign that a service would show for what it received, with what a proxy in between changed.
fn mismatch_answer(canonical_request: &str, string_to_sign: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let (string, request) = (escape(string_to_sign), escape(canonical_request));
    let mut fields = vec![("Code", "SignatureDoesNotMatch"), ("Message", "The signature does not match.")];
    fields.push(("StringToSign", &string));
    if !request.is_empty() {
        fields.push(("CanonicalRequest", &request));
    }
    http(403, &["x-oss-request-id: 5C1B138A109F4E405B2D8AEF"], &xml(&fields))
}

/// Rebuilds what was signed from what came over the wire.
fn header<'r>(request: &'r str, name: &str) -> &'r str {
    let line = request.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:"))).unwrap_or("");
    line.split_once(':').map_or("", |(_, value)| value.trim())
}

fn v4_texts(request: &str) -> (String, String) {
    let date = header(request, "x-oss-date");
    let token = match header(request, "x-oss-security-token") {
        "" => String::new(),
        token => format!("x-oss-security-token:{token}\n"),
    };
    let canonical = format!(
        "GET\n/release-bucket/\nencryption\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:{date}\n{token}\n\nUNSIGNED-PAYLOAD"
    );
    let day = date.get(..8).unwrap();
    let scope = format!("{day}/cn-hangzhou/oss/aliyun_v4_request");
    // The hash of the canonical request is not rebuilt here: the comparison never gets to it when that differs.
    (canonical, format!("OSS4-HMAC-SHA256\n{date}\n{scope}\n"))
}

fn v1_text(request: &str) -> String {
    let token = match header(request, "x-oss-security-token") {
        "" => String::new(),
        token => format!("x-oss-security-token:{token}\n"),
    };
    format!("GET\n\n\n{}\n{token}/release-bucket/?encryption", header(request, "date"))
}

fn mismatch_of(version: SignatureVersion, answer: impl FnOnce(&str) -> String + Send + 'static) -> Error {
    let (url, server) = serve(answer);
    let endpoint = local(Endpoint::oss("cn-hangzhou").unwrap(), &url).with_signature_version(version);
    let key = key().with_security_token("the-token-of-this-test").unwrap();
    let error = oss::get_bucket_encryption(&key, &endpoint, "release-bucket").unwrap_err();
    server.join().unwrap();
    let printed = format!("{error} {error:?} {error:#} {:?}", error.service().unwrap().signature_mismatch());
    assert!(!printed.contains("the-token-of-this-test") && !printed.contains("the-secret"), "{printed}");
    error
}

#[test]
fn equal_texts_mean_a_wrong_secret() {
    let error = mismatch_of(SignatureVersion::V1, |request| mismatch_answer("", &v1_text(request)));
    assert_eq!(error.service().unwrap().signature_mismatch(), Some(&SignatureMismatch::WrongSecret));
    assert!(format!("{error:#}").contains("the service signed the same text, so the access key secret is wrong"));
}

#[test]
fn a_difference_is_shown_with_its_line_and_likely_cause() {
    // What the service signed instead, the text and line in which it shows, and the cause.
    type Change = fn(&str) -> String;
    let v4 = |change: Change| {
        mismatch_of(SignatureVersion::V4, move |request| {
            let (canonical, string) = v4_texts(request);
            mismatch_answer(&change(&canonical), &string)
        })
    };
    let v4_string = |change: Change| {
        mismatch_of(SignatureVersion::V4, move |request| mismatch_answer("", &change(&v4_texts(request).1)))
    };
    let v1 = |change: Change| {
        mismatch_of(SignatureVersion::V1, move |request| mismatch_answer("", &change(&v1_text(request))))
    };
    for (error, text, line, likely) in [
        (v4(|text| text.replace("GET", "HEAD")), "canonical request", 1, "the method"),
        (v4(|text| text.replace("/release-bucket/", "/other/")), "canonical request", 2, "another bucket"),
        (v4(|text| text.replace("encryption\n", "encryption&x=1\n")), "canonical request", 3, "the query"),
        (
            v4(|text| text.replace("x-oss-content", "content-type:text/plain\nx-oss-content")),
            "canonical request",
            4,
            "Content-Type",
        ),
        (v4(|text| text.replace("the-token-of-this-test", "another")), "canonical request", 6, "this header"),
        (v4_string(|text| text.replace("cn-hangzhou", "cn-beijing")), "string to sign", 3, "another region"),
        (v4_string(|text| format!("{text}0123")), "string to sign", 4, "the canonical requests differ"),
        (v1(|text| text.replace("GET\n\n\n", "GET\n\ntext/plain\n")), "string to sign", 3, "Content-Type"),
        (v1(|text| text.replace("GMT", "UTC")), "string to sign", 4, "Date"),
        (v1(|text| text.replace("the-token-of-this-test", "another")), "string to sign", 5, "this header"),
        (v1(|text| text.replace("/release-bucket/", "/other/")), "string to sign", 6, "another bucket"),
        (v1(|text| text.replace("?encryption", "?encryption&acl")), "string to sign", 6, "the query"),
    ] {
        let found = error.service().unwrap().signature_mismatch();
        let Some(SignatureMismatch::Differs { text: found_text, line: found_line, likely: Some(found_likely), .. }) =
            found
        else {
            panic!("{text} {line} {likely}: {found:?}");
        };
        assert_eq!((*found_text, *found_line), (text, line), "{error:#}");
        assert!(found_likely.contains(likely), "{error:#}");
    }
}

#[test]
fn a_readable_block_shows_both_lines_below_each_other() {
    let error = mismatch_of(SignatureVersion::V4, |request| {
        let (canonical, string) = v4_texts(request);
        mismatch_answer(&canonical.replace("/release-bucket/", "/other/"), &string)
    });
    let host = error.to_string().split(" at ").nth(1).unwrap().split(": ").next().unwrap().to_owned();
    assert_eq!(
        format!("{error:#}"),
        format!(
            "GetBucketEncryption release-bucket at {host}: SignatureDoesNotMatch: The signature does not match. \
             (HTTP 403, request id 5C1B138A109F4E405B2D8AEF)
  signature: the service signed another canonical request, from line 2 on
    ours:    \"/release-bucket/\"
    service: \"/other/\"
    likely:  the endpoint leads to another bucket, or something on the way changed the path"
        )
    );
}

#[test]
fn answers_of_other_clients_are_compared_too() {
    let endpoint = Endpoint::oss("cn-hangzhou").unwrap().with_signature_version(SignatureVersion::V1);
    let request = oss::get_bucket_encryption_request(&endpoint, "release-bucket").unwrap();
    let signed = request.sign(&key(), std::time::UNIX_EPOCH + Duration::from_secs(1_744_272_000)).unwrap();
    let body = xml(&[("Code", "SignatureDoesNotMatch"), ("StringToSign", signed.string_to_sign())]);
    let error = bucket_encryption::Response::new(403, [], body.into_bytes()).check().unwrap_err();
    let service = error.service().unwrap();
    assert_eq!(service.signature_mismatch(), None);
    assert_eq!(service.compare_signature(&signed), Some(SignatureMismatch::WrongSecret));
}

#[test]
fn every_error_of_a_call_names_operation_and_target() {
    let ok = |body: &str| http(200, &[], body);
    for (call, answer, expected) in [
        (
            Ask::OssGet,
            http(
                404,
                &["x-oss-ec: 0015-00000101"],
                &xml(&[("Code", "NoSuchBucket"), ("Message", "It does\nnot exist."), ("RequestId", "R1")]),
            ),
            "GetBucketEncryption release-bucket at HOST: NoSuchBucket: It does not exist. (HTTP 404, request id R1, EC 0015-00000101)",
        ),
        (
            Ask::OssGet,
            ok(""),
            "GetBucketEncryption release-bucket at HOST: the answer cannot be understood: status 200 without a body",
        ),
        (
            Ask::ObsGet,
            ok("<a><b></a>"),
            "GetBucketEncryption release-bucket at HOST: the answer cannot be understood: no well-formed XML: expected 'b' tag, not 'a' at 1:7; it begins \"<a><b></a>\"",
        ),
        (
            Ask::OssGet,
            http(502, &["Content-Type: text/html"], "<html>\n<h1>Bad gateway</h1>"),
            "GetBucketEncryption release-bucket at HOST: <html> <h1>Bad gateway</h1> (HTTP 502)",
        ),
        (
            Ask::OssGet,
            http(500, &[], ""),
            "GetBucketEncryption release-bucket at HOST: an error without a message (HTTP 500)",
        ),
        (
            Ask::TableGet,
            http(404, &["x-oss-error-type: NotFoundException"], r#"{"message":"The specified table does not exist."}"#),
            "GetTableEncryption ns.t in acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket at HOST: NotFoundException: The specified table does not exist. (HTTP 404)",
        ),
        (
            Ask::ObsGet,
            http(301, &["Location: https://elsewhere.example/?encryption"], ""),
            "GetBucketEncryption release-bucket at HOST: a redirect, which is not followed (HTTP 301, redirected to https://elsewhere.example/?encryption)",
        ),
    ] {
        let error = ask(call, answer);
        let text = error.to_string();
        let (before, rest) = text.split_once(" at ").unwrap();
        let (_, after) = rest.split_once(": ").unwrap();
        assert_eq!(format!("{before} at HOST: {after}"), expected);
        assert_eq!(format!("{error:?}"), text, "Debug is Display and the causes, and there are none");
        assert_eq!(error.attempts(), 1);
        assert!(error.elapsed() > Duration::ZERO);
    }
}

#[test]
fn transport_errors_tell_what_is_known() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = local(Endpoint::oss("cn-hangzhou").unwrap(), &format!("http://{address}"));

    let get = oss::get_bucket_encryption(&key(), &endpoint, "release-bucket").unwrap_err();
    let text = get.to_string();
    let expected = format!("GetBucketEncryption release-bucket at {address}: the connection was refused (1 attempt, ");
    assert!(text.starts_with(&expected), "{text}");
    assert!(format!("{get:?}").starts_with(&text) && format!("{get:?}").contains("Connection refused"), "{get:?}");
    assert!(!get.is_timeout());

    // A refused connection changed nothing; one that is lost after the request was sent may have.
    let setting = oss::BucketEncryption::aes256();
    let refused = oss::put_bucket_encryption(&key(), &endpoint, "release-bucket", &setting).unwrap_err();
    assert!(!refused.to_string().contains("may have taken effect"), "{refused}");
    let (url, server) = serve(|_| String::new());
    let endpoint = local(Endpoint::oss("cn-hangzhou").unwrap(), &url);
    let lost = oss::put_bucket_encryption(&key(), &endpoint, "release-bucket", &setting).unwrap_err();
    server.join().unwrap();
    assert!(lost.to_string().ends_with("; the change may have taken effect, and it is safe to repeat"), "{lost}");
}

#[test]
fn a_chain_prints_each_cause_once() {
    let error = refused_connection();

    // As reporters print it: each error's own text, down the chain.
    let mut chain = vec![error.to_string()];
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        chain.push(error.to_string());
        cause = error.source();
    }
    assert_eq!(chain.len(), 2, "{chain:?}");
    assert_eq!(chain[1], "io: Connection refused (os error 111)");
    assert_eq!(format!("{error:?}"), chain.join(": "));
    assert_eq!(format!("{error:#}"), chain.join("\n  cause: "));
}

#[test]
fn an_error_is_small_and_goes_between_threads() {
    fn check<T: Send + Sync + std::error::Error + 'static>() {}
    check::<Error>();
    assert_eq!(size_of::<Error>(), 16);
}

#[test]
fn regions_are_read_from_suggested_endpoints() {
    for (endpoint, region) in [
        ("oss-cn-beijing.aliyuncs.com", Some("cn-beijing")),
        ("oss-cn-beijing-internal.aliyuncs.com", Some("cn-beijing")),
        ("release-bucket.oss-cn-beijing.aliyuncs.com", Some("cn-beijing")),
        ("cn-beijing.oss.aliyuncs.com", Some("cn-beijing")),
        ("obs.cn-north-4.myhuaweicloud.com", Some("cn-north-4")),
        ("release-bucket.obs.cn-north-4.myhuaweicloud.com:443", Some("cn-north-4")),
        ("oss-accelerate.aliyuncs.com", None),
        ("files.example.com", None),
        ("oss.aliyuncs.com", None),
    ] {
        let body =
            xml(&[("Code", "AccessDenied"), ("Message", "Send requests to this endpoint."), ("Endpoint", endpoint)]);
        let error = ask(Ask::OssGet, http(403, &[], &body));
        assert_eq!(error.service().unwrap().region(), region, "{endpoint}");
        assert!(error.is_wrong_endpoint() && !error.is_denied(), "{endpoint}");
    }
}

/// The page of errors shows every message as it prints: its blocks, in their order, are these.
#[test]
fn the_page_of_errors_shows_them_as_they_print() {
    let page = include_str!("../docs/errors.md");
    let shown: Vec<_> = page.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let printed = messages();
    assert_eq!(
        shown.len(),
        printed.len(),
        "{}",
        printed.iter().map(|text| format!("```text\n{text}```\n\n")).collect::<Vec<_>>().concat()
    );
    for (shown, printed) in shown.iter().zip(&printed) {
        assert_eq!(shown, printed);
    }
}

fn messages() -> Vec<String> {
    let mut errors = vec![
        Credentials::new("LTAI5tExample", "a secret\n").unwrap_err(),
        ask(
            Ask::OssGet,
            http(
                404,
                &["x-oss-request-id: 5C1B138A109F4E405B2D8AEF"],
                &xml(&[("Code", "NoSuchBucket"), ("Message", "The specified bucket does not exist.")]),
            ),
        ),
        refused_connection(),
        ask(Ask::OssGet, http(200, &[], "<html>Log in to the hotel's network</html>")),
        not_settled(),
    ];
    errors.push(mismatch_of(SignatureVersion::V1, |request| mismatch_answer("", &v1_text(request))));
    errors.push(mismatch_of(SignatureVersion::V4, |request| {
        let (canonical, string) = v4_texts(request);
        mismatch_answer(&canonical.replace("/release-bucket/", "/other/"), &string)
    }));
    let mut seen = std::collections::HashSet::new();
    for (call, status, headers, body, gist) in rows() {
        if seen.insert(gist) {
            let headers: Vec<_> = headers.iter().map(String::as_str).collect();
            errors.push(ask(call, http(status, &headers, &body)));
        }
    }
    errors.iter().map(|error| stable(&format!("{error:#}\n"))).collect()
}

fn refused_connection() -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = local(Endpoint::oss("cn-hangzhou").unwrap(), &format!("http://{address}"));
    oss::get_bucket_encryption(&key(), &endpoint, "release-bucket").unwrap_err()
}

/// Ensures a setting on a service that takes it and goes on to show the old one.
fn not_settled() -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let is_get = read_request(&mut stream).starts_with("GET");
            let body = if is_get { oss::BucketEncryption::aes256().to_xml() } else { String::new() };
            stream.write_all(http(200, &[], &body).as_bytes()).unwrap();
        }
    });
    let endpoint = local(Endpoint::oss("cn-hangzhou").unwrap(), &url);
    oss::ensure_bucket_encryption(&key(), &endpoint, "release-bucket", &oss::BucketEncryption::kms()).unwrap_err()
}

/// Puts a name in the place of the test's port, and one duration in the place of any.
fn stable(text: &str) -> String {
    let mut stable = text.to_owned();
    if let Some((before, rest)) = text.split_once("127.0.0.1:") {
        stable = format!("{before}HOST{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    if let Some((before, rest)) = stable.split_once("(1 attempt, ") {
        stable = format!("{before}(1 attempt, 1.2ms){}", rest.split_once(')').unwrap().1);
    }
    if let Some((before, rest)) = stable.split_once("is read back after ") {
        stable = format!("{before}is read back after 3.3s{}", rest.trim_start_matches(|c: char| !c.is_whitespace()));
    }
    stable
}

/// A put that may have arrived is not told away by a key that runs out before the next attempt.
#[test]
fn a_key_that_runs_out_between_two_attempts_leaves_the_first_answer() {
    let (url, server) = serve(|_| http(503, &["Retry-After: 2"], &xml(&[("Code", "ServiceUnavailable")])));
    let endpoint = local(Endpoint::oss("cn-hangzhou").unwrap(), &url).with_max_attempts(3);
    let key = key().with_expiry(std::time::SystemTime::now() + Duration::from_secs(2));
    let setting = oss::BucketEncryption::aes256();
    let error = oss::put_bucket_encryption(&key, &endpoint, "release-bucket", &setting).unwrap_err();
    server.join().unwrap();
    assert_eq!((error.code(), error.attempts()), (Some("ServiceUnavailable"), 1), "{error}");
}

#[cfg(not(feature = "rustls"))]
#[test]
fn without_tls_nothing_is_sent_and_the_error_names_the_feature() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let error =
        oss::get_bucket_encryption(&key(), &local(Endpoint::oss("cn-hangzhou").unwrap(), &url), "release-bucket");
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Transport(_)) && error.attempts() == 0, "{error}");
    assert!(error.to_string().contains("`rustls`") && error.to_string().contains("with_agent"), "{error}");
    assert!(listener.accept().is_err(), "nobody connected");
}
