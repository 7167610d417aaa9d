//! `Request::sign` through the public API: the vectors that match what this library sends, and the headers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bucket_encryption::{
    Addressing, Credentials, Endpoint, Error, Request, SignatureVersion, SignedRequest, TableBucketArn, obs, oss,
    oss_tables,
};

/// Thu, 10 Apr 2025 08:00:00 GMT
fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_744_272_000)
}

const DATE: &str = "Thu, 10 Apr 2025 08:00:00 GMT";
const BUCKET: &str = "examplebucket";

fn credentials() -> Credentials {
    Credentials::new("ak", "sk").unwrap()
}

fn with_token() -> Credentials {
    credentials().with_security_token("token").unwrap()
}

fn oss_endpoint() -> Endpoint {
    Endpoint::oss("cn-hangzhou").unwrap()
}

fn v1() -> Endpoint {
    oss_endpoint().with_signature_version(SignatureVersion::V1)
}

fn tables() -> Endpoint {
    Endpoint::oss_tables("cn-hangzhou").unwrap()
}

fn obs_endpoint() -> Endpoint {
    Endpoint::obs("cn-north-4").unwrap()
}

fn arn() -> TableBucketArn {
    "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse().unwrap()
}

fn oss_get() -> Request {
    oss::get_bucket_encryption_request(&oss_endpoint(), BUCKET).unwrap()
}

fn tables_get() -> Request {
    oss_tables::get_table_bucket_encryption_request(&tables(), &arn()).unwrap()
}

fn header<'s>(signed: &'s SignedRequest, name: &str) -> Option<&'s str> {
    signed.headers().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn names(signed: &SignedRequest) -> Vec<&str> {
    signed.headers().map(|(name, _)| name).collect()
}

/// Asserts the stages of V4, one by one.
#[track_caller]
fn assert_v4(signed: &SignedRequest, product: &str, canonical_request: &str, sha256: &str, signature: &str) {
    assert_eq!(signed.canonical_request(), Some(canonical_request), "canonical request");
    let scope = format!("20250410/cn-hangzhou/{product}/aliyun_v4_request");
    let string_to_sign = format!("OSS4-HMAC-SHA256\n20250410T080000Z\n{scope}\n{sha256}");
    assert_eq!(signed.string_to_sign(), string_to_sign, "string to sign");
    let authorization = format!("OSS4-HMAC-SHA256 Credential=ak/{scope},Signature={signature}");
    assert_eq!(header(signed, "Authorization"), Some(authorization.as_str()), "Authorization");
}

/// Asserts the stages of V1 or OBS, one by one.
#[track_caller]
fn assert_sha1(signed: &SignedRequest, string_to_sign: &str, authorization: &str) {
    assert_eq!(signed.canonical_request(), None, "V1 and OBS have no canonical request");
    assert_eq!(signed.string_to_sign(), string_to_sign, "string to sign");
    assert_eq!(header(signed, "Authorization"), Some(authorization), "Authorization");
}

#[test]
fn oss_gets_and_deletes_are_signed_as_the_vectors_have_them() {
    let delete = oss::delete_bucket_encryption_request(&oss_endpoint(), BUCKET).unwrap();
    for (request, method, sha256, signature) in [
        (
            oss_get(),
            "GET",
            "47f4a97c7d877e6c44d8f141f58347cbb20d19457b28dd63a640136ec91da188",
            "dd6994a5375d13178e6bbfc14907dfde8b1b33d461b0285a32eca44d374757d1",
        ),
        (
            delete,
            "DELETE",
            "b3c54a0c5d23204acd54b4df5619c27f69f707380b9e4fa1fa0cb4631c091a92",
            "4f8451e50b481033ceea2085d25c78934155740876a6317f0a947adc28319be0",
        ),
    ] {
        let canonical_request = format!(
            "{method}\n/examplebucket/\nencryption\nx-oss-content-sha256:UNSIGNED-PAYLOAD\n\
             x-oss-date:20250410T080000Z\n\n\nUNSIGNED-PAYLOAD"
        );
        let signed = request.sign(&credentials(), at()).unwrap();
        assert_v4(&signed, "oss", &canonical_request, sha256, signature);
    }
}

