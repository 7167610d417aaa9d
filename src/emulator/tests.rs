//! What only the private signer can ask, and short limits.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ureq_proto::http::Request;

use super::*;
use crate::emulator::message::{Answer, Received};
use crate::emulator::server::Outcome;
use crate::emulator::state::State;
use crate::endpoint::Service;
use crate::request::encode_path;
use crate::sign::time::Timestamp;
use crate::sign::{content_md5, v1, v4};

pub(super) const ARN: &str = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket";
pub(super) const ARN_SEGMENT: &str = "acs%3Aosstables%3Acn-hangzhou%3A1234567890%3Abucket%2Fmy-table-bucket";
pub(super) const OSS_AES256: &str = "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";

pub(super) fn credentials(token: Option<&str>) -> Credentials {
    let credentials = Credentials::new("ak", "sk").unwrap();
    token.into_iter().fold(credentials, |credentials, token| credentials.with_security_token(token).unwrap())
}

pub(super) fn state() -> State {
    let mut state = State::default();
    state.create_bucket("examplebucket");
    state.create_table(&ARN.parse().unwrap(), "my_namespace", "my_table");
    state
}

#[track_caller]
pub(super) fn received(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Received {
    let request = Request::builder().method(method).uri(target);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Received::new(&request.body(()).unwrap().into_parts().0, body.as_bytes().to_vec(), false)
}

/// Signs a request as its sender should, now, and answers it.
fn ask(server: &Server, service: Service, method: &str, target: &str, resource: &str, body: &str) -> Answer {
    answer(server, &signed(service, method, target, resource, body))
}

#[track_caller]
fn answer(server: &Server, request: &Received) -> Answer {
    match server.respond(request) {
        Outcome::Whole(answer) => answer,
        Outcome::Cut(_) | Outcome::Drop => panic!("no whole answer"),
    }
}

fn signed(service: Service, method: &str, target: &str, resource: &str, body: &str) -> Received {
    let timestamp = Timestamp::new(SystemTime::now()).unwrap();
    let md5 = content_md5(body.as_bytes());
    let mut headers = vec![("content-md5", md5.as_str()), ("content-type", "text/any")];
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let authorization = if service == Service::Obs {
        let text =
            v1::string_to_sign(v1::Dialect::Obs, method, timestamp.http(), &headers, &format!("{resource}?{query}"));
        v1::authorization(v1::Dialect::Obs, "ak", &v1::signature("sk", &text))
    } else {
        headers.extend([("x-oss-content-sha256", "UNSIGNED-PAYLOAD"), ("x-oss-date", timestamp.basic())]);
        let product = if service == Service::Oss { "oss" } else { "osstables" };
        let scope = v4::Scope { date: timestamp.basic_date(), region: "eu-central-1", product };
        let canonical = v4::canonical_request(method, encode_path(resource), query, &headers, "");
        let text = v4::string_to_sign(timestamp.basic(), &scope, &canonical);
        v4::authorization("ak", &scope, "", &v4::signature(&v4::signing_key("sk", &scope), &text))
    };
    headers.extend([("host", "localhost"), ("date", timestamp.http()), ("authorization", &authorization)]);
    received(method, target, &headers, body)
}

fn server() -> Server {
    let server = Server::new(credentials(None), Limits::default());
    *server.state() = state();
    server
}

fn ask_bucket(server: &Server, service: Service, method: &str, body: &str) -> Answer {
    ask(server, service, method, "/examplebucket/?encryption", "/examplebucket/", body)
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(&format!("<Code>{code}</Code>")), "{code}: {}", answer.body);
}

fn oss_rule(inside: &str) -> String {
    OSS_AES256.replace("<SSEAlgorithm>AES256</SSEAlgorithm>", inside)
}

fn obs_rule(inside: &str) -> String {
    format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{inside}</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    )
}

