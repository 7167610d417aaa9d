//! What the public types promise besides their operations: what `Debug` shows, what is hidden, sizes, threads, reports.

use std::error::Error as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bucket_encryption::{
    Addressing, Credentials, DecodeError, Endpoint, Error, InputError, Request, Response, ServiceError,
    SignatureVersion, SignedRequest, SseAlgorithm, TableBucketArn, TransportError, obs, oss, oss_tables,
};

/// Thu, 10 Apr 2025 08:00:00 GMT
fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_744_272_000)
}

fn with_token() -> Credentials {
    Credentials::new("ak", "hunter22").unwrap().with_security_token("CAIS-token").unwrap()
}

fn endpoint() -> Endpoint {
    Endpoint::oss("cn-hangzhou").unwrap()
}

#[test]
fn debug_of_an_endpoint_is_short() {
    assert_eq!(
        format!("{:?}", endpoint()),
        "Endpoint { service: \"OSS\", url: https://oss-cn-hangzhou.aliyuncs.com, region: \"cn-hangzhou\", \
         addressing: VirtualHosted, .. }"
    );
    let obs = Endpoint::obs("cn-north-4").unwrap().with_url("http://127.0.0.1:9000").unwrap();
    assert_eq!(
        format!("{:?}", obs.with_addressing(Addressing::Path)),
        "Endpoint { service: \"OBS\", url: http://127.0.0.1:9000, region: \"cn-north-4\", addressing: Path, .. }"
    );
    assert!(format!("{:?}", Endpoint::oss_tables("cn-hangzhou").unwrap()).contains("service: \"OSS Tables\""));
}

#[test]
fn debug_of_credentials_shows_the_id_alone() {
    assert_eq!(format!("{:?}", with_token()), r#"Credentials { access_key_id: "ak", .. }"#);
    assert_eq!(format!("{:#?}", with_token()), "Credentials {\n    access_key_id: \"ak\",\n    ..\n}");
}

#[test]
fn debug_of_a_request_shows_what_is_asked() {
    let put = oss::put_bucket_encryption_request(&endpoint(), "bucket", &oss::BucketEncryption::aes256()).unwrap();
    assert_eq!(
        format!("{put:?}"),
        "Request { operation: \"PutBucketEncryption\", method: \"PUT\", \
         url: \"https://bucket.oss-cn-hangzhou.aliyuncs.com/?encryption\", body: \"<ServerSideEncryptionRule>\
         <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
         </ServerSideEncryptionRule>\", .. }"
    );
}

#[test]
fn debug_of_a_signed_request_hides_signature_and_token() {
    let signed = oss::get_bucket_encryption_request(&endpoint(), "bucket").unwrap().sign(&with_token(), at()).unwrap();
    let hash = signed.string_to_sign().rsplit('\n').next().unwrap();
    assert_eq!(
        format!("{signed:?}"),
        format!(
            "SignedRequest {{ method: \"GET\", url: \"https://bucket.oss-cn-hangzhou.aliyuncs.com/?encryption\", \
             headers: {{\"x-oss-content-sha256\": \"UNSIGNED-PAYLOAD\", \"x-oss-date\": \"20250410T080000Z\", \
             \"x-oss-security-token\": \"[hidden]\", \"Date\": \"Thu, 10 Apr 2025 08:00:00 GMT\", \
             \"Authorization\": \"[hidden]\"}}, body: \"\", \
             string_to_sign: \"OSS4-HMAC-SHA256\\n20250410T080000Z\\n20250410/cn-hangzhou/oss/aliyun_v4_request\\n{hash}\", \
             canonical_request: Some(\"GET\\n/bucket/\\nencryption\\nx-oss-content-sha256:UNSIGNED-PAYLOAD\\n\
             x-oss-date:20250410T080000Z\\nx-oss-security-token:[hidden]\\n\\n\\nUNSIGNED-PAYLOAD\"), .. }}"
        )
    );
}

#[test]
fn debug_hides_signature_and_token_for_every_scheme_and_accessors_return_them() {
    let v1 = endpoint().with_signature_version(SignatureVersion::V1);
    let tables = Endpoint::oss_tables("cn-hangzhou").unwrap();
    let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "my-table-bucket").unwrap();
    for request in [
        oss::get_bucket_encryption_request(&endpoint(), "bucket").unwrap(),
        oss::put_bucket_encryption_request(&v1, "bucket", &oss::BucketEncryption::kms()).unwrap(),
        oss_tables::get_table_encryption_request(&tables, &arn, "n", "t").unwrap(),
        obs::delete_bucket_encryption_request(&Endpoint::obs("cn-north-4").unwrap(), "bucket").unwrap(),
    ] {
        let signed = request.sign(&with_token(), at()).unwrap();
        let authorization = signed.headers().find(|(name, _)| *name == "Authorization").unwrap().1;
        let signature = authorization.rsplit(['=', ':']).find(|part| !part.is_empty()).unwrap();
        for text in [format!("{signed:?}"), format!("{signed:#?}"), format!("{request:?}")] {
            for secret in ["CAIS-token", "hunter22", signature] {
                assert!(!text.contains(secret), "{secret} is in {text}");
            }
        }
        let whole = signed.canonical_request().unwrap_or(signed.string_to_sign());
        assert!(whole.contains("-security-token:CAIS-token\n"), "{whole}");
        assert!(signed.headers().any(|(name, value)| name.ends_with("-security-token") && value == "CAIS-token"));
    }
}

