//! What must hold for any input: shared by the fuzz targets and by the test that replays their corpus.

#![allow(dead_code, reason = "each fuzz target uses one of these")]

use std::time::{Duration, UNIX_EPOCH};

use bucket_encryption::ureq::http::Uri;
use bucket_encryption::{Addressing, Credentials, Endpoint, Error, Request, Response, TableBucketArn};
use bucket_encryption::{obs, oss, oss_tables};

const BUCKET: &str = "examplebucket";

/// What is read is written and read back equal, and a put takes it.
pub(crate) fn oss_xml(data: &[u8]) {
    let Ok(body) = str::from_utf8(data) else { return };
    match oss::BucketEncryption::from_xml(body) {
        Ok(Some(read)) => {
            let written = read.to_xml();
            assert_eq!(oss::BucketEncryption::from_xml(&written).unwrap().as_ref(), Some(&read), "{written}");
            let endpoint = Endpoint::oss("cn-hangzhou").unwrap();
            oss::put_bucket_encryption_request(&endpoint, BUCKET, &read).unwrap();
            assert_eq!(read.clone().into_owned(), read);
        }
        Ok(None) => {}
        Err(error) => check_error(&error),
    }
}

/// What is read is written and read back equal, and a put takes it.
pub(crate) fn obs_xml(data: &[u8]) {
    let Ok(body) = str::from_utf8(data) else { return };
    match obs::BucketEncryption::from_xml(body) {
        Ok(Some(read)) => {
            let written = read.to_xml();
            assert_eq!(obs::BucketEncryption::from_xml(&written).unwrap().as_ref(), Some(&read), "{written}");
            let endpoint = Endpoint::obs("cn-north-4").unwrap();
            obs::put_bucket_encryption_request(&endpoint, BUCKET, &read).unwrap();
            assert_eq!(read.clone().into_owned(), read);
        }
        Ok(None) => {}
        Err(error) => check_error(&error),
    }
}

/// What is read is written and read back equal, and a put takes it.
pub(crate) fn tables_json(data: &[u8]) {
    let Ok(body) = str::from_utf8(data) else { return };
    match oss_tables::TableEncryption::from_json(body) {
        Ok(Some(read)) => {
            let written = read.to_json();
            assert_eq!(oss_tables::TableEncryption::from_json(&written).unwrap().as_ref(), Some(&read), "{written}");
            let endpoint = Endpoint::oss_tables("cn-hangzhou").unwrap();
            let arn = TableBucketArn::new("cn-hangzhou", "1234567890", BUCKET).unwrap();
            oss_tables::put_table_bucket_encryption_request(&endpoint, &arn, &read).unwrap();
            assert_eq!(read.clone().into_owned(), read);
        }
        Ok(None) => {}
        Err(error) => check_error(&error),
    }
}

/// The first byte is the status, the second says where the rest stands: in the body, or in one of the headers.
pub(crate) fn error_body(data: &[u8]) {
    const STATUSES: [u16; 12] = [200, 204, 301, 307, 400, 401, 403, 404, 409, 429, 500, 503];
    const HEADERS: [&str; 7] =
        ["x-oss-err", "x-oss-ec", "x-oss-request-id", "x-obs-error-code", "x-obs-error-message", "location", "date"];
    let [status, place, rest @ ..] = data else { return };
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let response = match HEADERS.get(usize::from(*place) % (HEADERS.len() + 1)) {
        Some(name) => Response::new(status, [(*name, &*String::from_utf8_lossy(rest))], Vec::new()),
        None => Response::new(status, [], rest.to_vec()),
    };
    assert_eq!(response.check().is_ok(), status < 300);
    if let Err(error) = response.check() {
        check_error(&error);
    }
    let read = [
        oss::BucketEncryption::from_response(&response).map(|setting| setting.is_none()),
        obs::BucketEncryption::from_response(&response).map(|setting| setting.is_none()),
        oss_tables::TableEncryption::from_response(&response).map(|setting| setting.is_none()),
    ];
    for is_none in read {
        match is_none {
            // "Not encrypted" only on a clear sign.
            Ok(true) if status >= 300 => {
                let error = response.check().unwrap_err();
                let code = error.code().unwrap_or_default();
                assert!(
                    ["NoSuchServerSideEncryptionRule", "NoSuchEncryptionConfiguration"].contains(&code),
                    "{status} {code:?}"
                );
            }
            Ok(_) => assert!(status < 300, "an answer of {status} was read as a setting"),
            Err(error) => check_error(&error),
        }
    }
}

/// What is read is printed as it was, and can lead nowhere but to the endpoint.
pub(crate) fn arn(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<TableBucketArn>() {
        Ok(arn) => {
            assert_eq!(arn.to_string(), text);
            let Ok(endpoint) = Endpoint::oss_tables(arn.region()) else { return };
            for endpoint in [endpoint.clone(), endpoint.with_addressing(Addressing::Path)] {
                match oss_tables::get_table_encryption_request(&endpoint, &arn, "a/b?c", "d e") {
                    Ok(request) => check_request(&request, &endpoint, 5),
                    Err(error) => check_error(&error),
                }
            }
        }
        Err(error) => check_error(&error),
    }
}

/// What is taken as an address is printed as one, and can lead nowhere else.
pub(crate) fn url(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let endpoint = match Endpoint::oss("cn-hangzhou").unwrap().with_url(text) {
        Ok(endpoint) => endpoint,
        Err(error) => return check_error(&error),
    };
    assert!(endpoint.to_string().eq_ignore_ascii_case(text), "{endpoint} for {text:?}");
    for (addressing, segments) in [(Addressing::VirtualHosted, 1), (Addressing::Path, 2), (Addressing::Cname, 1)] {
        let endpoint = endpoint.clone().with_addressing(addressing);
        match oss::get_bucket_encryption_request(&endpoint, BUCKET) {
            Ok(request) => check_request(&request, &endpoint, segments),
            Err(error) => check_error(&error),
        }
    }
}

/// A request goes to the endpoint, or to a host below it, and its path has so many segments. It can be signed.
pub(crate) fn check_request(request: &Request, endpoint: &Endpoint, segments: usize) {
    let (uri, base): (Uri, Uri) = (request.url().parse().unwrap(), endpoint.to_string().parse().unwrap());
    assert_eq!(uri.scheme(), base.scheme());
    let (authority, end) = (uri.authority().unwrap().as_str(), base.authority().unwrap().as_str());
    let label = authority.strip_suffix(end).unwrap_or_else(|| panic!("{authority} is not at {end}"));
    assert!(label.is_empty() || label.ends_with('.') && !label.contains(['@', ':', '/', '%']), "{authority}");
    assert_eq!(uri.path().matches('/').count(), segments, "{}", request.url());
    let credentials = Credentials::new("id", "the secret").unwrap();
    let signed = request.sign(&credentials, UNIX_EPOCH + Duration::from_secs(1_744_272_000)).unwrap();
    assert_eq!(signed.url(), request.url());
}

/// Every error prints, on one line unless it is asked for a block, and answers all questions.
pub(crate) fn check_error(error: &Error) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.is_empty() && !text.contains(['\n', '\r']), "{text:?}");
    }
    assert!(format!("{error:#}").len() >= error.to_string().len());
    let kinds = [
        error.is_denied(),
        error.is_not_found(),
        error.is_expired(),
        error.is_throttled(),
        error.is_wrong_endpoint(),
        error.is_timeout(),
    ];
    assert!(kinds.iter().filter(|is| **is).count() <= 1, "{error}: {kinds:?}");
    assert_eq!(error.attempts(), 0);
    assert_ne!(error.code(), Some(""));
}