#[test]
fn a_body_that_is_no_setting_is_malformed() {
    let server = server();
    let deep = "<a>".repeat(20_000);
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aaaa\">]><ServerSideEncryptionRule>&a;</ServerSideEncryptionRule>";
    for body in [
        "<",
        "text",
        "{}",
        "<Other/>",
        "<ServerSideEncryptionRule/>",
        &deep,
        bomb,
        &oss_rule(""),
        &oss_rule("<SSEAlgorithm/>"),
        &oss_rule("<SSEAlgorithm>KMS</SSEAlgorithm><SSEAlgorithm>KMS</SSEAlgorithm>"),
        &oss_rule("<KMSMasterKeyID>1</KMSMasterKeyID>"),
    ] {
        assert_refused(&ask_bucket(&server, Service::Oss, "PUT", body), 400, "MalformedXML");
        if body.len() < 20_000 {
            assert_refused(&ask_bucket(&server, Service::Obs, "PUT", body), 400, "MalformedXML");
        }
    }
    assert_refused(&ask_bucket(&server, Service::Oss, "PUT", ""), 400, "MalformedXML");
    assert_refused(&ask_bucket(&server, Service::Obs, "PUT", ""), 400, "MissingRequestBodyError");
    assert_refused(&ask_bucket(&server, Service::Obs, "PUT", &" ".repeat(20 * 1024 + 1)), 400, "EntityTooLarge");
    let (target, resource) = (format!("/buckets/{ARN_SEGMENT}/encryption"), format!("/{ARN}/buckets/{ARN}/encryption"));
    for body in [
        "",
        "{",
        "{}",
        "[]",
        "<a/>",
        r#"{"encryptionConfiguration":null}"#,
        r#"{"encryptionConfiguration":{}}"#,
        &"[".repeat(20_000),
    ] {
        let answer = ask(&server, Service::OssTables, "PUT", &target, &resource, body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.headers.contains(&("x-oss-error-type", "BadRequestException".into())), "{body}");
    }
    // Nothing was set by any of them.
    assert_refused(&ask_bucket(&server, Service::Oss, "GET", ""), 404, "NoSuchServerSideEncryptionRule");
    assert_refused(&ask_bucket(&server, Service::Obs, "GET", ""), 404, "NoSuchEncryptionConfiguration");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let server = server();
    for (service, body, code) in [
        (
            Service::Oss,
            oss_rule("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>1</KMSMasterKeyID>"),
            "InvalidArgument",
        ),
        (
            Service::Oss,
            oss_rule("<SSEAlgorithm>SM4</SSEAlgorithm><KMSMasterKeyID>1</KMSMasterKeyID>"),
            "InvalidArgument",
        ),
        (
            Service::Oss,
            oss_rule("<SSEAlgorithm>KMS</SSEAlgorithm><KMSDataEncryption>DES</KMSDataEncryption>"),
            "InvalidArgument",
        ),
        (Service::Oss, oss_rule("<SSEAlgorithm>DES</SSEAlgorithm>"), "InvalidEncryptionAlgorithmError"),
        (Service::Oss, oss_rule("<SSEAlgorithm>None</SSEAlgorithm>"), "InvalidEncryptionAlgorithmError"),
        (Service::Obs, obs_rule("<SSEAlgorithm>SM4</SSEAlgorithm>"), "InvalidEncryptionAlgorithmError"),
        (Service::Obs, obs_rule("<SSEAlgorithm>None</SSEAlgorithm>"), "InvalidEncryptionAlgorithmError"),
        (Service::Obs, obs_rule("<SSEAlgorithm>kms</SSEAlgorithm><ProjectID>1</ProjectID>"), "InvalidArgument"),
    ] {
        assert_refused(&ask_bucket(&server, service, "PUT", &body), 400, code);
    }
    // Empty as in the vendor's sample: absent.
    let empty_key = oss_rule("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID></KMSMasterKeyID>");
    assert_eq!(ask_bucket(&server, Service::Oss, "PUT", &empty_key).status, 200);
    // Without KMS the cipher of the data is forgotten.
    let forgotten = oss_rule("<SSEAlgorithm>SM4</SSEAlgorithm><KMSDataEncryption>SM4</KMSDataEncryption>");
    assert_eq!(ask_bucket(&server, Service::Oss, "PUT", &forgotten).status, 200);
    let answer = ask_bucket(&server, Service::Oss, "GET", "");
    assert!(answer.body.contains(&oss_rule("<SSEAlgorithm>SM4</SSEAlgorithm>")), "{}", answer.body);
}

