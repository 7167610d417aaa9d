//! Bad answers: each ends in time, in the right variant, and the next call works.

use std::time::{Duration, Instant};

use bucket_encryption::{Error, obs, oss, oss_tables};

use crate::common::{AES256, Act, BUCKET, Server, answer, answer_bytes, arn, credentials, ok};

/// What becomes of a get.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// The setting, as if nothing had been.
    Read,
    /// Tried again, and then the setting.
    TriedAgain,
    Decode,
    Service,
    Transport,
    Timeout,
}

/// The limit of a call here; of one that is to reach it; and how much later it may end on a busy machine.
const PATIENT: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(2);

/// Makes a call that meets the answer, and one that does not.
#[track_caller]
fn check(name: &str, act: Act, expected: End) {
    let server = Server::new(vec![act, ok()]);
    let patient = server.oss();
    let limit = if expected == End::Timeout { LIMIT } else { PATIENT };
    let endpoint = patient.clone().with_timeout(limit);
    let started = Instant::now();
    let result = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET);
    assert!(started.elapsed() < limit + GRACE, "{name}: {:?}", started.elapsed());
    let requests = server.requests().len();
    let end = match &result {
        Ok(Some(setting)) if setting.sse_algorithm.as_str() == "AES256" && requests == 1 => End::Read,
        Ok(Some(setting)) if setting.sse_algorithm.as_str() == "AES256" && requests == 2 => End::TriedAgain,
        Err(Error::Decode(_)) => End::Decode,
        Err(Error::Service(_)) => End::Service,
        Err(error @ Error::Transport(_)) if error.is_timeout() => End::Timeout,
        Err(Error::Transport(_)) => End::Transport,
        _ => panic!("{name}: {result:?}"),
    };
    assert_eq!(end, expected, "{name}: {result:?} after {requests} requests");
    if let Err(error) = &result {
        assert_eq!(error.attempts() as usize, requests, "{name}: {error:?}");
        assert!(!format!("{error} {error:?}").contains('\n'), "{name}: {error:?}");
        println!("{name}: {error:?}");
    }
    let next = oss::get_bucket_encryption(&credentials(), &patient, BUCKET).unwrap();
    assert!(next.is_some_and(|setting| setting.sse_algorithm.as_str() == "AES256"), "{name}: the next call");
}

fn raw(bytes: impl AsRef<[u8]>) -> Act {
    Act::Send(bytes.as_ref().to_vec())
}

fn cut(bytes: impl AsRef<[u8]>) -> Act {
    Act::SendAndClose(bytes.as_ref().to_vec())
}

