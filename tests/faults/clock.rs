//! A clock that differs from the service's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bucket_encryption::{Endpoint, Error, oss, oss_tables};

use crate::common::{AES256, Act, BUCKET, Server, answer, arn, credentials, header, logs, ok};

const HOUR: Duration = Duration::from_secs(3600);

/// The time that a request was signed for.
fn date(request: &str) -> SystemTime {
    httpdate::parse_http_date(header(request, "date").unwrap()).unwrap()
}

/// How many seconds the request's time is from now.
fn offset(request: &str) -> i64 {
    let seconds = |time: SystemTime| i64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    seconds(date(request)) - seconds(SystemTime::now())
}

/// The spelling of OSS: `2025-04-10T08:00:00.000Z`.
fn iso(time: SystemTime) -> String {
    let http = httpdate::fmt_http_date(time);
    let parts: Vec<&str> = http.split([' ', ',']).filter(|part| !part.is_empty()).collect();
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = 1 + months.iter().position(|name| *name == parts[2]).unwrap();
    format!("{}-{month:02}-{}T{}.000Z", parts[3], parts[1], parts[4])
}

/// A service whose clock is that far from ours, and that tells it so.
fn skewed(clock: impl Fn() -> SystemTime + Send + Sync + 'static, tell: fn(SystemTime) -> Act) -> Act {
    Act::Answer(std::sync::Arc::new(move |request| {
        let (theirs, time) = (clock(), date(request));
        let apart = theirs.duration_since(time).unwrap_or_else(|behind| behind.duration());
        if apart > Duration::from_secs(900) {
            tell(theirs)
        } else if request.contains("buckets/") {
            answer(200, &[], "{}")
        } else {
            ok()
        }
    }))
}

fn ahead() -> SystemTime {
    SystemTime::now() + HOUR
}

fn behind() -> SystemTime {
    SystemTime::now() - HOUR
}

const CODE: &str = "<Code>RequestTimeTooSkewed</Code><Message>too skewed</Message>";

fn in_body(theirs: SystemTime) -> Act {
    answer(403, &[], &format!("<Error>{CODE}<ServerTime>{}</ServerTime></Error>", iso(theirs)))
}

fn in_date(theirs: SystemTime) -> Act {
    answer(403, &[("Date", &httpdate::fmt_http_date(theirs))], &format!("<Error>{CODE}</Error>"))
}

fn get(endpoint: &Endpoint) -> Result<Option<oss::BucketEncryption<'static>>, Error> {
    oss::get_bucket_encryption(&credentials(), endpoint, BUCKET)
}

#[test]
fn a_clock_that_is_off_is_corrected_by_one_attempt() {
    logs::capture();
    for (clock, expected) in [(ahead as fn() -> SystemTime, 3600), (behind, -3600)] {
        for tell in [in_body as fn(SystemTime) -> Act, in_date] {
            let server = Server::new(vec![skewed(clock, tell)]);
            assert!(get(&server.oss().with_max_attempts(2)).unwrap().is_some());
            let requests = server.requests();
            assert_eq!(requests.len(), 2);
            assert!(offset(&requests[0]).abs() < 60, "{}", offset(&requests[0]));
            assert!((offset(&requests[1]) - expected).abs() < 60, "{}", offset(&requests[1]));
            assert_ne!(header(&requests[0], "authorization"), header(&requests[1], "authorization"));
            let warnings: Vec<_> = logs::lines_with(&format!("127.0.0.1:{}", server.port()));
            let warnings: Vec<_> = warnings.iter().filter(|line| line.starts_with("WARN bucket_encryption")).collect();
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains("the clock differs") && warnings[0].contains(" s; signing"), "{warnings:?}");
        }
    }
}

#[test]
fn obs_and_v1_are_corrected_too() {
    let server = Server::new(vec![skewed(ahead, in_date)]);
    let v1 = server.oss().with_signature_version(bucket_encryption::SignatureVersion::V1);
    assert!(get(&v1).unwrap().is_some());
    assert_eq!(server.requests().len(), 2);

    // OBS answers without the time in its body.
    let rule = format!(
        "<ServerSideEncryptionConfiguration>{}</ServerSideEncryptionConfiguration>",
        AES256.replace("ServerSideEncryptionRule", "Rule")
    );
    let server = Server::new(vec![in_date(ahead()), answer(200, &[], &rule)]);
    let read = bucket_encryption::obs::get_bucket_encryption(&credentials(), &server.obs(), BUCKET).unwrap();
    assert!(read.is_some());
    assert!((offset(&server.requests()[1]) - 3600).abs() < 60);
}