#[test]
fn debug_of_an_answer_shows_no_values() {
    let response = Response::new(403, [("x-oss-err", "secret"), ("Date", "now")], b"<Error/>".to_vec());
    assert_eq!(format!("{response:?}"), "Response { status: 403, body_bytes: 8, .. }");
}

#[test]
fn debug_of_settings_and_names_is_the_derived_one() {
    assert_eq!(
        format!("{:?}", oss::BucketEncryption::kms().with_kms_master_key_id("id")),
        "BucketEncryption { sse_algorithm: Kms, kms_master_key_id: Some(\"id\"), kms_data_encryption: None }"
    );
    assert_eq!(
        format!("{:?}", oss_tables::TableEncryption::new("Rot13")),
        "TableEncryption { sse_algorithm: Other(\"Rot13\"), kms_key_arn: None }"
    );
}

#[test]
fn settings_print_in_a_few_words() {
    for (setting, text) in [
        (oss::BucketEncryption::aes256(), "AES256"),
        (oss::BucketEncryption::kms(), "KMS"),
        (oss::BucketEncryption::new("sm4"), "SM4"),
        (oss::BucketEncryption::new("Rot13"), "Rot13"),
        (
            oss::BucketEncryption::kms().with_kms_master_key_id("9468").with_kms_data_encryption("SM4"),
            "KMS, key 9468, data SM4",
        ),
        (oss::BucketEncryption::kms().with_kms_data_encryption("SM4"), "KMS, data SM4"),
    ] {
        assert_eq!(setting.to_string(), text);
    }
    let full = obs::BucketEncryption::kms()
        .with_kms_master_key_id("4f1c")
        .with_kms_data_encryption("SM4")
        .with_project_id("0a1b")
        .with_bucket_key_enabled(true);
    assert_eq!(full.to_string(), "KMS, key 4f1c, data SM4, project 0a1b, bucket key on");
    assert_eq!(obs::BucketEncryption::kms().with_bucket_key_enabled(false).to_string(), "KMS, bucket key off");
    assert_eq!(oss_tables::TableEncryption::kms().with_kms_key_arn("acs:kms").to_string(), "KMS, key acs:kms");
}

