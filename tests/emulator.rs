//! The emulator from without: every answer, odd requests, faults, and its end.
#![cfg(feature = "emulator")]

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bucket_encryption::{
    Addressing, Credentials, Emulator, Endpoint, Error, Fault, Request, SignatureVersion, SignedRequest,
    TableBucketArn, obs, oss, oss_tables,
};

const BUCKET: &str = "examplebucket";

fn emulator() -> Emulator {
    let emulator = Emulator::start().unwrap();
    emulator.create_bucket(BUCKET);
    emulator.create_table(&arn(), "my_namespace", "my_table");
    emulator
}

fn arn() -> TableBucketArn {
    TableBucketArn::new("cn-hangzhou", "1234567890", "my-table-bucket").unwrap()
}

fn connect(emulator: &Emulator) -> TcpStream {
    let address: SocketAddr = emulator.url().strip_prefix("http://").unwrap().parse().unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends bytes on a connection of their own and reads until it ends.
fn exchange(emulator: &Emulator, bytes: &[u8]) -> String {
    let mut stream = connect(emulator);
    // The server may answer and close before it has read all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// A signed request as bytes, with headers in front of its own, and another body where one is given.
fn bytes(signed: &SignedRequest, more: &[(&str, &str)], body: Option<&str>) -> Vec<u8> {
    let (_, rest) = signed.url().split_once("://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    let body = body.map_or(signed.body(), str::as_bytes);
    let mut head = format!("{} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", signed.method());
    for (name, value) in more.iter().copied().chain(signed.headers()) {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Signs with the emulator's key, now, sends it and reads the answer.
fn send(emulator: &Emulator, request: &Request) -> String {
    let signed = request.sign(emulator.credentials(), SystemTime::now()).unwrap();
    exchange(emulator, &bytes(&signed, &[], None))
}

fn put_oss(emulator: &Emulator) -> Request {
    oss::put_bucket_encryption_request(&emulator.oss(), BUCKET, &oss::BucketEncryption::aes256()).unwrap()
}

#[track_caller]
fn assert_has(answer: &str, parts: &[&str]) {
    for part in parts {
        assert!(answer.contains(part), "{part:?} is not in:\n{answer}");
    }
}

#[track_caller]
fn assert_error(error: &Error, status: u16, code: &str, ec: Option<&str>) {
    let service = error.service().unwrap_or_else(|| panic!("{error:#}"));
    assert_eq!((service.status(), service.code(), service.ec()), (status, code, ec), "{error:#}");
    assert!(service.request_id().is_some(), "{error:#}");
}

// ------------------------------------------------------------------------------------------------ settings

#[test]
fn oss_keeps_a_setting_and_loses_it() {
    let emulator = emulator();
    for version in [SignatureVersion::V4, SignatureVersion::V1] {
        let (credentials, endpoint) = (emulator.credentials(), emulator.oss().with_signature_version(version));
        for setting in [
            oss::BucketEncryption::aes256(),
            oss::BucketEncryption::new("SM4"),
            oss::BucketEncryption::kms(),
            oss::BucketEncryption::kms().with_kms_master_key_id("test_wrong & <****>").with_kms_data_encryption("SM4"),
        ] {
            oss::put_bucket_encryption(credentials, &endpoint, BUCKET, &setting).unwrap();
            let read = oss::get_bucket_encryption(credentials, &endpoint, BUCKET).unwrap();
            assert_eq!(read, Some(setting));
        }
        for _ in 0..2 {
            oss::delete_bucket_encryption(credentials, &endpoint, BUCKET).unwrap();
            assert_eq!(oss::get_bucket_encryption(credentials, &endpoint, BUCKET).unwrap(), None);
        }
    }
}

#[test]
fn obs_has_a_setting_of_its_own() {
    let emulator = emulator();
    let (credentials, endpoint) = (emulator.credentials(), emulator.obs());
    let setting = obs::BucketEncryption::kms()
        .with_kms_master_key_id("4f1cd4de-ab64-4807-920a-47fc42e7f0d0")
        .with_kms_data_encryption("SM4")
        .with_project_id("projectid")
        .with_bucket_key_enabled(true);
    obs::put_bucket_encryption(credentials, &endpoint, BUCKET, &setting).unwrap();
    assert_eq!(obs::get_bucket_encryption(credentials, &endpoint, BUCKET).unwrap(), Some(setting));
    assert_eq!(oss::get_bucket_encryption(credentials, &emulator.oss(), BUCKET).unwrap(), None);
    for _ in 0..2 {
        obs::delete_bucket_encryption(credentials, &endpoint, BUCKET).unwrap();
        assert_eq!(obs::get_bucket_encryption(credentials, &endpoint, BUCKET).unwrap(), None);
    }
}

#[test]
fn a_new_table_takes_its_buckets_setting_and_keeps_it() {
    let emulator = emulator();
    let (credentials, endpoint, arn) = (emulator.credentials(), emulator.oss_tables(), arn());
    let aes256 = Some(oss_tables::TableEncryption::aes256());
    let of_bucket = || oss_tables::get_table_bucket_encryption(credentials, &endpoint, &arn).unwrap();
    let of_table =
        |table| oss_tables::get_table_encryption(credentials, &endpoint, &arn, "my_namespace", table).unwrap();
    // Nothing is set, and a table is encrypted all the same.
    assert_eq!((of_bucket(), of_table("my_table")), (None, aes256.clone()));
    let setting = oss_tables::TableEncryption::aes256();
    oss_tables::put_table_bucket_encryption(credentials, &endpoint, &arn, &setting).unwrap();
    emulator.create_table(&arn, "my_namespace", "second");
    assert_eq!((of_bucket(), of_table("second")), (aes256.clone(), aes256.clone()));
    for _ in 0..2 {
        oss_tables::delete_table_bucket_encryption(credentials, &endpoint, &arn).unwrap();
        assert_eq!((of_bucket(), of_table("second")), (None, aes256.clone()));
    }
}

#[test]
fn what_exists_stays_as_it_is_when_it_is_made_again() {
    let emulator = emulator();
    let setting = oss::BucketEncryption::kms();
    oss::put_bucket_encryption(emulator.credentials(), &emulator.oss(), BUCKET, &setting).unwrap();
    let tables = oss_tables::TableEncryption::aes256();
    oss_tables::put_table_bucket_encryption(emulator.credentials(), &emulator.oss_tables(), &arn(), &tables).unwrap();
    emulator.create_bucket(BUCKET);
    emulator.create_table_bucket(&arn());
    emulator.create_table(&arn(), "my_namespace", "my_table");
    let read = oss::get_bucket_encryption(emulator.credentials(), &emulator.oss(), BUCKET).unwrap();
    assert_eq!(read, Some(setting));
    let read = oss_tables::get_table_bucket_encryption(emulator.credentials(), &emulator.oss_tables(), &arn()).unwrap();
    assert_eq!(read, Some(tables));
}

#[test]
fn virtual_hosts_and_domains_name_the_bucket() {
    let emulator = emulator();
    emulator.create_bucket("my.dotted.bucket");
    let (first_host, second_host) = ("http://oss.example.com:9000", "http://obs.example.com:9000");
    let at = |endpoint: Endpoint, url: &str, addressing| endpoint.with_url(url).unwrap().with_addressing(addressing);
    let by_host = at(emulator.oss(), first_host, Addressing::VirtualHosted);
    let obs_by_host = at(emulator.obs(), second_host, Addressing::VirtualHosted);
    let by_domain = at(emulator.oss(), "http://files.example.com", Addressing::Cname);
    let obs_by_domain = at(emulator.obs(), "http://examplebucket.example.com", Addressing::Cname);
    let virtual_tables =
        at(emulator.oss_tables(), "http://cn-hangzhou.oss-tables.example.com", Addressing::VirtualHosted);
    for request in [
        oss::get_bucket_encryption_request(&by_host, BUCKET).unwrap(),
        oss::get_bucket_encryption_request(&by_host.with_signature_version(SignatureVersion::V1), BUCKET).unwrap(),
        oss::get_bucket_encryption_request(&by_domain, BUCKET).unwrap(),
        obs::get_bucket_encryption_request(&obs_by_host, BUCKET).unwrap(),
        obs::get_bucket_encryption_request(&obs_by_host, "my.dotted.bucket").unwrap(),
        obs::get_bucket_encryption_request(&obs_by_domain, BUCKET).unwrap(),
    ] {
        assert_has(&send(&emulator, &request), &["HTTP/1.1 404 ", "NoSuch", "Encryption", "does not exist."]);
    }
    let request = oss_tables::get_table_bucket_encryption_request(&virtual_tables, &arn()).unwrap();
    assert_has(&send(&emulator, &request), &["HTTP/1.1 200 ", r#"{"encryptionConfiguration":{}}"#]);
}

// ------------------------------------------------------------------------------------------------ answers on the wire

#[test]
fn oss_answers_as_its_page_shows() {
    let emulator = emulator();
    let endpoint = emulator.oss();
    assert_has(
        &send(&emulator, &put_oss(&emulator)),
        &["HTTP/1.1 200 OK\r\n", "server: AliyunOSS\r\n", "content-length: 0\r\n"],
    );
    let answer = send(&emulator, &oss::get_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    assert_has(
        &answer,
        &[
            "HTTP/1.1 200 OK\r\n",
            "x-oss-request-id: ",
            "x-oss-server-time: ",
            "content-type: application/xml\r\n",
            "date: ",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
        ],
    );
    let answer = send(&emulator, &oss::delete_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    assert_has(&answer, &["HTTP/1.1 204 No Content\r\n", "x-oss-request-id: "]);
    assert!(!answer.contains("content-length"), "{answer}");
    let answer = send(&emulator, &oss::get_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    assert_has(
        &answer,
        &[
            "HTTP/1.1 404 Not Found\r\n",
            "<Code>NoSuchServerSideEncryptionRule</Code>",
            "<BucketName>examplebucket</BucketName>",
        ],
    );
    let answer = send(&emulator, &oss::get_bucket_encryption_request(&endpoint, "no-such-bucket").unwrap());
    assert_has(
        &answer,
        &[
            "HTTP/1.1 404 Not Found\r\n",
            "x-oss-ec: 0015-00000101\r\n",
            "<Code>NoSuchBucket</Code>",
            "<HostId>127.0.0.1</HostId>",
            "<BucketName>no-such-bucket</BucketName>",
            "<EC>0015-00000101</EC>",
            "troubleshoot?q=0015-00000101</RecommendDoc>",
        ],
    );
}

#[test]
fn obs_answers_as_its_page_shows() {
    let emulator = emulator();
    let endpoint = emulator.obs();
    let setting = obs::BucketEncryption::kms().with_bucket_key_enabled(false);
    let answer = send(&emulator, &obs::put_bucket_encryption_request(&endpoint, BUCKET, &setting).unwrap());
    assert_has(
        &answer,
        &["HTTP/1.1 200 OK\r\n", "server: OBS\r\n", "x-obs-request-id: ", "x-obs-id-2: ", "content-length: 0\r\n"],
    );
    let answer = send(&emulator, &obs::get_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    assert_has(
        &answer,
        &[
            "content-type: application/xml\r\n",
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
            "<ServerSideEncryptionConfiguration xmlns=\"http://obs.cn-north-4.myhuaweicloud.com/doc/2015-06-30/\"><Rule>",
            "<SSEAlgorithm>kms</SSEAlgorithm>",
            "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>",
        ],
    );
    let answer = send(&emulator, &obs::delete_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    assert_has(&answer, &["HTTP/1.1 204 No Content\r\n", "x-obs-request-id: "]);
    let answer = send(&emulator, &obs::get_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    assert_has(
        &answer,
        &["HTTP/1.1 404 ", "<Code>NoSuchEncryptionConfiguration</Code>", "<Resource>/examplebucket/</Resource>"],
    );
    let answer = send(&emulator, &obs::get_bucket_encryption_request(&endpoint, "no.such.bucket").unwrap());
    assert_has(&answer, &["HTTP/1.1 404 ", "<Code>NoSuchBucket</Code>"]);
    assert!(!answer.contains("x-oss-") && !answer.contains("<EC>"), "{answer}");
}

#[test]
fn oss_tables_answers_as_its_pages_show() {
    let emulator = emulator();
    let endpoint = emulator.oss_tables();
    let setting = oss_tables::TableEncryption::aes256();
    let answer =
        send(&emulator, &oss_tables::put_table_bucket_encryption_request(&endpoint, &arn(), &setting).unwrap());
    assert_has(&answer, &["HTTP/1.1 200 OK\r\n", "server: AliyunOSS\r\n", "content-length: 0\r\n"]);
    let body = r#"{"encryptionConfiguration":{"kmsKeyArn":"","sseAlgorithm":"AES256"}}"#;
    let json = "content-type: application/json\r\n";
    let answer = send(&emulator, &oss_tables::get_table_bucket_encryption_request(&endpoint, &arn()).unwrap());
    assert_has(&answer, &["HTTP/1.1 200 OK\r\n", json, "x-oss-request-id: ", "x-oss-server-time: ", body]);
    let answer = send(
        &emulator,
        &oss_tables::get_table_encryption_request(&endpoint, &arn(), "my_namespace", "my_table").unwrap(),
    );
    assert_has(&answer, &["HTTP/1.1 200 OK\r\n", json, body]);
    let answer = send(&emulator, &oss_tables::delete_table_bucket_encryption_request(&endpoint, &arn()).unwrap());
    assert_has(&answer, &["HTTP/1.1 204 No Content\r\n"]);
    let other = TableBucketArn::new("cn-hangzhou", "1234567890", "no-such-bucket").unwrap();
    for (arn, namespace, table, what) in [
        (&other, "my_namespace", "my_table", "table bucket"),
        (&arn(), "other", "my_table", "namespace"),
        (&arn(), "my_namespace", "other", "table"),
    ] {
        let answer =
            send(&emulator, &oss_tables::get_table_encryption_request(&endpoint, arn, namespace, table).unwrap());
        let message = format!(r#"{{"message":"The specified {what} does not exist."}}"#);
        assert_has(
            &answer,
            &[
                "HTTP/1.1 404 ",
                json,
                "x-oss-error-type: NotFoundException\r\n",
                "x-oss-ec: 0015-00000101\r\n",
                &message,
            ],
        );
    }
}

#[test]
fn oss_tables_refuses_what_the_service_refuses() {
    let emulator = emulator();
    let (credentials, endpoint) = (emulator.credentials(), emulator.oss_tables());
    for setting in [
        oss_tables::TableEncryption::kms(),
        oss_tables::TableEncryption::new("DES"),
        oss_tables::TableEncryption::aes256().with_kms_key_arn("acs:kms:cn-hangzhou:1234567890:key/key-id"),
    ] {
        let error = oss_tables::put_table_bucket_encryption(credentials, &endpoint, &arn(), &setting).unwrap_err();
        assert_error(&error, 400, "BadRequestException", Some("0016-00000502"));
    }
    // The host names one table bucket and the path another; a region is no bucket.
    let hosted = |url: &str| {
        let endpoint = endpoint.clone().with_url(url).unwrap();
        send(&emulator, &oss_tables::get_table_bucket_encryption_request(&endpoint, &arn()).unwrap())
    };
    assert_has(
        &hosted("http://other-1234567890.cn-hangzhou.oss-tables.example.com"),
        &["HTTP/1.1 400 ", "BadRequestException", "TableBucketArn from uri and from host not match."],
    );
    for url in [
        "http://my-table-bucket-1234567890.cn-hangzhou.oss-tables.example.com",
        "http://my-table-bucket-1234567890.localhost",
        "http://ap-southeast-1.oss-tables.example.com",
        "http://cn-hangzhou.example.com",
        "http://tables.example.com",
    ] {
        assert_has(&hosted(url), &["HTTP/1.1 200 "]);
    }
}

#[test]
fn settings_with_an_unknown_algorithm_are_refused() {
    let emulator = emulator();
    let credentials = emulator.credentials();
    let oss = oss::BucketEncryption::new("DES");
    let error = oss::put_bucket_encryption(credentials, &emulator.oss(), BUCKET, &oss).unwrap_err();
    assert_error(&error, 400, "InvalidEncryptionAlgorithmError", Some("0005-00000003"));
    let obs = obs::BucketEncryption::new("DES");
    let error = obs::put_bucket_encryption(credentials, &emulator.obs(), BUCKET, &obs).unwrap_err();
    assert_error(&error, 400, "InvalidEncryptionAlgorithmError", None);
}

// ------------------------------------------------------------------------------------------------ who asks

#[test]
fn another_key_is_unknown() {
    let emulator = emulator();
    let other = Credentials::new("LTAI5tSomebodyElse", "not the secret").unwrap();
    let message = "Access Key Id you provided does not exist in our records.";
    let error = oss::get_bucket_encryption(&other, &emulator.oss(), BUCKET).unwrap_err();
    assert_error(&error, 403, "InvalidAccessKeyId", Some("0002-00000902"));
    assert!(error.to_string().contains(message) && !error.is_denied(), "{error}");
    let error = obs::get_bucket_encryption(&other, &emulator.obs(), BUCKET).unwrap_err();
    assert_error(&error, 403, "InvalidAccessKeyId", None);
    let error = oss_tables::get_table_bucket_encryption(&other, &emulator.oss_tables(), &arn()).unwrap_err();
    assert_error(&error, 403, "ForbiddenException", Some("0002-00000902"));
    assert!(error.to_string().contains(message) && !error.is_denied(), "{error}");
}

#[test]
fn a_wrong_secret_gets_the_texts_that_should_have_been_signed() {
    let emulator = emulator();
    let wrong = Credentials::new(emulator.credentials().access_key_id(), "not the secret").unwrap();
    let sign = |request: &Request| {
        let signed = request.sign(&wrong, SystemTime::now()).unwrap();
        (exchange(&emulator, &bytes(&signed, &[], None)), signed)
    };
    let (v4, v1) = (emulator.oss(), emulator.oss().with_signature_version(SignatureVersion::V1));
    let code = "<Code>SignatureDoesNotMatch</Code>";
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    let (answer, signed) = sign(&oss::get_bucket_encryption_request(&v4, BUCKET).unwrap());
    let (_, signature) =
        signed.headers().find(|(name, _)| *name == "Authorization").unwrap().1.rsplit_once('=').unwrap();
    assert_has(
        &answer,
        &[
            "HTTP/1.1 403 ",
            code,
            "<EC>0002-00000201</EC>",
            &format!("<OSSAccessKeyId>{}</OSSAccessKeyId>", wrong.access_key_id()),
            &format!("<SignatureProvided>{signature}</SignatureProvided>"),
            &format!("<StringToSign>{}</StringToSign>", signed.string_to_sign()),
            &format!("<StringToSignBytes>{}</StringToSignBytes>", hex(signed.string_to_sign())),
            &format!("<CanonicalRequest>{}</CanonicalRequest>", signed.canonical_request().unwrap()),
        ],
    );
    let (answer, signed) = sign(&oss::get_bucket_encryption_request(&v1, BUCKET).unwrap());
    assert_has(
        &answer,
        &[code, "<EC>0002-00000040</EC>", &format!("<StringToSign>{}</StringToSign>", signed.string_to_sign())],
    );
    assert!(!answer.contains("CanonicalRequest"), "{answer}");
    let (answer, signed) = sign(&obs::get_bucket_encryption_request(&emulator.obs(), BUCKET).unwrap());
    assert_has(
        &answer,
        &[
            code,
            "x-obs-request-id",
            "<AccessKeyId>",
            &format!("<StringToSign>{}</StringToSign>", signed.string_to_sign()),
        ],
    );
    let (answer, _) = sign(&oss_tables::get_table_bucket_encryption_request(&emulator.oss_tables(), &arn()).unwrap());
    assert_has(
        &answer,
        &[
            "HTTP/1.1 403 ",
            "x-oss-error-type: ForbiddenException",
            "x-oss-ec: 0002-00000040",
            "signature we calculated",
        ],
    );
}

#[test]
fn an_answer_never_shows_the_secret_and_the_token_only_where_it_was_signed() {
    let ours = Credentials::new("STS.id", "the-secret").unwrap().with_security_token("the-token").unwrap();
    let emulator = Emulator::bind("127.0.0.1:0", ours).unwrap();
    emulator.create_bucket(BUCKET);
    let wrong = Credentials::new("STS.id", "another").unwrap().with_security_token("the-token").unwrap();
    for (request, shows_token) in [
        (oss::get_bucket_encryption_request(&emulator.oss(), BUCKET).unwrap(), true),
        (obs::get_bucket_encryption_request(&emulator.obs(), BUCKET).unwrap(), true),
        (oss_tables::get_table_bucket_encryption_request(&emulator.oss_tables(), &arn()).unwrap(), false),
    ] {
        let answer = exchange(&emulator, &bytes(&request.sign(&wrong, SystemTime::now()).unwrap(), &[], None));
        assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains("the-secret"), "{answer}");
        assert_eq!(answer.contains("-security-token:the-token\n"), shows_token, "{answer}");
    }
}

#[test]
fn a_token_must_be_the_keys_own() {
    let plain = Credentials::new("STS.id", "the secret").unwrap();
    let with = |token: &str| plain.clone().with_security_token(token).unwrap();
    let emulator = Emulator::bind("127.0.0.1:0", with("the-token")).unwrap();
    emulator.create_bucket(BUCKET);
    emulator.create_table_bucket(&arn());
    let v1 = emulator.oss().with_signature_version(SignatureVersion::V1);
    let ask = |credentials: &Credentials| {
        [
            oss::get_bucket_encryption(credentials, &emulator.oss(), BUCKET).map(drop),
            oss::get_bucket_encryption(credentials, &v1, BUCKET).map(drop),
            obs::get_bucket_encryption(credentials, &emulator.obs(), BUCKET).map(drop),
            oss_tables::get_table_bucket_encryption(credentials, &emulator.oss_tables(), &arn()).map(drop),
        ]
    };
    for answer in ask(&with("the-token")) {
        answer.unwrap();
    }
    let codes = ["InvalidSecurityToken", "InvalidSecurityToken", "InvalidSecurityToken", "ForbiddenException"];
    let ecs = [Some("0002-00000006"), Some("0002-00000006"), None, Some("0002-00000006")];
    for ((answer, code), ec) in ask(&with("another")).into_iter().zip(codes).zip(ecs) {
        assert_error(&answer.unwrap_err(), 403, code, ec);
    }
    let codes = ["InvalidAccessKeyId", "InvalidAccessKeyId", "InvalidAccessKeyId", "ForbiddenException"];
    let ecs = [Some("0002-00000003"), Some("0002-00000003"), None, Some("0002-00000003")];
    for ((answer, code), ec) in ask(&plain).into_iter().zip(codes).zip(ecs) {
        assert_error(&answer.unwrap_err(), 403, code, ec);
    }
    // A token with a key that has none.
    let emulator = Emulator::bind("127.0.0.1:0", plain.clone()).unwrap();
    let error = oss::get_bucket_encryption(&with("the-token"), &emulator.oss(), BUCKET).unwrap_err();
    assert_error(&error, 403, "InvalidAccessKeyId", Some("0002-00000002"));
}

#[test]
fn an_old_request_is_refused_with_the_time() {
    let emulator = emulator();
    let old = SystemTime::now() - Duration::from_secs(16 * 60);
    let sign =
        |request: &Request| exchange(&emulator, &bytes(&request.sign(emulator.credentials(), old).unwrap(), &[], None));
    let code = "<Code>RequestTimeTooSkewed</Code>";
    let answer = sign(&oss::get_bucket_encryption_request(&emulator.oss(), BUCKET).unwrap());
    assert_has(
        &answer,
        &[
            "HTTP/1.1 403 ",
            code,
            "<RequestTime>20",
            "<ServerTime>20",
            ".000Z</ServerTime>",
            "<MaxAllowedSkewMilliseconds>900000</",
        ],
    );
    let answer = sign(&obs::get_bucket_encryption_request(&emulator.obs(), BUCKET).unwrap());
    assert_has(&answer, &["HTTP/1.1 403 ", code, "x-obs-request-id"]);
    let answer = sign(&oss_tables::get_table_bucket_encryption_request(&emulator.oss_tables(), &arn()).unwrap());
    assert_has(&answer, &["HTTP/1.1 403 ", "x-oss-ec: 0002-00000504", "x-oss-error-type: ForbiddenException"]);
}

#[test]
fn a_body_that_is_not_the_signed_one_is_refused() {
    let emulator = emulator();
    let put_obs =
        obs::put_bucket_encryption_request(&emulator.obs(), BUCKET, &obs::BucketEncryption::aes256()).unwrap();
    let setting = oss_tables::TableEncryption::aes256();
    let put_tables = oss_tables::put_table_bucket_encryption_request(&emulator.oss_tables(), &arn(), &setting).unwrap();
    for (request, code) in
        [(put_oss(&emulator), "InvalidDigest"), (put_obs, "BadDigest"), (put_tables, "BadRequestException")]
    {
        let signed = request.sign(emulator.credentials(), SystemTime::now()).unwrap();
        let answer = exchange(&emulator, &bytes(&signed, &[], Some("<another/>")));
        assert_has(&answer, &["HTTP/1.1 400 ", code]);
    }
}

#[test]
fn without_a_signature_there_is_no_access() {
    let emulator = emulator();
    let plain = |target: &str, header: &str| {
        exchange(
            &emulator,
            format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n").as_bytes(),
        )
    };
    assert_has(
        &plain("/examplebucket/?encryption", ""),
        &["HTTP/1.1 403 ", "<Code>AccessDenied</Code>", "x-oss-request-id"],
    );
    assert_has(
        &plain("/examplebucket/?encryption", "x-obs-date: x\r\n"),
        &["HTTP/1.1 403 ", "<Code>AccessDenied</Code>", "x-obs-request-id"],
    );
    let tables = "/buckets/acs%3Aosstables%3Acn-hangzhou%3A1234567890%3Abucket%2Fmy-table-bucket/encryption";
    assert_has(&plain(tables, ""), &["HTTP/1.1 403 ", "x-oss-error-type: ForbiddenException", r#"{"message":"#]);
}

#[test]
fn the_question_for_the_api_version_needs_no_signature() {
    let emulator = emulator();
    for target in ["/?apiversion", "/examplebucket/?apiversion", "/?apiversion="] {
        let head = format!("HEAD {target} HTTP/1.1\r\nHost: examplebucket.localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(&emulator, head.as_bytes());
        assert_has(&answer, &["HTTP/1.1 200 OK\r\n", "x-obs-api: 3.0\r\n"]);
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

// ------------------------------------------------------------------------------------------------ HTTP

#[test]
fn a_connection_is_kept_and_takes_requests_in_a_row() {
    let emulator = emulator();
    let endpoint =
        Endpoint::oss("cn-hangzhou").unwrap().with_url(emulator.url()).unwrap().with_addressing(Addressing::Path);
    let agent = emulator_agent();
    let endpoint = endpoint.with_agent(agent);
    for _ in 0..10 {
        oss::put_bucket_encryption(emulator.credentials(), &endpoint, BUCKET, &oss::BucketEncryption::kms()).unwrap();
        oss::get_bucket_encryption(emulator.credentials(), &endpoint, BUCKET).unwrap();
        oss::delete_bucket_encryption(emulator.credentials(), &endpoint, BUCKET).unwrap();
        assert_eq!(oss::get_bucket_encryption(emulator.credentials(), &endpoint, BUCKET).unwrap(), None);
    }
    assert_eq!((emulator.requests(), emulator.connections()), (40, 1));
    // Sent before the first one is answered, in one piece and byte by byte.
    let head = "HEAD /?apiversion HTTP/1.1\r\nhost: a\r\n";
    let three = format!("{head}\r\n{head}content-length: 3\r\n\r\nabc{head}connection: close\r\n\r\n");
    assert_eq!(exchange(&emulator, three.as_bytes()).matches("HTTP/1.1 200 OK\r\n").count(), 3);
    let mut stream = connect(&emulator);
    for byte in three.bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 3);
}

/// An agent of the test's own: others share the library's.
fn emulator_agent() -> ureq::Agent {
    ureq::Agent::config_builder().proxy(None).build().new_agent()
}

#[test]
fn a_body_may_come_in_chunks_or_after_a_continue() {
    let emulator = emulator();
    let signed = put_oss(&emulator).sign(emulator.credentials(), SystemTime::now()).unwrap();
    let whole = String::from_utf8(bytes(&signed, &[], None)).unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    let length = format!("Content-Length: {}", body.len());
    let chunked = head.replace(&length, "Transfer-Encoding: chunked");
    let (first, second) = body.split_at(10);
    let chunked = format!("{chunked}\r\n\r\na;x=y\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", second.len());
    assert_has(&exchange(&emulator, chunked.as_bytes()), &["HTTP/1.1 200 OK\r\n"]);

    let mut stream = connect(&emulator);
    stream.write_all(format!("{head}\r\nExpect: 100-continue\r\n\r\n").as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_has(&answer, &["HTTP/1.1 200 OK\r\n"]);
}

#[test]
fn a_request_without_a_length_is_answered_and_ends_the_connection() {
    let emulator = emulator();
    let signed = put_oss(&emulator).sign(emulator.credentials(), SystemTime::now()).unwrap();
    let whole = String::from_utf8(bytes(&signed, &[], None)).unwrap();
    let without = |name: &str| {
        let lines = whole.split("\r\n").filter(|line| !line.starts_with(name) && !line.starts_with("Connection"));
        lines.collect::<Vec<_>>().join("\r\n")
    };
    let answer = exchange(&emulator, without("Content-Length").as_bytes());
    assert_has(&answer, &["HTTP/1.1 400 ", "InvalidDigest", "connection: close\r\n"]);
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[test]
fn what_is_no_http_gets_a_status_and_the_end_of_the_connection() {
    let emulator = emulator();
    let long = "a".repeat(40_000);
    let many = "x: y\r\n".repeat(200);
    for (bytes, status) in [
        ("\0\0\0\0\r\n\r\n".to_owned(), "400 Bad Request"),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET / HTTP/2.0\r\nhost: a\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET /\u{1} HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: a\r\nbad name: b\r\n\r\n".to_owned(), "400 Bad Request"),
        ("PUT / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n".to_owned(), "411 Length Required"),
        ("PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n".to_owned(), "400 Bad Request"),
        ("PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(), "400 Bad Request"),
        ("PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n".to_owned(), "400 Bad Request"),
        (
            format!("PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;{}", "x".repeat(200_000)),
            "400 Bad Request",
        ),
        (
            format!("PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\n{}", "x".repeat(3_000_000)),
            "413 Payload Too Large",
        ),
        (format!("GET /{long} HTTP/1.1\r\nhost: a\r\n\r\n"), "431 Request Header Fields Too Large"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\nlong: {long}"), "431 Request Header Fields Too Large"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n"), "431 Request Header Fields Too Large"),
    ] {
        let answer = exchange(&emulator, bytes.as_bytes());
        let shown: String = bytes.chars().take(60).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{shown:?}: {answer:?}");
    }
    // Cut off in the middle: no answer is due.
    for bytes in
        ["", "GET", "GET / HTTP/1.1\r\nhost: a\r\n", "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab"]
    {
        let mut stream = connect(&emulator);
        stream.write_all(bytes.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.is_empty(), "{bytes:?}");
    }
    assert_eq!(emulator.requests(), 0);
    oss::get_bucket_encryption(emulator.credentials(), &emulator.oss(), BUCKET).unwrap();
}

#[test]
fn a_request_is_understood_in_any_spelling() {
    let emulator = emulator();
    let signed = oss::get_bucket_encryption_request(&emulator.oss(), BUCKET).unwrap();
    let signed = signed.sign(emulator.credentials(), SystemTime::now()).unwrap();
    let more = [("X-Unknown", "1"), ("accept", "*/*"), ("Accept-Encoding", "gzip"), ("User-Agent", "curl/8")];
    let plain = String::from_utf8(bytes(&signed, &more, None)).unwrap();
    let url = format!("{}/examplebucket/", emulator.url());
    for text in [
        plain.clone(),
        plain.replace("x-oss-date", "X-OSS-Date").replace("Authorization:", "aUTHORIZATION:   "),
        plain.replace("?encryption", "?encryption="),
        plain.replace("/examplebucket/?", "/examplebucket?"),
        plain.replace("/examplebucket/?", "/example%62ucket/?"),
        // As through a proxy, and in the older version.
        plain.replace("/examplebucket/?", &format!("{url}?")),
        plain.replace("HTTP/1.1", "HTTP/1.0"),
    ] {
        assert_has(&exchange(&emulator, text.as_bytes()), &["NoSuchServerSideEncryptionRule"]);
    }
}

// ------------------------------------------------------------------------------------------------ faults

#[test]
fn a_status_comes_in_the_services_format() {
    let emulator = emulator();
    let credentials = emulator.credentials();
    let once = |endpoint: Endpoint| endpoint.with_max_attempts(1);
    for (status, oss_code, tables_code) in [
        (400, "InvalidArgument", "BadRequestException"),
        (403, "AccessDenied", "ForbiddenException"),
        (404, "NoSuchBucket", "NotFoundException"),
        (429, "TooManyRequests", "TooManyRequestsException"),
        (500, "InternalError", "InternalServerErrorException"),
        (503, "ServiceUnavailable", "InternalServerErrorException"),
        (504, "", "InternalServerErrorException"),
        (599, "", "InternalServerErrorException"),
    ] {
        emulator.fail_next(3, Fault::Status(status));
        let error = oss::get_bucket_encryption(credentials, &once(emulator.oss()), BUCKET).unwrap_err();
        assert_error(&error, status, oss_code, None);
        let error = obs::get_bucket_encryption(credentials, &once(emulator.obs()), BUCKET).unwrap_err();
        assert_error(&error, status, oss_code, None);
        let error =
            oss_tables::get_table_bucket_encryption(credentials, &once(emulator.oss_tables()), &arn()).unwrap_err();
        assert_error(&error, status, tables_code, None);
    }
    let denied = |message: &str| Fault::Error { status: 403, code: "AccessDenied".into(), message: message.into() };
    emulator.fail_next(1, denied("No <right> to \"this\"."));
    emulator.fail_next(1, denied("nor to this"));
    let error = oss::get_bucket_encryption(credentials, &emulator.oss(), BUCKET).unwrap_err();
    assert!(error.is_denied() && error.to_string().contains("No <right> to \"this\"."), "{error}");
    let error = oss_tables::get_table_bucket_encryption(credentials, &emulator.oss_tables(), &arn()).unwrap_err();
    assert!(
        error.is_denied() && error.code() == Some("AccessDenied") && error.to_string().contains("nor to this"),
        "{error}"
    );
    // No final statuses.
    for status in [0, 100, 199, 1000, u16::MAX] {
        emulator.fail_next(1, Fault::Status(status));
        assert_has(&send(&emulator, &put_oss(&emulator)), &["HTTP/1.1 500 "]);
    }
    // And these carry no body.
    for status in [204, 304] {
        emulator.fail_next(1, Fault::Status(status));
        assert!(send(&emulator, &put_oss(&emulator)).ends_with("\r\n\r\n"));
    }
    // None of them was carried out, and none is left.
    assert_eq!(oss::get_bucket_encryption(credentials, &emulator.oss(), BUCKET).unwrap(), None);
}

#[test]
fn faults_come_one_after_another() {
    let emulator = emulator();
    emulator.fail_next(0, Fault::Status(500));
    emulator.fail_next(2, Fault::Status(503));
    emulator.fail_next(1, Fault::Drop);
    emulator.fail_next(1, Fault::Status(500));
    let statuses: Vec<String> =
        (0..5).map(|_| send(&emulator, &put_oss(&emulator)).chars().skip(9).take(3).collect()).collect();
    assert_eq!(statuses, ["503", "503", "", "500", "200"]);
    assert_eq!(emulator.requests(), 5);
}

#[test]
fn a_dropped_connection_did_nothing_and_a_cut_one_did() {
    let emulator = emulator();
    let (credentials, endpoint) = (emulator.credentials(), emulator.oss().with_max_attempts(1));
    let setting = oss::BucketEncryption::aes256();
    emulator.fail_next(1, Fault::Drop);
    let error = oss::put_bucket_encryption(credentials, &endpoint, BUCKET, &setting).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert_eq!(oss::get_bucket_encryption(credentials, &endpoint, BUCKET).unwrap(), None);
    emulator.fail_next(1, Fault::Cut);
    let error = oss::put_bucket_encryption(credentials, &endpoint, BUCKET, &setting).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert_eq!(oss::get_bucket_encryption(credentials, &endpoint, BUCKET).unwrap(), Some(setting));
    emulator.fail_next(1, Fault::Cut);
    let answer = send(&emulator, &oss::get_bucket_encryption_request(&endpoint, BUCKET).unwrap());
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(body.starts_with("<?xml") && !body.contains("AES256"), "{answer}");
}

#[test]
fn a_delay_is_a_late_answer() {
    let emulator = emulator();
    let endpoint = emulator.oss().with_max_attempts(1);
    emulator.fail_next(1, Fault::Delay(Duration::from_millis(100)));
    let started = Instant::now();
    oss::get_bucket_encryption(emulator.credentials(), &endpoint, BUCKET).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(100));
    emulator.fail_next(1, Fault::Delay(Duration::from_secs(3600)));
    let endpoint = endpoint.with_timeout(Duration::from_millis(100));
    let error = oss::get_bucket_encryption(emulator.credentials(), &endpoint, BUCKET).unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[test]
fn a_clock_that_is_off_is_told_and_can_be_followed() {
    let emulator = emulator();
    let credentials = emulator.credentials();
    let hour = Duration::from_secs(3600);
    for fault in [Fault::ClockAhead(hour), Fault::ClockBehind(hour)] {
        // The refusal and the second try, for each service.
        emulator.fail_next(6, fault.clone());
        assert_eq!(oss::get_bucket_encryption(credentials, &emulator.oss(), BUCKET).unwrap(), None, "{fault:?}");
        assert_eq!(obs::get_bucket_encryption(credentials, &emulator.obs(), BUCKET).unwrap(), None, "{fault:?}");
        let tables = emulator.oss_tables();
        assert_eq!(oss_tables::get_table_bucket_encryption(credentials, &tables, &arn()).unwrap(), None, "{fault:?}");
    }
    assert_eq!(emulator.requests(), 12);
    // Further than any clock goes.
    emulator.fail_next(1, Fault::ClockAhead(Duration::MAX));
    emulator.fail_next(1, Fault::ClockBehind(Duration::MAX));
    emulator.fail_next(1, Fault::ClockAhead(hour * 24 * 365 * 9000));
    for _ in 0..3 {
        assert!(send(&emulator, &put_oss(&emulator)).starts_with("HTTP/1.1 "));
    }
}

#[test]
fn a_redirect_names_its_place() {
    let emulator = emulator();
    for status in [301, 302, 303, 307, 308] {
        emulator
            .fail_next(1, Fault::Redirect { status, location: "http://elsewhere.example.com:81/?encryption".into() });
        let error = oss::get_bucket_encryption(emulator.credentials(), &emulator.oss(), BUCKET).unwrap_err();
        let service = error.service().unwrap();
        assert_eq!((service.status(), service.endpoint()), (status, Some("elsewhere.example.com:81")));
    }
    // A location that no header can carry is left out.
    emulator.fail_next(1, Fault::Redirect { status: 307, location: "http://a/\r\nx: y".into() });
    let answer = send(&emulator, &put_oss(&emulator));
    assert!(answer.starts_with("HTTP/1.1 307 ") && !answer.contains("location"), "{answer}");
}

// ------------------------------------------------------------------------------------------------ its life

#[test]
fn only_loopback_addresses_are_listened_on() {
    let credentials = || Credentials::new("ak", "sk").unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "8.8.8.8:0"] {
        let error = Emulator::bind(address, credentials()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{address}");
    }
    let none: &[SocketAddr] = &[];
    assert_eq!(Emulator::bind(none, credentials()).unwrap_err().kind(), ErrorKind::InvalidInput);
    let emulator = Emulator::bind("127.0.0.2:0", credentials()).unwrap();
    assert!(emulator.url().starts_with("http://127.0.0.2:"));
    let taken: SocketAddr = emulator.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(Emulator::bind(taken, credentials()).unwrap_err().kind(), ErrorKind::AddrInUse);
    if let Ok(emulator) = Emulator::bind("[::1]:0", credentials()) {
        emulator.create_bucket(BUCKET);
        assert_eq!(oss::get_bucket_encryption(emulator.credentials(), &emulator.oss(), BUCKET).unwrap(), None);
    }
}

#[test]
fn its_endpoints_say_where_and_how() {
    let emulator = emulator();
    assert_eq!(emulator.oss().region(), "cn-hangzhou");
    assert_eq!(emulator.oss_tables().region(), "cn-hangzhou");
    assert_eq!(emulator.obs().region(), "cn-north-4");
    for endpoint in [emulator.oss(), emulator.oss_tables(), emulator.obs()] {
        assert_eq!(endpoint.to_string(), emulator.url());
    }
    let shown = format!("{emulator:?}");
    assert!(shown.contains(emulator.url()) && shown.contains(emulator.credentials().access_key_id()), "{shown}");
    let another = Emulator::start().unwrap();
    assert_ne!(another.credentials().access_key_id(), emulator.credentials().access_key_id());
}

#[test]
fn it_is_shared_by_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Emulator>();
    is_send_and_sync::<Fault>();
    let emulator = emulator();
    thread::scope(|scope| {
        for number in 0..8 {
            let (emulator, name) = (&emulator, format!("bucket-{number}"));
            scope.spawn(move || {
                emulator.create_bucket(&name);
                let setting = oss::BucketEncryption::kms().with_kms_master_key_id(name.clone());
                for _ in 0..20 {
                    oss::put_bucket_encryption(emulator.credentials(), &emulator.oss(), &name, &setting).unwrap();
                    let read = oss::get_bucket_encryption(emulator.credentials(), &emulator.oss(), &name).unwrap();
                    assert_eq!(read.as_ref(), Some(&setting));
                }
            });
        }
    });
    assert_eq!(emulator.requests(), 320);
}

#[test]
fn dropping_it_closes_every_connection() {
    let emulator = emulator();
    let address: SocketAddr = emulator.url().strip_prefix("http://").unwrap().parse().unwrap();
    // Idle, in the middle of a request, kept after one, and waiting out a delay.
    let mut streams: Vec<TcpStream> = (0..4).map(|_| connect(&emulator)).collect();
    streams[1].write_all(b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc").unwrap();
    streams[2].write_all(b"HEAD /?apiversion HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let mut first = [0; 12];
    streams[2].read_exact(&mut first).unwrap();
    emulator.fail_next(1, Fault::Delay(Duration::from_secs(3600)));
    streams[3].write_all(b"HEAD /?apiversion HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    while emulator.requests() < 2 || emulator.connections() < 4 {
        thread::sleep(Duration::from_millis(1));
    }
    let started = Instant::now();
    drop(emulator);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    for stream in &mut streams {
        // The end, or a reset.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}