#[test]
fn an_oss_put_is_signed_with_its_type_and_digest() {
    let aes256 = oss::BucketEncryption::aes256();
    let signed = oss::put_bucket_encryption_request(&oss_endpoint(), BUCKET, &aes256).unwrap();
    let signed = signed.sign(&credentials(), at()).unwrap();
    assert_eq!(signed.body().len(), 161);
    assert_v4(
        &signed,
        "oss",
        "PUT\n/examplebucket/\nencryption\ncontent-md5:TaNnET0IZuQL5ShG/X50+Q==\ncontent-type:application/xml\n\
         x-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20250410T080000Z\n\n\nUNSIGNED-PAYLOAD",
        "caa3a49d5990391d0f2f4563357c9ed631480990aab628d435b30d78e7c76abb",
        "3d8fe0d96886dd6d374908c37d7ea4fa99dee00fc3b134c4d056cccceaa2e223",
    );
}

#[test]
fn oss_tables_signs_the_arn_before_the_path() {
    assert_v4(
        &tables_get().sign(&credentials(), at()).unwrap(),
        "osstables",
        "GET\n/acs%3Aosstables%3Acn-hangzhou%3A1234567890%3Abucket/my-table-bucket/buckets/\
         acs%3Aosstables%3Acn-hangzhou%3A1234567890%3Abucket/my-table-bucket/encryption\n\n\
         x-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20250410T080000Z\n\n\nUNSIGNED-PAYLOAD",
        "ab459a31ec77eba3092acf20831b69834f6c2117812d6967f241537f9a93a19e",
        "3ee8e92353b857640bb4e1dc3c639fba3a35a089e6a608fa1c475b2527fc063c",
    );
}

