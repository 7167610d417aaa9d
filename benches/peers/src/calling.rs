//! A whole call on a kept connection to a server on the loopback: sign, send, read, parse.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use bucket_encryption::ureq::Agent;
use bucket_encryption::{Addressing, Credentials, Endpoint, oss};

use crate::support::server::{OSS_BODY, Server};
use crate::support::stopwatch::Comparison;

const LIMIT: Option<Duration> = Some(Duration::from_secs(60));

pub fn run() {
    let server = Server::start(OSS_BODY);
    let by_address = format!("http://{}", server.address);
    let by_name = format!("http://localhost:{}", server.port());
    let credentials = Credentials::new("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters").expect("credentials");
    let endpoint = |url: &str| {
        let endpoint = Endpoint::oss("cn-hangzhou").and_then(|oss| oss.with_url(url)).expect("an endpoint");
        endpoint.with_addressing(Addressing::Path)
    };
    let (ours, ours_by_name) = (endpoint(&by_address), endpoint(&by_name));
    let sign = |endpoint: &Endpoint| {
        let request = oss::get_bucket_encryption_request(endpoint, "examplebucket").expect("a request");
        request.sign(&credentials, SystemTime::now()).expect("signed")
    };
    let (signed, signed_by_name) = (sign(&ours), sign(&ours_by_name));
    let raw = |agent: &Agent, signed: &bucket_encryption::SignedRequest| {
        let call = signed.headers().fold(agent.get(signed.url()), |call, (name, value)| call.header(name, value));
        call.call().expect("an answer").body_mut().read_to_string().expect("a body")
    };
    let unlimited: Agent = Agent::config_builder().build().into();
    let global: Agent = Agent::config_builder().timeout_global(LIMIT).build().into();
    let phases: Agent = Agent::config_builder()
        .timeout_connect(LIMIT)
        .timeout_send_request(LIMIT)
        .timeout_recv_response(LIMIT)
        .timeout_recv_body(LIMIT)
        .build()
        .into();

    let reqwest = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    let mut curl = curl::easy::Easy::new();
    let mut list = curl::easy::List::new();
    for (name, value) in signed.headers() {
        list.append(&format!("{name}: {value}")).expect("a header");
    }
    curl.url(signed.url()).expect("a URL");
    curl.http_headers(list).expect("headers");
    curl.timeout(Duration::from_secs(60)).expect("a limit");

    let times = Comparison::new("A whole call on a kept connection")
        .with("ureq, same headers, global limit", || raw(&global, &signed))
        .with("ours", || oss::get_bucket_encryption(&credentials, &ours, "examplebucket").expect("a setting"))
        .with("ureq, bare", || {
            unlimited.get(signed.url()).call().expect("an answer").body_mut().read_to_string().expect("a body")
        })
        .with("ureq, same headers, no limit", || raw(&unlimited, &signed))
        .with("ureq, same headers, a limit for each phase", || raw(&phases, &signed))
        .with("ureq, by name, no limit", || raw(&unlimited, &signed_by_name))
        .with("ureq, by name, global limit", || raw(&global, &signed_by_name))
        .with("ours, by name", || {
            oss::get_bucket_encryption(&credentials, &ours_by_name, "examplebucket").expect("a setting")
        })
        .with("reqwest, blocking", || {
            let call = signed.headers().fold(reqwest.get(signed.url()), |call, (name, value)| call.header(name, value));
            call.send().expect("an answer").text().expect("a body")
        })
        .with("curl", || {
            let mut body = Vec::with_capacity(2048);
            let mut transfer = curl.transfer();
            let write = |bytes: &[u8]| {
                body.extend_from_slice(bytes);
                Ok(bytes.len())
            };
            transfer.write_function(write).expect("a function");
            transfer.perform().expect("an answer");
            drop(transfer);
            body
        })
        .run();
    times.goal("ours", "ureq, same headers, global limit", 1.15);
    times.goal("ours, by name", "ureq, by name, global limit", 1.15);
    vendors(&by_address);
}

/// The vendors' Python clients, in a process of their own. They are in the environment that tests/oracles/setup makes.
fn vendors(url: &str) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let environment = std::env::var("BUCKET_ENCRYPTION_ORACLES").unwrap_or_else(|_| format!("{root}/target/oracles"));
    let python = Command::new(format!("{environment}/bin/python"))
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/vendors.py"), url])
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        println!("\nThe vendors' clients are not in {environment}: run tests/oracles/setup to measure them too.");
        return;
    };
    let lines = BufReader::new(python.stdout.take().expect("its output")).lines();
    lines.map_while(Result::ok).for_each(|line| println!("{line}"));
    assert!(python.wait().expect("an end").success(), "vendors.py failed");
}