#[test]
fn oss_tables_says_it_by_ec_or_message() {
    let by_ec = |theirs| {
        let headers = [("x-oss-ec", "0002-00000504"), ("Date", &*httpdate::fmt_http_date(theirs))];
        answer(403, &headers, r#"{"message":"no"}"#)
    };
    let by_message = |theirs| {
        let message = r#"{"message":"The difference between the request time and the current time is too large."}"#;
        answer(403, &[("Date", &*httpdate::fmt_http_date(theirs))], message)
    };
    for tell in [by_ec as fn(SystemTime) -> Act, by_message] {
        let server = Server::new(vec![skewed(ahead, tell)]);
        let read = oss_tables::get_table_bucket_encryption(&credentials(), &server.oss_tables(), &arn()).unwrap();
        assert_eq!(read, None);
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn the_offset_is_remembered_for_the_endpoint_and_its_clones_and_not_compounded() {
    let server = Server::new(vec![skewed(ahead, in_body)]);
    let endpoint = server.oss();
    let clone = endpoint.clone();
    for endpoint in [&endpoint, &clone, &endpoint.clone().with_timeout(Duration::from_secs(5))] {
        assert!(get(endpoint).unwrap().is_some());
    }
    assert_eq!(server.requests().len(), 4, "only the first call met the wrong clock");

    // Another correction replaces the first: an hour behind, not two hours.
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(3600));
    let theirs = std::sync::Arc::clone(&clock);
    let now = move || SystemTime::now() + Duration::from_secs(theirs.load(std::sync::atomic::Ordering::SeqCst));
    let server = Server::new(vec![skewed(now, in_body)]);
    let endpoint = server.oss();
    for (offset_then, requests) in [(3600, 2), (7200, 4), (0, 6), (0, 7)] {
        clock.store(offset_then, std::sync::atomic::Ordering::SeqCst);
        assert!(get(&endpoint).unwrap().is_some());
        let all = server.requests();
        assert_eq!(all.len(), requests, "{offset_then}");
        let last = offset(all.last().unwrap());
        assert!((last - i64::try_from(offset_then).unwrap()).abs() < 60, "{last} for {offset_then}");
    }

    // Another address is another clock.
    let other = Server::new(vec![ok()]);
    let server = Server::new(vec![skewed(ahead, in_body)]);
    let endpoint = server.oss();
    get(&endpoint).unwrap();
    get(&endpoint.with_url(&other.url()).unwrap()).unwrap();
    assert!(offset(&other.requests()[0]).abs() < 60);
}

#[test]
fn one_attempt_is_not_corrected() {
    let server = Server::new(vec![skewed(ahead, in_body)]);
    let error = get(&server.oss().with_max_attempts(1)).unwrap_err();
    assert_eq!((error.code(), error.attempts(), server.requests().len()), (Some("RequestTimeTooSkewed"), 1, 1));
    let text = format!("{error:#}");
    assert!(text.contains("behind the service's"), "{text}");
}

#[test]
fn two_wrong_answers_in_a_row_end_with_the_services_error() {
    let server = Server::new(vec![in_body(ahead()), in_body(ahead()), in_body(ahead()), ok()]);
    let endpoint = server.oss().with_max_attempts(10);
    let error = get(&endpoint).unwrap_err();
    assert_eq!((error.code(), error.attempts(), server.requests().len()), (Some("RequestTimeTooSkewed"), 2, 2));
    assert!(!error.is_denied() && !error.is_expired(), "{error:?}");

    // What did not help is forgotten: the next call asks with our own clock first.
    get(&endpoint.with_max_attempts(1)).unwrap_err();
    let last = offset(server.requests().last().unwrap());
    assert!(last.abs() < 60, "{last}");
}

#[test]
fn a_correction_is_one_of_the_attempts() {
    let server = Server::new(vec![answer(503, &[], ""), in_body(ahead()), answer(503, &[], ""), ok()]);
    let error = get(&server.oss().with_max_attempts(3)).unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (3, 3), "{error:?}");
}

#[test]
fn a_time_that_nobody_means_is_ignored() {
    let dates = ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", ""];
    for date in dates {
        let server = Server::new(vec![answer(403, &[("Date", date)], &format!("<Error>{CODE}</Error>"))]);
        let error = get(&server.oss()).unwrap_err();
        assert_eq!((error.code(), error.attempts()), (Some("RequestTimeTooSkewed"), 1), "{date:?}");
    }
    // A good one behind a bad one is taken.
    for bad in ["1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z", "soon", ""] {
        let date = httpdate::fmt_http_date(ahead());
        let body = format!("<Error>{CODE}<ServerTime>{bad}</ServerTime></Error>");
        let server = Server::new(vec![answer(403, &[("Date", &date)], &body), ok()]);
        assert!(get(&server.oss()).unwrap().is_some(), "{bad:?}");
        assert!((offset(&server.requests()[1]) - 3600).abs() < 60, "{bad:?}");
    }
}

#[test]
fn other_refusals_move_no_clock() {
    let body = format!("<Error><Code>AccessDenied</Code><ServerTime>{}</ServerTime></Error>", iso(ahead()));
    let server = Server::new(vec![answer(403, &[], &body), ok()]);
    let endpoint = server.oss();
    assert!(get(&endpoint).unwrap_err().is_denied());
    get(&endpoint).unwrap();
    assert!(server.requests().iter().all(|request| offset(request).abs() < 60));
}