#[test]
fn v1_signs_each_operation_as_the_vectors_have_it() {
    let aes256 = oss::BucketEncryption::aes256();
    for (request, lines, signature) in [
        (oss::get_bucket_encryption_request(&v1(), BUCKET), "GET\n\n", "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        (oss::delete_bucket_encryption_request(&v1(), BUCKET), "DELETE\n\n", "6Fv7Q1I3RgwBAbjWJCtuv6JbWA4="),
        (
            oss::put_bucket_encryption_request(&v1(), BUCKET, &aes256),
            "PUT\nTaNnET0IZuQL5ShG/X50+Q==\napplication/xml",
            "NHUSMOAHLl4ZkCj6gYEIpexpc7Q=",
        ),
    ] {
        let signed = request.unwrap().sign(&credentials(), at()).unwrap();
        let string_to_sign = format!("{lines}\n{DATE}\n/examplebucket/?encryption");
        assert_sha1(&signed, &string_to_sign, &format!("OSS ak:{signature}"));
    }
}

#[test]
fn v1_signs_the_security_token() {
    let signed = oss::get_bucket_encryption_request(&v1(), BUCKET).unwrap().sign(&with_token(), at()).unwrap();
    let string_to_sign = format!("GET\n\n\n{DATE}\nx-oss-security-token:token\n/examplebucket/?encryption");
    assert_sha1(&signed, &string_to_sign, "OSS ak:r8svqEwnoEKO42Yd4ZxvhIts90E=");
}

#[test]
fn obs_signs_gets_and_deletes_as_the_vectors_have_them() {
    for (request, method, signature) in [
        (obs::get_bucket_encryption_request(&obs_endpoint(), BUCKET), "GET", "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        (obs::delete_bucket_encryption_request(&obs_endpoint(), BUCKET), "DELETE", "6Fv7Q1I3RgwBAbjWJCtuv6JbWA4="),
    ] {
        let signed = request.unwrap().sign(&credentials(), at()).unwrap();
        let string_to_sign = format!("{method}\n\n\n{DATE}\n/examplebucket/?encryption");
        assert_sha1(&signed, &string_to_sign, &format!("OBS ak:{signature}"));
    }
}

#[test]
fn obs_signs_the_security_token() {
    let signed = obs::get_bucket_encryption_request(&obs_endpoint(), BUCKET).unwrap();
    let signed = signed.sign(&with_token(), at()).unwrap();
    let string_to_sign = format!("GET\n\n\n{DATE}\nx-obs-security-token:token\n/examplebucket/?encryption");
    assert_sha1(&signed, &string_to_sign, "OBS ak:trmMmo9FoQpfrVxoUpSMtnoDGeQ=");
    assert_eq!(header(&signed, "x-obs-security-token"), Some("token"));
}

#[test]
fn obs_signs_a_custom_domain_in_the_buckets_place_and_without_its_port() {
    for url in ["https://files.example.com", "http://files.example.com:8080", "http://Files.Example.com"] {
        let endpoint = obs_endpoint().with_url(url).unwrap().with_addressing(Addressing::Cname);
        let signed = obs::get_bucket_encryption_request(&endpoint, BUCKET).unwrap().sign(&credentials(), at()).unwrap();
        let string_to_sign = format!("GET\n\n\n{DATE}\n/files.example.com/?encryption");
        assert_sha1(&signed, &string_to_sign, "OBS ak:X5eH+j4kIAb3CipQzv1uYM6Lj94=");
    }
}

#[test]
fn obs_signs_a_put_with_its_type_and_digest() {
    let put = obs::put_bucket_encryption_request(&obs_endpoint(), BUCKET, &obs::BucketEncryption::aes256()).unwrap();
    let signed = put.sign(&credentials(), at()).unwrap();
    let digest = header(&signed, "Content-MD5").unwrap();
    let string_to_sign = format!("PUT\n{digest}\napplication/xml\n{DATE}\n/examplebucket/?encryption");
    assert_eq!(signed.string_to_sign(), string_to_sign);
}

#[test]
fn the_signature_of_oss_is_the_same_for_every_address() {
    let expected = "dd6994a5375d13178e6bbfc14907dfde8b1b33d461b0285a32eca44d374757d1";
    let custom = |url| oss_endpoint().with_url(url).unwrap();
    for endpoint in [
        oss_endpoint(),
        oss_endpoint().with_addressing(Addressing::Path),
        custom("https://oss-cn-hangzhou-internal.aliyuncs.com"),
        custom("https://cn-hangzhou.oss.aliyuncs.com"),
        custom("https://oss-accelerate.aliyuncs.com"),
        custom("http://127.0.0.1:9000").with_addressing(Addressing::Path),
        custom("https://files.example.com").with_addressing(Addressing::Cname),
    ] {
        let signed = oss::get_bucket_encryption_request(&endpoint, BUCKET).unwrap().sign(&credentials(), at()).unwrap();
        assert!(header(&signed, "Authorization").unwrap().ends_with(expected), "{endpoint}");
    }
}

#[test]
fn the_signature_of_oss_tables_is_the_same_for_every_address() {
    let expected = "3ee8e92353b857640bb4e1dc3c639fba3a35a089e6a608fa1c475b2527fc063c";
    let custom = |url| tables().with_url(url).unwrap();
    for endpoint in [
        tables(),
        tables().with_addressing(Addressing::Path),
        custom("https://cn-hangzhou-internal.oss-tables.aliyuncs.com"),
        custom("http://127.0.0.1:9000").with_addressing(Addressing::Path),
        custom("https://tables.example.com").with_addressing(Addressing::Cname),
    ] {
        let request = oss_tables::get_table_bucket_encryption_request(&endpoint, &arn()).unwrap();
        let signed = request.sign(&credentials(), at()).unwrap();
        assert!(header(&signed, "Authorization").unwrap().ends_with(expected), "{endpoint}");
    }
}

#[test]
fn the_scope_has_the_endpoints_region_even_where_the_arn_has_another() {
    let endpoint = Endpoint::oss_tables("cn-shanghai").unwrap().with_url("https://tables.example.com").unwrap();
    let request = oss_tables::get_table_bucket_encryption_request(&endpoint, &arn()).unwrap();
    let signed = request.sign(&credentials(), at()).unwrap();
    assert!(signed.string_to_sign().contains("\n20250410/cn-shanghai/osstables/aliyun_v4_request\n"));
    assert!(signed.canonical_request().unwrap().contains("/acs%3Aosstables%3Acn-hangzhou%3A"));
}

#[test]
fn gets_and_deletes_have_no_content_headers_and_no_body() {
    let v4 = ["x-oss-content-sha256", "x-oss-date", "Date", "Authorization"];
    let sha1 = ["Date", "Authorization"];
    for (request, expected) in [
        (oss_get(), &v4[..]),
        (oss::delete_bucket_encryption_request(&oss_endpoint(), BUCKET).unwrap(), &v4),
        (tables_get(), &v4),
        (oss_tables::get_table_encryption_request(&tables(), &arn(), "n", "t").unwrap(), &v4),
        (oss_tables::delete_table_bucket_encryption_request(&tables(), &arn()).unwrap(), &v4),
        (oss::get_bucket_encryption_request(&v1(), BUCKET).unwrap(), &sha1),
        (oss::delete_bucket_encryption_request(&v1(), BUCKET).unwrap(), &sha1),
        (obs::get_bucket_encryption_request(&obs_endpoint(), BUCKET).unwrap(), &sha1),
        (obs::delete_bucket_encryption_request(&obs_endpoint(), BUCKET).unwrap(), &sha1),
    ] {
        let signed = request.sign(&credentials(), at()).unwrap();
        assert_eq!(names(&signed), expected, "{} {}", signed.method(), signed.url());
        assert!(signed.body().is_empty(), "{} {}", signed.method(), signed.url());
    }
}

#[test]
fn puts_have_type_and_digest_and_tokens_a_header() {
    let v4 = [
        "Content-MD5",
        "Content-Type",
        "x-oss-content-sha256",
        "x-oss-date",
        "x-oss-security-token",
        "Date",
        "Authorization",
    ];
    let oss_v1 = ["Content-MD5", "Content-Type", "x-oss-security-token", "Date", "Authorization"];
    let of_obs = ["Content-MD5", "Content-Type", "x-obs-security-token", "Date", "Authorization"];
    let (rule, setting) = (oss::BucketEncryption::kms(), obs::BucketEncryption::kms());
    let table = oss_tables::TableEncryption::aes256();
    for (request, media_type, expected) in [
        (oss::put_bucket_encryption_request(&oss_endpoint(), BUCKET, &rule), "application/xml", &v4[..]),
        (oss_tables::put_table_bucket_encryption_request(&tables(), &arn(), &table), "application/json", &v4),
        (oss::put_bucket_encryption_request(&v1(), BUCKET, &rule), "application/xml", &oss_v1),
        (obs::put_bucket_encryption_request(&obs_endpoint(), BUCKET, &setting), "application/xml", &of_obs),
    ] {
        let signed = request.unwrap().sign(&with_token(), at()).unwrap();
        assert_eq!(names(&signed), expected, "{}", signed.url());
        assert_eq!(header(&signed, "content-type"), Some(media_type), "{}", signed.url());
        assert_eq!(header(&signed, "date"), Some(DATE), "{}", signed.url());
        assert!(!signed.body().is_empty(), "{}", signed.url());
    }
}

#[test]
fn no_request_carries_host_user_agent_or_length() {
    let put = oss::put_bucket_encryption_request(&oss_endpoint(), BUCKET, &oss::BucketEncryption::aes256()).unwrap();
    for request in [oss_get(), tables_get(), put] {
        let signed = request.sign(&with_token(), at()).unwrap();
        for name in ["host", "user-agent", "content-length", "accept-encoding"] {
            assert_eq!(header(&signed, name), None, "{name}");
        }
    }
}

#[test]
fn signing_leaves_method_url_and_body_as_they_are() {
    let put = oss::put_bucket_encryption_request(&oss_endpoint(), BUCKET, &oss::BucketEncryption::kms()).unwrap();
    let signed = put.sign(&credentials(), at()).unwrap();
    assert_eq!((signed.method(), signed.url(), signed.body()), (put.method(), put.url(), put.body()));
}

#[test]
fn the_same_time_gives_the_same_signature_and_another_second_another() {
    let sign = |at| header(&oss_get().sign(&credentials(), at).unwrap(), "Authorization").unwrap().to_owned();
    assert_eq!(sign(at()), sign(at() + Duration::from_millis(999)));
    assert_ne!(sign(at()), sign(at() + Duration::from_secs(1)));
}

#[test]
fn the_date_of_the_scope_is_the_utc_date_of_the_time() {
    // The last second of a day and the first of the next.
    for (seconds, date) in [(1_744_329_599, "20250410T235959Z"), (1_744_329_600, "20250411T000000Z")] {
        let signed = oss_get().sign(&credentials(), UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        let (day, _) = date.split_once('T').unwrap();
        assert!(signed.string_to_sign().contains(&format!("\n{date}\n{day}/cn-hangzhou/")), "{date}");
        assert_eq!(header(&signed, "x-oss-date"), Some(date));
    }
}

#[test]
fn times_outside_1970_to_9999_are_refused_for_every_scheme() {
    let requests = [
        oss_get(),
        tables_get(),
        oss::get_bucket_encryption_request(&v1(), BUCKET).unwrap(),
        obs::get_bucket_encryption_request(&obs_endpoint(), BUCKET).unwrap(),
    ];
    let end = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    for request in &requests {
        for bad in [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH - Duration::from_nanos(1), end] {
            let error = request.sign(&credentials(), bad).unwrap_err();
            assert!(matches!(error, Error::Input(_)), "{bad:?}: {error}");
        }
        for good in [UNIX_EPOCH, end - Duration::from_nanos(1)] {
            assert!(request.sign(&credentials(), good).is_ok(), "{good:?}");
        }
    }
}
