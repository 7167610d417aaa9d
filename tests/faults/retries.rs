//! The retry loop: what is tried again and what is not, how often, and how long it waits.

use std::collections::HashSet;
use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use bucket_encryption::ureq::Agent;
use bucket_encryption::{Error, ServiceError, oss};

use crate::common::{Act, BUCKET, Server, answer, answer_bytes, credentials, error, header, logs, ok, read_request};

fn get(endpoint: &bucket_encryption::Endpoint) -> Result<Option<oss::BucketEncryption<'static>>, Error> {
    oss::get_bucket_encryption(&credentials(), endpoint, BUCKET)
}

fn httpdate(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

#[test]
fn these_statuses_are_tried_again() {
    for status in [408, 429, 500, 502, 503, 504] {
        let server = Server::new(vec![error(status, "X"), ok()]);
        assert!(get(&server.oss()).unwrap().is_some(), "{status}");
        assert_eq!(server.requests().len(), 2, "{status}");
    }
}

#[test]
fn no_other_status_is_tried_again() {
    for status in [
        300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 412, 413, 425, 501, 505, 507,
        599,
    ] {
        let location = ("Location", "http://127.0.0.1:9/");
        let server = Server::new(vec![answer(status, &[location], "")]);
        let error = get(&server.oss()).unwrap_err();
        assert_eq!(error.service().map(ServiceError::status), Some(status), "{error:?}");
        assert_eq!((error.attempts(), server.requests().len()), (1, 1), "{status}");
    }
}

#[test]
fn the_last_answer_is_the_error_and_tells_how_often_and_how_long() {
    for attempts in [1, 2, 3, 5] {
        let server = Server::new(vec![error(503, "ServerBusy")]);
        let started = Instant::now();
        let error = get(&server.oss().with_max_attempts(attempts)).unwrap_err();
        assert_eq!(error.code(), Some("ServerBusy"));
        assert_eq!((error.attempts(), server.requests().len()), (attempts, attempts as usize));
        assert!(error.elapsed() <= started.elapsed() && error.elapsed() > Duration::ZERO, "{:?}", error.elapsed());
    }
    let server = Server::new(vec![error(503, "ServerBusy")]);
    assert_eq!(get(&server.oss().with_max_attempts(0)).unwrap_err().attempts(), 1);
}

#[test]
fn three_attempts_are_made_unless_said_otherwise() {
    let server = Server::new(vec![Act::SendAndClose(vec![])]);
    let error = get(&server.oss()).unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (3, 3), "{error:?}");
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

#[test]
fn a_connection_that_is_refused_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let endpoint = Server::new(vec![ok()]).oss().with_url(&url).unwrap();
    let error = get(&endpoint).unwrap_err();
    assert!(matches!(error, Error::Transport(_)) && error.attempts() == 3, "{error:?}");
    assert!(error.to_string().contains("the connection was refused") && !error.is_timeout(), "{error}");
}

#[test]
fn a_name_that_is_not_known_is_named_as_such() {
    let endpoint = Server::new(vec![ok()]).oss().with_url("http://name.invalid:9").unwrap();
    let setting = oss::BucketEncryption::aes256();
    let agent = Agent::config_builder().proxy(None).build().new_agent();
    let error = oss::put_bucket_encryption(&credentials(), &endpoint.with_agent(agent), BUCKET, &setting).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert!(error.to_string().contains("look-up failed") || error.to_string().contains("was not found"), "{error:?}");
    assert!(!error.to_string().contains("may have taken effect"), "{error}");
}

#[test]
fn a_dead_kept_connection_costs_one_attempt() {
    // The server answers, keeps the connection, and closes it when the next request comes.
    let dead = || Server::new(vec![ok(), Act::SendAndClose(vec![]), ok()]);
    let server = dead();
    assert!(get(&server.oss()).unwrap().is_some());
    assert!(get(&server.oss()).unwrap().is_some());
    assert_eq!((server.requests().len(), server.connections()), (3, 2));

    // With one attempt left there is none to find out with: it opens a connection.
    let server = dead();
    let endpoint = server.oss().with_max_attempts(1);
    assert!(get(&endpoint).unwrap().is_some());
    let result = get(&endpoint);
    assert!(matches!(result, Err(Error::Transport(_))), "the script closes the second: {result:?}");
    assert_eq!((server.requests().len(), server.connections()), (2, 2));
}

#[test]
fn kept_connections_are_used_but_not_by_the_last_attempt() {
    let server = Server::new(vec![ok()]);
    for _ in 0..5 {
        get(&server.oss()).unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (5, 1));

    let server = Server::new(vec![ok()]);
    for _ in 0..5 {
        get(&server.oss().with_max_attempts(1)).unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (5, 5));

    // 503 keeps the connection, so the second attempt takes it, and the third does not.
    let server = Server::new(vec![error(503, "X")]);
    get(&server.oss()).unwrap_err();
    assert_eq!((server.requests().len(), server.connections()), (3, 2));
}

#[test]
fn every_attempt_is_signed_anew() {
    // Full seconds are signed, so the waits are long enough to reach the next.
    let busy = answer(503, &[("Retry-After", "1")], "");
    let server = Server::new(vec![busy.clone(), busy, ok()]);
    for endpoint in [server.oss(), server.oss().with_signature_version(bucket_encryption::SignatureVersion::V1)] {
        get(&endpoint).unwrap();
    }
    let requests = server.requests();
    for name in ["authorization", "date"] {
        let values: HashSet<&str> = requests[..3].iter().map(|request| header(request, name).unwrap()).collect();
        assert_eq!(values.len(), 3, "{name}: {values:?}");
    }
}