#[test]
fn types_serialize_for_reports_under_their_field_names() {
    let rule = oss::BucketEncryption::kms().with_kms_master_key_id("id");
    assert_eq!(
        serde_json::to_string(&rule).unwrap(),
        r#"{"sse_algorithm":"KMS","kms_master_key_id":"id","kms_data_encryption":null}"#
    );
    let setting = obs::BucketEncryption::kms().with_project_id("p").with_bucket_key_enabled(true);
    assert_eq!(
        serde_json::to_string(&setting).unwrap(),
        r#"{"sse_algorithm":"KMS","kms_master_key_id":null,"kms_data_encryption":null,"project_id":"p","bucket_key_enabled":true}"#
    );
    let table = oss_tables::TableEncryption::new("Rot13").with_kms_key_arn("a\"b");
    assert_eq!(serde_json::to_string(&table).unwrap(), r#"{"sse_algorithm":"Rot13","kms_key_arn":"a\"b"}"#);
    assert_eq!(serde_json::to_string(&SseAlgorithm::Aes256).unwrap(), r#""AES256""#);
    let arn = TableBucketArn::new("cn-hangzhou", "1", "abc").unwrap();
    assert_eq!(serde_json::to_string(&arn).unwrap(), r#""acs:osstables:cn-hangzhou:1:bucket/abc""#);
}

#[test]
fn settings_and_names_are_equal_and_hash_alike() {
    use std::collections::HashSet;
    let rules = HashSet::from([
        oss::BucketEncryption::kms(),
        oss::BucketEncryption::new("kms"),
        oss::BucketEncryption::new(String::from("aws:kms")),
        oss::BucketEncryption::aes256(),
    ]);
    assert_eq!(rules.len(), 2);
    let names = HashSet::from([
        TableBucketArn::new("cn-hangzhou", "1", "abc").unwrap(),
        "acs:osstables:cn-hangzhou:1:bucket/abc".parse().unwrap(),
        TableBucketArn::new("cn-hangzhou", "01", "abc").unwrap(),
    ]);
    assert_eq!(names.len(), 2, "an account id is text, not a number");
}

#[test]
fn every_type_may_go_to_other_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Credentials>();
    check::<Endpoint>();
    check::<Addressing>();
    check::<SignatureVersion>();
    check::<TableBucketArn>();
    check::<SseAlgorithm<'static>>();
    check::<Request>();
    check::<SignedRequest>();
    check::<Response>();
    check::<Error>();
    check::<InputError>();
    check::<TransportError>();
    check::<DecodeError>();
    check::<ServiceError>();
    check::<oss::BucketEncryption<'static>>();
    check::<obs::BucketEncryption<'static>>();
    check::<oss_tables::TableEncryption<'static>>();
}

#[test]
fn an_error_is_small_and_boxes_into_others() {
    assert!(size_of::<Error>() <= 16, "{}", size_of::<Error>());
    assert!(size_of::<bucket_encryption::Result<()>>() <= 16);
    let error: Box<dyn std::error::Error + Send + Sync> = Endpoint::oss("").unwrap_err().into();
    assert!(error.downcast_ref::<Error>().is_some());
}

#[test]
fn a_refused_argument_was_not_sent() {
    let error = Endpoint::oss("").unwrap_err();
    assert_eq!((error.attempts(), error.elapsed()), (0, Duration::ZERO));
    assert!(error.service().is_none() && error.code().is_none() && error.source().is_none());
    assert!(!(error.is_denied() || error.is_not_found() || error.is_expired() || error.is_throttled()));
    assert!(!(error.is_wrong_endpoint() || error.is_timeout()));
    let Error::Input(input) = &error else { panic!("{error:?}") };
    assert_eq!(input.argument(), "region");
    assert!(error.to_string().contains(input.argument()) && error.to_string().contains(input.problem()));
}

#[test]
fn an_endpoints_clone_is_its_own_setting() {
    let endpoint = endpoint();
    let path = endpoint.clone().with_addressing(Addressing::Path);
    assert_ne!(
        oss::get_bucket_encryption_request(&endpoint, "bucket").unwrap().url(),
        oss::get_bucket_encryption_request(&path, "bucket").unwrap().url()
    );
}

#[test]
fn limits_of_any_size_are_taken() {
    let endpoint = endpoint();
    for timeout in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        let _ = endpoint.clone().with_timeout(timeout);
    }
    for attempts in [0, 1, u32::MAX] {
        let _ = endpoint.clone().with_max_attempts(attempts);
    }
}
