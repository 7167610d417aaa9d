//! What the vendors' own signers make of our requests, stage by stage: 560 cases a scheme in `tests/vectors`, written by
//! `tests/oracles/make_vectors.py` from their SDKs. Nothing here computes a signature.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use bucket_encryption::{Addressing, Credentials, Endpoint, Request, Result, SignatureVersion, TableBucketArn, oss};
use bucket_encryption::{obs, oss_tables};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const V4: &str = include_str!("vectors/v4.jsonl");
const TABLES_V4: &str = include_str!("vectors/tables_v4.jsonl");
const V1: &str = include_str!("vectors/v1.jsonl");
const OBS: &str = include_str!("vectors/obs.jsonl");

#[test]
fn oss_v4_signs_as_the_vendors_signer_does() {
    check_all(V4, |case| oss_request(case, Endpoint::oss(text(case, "region"))?));
}

#[test]
fn oss_v1_signs_as_the_vendors_signer_does() {
    check_all(V1, |case| {
        let endpoint = Endpoint::oss(text(case, "region"))?;
        oss_request(case, endpoint.with_signature_version(SignatureVersion::V1))
    });
}

#[test]
fn oss_tables_v4_signs_as_the_vendors_signer_does() {
    check_all(TABLES_V4, tables_request);
}

#[test]
fn obs_signs_as_the_vendors_signer_does() {
    check_all(OBS, obs_request);
}

/// A generator that went astray would otherwise prove little without anyone seeing it.
#[test]
fn the_cases_cover_what_they_should() {
    for (file, operations) in [(V4, 3), (V1, 3), (OBS, 3), (TABLES_V4, 4)] {
        let cases = cases(file);
        assert!(cases.len() >= 500, "{} cases", cases.len());
        let distinct = |key: &str| {
            let mut found: Vec<&str> = cases.iter().filter_map(|case| case[key].as_str()).collect();
            found.sort_unstable();
            found.dedup();
            found.len()
        };
        assert_eq!(distinct("operation"), operations);
        assert_eq!(distinct("addressing"), 3);
        assert_eq!(cases.iter().filter(|case| case["string_to_sign"].is_string()).count(), 20);
        let lengths = |key: &str| {
            cases.iter().filter_map(|case| case[key].as_str().map(|s| s.chars().count())).collect::<Vec<_>>()
        };
        let secrets = lengths("secret");
        assert!([1, 55, 56, 64, 65, 128].iter().all(|length| secrets.contains(length)), "secrets {secrets:?}");
        assert!(cases.iter().any(|case| !text(case, "secret").is_ascii()), "no secret in another script");
        assert!(lengths("token").contains(&2048) && lengths("token").len() < cases.len(), "tokens");
        assert!(
            cases
                .iter()
                .any(|case| case["token"].as_str().is_some_and(|token| token.contains('/') && token.contains('+')))
        );
        let names: Vec<usize> = if file == TABLES_V4 {
            cases.iter().map(|case| text(case, "arn").rsplit('/').next().map_or(0, str::len)).collect()
        } else {
            lengths("bucket")
        };
        assert!(names.contains(&3) && names.contains(&63), "bucket lengths {names:?}");
        let days: Vec<&str> = cases.iter().map(|case| text(case, "date").get(5..11).unwrap_or_default()).collect();
        assert!(["29 Feb", "31 Dec", "01 Jan"].iter().all(|day| days.contains(day)), "days");
        let years: Vec<&str> = cases.iter().map(|case| text(case, "date").get(12..16).unwrap_or_default()).collect();
        assert!(years.contains(&"1970") && years.contains(&"2099"), "years");
        assert!(
            cases.iter().any(|case| case["url"].as_str().is_some_and(|url| url.matches(':').count() > 1)),
            "no port"
        );
    }
    assert!(cases(OBS).iter().any(|case| text(case, "bucket").contains('.')), "no bucket with a dot");
    assert!(
        cases(TABLES_V4).iter().any(|case| case["table"].as_str().is_some_and(|table| !table.is_ascii())),
        "no table to encode"
    );
}

fn oss_request(case: &Value, endpoint: Endpoint) -> Result<Request> {
    let (endpoint, bucket) = (addressed(case, endpoint)?, text(case, "bucket"));
    match text(case, "operation") {
        "get_bucket_encryption" => oss::get_bucket_encryption_request(&endpoint, bucket),
        "delete_bucket_encryption" => oss::delete_bucket_encryption_request(&endpoint, bucket),
        "put_bucket_encryption" => {
            let setting = &case["setting"];
            let mut encryption = oss::BucketEncryption::new(text(setting, "sse_algorithm"));
            if let Some(key) = setting["kms_master_key_id"].as_str() {
                encryption = encryption.with_kms_master_key_id(key);
            }
            if let Some(algorithm) = setting["kms_data_encryption"].as_str() {
                encryption = encryption.with_kms_data_encryption(algorithm);
            }
            oss::put_bucket_encryption_request(&endpoint, bucket, &encryption)
        }
        other => panic!("no such operation: {other}"),
    }
}

