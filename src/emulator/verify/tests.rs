//! The verifier against what the vendors' own clients sent.

use std::time::UNIX_EPOCH;

use super::*;
use crate::emulator::tests::{ARN_SEGMENT, OSS_AES256, credentials, received, state};

/// 2025-04-10T08:00:00Z, the time of the recorded requests.
const RECORDED_AT: u64 = 1_744_272_000;
const RECORDED_DATE: &str = "Thu, 10 Apr 2025 08:00:00 GMT";
const RECORDED_OSS_DATE: &str = "20250410T080000Z";
const MD5_OF_NOTHING: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
const OSS_KMS: &str = "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><KMSMasterKeyID>9468da86-3509-4f8d-a61e-6eab1eac0000</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption><SSEAlgorithm>KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";
const TABLES_AES256: &str = r#"{"encryptionConfiguration": {"sseAlgorithm": "AES256"}}"#;

fn recorded_at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(RECORDED_AT)
}

/// The code of the refusal, or the bucket that was asked for.
fn verify_at(now: SystemTime, request: &Received, token: Option<&str>) -> Result<Option<String>, String> {
    verify(request, &credentials(token), &state(), now)
        .map(|verified| verified.bucket)
        .map_err(|refusal| refusal.code.into_owned())
}

fn v4_header(product: &str, additional: &str, signature: &str) -> String {
    let additional = if additional.is_empty() { String::new() } else { format!("AdditionalHeaders={additional},") };
    format!(
        "OSS4-HMAC-SHA256 Credential=ak/20250410/cn-hangzhou/{product}/aliyun_v4_request,{additional}Signature={signature}"
    )
}

/// Sent by alibabacloud_oss_v2 1.4.1 for Python with its clock at that time; the last three computed.
#[test]
fn what_the_sdk_signs_with_v4_for_oss_is_verified() {
    let host = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
    let sdk = [("Content-Type", "application/xml"), ("Content-MD5", MD5_OF_NOTHING)];
    let put = |md5| [("content-type", "application/xml"), ("content-md5", md5)];
    for (method, headers, body, additional, token, signature) in [
        ("GET", &sdk[..], "", "", None, "967a4790a318211c0a5bb9f21f8d980162c2a289565f49536ff6db43d826078f"),
        ("GET", &sdk[..], "", "", Some("token"), "1d136be7c02bfb77704bb7393423509b91ade532bf4922bdde23071441dca273"),
        ("DELETE", &sdk[..], "", "", None, "134281cf67b265e2ecfcc83f0c0f8a528030f275ba1198e7b11c05447d822ad5"),
        (
            "PUT",
            &put("TaNnET0IZuQL5ShG/X50+Q=="),
            OSS_AES256,
            "",
            None,
            "3d8fe0d96886dd6d374908c37d7ea4fa99dee00fc3b134c4d056cccceaa2e223",
        ),
        (
            "PUT",
            &put("HzeH+KnAUaTWu/knZJJ8yg=="),
            OSS_KMS,
            "",
            None,
            "ecdc0dc3fe1c3178791df7c80b7e42bb8124e9a43c99b57801c2221ff17e3c65",
        ),
        ("GET", &[], "", "", None, "dd6994a5375d13178e6bbfc14907dfde8b1b33d461b0285a32eca44d374757d1"),
        ("DELETE", &[], "", "", None, "4f8451e50b481033ceea2085d25c78934155740876a6317f0a947adc28319be0"),
        ("GET", &[], "", "host", None, "172d8f04d3ec5a3493cf489e953bca1bce731e256821acecbe4d7fc3b38e19fe"),
    ] {
        let authorization = v4_header("oss", additional, signature);
        for target in ["/?encryption", "/?encryption=", "/examplebucket/?encryption", "/examplebucket?encryption="] {
            let mut all = vec![
                ("Host", if additional == "host" || target.starts_with("/?") { host } else { "127.0.0.1:9000" }),
                ("X-OSS-Content-SHA256", "UNSIGNED-PAYLOAD"),
                ("x-oss-Date", RECORDED_OSS_DATE),
                ("Date", RECORDED_DATE),
                ("User-Agent", "alibabacloud-python-sdk-v2/1.4.1"),
                ("Authorization", &authorization),
            ];
            all.extend(token.map(|token| ("x-oss-security-token", token)));
            all.extend(headers);
            let request = received(method, target, &all, body);
            let verified = verify_at(recorded_at(), &request, token);
            assert_eq!(verified, Ok(Some("examplebucket".into())), "{method} {target} {signature}");
        }
    }
}