#[test]
fn what_is_not_served_says_so() {
    let server = server();
    assert_refused(&ask_bucket(&server, Service::Oss, "POST", ""), 405, "MethodNotAllowed");
    assert_refused(&ask_bucket(&server, Service::Obs, "POST", ""), 405, "MethodNotAllowed");
    assert_refused(
        &ask(&server, Service::Oss, "GET", "/examplebucket/?acl", "/examplebucket/", ""),
        501,
        "NotImplemented",
    );
    let key = "/examplebucket/%E5%AF%86%20key%2B?encryption";
    assert_refused(&ask(&server, Service::Oss, "GET", key, "/examplebucket/密 key+", ""), 501, "NotImplemented");
    assert_refused(&ask(&server, Service::Oss, "GET", "/A/?encryption", "/A/", ""), 400, "InvalidBucketName");
    let list = ask(&server, Service::OssTables, "GET", "/buckets", "/acs:osstables:eu-central-1::bucket//buckets", "");
    assert_eq!(list.status, 501);
    let table = format!("/tables/{ARN_SEGMENT}/my_namespace/my_table/encryption");
    let answer = ask(
        &server,
        Service::OssTables,
        "PUT",
        &table,
        &format!("/{ARN}/tables/{ARN}/my_namespace/my_table/encryption"),
        "",
    );
    assert_eq!((answer.status, answer.body.contains("method is not allowed")), (405, true));
    // The vendor's second SDK for Java repeats the ARN in the query.
    let bucket = format!("/buckets/{ARN_SEGMENT}/encryption?{ARN_SEGMENT}&encryption");
    let answer = ask(&server, Service::OssTables, "GET", &bucket, &format!("/{ARN}/buckets/{ARN}/encryption"), "");
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"encryptionConfiguration":{}}"#));
}

#[test]
fn a_body_of_unknown_length_is_refused() {
    let server = server();
    for service in [Service::Oss, Service::Obs] {
        let mut request = signed(service, "PUT", "/examplebucket/?encryption", "/examplebucket/", "");
        request.misses_length = true;
        assert_refused(&answer(&server, &request), 411, "MissingContentLength");
    }
}

#[test]
fn a_head_says_in_headers_what_went_wrong() {
    let server = server();
    let header = |answer: &Answer, wanted: &str| {
        answer.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let oss = ask_bucket(&server, Service::Oss, "HEAD", "");
    let document = String::from_utf8(BASE64.decode(header(&oss, "x-oss-err")).unwrap()).unwrap();
    assert!(document.contains("<Code>NoSuchServerSideEncryptionRule</Code>"), "{document}");
    let obs = ask_bucket(&server, Service::Obs, "HEAD", "");
    assert_eq!(header(&obs, "x-obs-error-code"), "NoSuchEncryptionConfiguration");
}

fn with_limits(limits: Limits) -> Emulator {
    Emulator::with_limits((Ipv4Addr::LOCALHOST, 0), credentials(None), limits).unwrap()
}

/// What comes back for these bytes until the connection ends.
fn exchange(emulator: &Emulator, bytes: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = TcpStream::connect(emulator.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn slow_and_idle_clients_are_let_go() {
    let emulator = with_limits(Limits {
        idle: Duration::from_millis(50),
        message: Duration::from_millis(50),
        ..Limits::default()
    });
    let started = Instant::now();
    assert_eq!(exchange(&emulator, ""), "");
    for part in [
        "GET /?enc",
        "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n<a",
        "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5",
    ] {
        assert!(exchange(&emulator, part).starts_with("HTTP/1.1 408 "), "{part}");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn connections_beyond_the_limit_are_closed() {
    let emulator = with_limits(Limits { connections: 1, ..Limits::default() });
    let first = TcpStream::connect(emulator.address).unwrap();
    assert_eq!(exchange(&emulator, ""), "");
    assert_eq!(emulator.connections(), 2);
    drop(first);
}
