//! The samples of the five vendor's pages that this library was made from, and the errors that they list.

use bucket_encryption::{Credentials, Endpoint, Error, Response, SseAlgorithm, obs, oss, oss_tables};

const TABLES_PAGE: &str = include_str!("golden/tables-page.json");
const TABLES_SYNTAX: &str = include_str!("golden/tables-syntax.json");
const OSS_PAGE: &str = include_str!("golden/oss-page.xml");
const OBS_PAGE: &str = include_str!("golden/obs-page.xml");
const OBS_SYNTAX: &str = include_str!("golden/obs-syntax.xml");

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response::new(status, headers.iter().copied(), body.as_bytes().to_vec())
}

/// GetTableEncryption
#[test]
fn the_sample_answer_of_a_table_is_read() {
    let headers = [
        ("Server", "AliyunOSS"),
        ("x-oss-request-id", "5C06A3B67B8B5A3DA422****"),
        ("x-oss-server-time", "3"),
        ("Content-Type", "application/json"),
    ];
    let response = answer(200, &headers, TABLES_PAGE);
    let read = oss_tables::TableEncryption::from_response(&response).unwrap().unwrap();
    assert_eq!(read, oss_tables::TableEncryption::aes256());
    assert_eq!(read.kms_key_arn, None, "an empty string stands for none");
}

/// PutTableBucketEncryption: the syntax block of its request, and the answer without a body.
#[test]
fn the_sample_of_putting_a_table_bucket_is_read() {
    let read = oss_tables::TableEncryption::from_json(TABLES_SYNTAX).unwrap().unwrap();
    assert_eq!(read.sse_algorithm, SseAlgorithm::Other("string".into()));
    assert_eq!(read.kms_key_arn.as_deref(), Some("string"));
    let headers =
        [("Server", "AliyunOSS"), ("x-oss-request-id", "5C06A3B67B8B5A3DA422****"), ("x-oss-server-time", "3")];
    assert!(answer(200, &headers, "").check().is_ok());
}

/// GetBucketEncryption, in both editions: a status that has no body, and a declaration with blanks in it.
#[test]
fn the_sample_answer_of_oss_is_decode_as_it_stands_and_read_when_mended() {
    let headers = [("x-oss-request-id", "5C1B138A109F4E405B2D8AEF"), ("Date", "Tue, 20 Dec 2018 11:22:05 GMT")];
    let mended = OSS_PAGE.replace("<? xml", "<?xml").replace("? >", "?>");
    for (status, body) in [(204, OSS_PAGE), (204, &mended), (200, OSS_PAGE), (204, "")] {
        let response = answer(status, &headers, body);
        let outcome = oss::BucketEncryption::from_response(&response);
        assert!(matches!(outcome, Err(Error::Decode(_))), "{status} {body}: {outcome:?}");
    }
    let response = answer(200, &headers, &mended);
    let expected = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86-3509-4f8d-a61e-6eab1eac****");
    assert_eq!(oss::BucketEncryption::from_response(&response).unwrap(), Some(expected));
}

#[test]
fn the_sample_answer_of_obs_is_read() {
    let headers = [
        ("Server", "OBS"),
        ("x-obs-request-id", "BF26000001643670AC06E7B9A7767921"),
        ("x-obs-id-2", "32AAAQAAEAABSAAgAAEAABAAAQAAEAABCSvK6z8HV6nrJh49gsB5vqzpgtohkiFm"),
        ("Date", "Thu, 21 Feb 2019 03:05:34 GMT"),
        ("Content-Length", "788"),
    ];
    let response = answer(200, &headers, OBS_PAGE);
    let expected = obs::BucketEncryption::kms()
        .with_kms_master_key_id("4f1cd4de-ab64-4807-920a-47fc42e7f0d0")
        .with_bucket_key_enabled(true);
    assert_eq!(obs::BucketEncryption::from_response(&response).unwrap(), Some(expected));
}

#[test]
fn the_syntax_block_of_obs_is_read() {
    let expected = obs::BucketEncryption::kms()
        .with_kms_master_key_id("kmskeyid-value")
        .with_project_id("projectid")
        .with_bucket_key_enabled(true);
    assert_eq!(obs::BucketEncryption::from_xml(OBS_SYNTAX).unwrap(), Some(expected));
}

/// The dates of the samples, of which one has the wrong day of the week, make no difference to the request.
#[test]
fn the_sample_requests_have_our_request_lines() {
    let credentials = Credentials::new("LTAI", "sk").unwrap();
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_744_888_810);
    let endpoint = Endpoint::oss("cn-hangzhou").unwrap();
    let signed = oss::get_bucket_encryption_request(&endpoint, "oss-example").unwrap().sign(&credentials, at).unwrap();
    assert_eq!(signed.method(), "GET");
    assert_eq!(signed.url(), "https://oss-example.oss-cn-hangzhou.aliyuncs.com/?encryption");
    let headers: Vec<(&str, &str)> = signed.headers().collect();
    assert!(headers.contains(&("Date", "Thu, 17 Apr 2025 11:20:10 GMT")), "{headers:?}");
    let (_, authorization) = headers.iter().find(|(name, _)| *name == "Authorization").unwrap();
    let shape = "OSS4-HMAC-SHA256 Credential=LTAI/20250417/cn-hangzhou/oss/aliyun_v4_request,Signature=";
    let signature = authorization.strip_prefix(shape).unwrap();
    assert!(signature.len() == 64 && signature.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
}

#[test]
fn the_errors_that_the_pages_list_are_told_apart() {
    let none = "nothing is configured";
    for (service, status, code, expected) in [
        ("oss", 403, "AccessDenied", "denied"),
        ("oss", 400, "NoSuchBucket", "not found"),
        ("oss", 404, "NoSuchBucket", "not found"),
        ("oss", 400, "NoSuchServerSideEncryptionRule", none),
        ("oss", 404, "NoSuchServerSideEncryptionRule", none),
        ("obs", 404, "NoSuchEncryptionConfiguration", none),
        ("obs", 403, "AccessDenied", "denied"),
        ("obs", 404, "NoSuchBucket", "not found"),
        ("tables", 400, "BadRequestException", "other"),
        ("tables", 403, "ForbiddenException", "denied"),
        ("tables", 404, "NotFoundException", "not found"),
    ] {
        let xml = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>");
        let outcome = match service {
            "oss" => oss::BucketEncryption::from_response(&answer(status, &[], &xml)).map(|setting| setting.is_some()),
            "obs" => obs::BucketEncryption::from_response(&answer(status, &[], &xml)).map(|setting| setting.is_some()),
            _ => {
                let response = answer(status, &[("x-oss-error-type", code)], r#"{"message":"m"}"#);
                oss_tables::TableEncryption::from_response(&response).map(|setting| setting.is_some())
            }
        };
        let found = match outcome {
            Ok(false) => none,
            Err(error) => {
                assert_eq!(error.code(), Some(code), "{service} {status} {code}");
                assert_eq!(error.service().unwrap().status(), status, "{service} {status} {code}");
                match (error.is_denied(), error.is_not_found()) {
                    (true, false) => "denied",
                    (false, true) => "not found",
                    _ => "other",
                }
            }
            Ok(true) => "a setting",
        };
        assert_eq!(found, expected, "{service} {status} {code}");
    }
}