/// Sent by the same SDK; the last one computed.
#[test]
fn what_the_sdk_signs_for_oss_tables_is_verified() {
    let table = format!("/tables/{ARN_SEGMENT}/my_namespace/my_table/encryption");
    let bucket = format!("/buckets/{ARN_SEGMENT}/encryption");
    for (method, target, body, md5, token, signature) in [
        (
            "GET",
            &table,
            "",
            Some(MD5_OF_NOTHING),
            None,
            "886327003ea18742cf8e000fda7dd095275a0b2600a5e62a23d24db7e2254526",
        ),
        (
            "PUT",
            &bucket,
            TABLES_AES256,
            Some("8brxxND+ziGAM1VKSOGH2A=="),
            None,
            "5ddfb88385512df7f981f33f8de9eec35271a665b916e10258740ce6f8b89de8",
        ),
        (
            "GET",
            &bucket,
            "",
            Some(MD5_OF_NOTHING),
            None,
            "3fbe62e662c7c2d5740490860e14d1c2555319bd13115529a562fa0a3acd95b4",
        ),
        (
            "GET",
            &bucket,
            "",
            Some(MD5_OF_NOTHING),
            Some("token"),
            "b118e4cc876011cc08b5f1012d67dba897ecc27d7b1af3545b8d96a76e8ff186",
        ),
        (
            "DELETE",
            &bucket,
            "",
            Some(MD5_OF_NOTHING),
            None,
            "0d74561d1f062c70b1878a85d0dd6c4c8434c5257e4435b4308faa8d2b2197c0",
        ),
        ("GET", &bucket, "", None, None, "3ee8e92353b857640bb4e1dc3c639fba3a35a089e6a608fa1c475b2527fc063c"),
    ] {
        let authorization = v4_header("osstables", "", signature);
        for host in ["my-table-bucket-1234567890.cn-hangzhou.oss-tables.aliyuncs.com", "127.0.0.1:9000"] {
            let mut headers = vec![
                ("host", host),
                ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
                ("x-oss-date", RECORDED_OSS_DATE),
                ("authorization", &authorization),
            ];
            headers.extend(token.map(|token| ("x-oss-security-token", token)));
            headers.extend(md5.map(|md5| ("content-md5", md5)));
            headers.extend(md5.map(|_| ("content-type", "application/json")));
            let request = received(method, target, &headers, body);
            assert_eq!(verify_at(recorded_at(), &request, token), Ok(None), "{method} {target} at {host}");
        }
    }
}