#[test]
fn connections_that_are_lost_are_tried_again() {
    let whole = answer_bytes(200, &[], AES256.as_bytes());
    let body = whole.len() - AES256.len();
    for (name, act) in [
        ("closed at once", cut("")),
        ("half a status line", cut("HTTP/1.1 20")),
        ("half a header", cut("HTTP/1.1 200 OK\r\nContent-Le")),
        ("headers without an end", cut("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")),
        ("no body", cut(&whole[..body])),
        ("half a body", cut(&whole[..body + 20])),
        ("all of a body but a byte", cut(&whole[..whole.len() - 1])),
        ("half a chunk", cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n<Server")),
        ("no last chunk", cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n")),
        ("only 100 Continue", cut("HTTP/1.1 100 Continue\r\n\r\n")),
    ] {
        check(name, act, End::TriedAgain);
    }
}

#[test]
fn what_is_not_http_is_not_tried_again() {
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(3000));
    let long_header = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(1 << 20));
    let xml = format!("{}\r\n\r\n{AES256}", AES256.len());
    for (name, act) in [
        ("garbage", raw([0xff; 64])),
        ("zeros", raw([0; 64])),
        ("another protocol's banner", raw("SSH-2.0-OpenSSH_9.6\r\n")),
        ("a mail server's banner", raw("220 mail.example ESMTP\r\n")),
        ("an answer of TLS", raw([0x15, 3, 1, 0, 2, 2, 0x46])),
        ("HTTP/2", raw([0, 0, 0x12, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])),
        ("a body alone", cut(AES256)),
        ("no status", raw("HTTP/1.1 OK\r\n\r\n")),
        ("a status of four digits", raw("HTTP/1.1 2000 OK\r\n\r\n")),
        ("a blank header name", raw("HTTP/1.1 200 OK\r\n : x\r\nContent-Length: 0\r\n\r\n")),
        ("3,000 headers", raw(many_headers)),
        ("a header of 1 MiB", raw(long_header)),
        ("headers without end", Act::SendForever(b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: bcdefgh\r\n".repeat(100))),
        ("one header without end", Act::SendForever(b"HTTP/1.1 200 OK\r\na: ".to_vec(), vec![b'b'; 1000])),
        ("two lengths", raw(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: {xml}"))),
        (
            "a length and chunks that are none",
            raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: {xml}\r\n")),
        ),
        ("a negative length", raw(format!("HTTP/1.1 200 OK\r\nContent-Length: -{xml}"))),
        ("a length of 2^64", raw("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n")),
        ("a chunk without a length", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")),
        ("a chunk of 2^68", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")),
        ("headers of 100 Continue", raw("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n")),
    ] {
        check(name, act, End::Transport);
    }
}

#[test]
fn slow_answers_end_at_the_limit() {
    let slow_body = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{AES256}", AES256.len());
    for (name, act) in [
        ("silence", Act::Stall),
        ("a byte of the headers every 50 ms", Act::Drip(slow_body.clone().into_bytes())),
        ("a length of 2^63 and silence", raw("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n<a")),
        ("a last chunk without an end", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n<\r\n0")),
    ] {
        check(name, act, End::Timeout);
    }
}

#[test]
fn interim_answers_without_end_do_end() {
    for interim in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"] {
        let server = Server::new(vec![Act::SendForever(vec![], interim.as_bytes().to_vec())]);
        let started = Instant::now();
        let result = oss::get_bucket_encryption(&credentials(), &server.oss().with_timeout(LIMIT), BUCKET);
        // As headers that are too large, or at the limit.
        assert!(matches!(result, Err(Error::Transport(_))), "{result:?}");
        assert!(started.elapsed() < LIMIT + GRACE, "{:?}", started.elapsed());
    }
}

#[test]
fn a_slow_body_ends_at_the_limit() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", AES256.len());
    let server = Server::with(move |mut peer| {
        use std::io::Write as _;
        peer.request();
        let _ = peer.stream.write_all(head.as_bytes());
        for byte in AES256.as_bytes().chunks(1) {
            if peer.stream.write_all(byte).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let started = Instant::now();
    let result = oss::get_bucket_encryption(&credentials(), &server.oss().with_timeout(LIMIT), BUCKET);
    assert!(started.elapsed() < LIMIT + GRACE, "{:?}", started.elapsed());
    let error = result.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("while the answer was read"), "{error:?}");
    assert_eq!(server.requests().len(), 1, "a limit that ran out is not tried again");
}

#[test]
fn answers_that_are_only_odd_are_read() {
    let xml = AES256;
    for (name, act) in [
        (
            "100 Continue",
            raw(format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{xml}", xml.len())),
        ),
        (
            "103 Early Hints",
            raw(format!(
                "HTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{xml}",
                xml.len()
            )),
        ),
        ("no length", cut(format!("HTTP/1.1 200 OK\r\n\r\n{xml}"))),
        ("HTTP/1.0", cut(format!("HTTP/1.0 200 OK\r\n\r\n{xml}"))),
        (
            "chunks",
            raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{xml}\r\n0\r\n\r\n", xml.len())),
        ),
        (
            "bytes behind the answer",
            raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{xml}HTTP/1.1 500 X\r\n\r\n", xml.len())),
        ),
        ("far more than announced", Act::SendForever(answer_bytes(200, &[], xml.as_bytes()), vec![b'x'; 4096])),
        (
            "the same length twice",
            raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {0}\r\nContent-Length: {0}\r\n\r\n{xml}", xml.len())),
        ),
    ] {
        check(name, act, End::Read);
    }
}

#[test]
fn success_that_cannot_be_understood_is_an_error() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"cccccccccc\"><!ENTITY d \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><ServerSideEncryptionRule>&d;\
        </ServerSideEncryptionRule>";
    let external = "<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/a.dtd\" [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>\
        <ServerSideEncryptionRule>&b;</ServerSideEncryptionRule>";
    let attributes = (0..6000).map(|n| format!(" a{n}=\"\"")).collect::<Vec<_>>().concat();
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xb3, 0xd1, 0x77, 0xb4, 0x03, 0, 0x7c];
    for (name, act) in [
        ("an empty body", answer(200, &[], "")),
        ("no content", raw("HTTP/1.1 204 X\r\n\r\n")),
        ("less than announced is the body", answer(200, &[], "<ServerSideEncryptionRule>")),
        ("a body without end", Act::SendForever(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'<'; 4096])),
        (
            "a body of 1 TiB",
            Act::SendForever(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n".to_vec(), vec![b'<'; 4096]),
        ),
        (
            "chunks without end",
            Act::SendForever(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
                b"4\r\n<a/>\r\n".repeat(100),
            ),
        ),
        ("compressed", Act::Send(answer_bytes(200, &[("Content-Encoding", "gzip")], &gzip))),
        ("not UTF-8", Act::Send(answer_bytes(200, &[], b"<a>\xff</a>"))),
        ("an XML bomb", answer(200, &[], bomb)),
        ("an external entity", answer(200, &[], external)),
        ("20,000 levels of XML", answer(200, &[], &"<a>".repeat(20_000))),
        (
            "6,000 attributes",
            answer(200, &[], &format!("<ServerSideEncryptionRule{attributes}><a/></ServerSideEncryptionRule>")),
        ),
        (
            "many namespaces",
            answer(
                200,
                &[],
                &format!("<a{}/>", (0..3000).map(|n| format!(" xmlns:a{n}=\"u\"")).collect::<Vec<_>>().concat()),
            ),
        ),
        (
            "an HTML page",
            answer(200, &[("Content-Type", "text/html")], "<!DOCTYPE html><html><body>Log in</body></html>"),
        ),
        ("JSON", answer(200, &[], "{}")),
    ] {
        check(name, act, End::Decode);
    }
}

#[test]
fn thousands_of_attributes_are_not_parsed() {
    // The time that they take is quadratic, and no limit of a call covers it.
    let attributes = (0..6000).map(|n| format!(" a{n}=\"\"")).collect::<Vec<_>>().concat();
    let body = format!("<ServerSideEncryptionRule{attributes}><a/></ServerSideEncryptionRule>");
    let server = Server::new(vec![answer(200, &[], &body)]);
    let error = oss::get_bucket_encryption(&credentials(), &server.oss(), BUCKET).unwrap_err();
    assert!(error.to_string().contains("equals signs"), "{error}");
}

#[test]
fn errors_stay_the_services_whatever_their_body() {
    let levels = "<a>".repeat(20_000);
    for (name, act) in [
        ("an empty body", answer(403, &[], "")),
        ("a page", answer(403, &[], "<html><body>Forbidden</body></html>")),
        ("20,000 levels", answer(403, &[], &levels)),
        ("20,000 levels of JSON", answer(403, &[], &"[".repeat(20_000))),
        ("an XML bomb", answer(403, &[], "<!DOCTYPE a [<!ENTITY b \"c\">]><Error><Code>&b;</Code></Error>")),
        ("a body without end", Act::SendForever(b"HTTP/1.1 403 X\r\n\r\n".to_vec(), vec![b'x'; 4096])),
        ("another protocol", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")),
        ("a status of 999", answer(999, &[], "")),
    ] {
        check(name, act, End::Service);
    }
}

#[test]
fn json_that_cannot_be_understood_is_an_error() {
    for (name, body) in [
        ("20,000 lists", "[".repeat(20_000)),
        ("20,000 objects", r#"{"a":"#.repeat(12_000)),
        ("20,000 lists where the setting belongs", format!(r#"{{"encryptionConfiguration":{}"#, "[".repeat(20_000))),
        ("20,000 lists in an unknown key", format!(r#"{{"x":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000))),
        ("a number that is too large", r#"{"encryptionConfiguration":1e999999999}"#.to_owned()),
        ("half a surrogate pair", r#"{"encryptionConfiguration":{"sseAlgorithm":"\ud800"}}"#.to_owned()),
        ("the same key twice", r#"{"encryptionConfiguration":{},"encryptionConfiguration":{}}"#.to_owned()),
        ("more behind it", "{}{}".to_owned()),
    ] {
        let server = Server::new(vec![answer(200, &[], &body), answer(200, &[], "{}")]);
        let endpoint = server.oss_tables();
        let get = || oss_tables::get_table_bucket_encryption(&credentials(), &endpoint, &arn());
        assert!(matches!(get(), Err(Error::Decode(_))), "{name}");
        assert_eq!(get().unwrap(), None, "{name}: the next call");
    }
}

#[test]
fn deep_documents_do_not_need_a_deep_stack() {
    let levels = format!("{}{}", "<a>".repeat(9_000), "</a>".repeat(9_000));
    let server = Server::new(vec![answer(200, &[], &levels), answer(403, &[], &levels)]);
    let endpoint = server.obs();
    let calls = move || [(); 2].map(|()| obs::get_bucket_encryption(&credentials(), &endpoint, BUCKET));
    let [read, refused] = std::thread::Builder::new().stack_size(256 * 1024).spawn(calls).unwrap().join().unwrap();
    assert!(matches!(read, Err(Error::Decode(_))), "{read:?}");
    assert!(matches!(refused, Err(Error::Service(_))), "{refused:?}");
}

#[test]
fn a_put_is_done_where_the_status_says_so() {
    let setting = oss::BucketEncryption::aes256();
    for act in [answer(200, &[], "<<<"), answer(204, &[], ""), Act::Send(answer_bytes(200, &[], &vec![0xff; 100_000]))]
    {
        let server = Server::new(vec![act]);
        oss::put_bucket_encryption(&credentials(), &server.oss(), BUCKET, &setting).unwrap();
        oss::delete_bucket_encryption(&credentials(), &server.oss(), BUCKET).unwrap();
    }
}
