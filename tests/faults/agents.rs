//! A caller's agent with settings of its own changes nothing that correctness rests on.

use std::time::Duration;

use bucket_encryption::ureq::{Agent, config::AutoHeaderValue};
use bucket_encryption::{Error, oss};

use crate::common::{Act, BUCKET, Server, answer, credentials, error, header, ok};

/// All that ureq lets a caller change, turned the wrong way.
fn hostile() -> Agent {
    // A dead proxy in the environment is not what is tried here.
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(true)
        .max_redirects(10)
        .max_redirects_will_error(true)
        .save_redirect_history(true)
        .user_agent("curl/8")
        .accept(AutoHeaderValue::None)
        .accept_encoding("gzip, br")
        .max_response_header_size(1 << 30)
        .allow_non_standard_methods(true)
        .max_idle_age(Duration::from_secs(86_400))
        .max_idle_connections(0)
        .timeout_global(None)
        .build()
        .new_agent()
}

#[test]
fn errors_are_read_whatever_the_agent_makes_of_statuses() {
    let server = Server::new(vec![error(404, "NoSuchBucket")]);
    let error = oss::get_bucket_encryption(&credentials(), &server.oss().with_agent(hostile()), BUCKET).unwrap_err();
    assert!(error.is_not_found() && error.code() == Some("NoSuchBucket"), "{error:?}");
}

#[test]
fn nothing_configured_is_read_whatever_the_agent_makes_of_statuses() {
    let server = Server::new(vec![error(404, "NoSuchServerSideEncryptionRule")]);
    let read = oss::get_bucket_encryption(&credentials(), &server.oss().with_agent(hostile()), BUCKET).unwrap();
    assert_eq!(read, None);
}

#[test]
fn our_headers_are_sent_whatever_the_agent_sends() {
    let server = Server::new(vec![ok()]);
    oss::get_bucket_encryption(&credentials(), &server.oss().with_agent(hostile()), BUCKET).unwrap();
    let requests = server.requests();
    let user_agent = header(&requests[0], "user-agent").unwrap();
    assert!(user_agent.starts_with("bucket-encryption/"), "{user_agent}");
    assert_eq!(header(&requests[0], "accept-encoding"), Some("identity"));
}

#[test]
fn headers_without_end_do_end_whatever_the_agent_allows() {
    let endless = Act::SendForever(b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: bcdefgh\r\n".repeat(100));
    let server = Server::new(vec![endless]);
    let endpoint = server.oss().with_agent(hostile());
    let result = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET);
    assert!(matches!(result, Err(Error::Transport(_))), "{result:?}");
}

#[test]
fn lost_connections_are_tried_again_and_no_oftener() {
    let server = Server::new(vec![Act::SendAndClose(vec![])]);
    let endpoint = server.oss().with_agent(hostile());
    let error = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET).unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (3, 3), "ureq itself tries nothing again: {error:?}");
}

#[test]
fn a_long_body_ends_whatever_the_agent_allows() {
    let server = Server::new(vec![answer(200, &[], &"<".repeat(1 << 20))]);
    let error = oss::get_bucket_encryption(&credentials(), &server.oss().with_agent(hostile()), BUCKET).unwrap_err();
    assert!(matches!(error, Error::Decode(_)) && error.to_string().contains("64 KiB"), "{error}");
}