fn obs_request(case: &Value) -> Result<Request> {
    let (endpoint, bucket) = (addressed(case, Endpoint::obs(text(case, "region"))?)?, text(case, "bucket"));
    match text(case, "operation") {
        "get_bucket_encryption" => obs::get_bucket_encryption_request(&endpoint, bucket),
        "delete_bucket_encryption" => obs::delete_bucket_encryption_request(&endpoint, bucket),
        "put_bucket_encryption" => {
            let setting = &case["setting"];
            let mut encryption = obs::BucketEncryption::new(text(setting, "sse_algorithm"));
            if let Some(key) = setting["kms_master_key_id"].as_str() {
                encryption = encryption.with_kms_master_key_id(key);
            }
            if let Some(algorithm) = setting["kms_data_encryption"].as_str() {
                encryption = encryption.with_kms_data_encryption(algorithm);
            }
            if let Some(project) = setting["project_id"].as_str() {
                encryption = encryption.with_project_id(project);
            }
            if let Some(enabled) = setting["bucket_key_enabled"].as_bool() {
                encryption = encryption.with_bucket_key_enabled(enabled);
            }
            obs::put_bucket_encryption_request(&endpoint, bucket, &encryption)
        }
        other => panic!("no such operation: {other}"),
    }
}

fn tables_request(case: &Value) -> Result<Request> {
    let endpoint = addressed(case, Endpoint::oss_tables(text(case, "region"))?)?;
    let arn: TableBucketArn = text(case, "arn").parse()?;
    match text(case, "operation") {
        "get_table_encryption" => {
            oss_tables::get_table_encryption_request(&endpoint, &arn, text(case, "namespace"), text(case, "table"))
        }
        "get_table_bucket_encryption" => oss_tables::get_table_bucket_encryption_request(&endpoint, &arn),
        "delete_table_bucket_encryption" => oss_tables::delete_table_bucket_encryption_request(&endpoint, &arn),
        "put_table_bucket_encryption" => {
            let setting = &case["setting"];
            let mut encryption = oss_tables::TableEncryption::new(text(setting, "sse_algorithm"));
            if let Some(key) = setting["kms_key_arn"].as_str() {
                encryption = encryption.with_kms_key_arn(key);
            }
            oss_tables::put_table_bucket_encryption_request(&endpoint, &arn, &encryption)
        }
        other => panic!("no such operation: {other}"),
    }
}

fn addressed(case: &Value, endpoint: Endpoint) -> Result<Endpoint> {
    let endpoint = match case["url"].as_str() {
        Some(url) => endpoint.with_url(url)?,
        None => endpoint,
    };
    Ok(endpoint.with_addressing(match text(case, "addressing") {
        "virtual" => Addressing::VirtualHosted,
        "path" => Addressing::Path,
        "cname" => Addressing::Cname,
        other => panic!("no such addressing: {other}"),
    }))
}

/// Runs every case, so that one run shows all that differ and not only the first; each by its name and the first stage that differs.
fn check_all(file: &str, request: impl Fn(&Value) -> Result<Request>) {
    let cases = cases(file);
    let mut wrong = String::new();
    let mut count = 0;
    for case in &cases {
        if let Err(difference) = check(case, &request) {
            count += 1;
            if count <= 10 {
                let _ = writeln!(wrong, "{}: {difference}", text(case, "case"));
            }
        }
    }
    assert!(count == 0, "{count} of {} cases differ from the vendor's signer:\n{wrong}", cases.len());
}

fn check(case: &Value, request: impl Fn(&Value) -> Result<Request>) -> Result<(), String> {
    let refused = |e| format!("refused: {e}");
    let mut credentials = Credentials::new(text(case, "access_key_id"), text(case, "secret")).map_err(refused)?;
    if let Some(token) = case["token"].as_str() {
        credentials = credentials.with_security_token(token).map_err(refused)?;
    }
    let request = request(case).map_err(refused)?;
    let body = if request.body().is_empty() { String::new() } else { sha256(request.body()) };
    same("url", request.url(), text(case, "sent_url"))?;
    same(
        "body",
        &format!("{body} ({})", String::from_utf8_lossy(request.body())),
        &format!("{} ({})", text(case, "body_sha256"), String::from_utf8_lossy(request.body())),
    )?;

    let at = UNIX_EPOCH + Duration::from_secs(case["unix_time"].as_u64().expect("a time"));
    let signed = request.sign(&credentials, at).map_err(refused)?;
    if let Some(wanted) = case["canonical_request_sha256"].as_str() {
        let ours = signed.canonical_request().ok_or("no canonical request")?;
        if let Some(whole) = case["canonical_request"].as_str() {
            same("canonical request", ours, whole)?;
        }
        same_digest("canonical request", ours, wanted)?;
    } else {
        same("canonical request", signed.canonical_request().unwrap_or("none"), "none")?;
    }
    if let Some(whole) = case["string_to_sign"].as_str() {
        same("string to sign", signed.string_to_sign(), whole)?;
    }
    same_digest("string to sign", signed.string_to_sign(), text(case, "string_to_sign_sha256"))?;

    let header = |name: &str| {
        signed.headers().find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("absent", |(_, value)| value)
    };
    same("date", header("date"), text(case, "date"))?;
    same("authorization", header("authorization"), text(case, "authorization"))?;
    same("url after signing", signed.url(), text(case, "sent_url"))
}

fn same(stage: &str, ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!("the {stage} differs\n  ours:   {ours:?}\n  theirs: {theirs:?}"))
}

fn same_digest(stage: &str, ours: &str, wanted: &str) -> Result<(), String> {
    if sha256(ours.as_bytes()) == wanted {
        return Ok(());
    }
    Err(format!(
        "the {stage} differs\n  ours: {ours:?}\n  theirs has the SHA-256 {wanted}; make_vectors.py --show prints it whole"
    ))
}

fn cases(file: &str) -> Vec<Value> {
    file.lines().map(|line| serde_json::from_str(line).expect("a case is a JSON object")).collect()
}

#[track_caller]
fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("{key} is not a text in {case}"))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
