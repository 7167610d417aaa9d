//! The environment's proxy: used for hosts out there, passed by for loopback, and never shown with its password. The
//! environment is that of a child process, which runs the last test of this file.

#![cfg(feature = "rustls")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

use bucket_encryption::{Addressing, Credentials, Endpoint, Error, oss};

/// The variable by which the child knows that it is one, and the address to call.
const CHILD: &str = "BUCKET_ENCRYPTION_TEST_URL";

/// Calls the address in a process with these variables, and tells what the error printed.
#[track_caller]
fn call_with(variables: &[(&str, &str)], url: &str) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        child.env_remove(name).env_remove(name.to_lowercase());
    }
    child.args(["--exact", "the_child", "--nocapture"]).envs(variables.iter().copied()).env(CHILD, url);
    let output = child.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!printed.contains("hunter22"), "{printed}");
    printed
}

/// A proxy that refuses everybody, and what it was asked.
fn refusing_proxy() -> (u16, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            let mut buffer = [0; 1024];
            let length = stream.read(&mut buffer).unwrap();
            asked.extend_from_slice(&buffer[..length]);
        }
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8(asked).unwrap()
    });
    (port, asked)
}

#[test]
fn a_host_out_there_is_asked_through_the_proxy() {
    let (port, asked) = refusing_proxy();
    let proxy = format!("http://user:hunter22@127.0.0.1:{port}");
    let printed = call_with(&[("HTTPS_PROXY", &proxy)], "https://oss-cn-hangzhou.aliyuncs.com");
    assert!(
        printed.contains(&format!("the proxy refused the connection, through the proxy 127.0.0.1:{port}")),
        "{printed}"
    );
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("CONNECT examplebucket.oss-cn-hangzhou.aliyuncs.com:443 HTTP/1.1\r\n"), "{asked}");
    assert!(!asked.to_ascii_lowercase().contains("oss4-hmac"), "{asked}");
}

#[test]
fn the_loopback_is_never_asked_through_the_proxy() {
    // Nobody listens at either address: the error tells which one was asked.
    for url in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
        let printed = call_with(&[("HTTP_PROXY", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1")], url);
        assert!(printed.contains("TRANSPORT") && !printed.contains("proxy"), "{url}: {printed}");
    }
    // Nor does an unreadable proxy matter there.
    let printed = call_with(&[("HTTP_PROXY", "http://user:hunter22@[oops")], "http://127.0.0.1:9");
    assert!(printed.contains("TRANSPORT") && printed.contains("refused"), "{printed}");
}

#[test]
fn a_proxy_that_is_set_and_cannot_be_used_is_an_error_that_names_the_variable() {
    for (variable, value) in [
        ("HTTPS_PROXY", "http://user:hunter22@[oops"),
        ("https_proxy", "hunter22 hunter22"),
        ("ALL_PROXY", "socks5://user:hunter22@127.0.0.1:1"),
        ("HTTP_PROXY", "gopher://127.0.0.1:1"),
    ] {
        let printed = call_with(&[(variable, value)], "http://oss.example.invalid");
        assert!(printed.contains(&format!("INPUT invalid {variable}: ")), "{variable}={value}: {printed}");
    }
    // An empty one is none: the name look-up fails, without a proxy.
    let printed = call_with(&[("HTTPS_PROXY", "")], "http://oss.example.invalid");
    assert!(printed.contains("TRANSPORT") && !printed.contains("proxy"), "{printed}");
}

/// What the tests above run in a process of its own; on its own it does nothing.
#[test]
fn the_child() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let addressing = if url.contains("aliyuncs") { Addressing::VirtualHosted } else { Addressing::Path };
    let endpoint = Endpoint::oss("cn-hangzhou").unwrap().with_url(&url).unwrap().with_addressing(addressing);
    let endpoint = endpoint.with_max_attempts(1).with_timeout(Duration::from_secs(10));
    let key = Credentials::new("LTAI5tExample", "a secret of this test").unwrap();
    let error = oss::get_bucket_encryption(&key, &endpoint, "examplebucket").unwrap_err();
    let kind = match error {
        Error::Input(_) => "INPUT",
        Error::Transport(_) => "TRANSPORT",
        _ => "OTHER",
    };
    println!("{kind} {error:?}");
}
