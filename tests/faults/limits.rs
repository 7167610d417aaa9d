//! The limit of a whole call, wherever the time goes.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use bucket_encryption::ureq::{Agent, Proxy};
use bucket_encryption::{Endpoint, Error, oss};

use crate::common::{Act, BUCKET, Server, answer, credentials, ok};

const LIMIT: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(2);

/// The call fails in time, and says that it was our limit that ran out.
#[track_caller]
fn check(endpoint: Endpoint) -> Error {
    let started = Instant::now();
    let result = oss::get_bucket_encryption(&credentials(), &endpoint.with_timeout(LIMIT), BUCKET);
    assert!(started.elapsed() < LIMIT + GRACE, "{:?}", started.elapsed());
    let error = result.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(error.elapsed() + Duration::from_millis(100) >= LIMIT, "{error:?}");
    error
}

/// An address at which connections are neither made nor refused: a listener whose queue is full.
fn black_hole() -> Option<(SocketAddr, TcpListener, Vec<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    // A queue that is longer than this is another system's, whose black holes are elsewhere.
    while queue.len() < 600 {
        match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            Ok(stream) => queue.push(stream),
            Err(_) => return Some((address, listener, queue)),
        }
    }
    None
}

#[test]
fn a_connection_that_is_never_made_ends_at_the_limit() {
    let Some((address, _listener, _queue)) = black_hole() else { return };
    let endpoint = Server::new(vec![ok()]).oss().with_url(&format!("http://{address}")).unwrap();
    let error = check(endpoint.clone());
    assert_eq!(error.attempts(), 1, "{error:?}");

    // Through a proxy that is not there, the same.
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    let agent = Agent::config_builder().proxy(Some(proxy)).build().new_agent();
    let error = check(Endpoint::oss("cn-hangzhou").unwrap().with_url("http://oss.example").unwrap().with_agent(agent));
    assert!(error.to_string().contains(&format!("through the proxy {address}")), "{error}");
}

#[test]
#[cfg(feature = "rustls")]
fn a_handshake_that_stalls_ends_at_the_limit() {
    let silent = Server::with(|mut peer| {
        let _ = std::io::copy(&mut peer.stream, &mut std::io::sink());
    });
    // The head of a handshake's record of 16 KiB, and a byte of it every 50 ms.
    let dripping = Server::with(|mut peer| {
        use std::io::Write as _;
        for byte in [0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc].into_iter().chain(std::iter::repeat(0)) {
            if peer.stream.write_all(&[byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    for server in [silent, dripping] {
        let url = server.url().replace("http:", "https:");
        check(server.oss().with_url(&url).unwrap());
    }
}

#[test]
fn a_proxy_that_stalls_ends_at_the_limit() {
    let server = Server::new(vec![Act::Stall]);
    let agent = Agent::config_builder().proxy(Some(Proxy::new(&server.url()).unwrap())).build().new_agent();
    for url in ["http://oss.example", "https://oss.example"] {
        check(Endpoint::oss("cn-hangzhou").unwrap().with_url(url).unwrap().with_agent(agent.clone()));
        if !cfg!(feature = "rustls") {
            break;
        }
    }
}

#[test]
fn an_agent_without_limits_has_ours() {
    let server = Server::new(vec![Act::Stall]);
    let agent = Agent::config_builder()
        .proxy(None)
        .timeout_global(None)
        .timeout_per_call(None)
        .timeout_connect(None)
        .timeout_recv_response(None)
        .timeout_recv_body(None)
        .build()
        .new_agent();
    check(server.oss().with_agent(agent));
}

#[test]
fn all_attempts_and_waits_share_the_limit() {
    // Each answer is late by 400 ms, and asks for another attempt.
    let server = Server::with(|mut peer| {
        use std::io::Write as _;
        while peer.request().is_some() {
            std::thread::sleep(Duration::from_millis(400));
            if peer.stream.write_all(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n").is_err() {
                break;
            }
        }
    });
    let started = Instant::now();
    let endpoint = server.oss().with_timeout(LIMIT).with_max_attempts(100);
    let error = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET).unwrap_err();
    assert!(started.elapsed() < LIMIT + GRACE, "{:?}", started.elapsed());
    assert!((1..=3).contains(&error.attempts()), "{error:?}");
}

#[test]
fn no_time_at_all_sends_nothing() {
    let server = Server::new(vec![ok()]);
    let setting = oss::BucketEncryption::aes256();
    let endpoint = server.oss().with_timeout(Duration::ZERO);
    let error = oss::put_bucket_encryption(&credentials(), &endpoint, BUCKET, &setting).unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn the_longest_limit_is_no_fault() {
    let server = Server::new(vec![answer(503, &[], ""), ok()]);
    let endpoint = server.oss().with_timeout(Duration::MAX).with_max_attempts(u32::MAX);
    assert!(oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET).unwrap().is_some());
}
