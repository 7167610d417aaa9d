//! The exact bytes that each of the ten operations sends, with both signatures of OSS. The Authorization is that of the
//! same request, signed once more by the pure half for the time that was sent; everything else is written out.

mod common;

use bucket_encryption::oss_tables::TableEncryption;
use bucket_encryption::{Credentials, Endpoint, Request, Result, SignatureVersion, obs, oss, oss_tables};
use common::{BUCKET, Server, answer, arn, header};

const ARN: &str = "acs%3Aosstables%3Acn-hangzhou%3A1234567890%3Abucket%2Fexamplebucket";

/// What all requests of a scheme end with, up to the body.
const V4: &str = "x-oss-content-sha256: UNSIGNED-PAYLOAD
x-oss-date: TIME
x-oss-security-token: to/k+en=
date: DATE
authorization: SIGNATURE
user-agent: AGENT
accept-encoding: identity

";
const V1: &str = "x-oss-security-token: to/k+en=
date: DATE
authorization: SIGNATURE
user-agent: AGENT
accept-encoding: identity

";
const OBS: &str = "x-obs-security-token: to/k+en=
date: DATE
authorization: SIGNATURE
user-agent: AGENT
accept-encoding: identity

";

fn keys() -> Credentials {
    Credentials::new("LTAI5tExample", "the secret").unwrap().with_security_token("to/k+en=").unwrap()
}

/// Sends a request to a server that keeps what it got, and holds that against the text. `DATE`, `TIME` and `SIGNATURE`
/// stand for what the clock makes, `HOST` and `AGENT` for this test's port and this version.
#[track_caller]
fn check<T>(make: impl FnOnce(&Server) -> Result<Request>, call: impl FnOnce(&Server) -> Result<T>, expected: &str) {
    // Each answer is an error that is not tried again: what matters here was sent before.
    let server = Server::new(vec![answer(418, &[], "")]);
    assert!(call(&server).is_err());
    let requests = server.requests();
    let [sent] = requests.as_slice() else { panic!("{requests:?}") };
    let date = header(sent, "date").unwrap();
    let signed = make(&server).unwrap().sign(&keys(), httpdate::parse_http_date(date).unwrap()).unwrap();
    let of = |wanted: &str| signed.headers().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value);
    let expected = expected
        .replace("{V4}\n", V4)
        .replace("{V1}\n", V1)
        .replace("{OBS}\n", OBS)
        .replace("{ARN}", ARN)
        .replace("SIGNATURE", of("Authorization"))
        .replace("TIME", of("x-oss-date"))
        .replace("DATE", date)
        .replace("HOST", &format!("127.0.0.1:{}", server.port()))
        .replace("AGENT", concat!("bucket-encryption/", env!("CARGO_PKG_VERSION")))
        .replace('\n', "\r\n");
    assert_eq!(*sent, expected);
}

fn v1(server: &Server) -> Endpoint {
    server.oss().with_signature_version(SignatureVersion::V1)
}

#[test]
fn get_on_oss_with_v4() {
    check(
        |server| oss::get_bucket_encryption_request(&server.oss(), BUCKET),
        |server| oss::get_bucket_encryption(&keys(), &server.oss(), BUCKET),
        r"GET /examplebucket/?encryption HTTP/1.1
accept: */*
host: HOST
{V4}
",
    );
}

#[test]
fn put_on_oss_with_v4() {
    let setting = oss::BucketEncryption::kms().with_kms_master_key_id("a&b").with_kms_data_encryption("SM4");
    check(
        |server| oss::put_bucket_encryption_request(&server.oss(), BUCKET, &setting),
        |server| oss::put_bucket_encryption(&keys(), &server.oss(), BUCKET, &setting),
        r"PUT /examplebucket/?encryption HTTP/1.1
content-length: 240
accept: */*
host: HOST
content-md5: l7SAfpJEyZR5/c8/HyvPhg==
content-type: application/xml
{V4}
<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>a&amp;b</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
    );
}

#[test]
fn delete_on_oss_with_v4() {
    check(
        |server| oss::delete_bucket_encryption_request(&server.oss(), BUCKET),
        |server| oss::delete_bucket_encryption(&keys(), &server.oss(), BUCKET),
        r"DELETE /examplebucket/?encryption HTTP/1.1
accept: */*
host: HOST
{V4}
",
    );
}

#[test]
fn get_on_oss_with_v1() {
    check(
        |server| oss::get_bucket_encryption_request(&v1(server), BUCKET),
        |server| oss::get_bucket_encryption(&keys(), &v1(server), BUCKET),
        r"GET /examplebucket/?encryption HTTP/1.1
accept: */*
host: HOST
{V1}
",
    );
}