/// V1 sent by the same SDK or computed; OBS by esdk-obs-python 3.26.6.
#[test]
fn what_the_sdks_sign_with_hmac_sha1_is_verified() {
    let sdk = [("content-type", "application/xml"), ("content-md5", MD5_OF_NOTHING)];
    let oss = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
    let obs = "examplebucket.obs.cn-north-4.myhuaweicloud.com";
    let dated = [("date", RECORDED_DATE)];
    for (scheme, method, host, target, headers, signature) in [
        ("OSS", "GET", oss, "/?encryption", &dated[..], "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        ("OSS", "DELETE", oss, "/?encryption", &dated[..], "6Fv7Q1I3RgwBAbjWJCtuv6JbWA4="),
        ("OSS", "GET", oss, "/?encryption", &[dated[0], sdk[0], sdk[1]], "KLegGUPqIC/uW9bYLEpOYSH0u88="),
        (
            "OSS",
            "GET",
            oss,
            "/?encryption",
            &[dated[0], sdk[0], sdk[1], ("x-oss-date", RECORDED_DATE)],
            "02MIzPRwNDJVIZFhlET4buiFzNI=",
        ),
        ("OSS", "GET", "localhost", "/examplebucket/?encryption", &dated[..], "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        ("OBS", "GET", obs, "/?encryption", &dated[..], "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        (
            "OBS",
            "GET",
            obs,
            "/?encryption=",
            &[dated[0], ("x-obs-date", RECORDED_DATE)],
            "4dFeIXqxywPuvZCg7rWay5Q/Ick=",
        ),
        ("OBS", "GET", "localhost", "/examplebucket/?encryption", &dated[..], "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        ("OBS", "GET", "localhost", "/examplebucket?encryption", &dated[..], "7m7Xf8VqsutK+302qaCU9K/w2vc="),
    ] {
        let authorization = format!("{scheme} ak:{signature}");
        let mut headers = headers.to_vec();
        headers.extend([("host", host), ("authorization", &authorization)]);
        let verified = verify_at(recorded_at(), &received(method, target, &headers, ""), None);
        assert_eq!(verified, Ok(Some("examplebucket".into())), "{scheme} {method} {host} {target}");
    }
    // With a token: Python's SDK sends it unsigned on V1.
    for (scheme, name, signature) in [
        ("OSS", "x-oss-security-token", "r8svqEwnoEKO42Yd4ZxvhIts90E="),
        ("OSS", "security-token", "DDLS6Wyk65QwEYlWs3qoso6Pg/E="),
        ("OBS", "x-obs-security-token", "trmMmo9FoQpfrVxoUpSMtnoDGeQ="),
    ] {
        let authorization = format!("{scheme} ak:{signature}");
        let headers = [("host", obs), dated[0], (name, "token"), ("authorization", &authorization)];
        let request = received("GET", "/?encryption", &headers, "");
        let verified = verify_at(recorded_at(), &request, Some("token"));
        assert_eq!(verified, Ok(Some("examplebucket".into())), "{scheme} {name}");
    }
}

/// From the tests of the vendors' SDKs: objects, with queries whose order on the wire is not the signed one.
#[test]
fn published_vectors_are_verified() {
    let query = "?param1=value1&%2bparam1=value3&%7Cparam1=value4&%2Bparam2&|param2=&param2";
    let object = format!("/bucket/1234+-/123/1.txt{query}");
    let headers = [
        ("host", "localhost"),
        ("content-type", "text/plain"),
        ("X-Oss-Head1", " value "),
        ("ZAbc", "value"),
        ("abc", "value"),
        ("XYZ", "value"),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
    ];
    for (seconds, time, additional, signature) in [
        (1_702_743_657, "20231216T162057Z", "", "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
        (
            1_702_747_512,
            "20231216T172512Z",
            "AdditionalHeaders=ZAbc;abc,",
            "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
        ),
    ] {
        let scope = "20231216/cn-hangzhou/oss/aliyun_v4_request";
        let authorization = format!("OSS4-HMAC-SHA256 Credential=ak/{scope},{additional}Signature={signature}");
        let mut headers = headers.to_vec();
        headers.extend([("x-oss-date", time), ("authorization", &authorization)]);
        let verified =
            verify_at(UNIX_EPOCH + Duration::from_secs(seconds), &received("PUT", &object, &headers, ""), None);
        assert_eq!(verified, Ok(Some("bucket".into())), "{time}");
    }
    let date = "Wed, 28 Dec 2022 10:27:41 GMT";
    let v1 = [
        ("host", "localhost"),
        ("date", date),
        ("x-oss-date", date),
        ("x-oss-meta-magic", "abracadabra"),
        ("x-oss-meta-author", "alice"),
        ("content-type", "text/html"),
        ("authorization", ""),
    ];
    for (target, signature) in [
        ("/examplebucket/nelson", "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M="),
        ("/examplebucket/nelson?unsigned=1&acl", "OSS ak:/afkugFbmWDQ967j1vr6zygBLQk="),
    ] {
        // The digest is another body's, and is looked at after the signature.
        let mut headers = v1.to_vec();
        headers[6].1 = signature;
        headers.push(("content-md5", "eB5eJF1ptWaXm4bijSPyxw=="));
        let verified =
            verify_at(UNIX_EPOCH + Duration::from_secs(1_672_223_261), &received("PUT", target, &headers, ""), None);
        assert_eq!(verified, Err("InvalidDigest".into()), "{target}");
    }
}

#[test]
fn repeated_headers_are_joined_before_they_are_verified() {
    let text = format!("GET\n\n\n{RECORDED_DATE}\nx-obs-meta:a,b\n/examplebucket/?encryption");
    let authorization = v1::authorization(v1::Dialect::Obs, "ak", &v1::signature("sk", &text));
    let headers = [
        ("host", "localhost"),
        ("date", RECORDED_DATE),
        ("x-obs-meta", " a "),
        ("X-Obs-Meta", "b"),
        ("authorization", authorization.as_str()),
    ];
    let request = received("GET", "/examplebucket/?encryption", &headers, "");
    assert_eq!(verify_at(recorded_at(), &request, None), Ok(Some("examplebucket".into())));
}

#[test]
fn a_domain_of_the_buckets_own_is_taken() {
    // OBS signs the domain: here it begins with the bucket, or is no bucket's.
    let authorization = "OBS ak:X5eH+j4kIAb3CipQzv1uYM6Lj94=";
    let headers = [("host", "files.example.com:80"), ("date", RECORDED_DATE), ("authorization", authorization)];
    let request = received("GET", "/?encryption", &headers, "");
    assert_eq!(verify_at(recorded_at(), &request, None), Ok(Some("files".into())));
    // OSS signs the bucket, which is nowhere else in the request.
    let authorization = v4_header("oss", "", "dd6994a5375d13178e6bbfc14907dfde8b1b33d461b0285a32eca44d374757d1");
    for host in ["files.example.com", "localhost:9000", "127.0.0.1:9000", "[::1]:9000"] {
        let headers = [
            ("host", host),
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-oss-date", RECORDED_OSS_DATE),
            ("authorization", &authorization),
        ];
        let request = received("GET", "/?encryption", &headers, "");
        assert_eq!(verify_at(recorded_at(), &request, None), Ok(Some("examplebucket".into())), "{host}");
    }
}

#[test]
fn the_clock_may_be_fifteen_minutes_off_and_no_more() {
    let authorization = v4_header("oss", "", "dd6994a5375d13178e6bbfc14907dfde8b1b33d461b0285a32eca44d374757d1");
    let v4 = [
        ("host", "localhost"),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-oss-date", RECORDED_OSS_DATE),
        ("authorization", &authorization),
    ];
    let v1 = ["OSS ak:DDLS6Wyk65QwEYlWs3qoso6Pg/E=", "OBS ak:DDLS6Wyk65QwEYlWs3qoso6Pg/E="]
        .map(|authorization| [("host", "localhost"), ("date", RECORDED_DATE), ("authorization", authorization)]);
    for headers in [&v4[..], &v1[0][..], &v1[1][..]] {
        let request = received("GET", "/examplebucket/?encryption", headers, "");
        for (seconds, expected) in [(0, true), (-900, true), (900, true), (-901, false), (901, false), (86_400, false)]
        {
            let now = UNIX_EPOCH + Duration::from_secs(RECORDED_AT.saturating_add_signed(seconds));
            let verified = verify_at(now, &request, None);
            match verified {
                Ok(_) => assert!(expected, "{headers:?} {seconds}"),
                Err(code) => {
                    assert_eq!((code.as_str(), expected), ("RequestTimeTooSkewed", false), "{headers:?} {seconds}");
                }
            }
        }
    }
}

#[test]
fn what_was_not_signed_by_the_key_is_refused() {
    let good = v4_header("oss", "", "dd6994a5375d13178e6bbfc14907dfde8b1b33d461b0285a32eca44d374757d1");
    let base = [
        ("host", "localhost"),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-oss-date", RECORDED_OSS_DATE),
        ("authorization", good.as_str()),
    ];
    let with = |name: &'static str, value: &'static str| -> Vec<(&str, &str)> {
        base.iter().copied().filter(|(found, _)| *found != name).chain([(name, value)]).collect()
    };
    let authorized = |from: &str, to: &str| good.replace(from, to);
    let (mismatch, malformed) = ("SignatureDoesNotMatch", "InvalidArgument");
    let bucket = "/examplebucket/?encryption";
    for (method, target, headers, expected) in [
        ("PUT", bucket, base.to_vec(), mismatch),
        ("GET", "/otherbucket/?encryption", base.to_vec(), mismatch),
        ("GET", "/examplebucket/?encryption&x=1", base.to_vec(), mismatch),
        ("GET", "/examplebucket/?encryption=1", base.to_vec(), mismatch),
        ("GET", "/examplebucket/key?encryption", base.to_vec(), mismatch),
        ("GET", bucket, with("content-type", "text/plain"), mismatch),
        ("GET", bucket, with("x-oss-meta", "1"), mismatch),
        ("GET", bucket, with("x-oss-date", "20250410T080001Z"), mismatch),
        ("GET", bucket, with("x-oss-date", "20250411T080000Z"), malformed),
        ("GET", bucket, with("x-oss-date", ""), "AccessDenied"),
        ("GET", bucket, with("x-oss-date", "yesterday"), malformed),
        ("GET", bucket, with("x-oss-content-sha256", "e3b0c442"), malformed),
        ("GET", bucket, with("authorization", ""), "AccessDenied"),
        ("GET", bucket, with("authorization", "AWS ak:c2ln"), malformed),
        ("GET", bucket, with("authorization", "OSS2 AccessKeyId:ak,Signature:c2ln"), malformed),
        ("GET", bucket, with("authorization", "OSS ak"), malformed),
        ("GET", bucket, with("authorization", "OSS :c2ln"), malformed),
        ("GET", bucket, with("authorization", "OSS4-HMAC-SHA256"), malformed),
        (
            "GET",
            bucket,
            with("authorization", "OSS4-HMAC-SHA256 Credential=ak/20250410/cn-hangzhou/oss/aliyun_v4_request"),
            malformed,
        ),
        ("GET", "/examplebucket/?encryption&Signature=x", base.to_vec(), malformed),
        ("GET", "/examplebucket/?encryption&x-oss-signature=x", with("authorization", ""), "NotImplemented"),
    ] {
        let verified = verify_at(recorded_at(), &received(method, target, &headers, ""), None);
        assert_eq!(verified, Err(expected.into()), "{method} {target} {headers:?}");
    }
    for (from, to, expected) in [
        ("757d1", "757d2", mismatch),
        ("757d1", "757D1", mismatch),
        ("757d1", "", mismatch),
        ("cn-hangzhou", "cn-beijing", mismatch),
        ("=ak/", "=other/", "InvalidAccessKeyId"),
        ("/oss/", "/s3/", malformed),
        ("v4_request", "v3_request", malformed),
        (",Signature", ",AdditionalHeaders=,Signature", malformed),
        (",Signature", ",AdditionalHeaders=host,Signature", mismatch),
        (",Signature", ",Signature=x,Signature", malformed),
        (",Signature", ",Unknown=x,Signature", malformed),
    ] {
        let authorization = authorized(from, to);
        let mut headers = base;
        headers[3].1 = &authorization;
        let verified = verify_at(recorded_at(), &received("GET", bucket, &headers, ""), None);
        assert_eq!(verified, Err(expected.into()), "{from} -> {to}");
    }
    // A blank behind the commas, as Alibaba's page has it.
    let spaced = authorized(",Signature", ", Signature");
    let mut headers = base;
    headers[3].1 = &spaced;
    let verified = verify_at(recorded_at(), &received("GET", bucket, &headers, ""), None);
    assert_eq!(verified, Ok(Some("examplebucket".into())));
}

#[test]
fn a_virtual_host_is_one_bucket_and_no_other() {
    let mut state = state();
    state.create_bucket("otherbucket");
    let authorization = "OSS ak:DDLS6Wyk65QwEYlWs3qoso6Pg/E=";
    let headers = [("host", "otherbucket.localhost"), ("date", RECORDED_DATE), ("authorization", authorization)];
    let request = received("GET", "/?encryption", &headers, "");
    let refusal = verify(&request, &credentials(None), &state, recorded_at()).map(drop).unwrap_err();
    assert_eq!(refusal.code, "SignatureDoesNotMatch");
}