#[test]
fn the_service_says_how_long_to_wait() {
    let in_two_seconds = httpdate(SystemTime::now() + Duration::from_secs(3));
    let now = httpdate(SystemTime::now());
    // A service whose clock is years off means two seconds all the same.
    let (then, later) = ("Thu, 10 Apr 2025 08:00:00 GMT", "Thu, 10 Apr 2025 08:00:02 GMT");
    for (headers, at_least) in [
        (vec![("Retry-After", "1")], 1.0),
        (vec![("Retry-After", in_two_seconds.as_str())], 1.0),
        (vec![("Retry-After", later), ("Date", then)], 2.0),
        (vec![("Retry-After", now.as_str())], 0.0),
        (vec![("Retry-After", "soon")], 0.0),
        (vec![("Retry-After", "-1")], 0.0),
        (vec![("Retry-After", "")], 0.0),
    ] {
        let server = Server::new(vec![answer(503, &headers, ""), ok()]);
        let started = Instant::now();
        assert!(get(&server.oss()).unwrap().is_some(), "{headers:?}");
        let took = started.elapsed().as_secs_f64();
        assert!((at_least..at_least + 4.0).contains(&took), "{headers:?}: {took} s");
    }
}

#[test]
fn no_wait_ends_behind_the_limit() {
    let in_a_year = httpdate(SystemTime::now() + Duration::from_secs(365 * 86_400));
    for value in
        ["21", "3600", "18446744073709551615", "18446744073709551616", "99999999999999999999999999", &in_a_year]
    {
        let server = Server::new(vec![answer(429, &[("Retry-After", value)], ""), ok()]);
        let started = Instant::now();
        let error = get(&server.oss()).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(2), "{value}: {:?}", started.elapsed());
        assert!(error.is_throttled() && error.attempts() == 1, "{value}: {error:?}");
    }
}

#[test]
fn the_backoff_stays_inside_the_limit() {
    let server = Server::new(vec![error(500, "InternalError")]);
    let limit = Duration::from_millis(1500);
    let started = Instant::now();
    let error = get(&server.oss().with_timeout(limit).with_max_attempts(1000)).unwrap_err();
    assert!(started.elapsed() < limit + Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(error.attempts() as usize, server.requests().len());
    // Doubled with each attempt: 1,000 would take seconds without any wait.
    assert!((2..50).contains(&error.attempts()), "{error:?}");
}

#[test]
fn a_change_that_may_have_been_made_is_said_to() {
    let setting = oss::BucketEncryption::aes256();
    let said = |script: Vec<Act>, attempts| {
        let server = Server::new(script);
        let endpoint = server.oss().with_max_attempts(attempts);
        let error = oss::put_bucket_encryption(&credentials(), &endpoint, BUCKET, &setting).unwrap_err();
        assert!(matches!(error, Error::Transport(_)), "{error:?}");
        let read = get(&endpoint).unwrap_err();
        assert!(!read.to_string().contains("may have taken effect"), "a get changes nothing: {read}");
        error.to_string().contains("may have taken effect")
    };
    let lost = || Act::SendAndClose(vec![]);
    assert!(said(vec![lost()], 1));
    assert!(said(vec![lost()], 3));
    assert!(said(vec![Act::SendAndClose(answer_bytes(200, &[], b"abc")[..39].to_vec()), lost()], 2));
}

#[test]
fn a_change_that_met_an_error_and_then_nothing_is_said_to() {
    // 504, and then nobody is there: the first may have been carried out behind the gateway.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        read_request(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 504 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    });
    let endpoint = Server::new(vec![ok()]).oss().with_url(&url).unwrap();
    let setting = oss::BucketEncryption::aes256();
    let error = oss::put_bucket_encryption(&credentials(), &endpoint, BUCKET, &setting).unwrap_err();
    assert!(error.to_string().contains("the connection was refused (3 attempts"), "{error}");
    assert!(error.to_string().contains("may have taken effect"), "{error}");
}

#[test]
fn one_log_line_an_attempt_and_nothing_else() {
    logs::capture();
    let request_id = ("x-oss-request-id", "5C1B138A109F4E405B2D8AEF");
    let server = Server::new(vec![Act::SendAndClose(vec![]), answer(503, &[request_id], ""), ok()]);
    assert!(get(&server.oss()).unwrap().is_some());
    let host = format!("127.0.0.1:{}", server.port());
    let lines: Vec<_> =
        logs::lines_with(&host).into_iter().filter(|line| line.contains(" bucket_encryption: ")).collect();
    let beginning = format!("DEBUG bucket_encryption: GetBucketEncryption at {host}: ");
    let rest: Vec<_> =
        lines.iter().map(|line| line.strip_prefix(&beginning).unwrap_or(line).rsplit_once(", ").unwrap()).collect();
    assert_eq!(
        rest.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [
            "the connection was closed before an answer came, attempt 1",
            "HTTP 503, request id 5C1B138A109F4E405B2D8AEF, attempt 2",
            "HTTP 200, request id none, attempt 3"
        ]
    );
    for (_, took) in rest {
        let milliseconds = took.strip_suffix(" ms").and_then(|digits| digits.parse::<u64>().ok());
        assert!(milliseconds.is_some(), "{took:?}");
    }
}