#[test]
fn put_on_oss_with_v1() {
    let setting = oss::BucketEncryption::kms().with_kms_master_key_id("a&b").with_kms_data_encryption("SM4");
    check(
        |server| oss::put_bucket_encryption_request(&v1(server), BUCKET, &setting),
        |server| oss::put_bucket_encryption(&keys(), &v1(server), BUCKET, &setting),
        r"PUT /examplebucket/?encryption HTTP/1.1
content-length: 240
accept: */*
host: HOST
content-md5: l7SAfpJEyZR5/c8/HyvPhg==
content-type: application/xml
{V1}
<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>a&amp;b</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
    );
}

#[test]
fn delete_on_oss_with_v1() {
    check(
        |server| oss::delete_bucket_encryption_request(&v1(server), BUCKET),
        |server| oss::delete_bucket_encryption(&keys(), &v1(server), BUCKET),
        r"DELETE /examplebucket/?encryption HTTP/1.1
accept: */*
host: HOST
{V1}
",
    );
}

#[test]
fn get_on_obs() {
    check(
        |server| obs::get_bucket_encryption_request(&server.obs(), BUCKET),
        |server| obs::get_bucket_encryption(&keys(), &server.obs(), BUCKET),
        r"GET /examplebucket/?encryption HTTP/1.1
accept: */*
host: HOST
{OBS}
",
    );
}

#[test]
fn put_on_obs() {
    let setting = obs::BucketEncryption::kms().with_kms_master_key_id("k").with_kms_data_encryption("SM4");
    let setting = setting.with_project_id("p").with_bucket_key_enabled(false);
    check(
        |server| obs::put_bucket_encryption_request(&server.obs(), BUCKET, &setting),
        |server| obs::put_bucket_encryption(&keys(), &server.obs(), BUCKET, &setting),
        r"PUT /examplebucket/?encryption HTTP/1.1
content-length: 331
accept: */*
host: HOST
content-md5: cmkMoMnJSboyfrJSnYj7EQ==
content-type: application/xml
{OBS}
<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>kms</SSEAlgorithm><KMSDataEncryption>SM4</KMSDataEncryption><KMSMasterKeyID>k</KMSMasterKeyID><ProjectID>p</ProjectID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
    );
}

#[test]
fn delete_on_obs() {
    check(
        |server| obs::delete_bucket_encryption_request(&server.obs(), BUCKET),
        |server| obs::delete_bucket_encryption(&keys(), &server.obs(), BUCKET),
        r"DELETE /examplebucket/?encryption HTTP/1.1
accept: */*
host: HOST
{OBS}
",
    );
}

#[test]
fn get_of_a_table() {
    check(
        |server| oss_tables::get_table_encryption_request(&server.oss_tables(), &arn(), "my ns", "a/b"),
        |server| oss_tables::get_table_encryption(&keys(), &server.oss_tables(), &arn(), "my ns", "a/b"),
        r"GET /tables/{ARN}/my%20ns/a%2Fb/encryption HTTP/1.1
accept: */*
host: HOST
{V4}
",
    );
}

#[test]
fn get_of_a_table_bucket() {
    check(
        |server| oss_tables::get_table_bucket_encryption_request(&server.oss_tables(), &arn()),
        |server| oss_tables::get_table_bucket_encryption(&keys(), &server.oss_tables(), &arn()),
        r"GET /buckets/{ARN}/encryption HTTP/1.1
accept: */*
host: HOST
{V4}
",
    );
}

#[test]
fn put_of_a_table_bucket() {
    let setting = TableEncryption::kms().with_kms_key_arn("acs:kms:\"x\"");
    check(
        |server| oss_tables::put_table_bucket_encryption_request(&server.oss_tables(), &arn(), &setting),
        |server| oss_tables::put_table_bucket_encryption(&keys(), &server.oss_tables(), &arn(), &setting),
        r#"PUT /buckets/{ARN}/encryption HTTP/1.1
content-length: 78
accept: */*
host: HOST
content-md5: l0Cnf8Ox++pIhDOgbrf44g==
content-type: application/json
{V4}
{"encryptionConfiguration":{"kmsKeyArn":"acs:kms:\"x\"","sseAlgorithm":"KMS"}}"#,
    );
}

#[test]
fn delete_of_a_table_bucket() {
    check(
        |server| oss_tables::delete_table_bucket_encryption_request(&server.oss_tables(), &arn()),
        |server| oss_tables::delete_table_bucket_encryption(&keys(), &server.oss_tables(), &arn()),
        r"DELETE /buckets/{ARN}/encryption HTTP/1.1
accept: */*
host: HOST
{V4}
",
    );
}
