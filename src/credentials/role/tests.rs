use std::time::{Duration, Instant, UNIX_EPOCH};

use super::super::testing::{Metadata, SECRET, alibaba, alibaba_key, answer, huawei, huawei_key, miss};
use super::*;

fn ask_for(cloud: Cloud, role: Option<&str>, server: &Metadata) -> Result<Credentials, Miss> {
    read(cloud, role, Some(&server.base))
}

#[track_caller]
fn assert_key(found: Result<Credentials, Miss>, id: &str, token: &str) {
    let key = found.map_err(Miss::into_error).unwrap();
    assert_eq!((key.access_key_id(), key.access_key_secret(), key.security_token()), (id, SECRET, Some(token)));
    assert_eq!(key.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(1_744_272_000)));
}

#[test]
fn alibabas_role_is_found_out_and_its_key_read() {
    let server = Metadata::start(alibaba);
    assert_key(ask_for(Cloud::Alibaba, None, &server), "STS.web", &format!("CAIS-{SECRET}"));
    let expected = [
        "put /latest/api/token | x-aliyun-ecs-metadata-token-ttl-seconds: 21600",
        "get /latest/meta-data/ram/security-credentials/ | x-aliyun-ecs-metadata-token: the-token",
        "get /latest/meta-data/ram/security-credentials/web | x-aliyun-ecs-metadata-token: the-token",
    ];
    assert_eq!(server.requests(), expected);
}

#[test]
fn a_given_role_is_asked_for_as_one_segment_of_the_path() {
    for (role, path) in [("web", "web"), ("ci-1_a.b", "ci-1_a.b"), ("a+b@c", "a%2bb%40c"), ("...", "...")] {
        let server = Metadata::start(|head| {
            if head.starts_with("PUT") {
                answer(200, "the-token")
            } else {
                answer(200, &alibaba_key("2025-04-10T08:00:00Z"))
            }
        });
        assert_key(ask_for(Cloud::Alibaba, Some(role), &server), "STS.web", &format!("CAIS-{SECRET}"));
        let requests = server.requests();
        assert_eq!(requests.len(), 2, "{requests:?}");
        assert!(requests[1].starts_with(&format!("get /latest/meta-data/ram/security-credentials/{path} | ")));
    }
}

#[test]
fn what_is_no_roles_name_is_refused_before_anything_is_sent() {
    let server = Metadata::start(alibaba);
    for (cloud, role) in [
        (Cloud::Alibaba, ""),
        (Cloud::Alibaba, ".."),
        (Cloud::Alibaba, "a\r\nb"),
        (Cloud::Alibaba, "a/b"),
        (Cloud::Alibaba, "a%2fb"),
        (Cloud::Alibaba, "a?b"),
        (Cloud::Alibaba, "ä"),
        (Cloud::Alibaba, &"r".repeat(65)),
        (Cloud::Huawei, "web"),
    ] {
        let (error, is_absent) = miss(ask_for(cloud, Some(role), &server));
        assert!(matches!(&error, Error::Input(input) if input.argument() == "role") && !is_absent, "{role:?}: {error}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn huaweis_key_is_read_with_a_token() {
    let server = Metadata::start(huawei);
    assert_key(ask_for(Cloud::Huawei, None, &server), "HWKEY", &format!("ggp-{SECRET}"));
    let expected = [
        "put /meta-data/latest/api/token | x-metadata-token-ttl-seconds: 21600",
        "get /openstack/latest/securitykey | x-metadata-token: the-token",
    ];
    assert_eq!(server.requests(), expected);
}

#[test]
fn huaweis_older_service_is_asked_without_a_token() {
    for status in [404, 405, 503] {
        let server =
            Metadata::start(
                move |head| if head.starts_with("PUT") { answer(status, "no") } else { answer(200, &huawei_key()) },
            );
        assert_key(ask_for(Cloud::Huawei, None, &server), "HWKEY", &format!("ggp-{SECRET}"));
        assert_eq!(server.requests()[1], "get /openstack/latest/securitykey");
    }
    let server = Metadata::start(|_| answer(403, "no"));
    let (error, _) = miss(ask_for(Cloud::Huawei, None, &server));
    assert!(error.to_string().contains("HTTP 403"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_machine_without_a_role_is_told_so() {
    let no_role = |head: &str| if head.starts_with("PUT") { answer(200, "the-token") } else { answer(404, "no") };
    for (cloud, role, expected) in [
        (Cloud::Alibaba, None, "invalid role: this machine has no RAM role; attach one to it"),
        (Cloud::Alibaba, Some("web"), "invalid role: this machine has no RAM role \"web\""),
        (Cloud::Huawei, None, "invalid role: this machine has no agency; choose one in its settings"),
    ] {
        let server = Metadata::start(no_role);
        let (error, is_absent) = miss(ask_for(cloud, role, &server));
        assert_eq!(error.to_string(), expected);
        assert!(!is_absent);
    }
}

/// The answers that are none of a metadata service, given to one of its requests (the others are answered well).
#[test]
fn hostile_answers_end_in_clear_errors() {
    let huge = answer(200, &SECRET.repeat(5000));
    let redirect = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/hunter22\r\nContent-Length: 0\r\n\r\n";
    let html = answer(200, "<!DOCTYPE html><p>hunter22 log in");
    let key = |change: (&str, &str)| answer(200, &alibaba_key("2025-04-10T08:00:00Z").replace(change.0, change.1));
    let (token, role, web) = ("/api/token ", "/security-credentials/ ", "/security-credentials/web ");
    for (path, hostile, reason) in [
        (token, answer(404, "hunter22"), "HTTP 404, not 200"),
        (token, huge.clone(), "64 KiB"),
        (token, html.clone(), "no token"),
        (token, answer(200, ""), "no token"),
        (token, redirect.to_owned(), "HTTP 302"),
        (role, huge.clone(), "64 KiB"),
        (role, redirect.to_owned(), "HTTP 302"),
        (role, html.clone(), "no role's name"),
        (role, answer(200, ""), "no role's name"),
        (role, answer(200, ".."), "no role's name"),
        (role, answer(200, "web\nother"), "no role's name"),
        (role, answer(200, "../../../user-data"), "no role's name"),
        (role, answer(500, SECRET), "HTTP 500"),
        (web, huge, "64 KiB"),
        (web, redirect.to_owned(), "HTTP 302"),
        (web, html, "not JSON"),
        (web, key(("\"}", "")), "not JSON"),
        (web, key(("Success", "Failed")), "its Code is \"Failed\""),
        (web, key(("AccessKeyId", "Other")), "no text `AccessKeyId`"),
        (web, key(("SecurityToken", "Other")), "no text `SecurityToken`"),
        (web, key(("STS.web", "a/b")), "its access_key_id cannot be used"),
        (web, key(("CAIS-", "CAIS ")), "its security_token cannot be used"),
        (web, key(("2025-04-10T08", "soon")), "`Expiration` is no time"),
        (web, "hunter22 is no HTTP\r\n\r\n".to_owned(), "not HTTP"),
        (web, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nhunter22".to_owned(), "lost while the answer was read"),
    ] {
        let server = Metadata::start(move |head| if head.contains(path) { hostile.clone() } else { alibaba(head) });
        let (error, is_absent) = miss(ask_for(Cloud::Alibaba, None, &server));
        let text = error.to_string();
        assert!(text.contains(reason), "{path}: {text}");
        assert!(text.starts_with("the role of this machine at 127.0.0.1:"), "{path}: {text}");
        assert!(matches!(error, Error::Decode(_) | Error::Transport(_)) && !is_absent, "{path}: {text}");
    }
}

#[test]
fn silence_ends_in_time_and_is_not_absence() {
    for path in ["/api/token ", "/security-credentials/web "] {
        let server = Metadata::start(move |head| if head.contains(path) { String::new() } else { alibaba(head) });
        let started = Instant::now();
        let (error, is_absent) = miss(ask_for(Cloud::Alibaba, None, &server));
        assert!(error.is_timeout() && !is_absent, "{error}");
        // The limit of the one answer, and not that of the whole request.
        assert!(format!("{error:?}").ends_with("timeout: receive response"), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}

#[test]
fn an_address_where_nobody_listens_is_an_absent_service() {
    for cloud in [Cloud::Alibaba, Cloud::Huawei] {
        let (error, is_absent) = miss(read(cloud, None, Some("http://127.0.0.1:1")));
        assert!(is_absent && matches!(error, Error::Transport(_)));
        let text = error.to_string();
        assert!(text.starts_with("the role of this machine at 127.0.0.1:1: the connection was refused"), "{text}");
    }
}

#[test]
fn a_service_that_has_answered_and_is_gone_is_not_absent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
        let _ = std::io::Write::write_all(&mut stream, answer(200, "the-token").as_bytes());
    });
    let (error, is_absent) = miss(read(Cloud::Alibaba, None, Some(&base)));
    thread.join().unwrap();
    assert!(matches!(error, Error::Transport(_)) && !is_absent, "{error}");
}
